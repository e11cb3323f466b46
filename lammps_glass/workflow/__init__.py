"""Study files, cases, manifests, locks and engines: how a study is run, here or on a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lammps_glass.workflow.study import Study

__all__ = ["Study"]


def __getattr__(name: str) -> Any:
    if name == "Study":
        from lammps_glass.workflow.study import Study

        return Study
    raise AttributeError(f"module 'lammps_glass.workflow' has no attribute {name!r}")
