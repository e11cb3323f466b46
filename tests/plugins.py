"""Plug-ins for tests: a package in a temporary folder with the metadata that an installer would write."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import lammps_glass

ROOT = Path(lammps_glass.__file__).parents[1]
EXAMPLE = ROOT / "examples" / "plugin"


def write_metadata(folder: Path, name: str, version: str, points: Mapping[str, Mapping[str, str]]) -> None:
    """Write the ``.dist-info`` of a distribution into `folder`; `points` are group -> name -> target."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in entries.items()) for group, entries in points.items()]
    (info / "entry_points.txt").write_text("\n".join(lines))


def write_example(folder: Path) -> list[Path]:
    """Write the metadata of ``examples/plugin`` into `folder`; returns what the search path needs."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    write_metadata(folder, project["name"], project["version"], project["entry-points"])
    return [folder, EXAMPLE / "src"]
