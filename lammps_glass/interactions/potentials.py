"""Names of the potentials: a folder each, with ``potential.toml`` and ``interactions.lmp``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from lammps_glass.errors import InputError
from lammps_glass.json_types import JsonObject
from lammps_glass.registry import Entry, Registry
from lammps_glass.resources import data_path, data_root, package_folders


@dataclass(frozen=True)
class Potential(Entry):
    """A potential: `target` is the package whose folder ``potentials/`` holds it."""

    def load(self) -> Path:
        """The folder of the potential.

        Raises
        ------
        InputError
            There is no such folder, or the name is offered twice.
        """
        if self.fault:
            raise InputError(self.fault)
        if not self.distribution:
            return data_path("potentials", self.name)
        folders = package_folders(self.module)
        for folder in folders:
            if (path := folder / "potentials" / self.name).is_dir():
                return path
        places = ", ".join(map(str, folders)) or f"{self.module}, which is not installed"
        raise InputError(f"{self}: there is no potentials/{self.name} in {places}")

    def contents(self) -> JsonObject:
        """The tables of ``potential.toml``."""
        path = self.load() / "potential.toml"
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: {error}") from error

    def _description(self) -> tuple[str, str, str]:
        contents = self.contents()
        return str(contents.get("summary", "")), str(contents.get("units", "")), ""


def _bundled() -> list[Potential]:
    folders = sorted(path.parent for path in (data_root() / "potentials").glob("*/potential.toml"))
    return [Potential(folder.name, "lammps_glass") for folder in folders]


REGISTRY = Registry("potential", _bundled(), Potential)


def potential_file(name: str, file: str, owner: type) -> Path:
    """A file of the potential `name`, of the package of `owner` (a class of glass) or of the registry."""
    try:
        return data_path("potentials", name, file, owner=owner)
    except InputError:
        folder: Path = REGISTRY[name].load()
        return folder / file
