"""Write and check the manifest of a finished case: its products and what they were made from; it is written last."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NotRequired, TypedDict

from lammps_glass.hashing import digest, file_digest
from lammps_glass.json_types import JsonObject
from lammps_glass.product import Conditions

NAME = "manifest.json"
FORMAT = 1
#: Written beside the products and kept, but not hashed: they hold times and paths.
UNHASHED = ("in.lmp", "log.lammps")


class FileRecord(TypedDict):
    """Size and checksum of a product's file; `dropped` once `clean` has removed it."""

    bytes: int
    sha256: str
    dropped: NotRequired[bool]


@dataclass(frozen=True)
class Manifest:
    """The record of one finished case.

    `key` is the sha256 of the parameters' hash, the inputs' product checksums and the stage's version; `inputs` maps
    ``case/stage`` to the sha256 of that input's products. Times, hosts and versions never enter a hash.
    """

    study: str
    stage: str
    case: str
    conditions: Conditions
    params: JsonObject
    params_hash: str
    inputs: Mapping[str, str]
    key: str
    seed: int
    ranks: int
    products: Mapping[str, FileRecord]
    versions: Mapping[str, str]
    seconds: float
    peak_memory: int
    started: str
    finished: str
    host: str
    job: str = ""
    attempt: int = 1
    format: int = field(default=FORMAT)

    @property
    def products_hash(self) -> str:
        """Return the sha256 over names and checksums of the products: readers of this case depend on it."""
        return digest({name: item["sha256"] for name, item in self.products.items()})

    def write(self, folder: Path) -> None:
        """Write and fsync ``manifest.json`` in `folder`."""
        path = folder / NAME
        with path.open("w", encoding="utf-8") as stream:
            json.dump(asdict(self), stream, indent=1, sort_keys=True)
            stream.flush()
            os.fsync(stream.fileno())

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """Read the manifest of a finished folder; None where there is none or it is damaged."""
        try:
            with open(f"{folder}/{NAME}", "rb") as stream:
                values = json.loads(stream.read())
            return cls(**values) if values.get("format") == FORMAT else None
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def fault(self, folder: Path, *, checksums: bool = False) -> str | None:
        """Return what is wrong with the products in `folder`; None when sizes (and, if asked, checksums) fit."""
        for name, item in self.products.items():
            if item.get("dropped"):  # `clean --frames`: its checksum stands for it
                continue
            try:
                size = os.stat(f"{folder}/{name}").st_size  # twenty thousand Path objects would cost as much again
            except OSError:
                return f"{folder / name} is missing"
            if size != item["bytes"] or (checksums and file_digest(folder / name) != item["sha256"]):
                return f"{folder / name} has changed since it was written"
        return None


def inventory(folder: Path) -> dict[str, FileRecord]:
    """Return size and checksum of every product: the files below `folder` but hidden ones, `NAME` and `UNHASHED`."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name: {"bytes": path.stat().st_size, "sha256": file_digest(path)}
        for name, path in files.items()
        if name != NAME and path.name not in UNHASHED and "/." not in f"/{name}"
    }
