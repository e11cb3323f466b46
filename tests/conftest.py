"""Marks that follow from what a test uses; the package's logger as a fresh process has it."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture(autouse=True)
def fresh_logger() -> None:
    """Undo what a command line run by an earlier test or fixture left in the package's logger (`-q`, `--log-file`)."""
    logger = logging.getLogger("lammps_glass")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark `study` what reads a bundled study run at preset smoke: the fixture `smoke` of tests/studies."""
    for item in items:
        if "smoke" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.study)
