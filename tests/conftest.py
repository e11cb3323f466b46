"""Marks that follow from what a test uses."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark `study` what reads a bundled study run at preset smoke: the fixture `smoke` of tests/studies."""
    for item in items:
        if "smoke" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.study)
