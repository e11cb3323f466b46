"""`Product`: the files of a finished case; only its class knows their names and columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Generic, Self, TypeVar, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.errors import InputError, NotReadyError
from lammps_glass.json_types import Json, JsonObject
from lammps_glass.tables import TableWriter, column_names, iter_table, read_metadata, read_table, write_table

Condition = str | int | float
Conditions = Mapping[str, Condition]


def name_of(conditions: Conditions) -> str:
    """Return the name of conditions, such as ``replica-3_temperature-0.2``; ``all`` without any."""
    return "_".join(f"{key}-{value}" for key, value in conditions.items()) or "all"


@dataclass(frozen=True)
class Product:
    """A folder of files with a meaning; subclasses declare their files as class attributes.

    Parameters
    ----------
    directory
        The folder. It need not exist yet: an operation makes a product of its case's folder and writes its files.
    conditions
        Conditions of the case that made the product, such as ``{"replica": 3}``; empty outside of a study.
    """

    directory: Path
    conditions: Conditions = field(default_factory=dict, compare=False, kw_only=True)

    #: Folders of the product that a study copies into its own folder, from cases without conditions.
    published: ClassVar[tuple[str, ...]] = ()
    #: Whether a study copies them from cases with conditions too, except those of one replica; the conditions then
    #: begin the file names.
    published_by_condition: ClassVar[bool] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "directory", Path(self.directory))

    @property
    def replica(self) -> str:
        """Name of the replica in rows: the condition ``replica``, or ``all``."""
        return str(self.conditions.get("replica", "all"))

    @property
    def segments(self) -> Path:
        """Folder of the state that an interrupted case resumes from; the operation removes it when it is complete."""
        return self.directory / "segments"

    @classmethod
    def files(cls) -> dict[str, File]:
        """Return the declared files by attribute name, those of base classes first."""
        declared: dict[str, File] = {}
        for base in reversed(cls.__mro__):
            declared |= {name: item for name, item in vars(base).items() if isinstance(item, File)}
        return declared

    def check(self) -> Self:
        """Return the product if every required file exists.

        Raises
        ------
        NotReadyError
            A file is missing; the message names it.
        """
        for item in self.files().values():
            if not item.optional and not (self.directory / item.name).exists():
                raise NotReadyError(f"{self.directory / item.name} is not there: {type(self).__name__} is incomplete")
        return self


Kind = TypeVar("Kind", bound=Product)


def with_conditions(products: Iterable[Kind], **conditions: Condition) -> list[Kind]:
    """Return the products of cases that have these conditions, such as ``glass="polymer"``."""
    return [p for p in products if all(p.conditions.get(name) == value for name, value in conditions.items())]


class File:
    """A file of a product, declared as a class attribute of it.

    Parameters
    ----------
    name
        File name inside the product's folder.
    optional
        Whether a product may be complete without the file.
    """

    def __init__(self, name: str, *, optional: bool = False) -> None:
        self.name, self.optional = name, optional


class FileOf:
    """A file of one product."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether the file has been written."""
        return self.path.is_file()


Bound = TypeVar("Bound", bound=FileOf)


class Declared(File, Generic[Bound]):
    """A declaration that gives, on a product, the object which reads and writes the file."""

    bound: type[Bound]

    @overload
    def __get__(self, product: None, owner: type[Product]) -> Self: ...
    @overload
    def __get__(self, product: Product, owner: type[Product]) -> Bound: ...
    def __get__(self, product: Product | None, owner: type[Product]) -> Self | Bound:
        return self if product is None else self.bound(product.directory / self.name)


class TableOf(FileOf):
    """A Parquet table of one product; see `lammps_glass.tables` for errors."""

    def write(self, table: pd.DataFrame, metadata: Mapping[str, Json] | None = None) -> None:
        """Write the table and its metadata (JSON values)."""
        write_table(self.path, table, metadata)

    def writer(self, metadata: Mapping[str, Json] | None = None) -> TableWriter:
        """Return a context that writes the table group by group."""
        return TableWriter(self.path, metadata)

    def read(self, columns: list[str] | None = None) -> pd.DataFrame:
        """Read the table, or some of its columns."""
        return read_table(self.path, columns)

    def groups(self, columns: list[str] | None = None) -> Iterator[pd.DataFrame]:
        """Read the table group by group (usually the rows of a snapshot), holding one group at a time."""
        return iter_table(self.path, columns)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return column_names(self.path)

    @property
    def metadata(self) -> JsonObject:
        """Metadata that were written with the table."""
        return read_metadata(self.path)


class TableFile(Declared[TableOf]):
    """Declare a Parquet table of a product."""

    bound = TableOf


class JsonOf(FileOf):
    """A JSON file of one product."""

    def write(self, values: Mapping[str, Json]) -> None:
        """Write the values with sorted keys; a number that is not finite is an error."""
        self.path.write_text(json.dumps(values, indent=1, sort_keys=True, allow_nan=False), encoding="utf-8")

    def read(self) -> JsonObject:
        """Read the values.

        Raises
        ------
        InputError
            The file is missing or is not JSON.
        """
        try:
            values: JsonObject = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{self.path}: not a readable JSON file ({error})") from error
        return values


class JsonFile(Declared[JsonOf]):
    """Declare a JSON file of a product."""

    bound = JsonOf


class ArrayOf(FileOf):
    """A NumPy array of one product, for data with thousands of columns."""

    def write(self, values: NDArray[np.number]) -> None:
        """Write the array."""
        np.save(self.path, values, allow_pickle=False)

    def read(self) -> NDArray[np.number]:
        """Read the array.

        Raises
        ------
        InputError
            The file is missing or is not an array.
        """
        try:
            values: NDArray[np.number] = np.load(self.path, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise InputError(f"{self.path}: not a readable array ({error})") from error
        return values


class ArrayFile(Declared[ArrayOf]):
    """Declare a NumPy array (``.npy``) of a product."""

    bound = ArrayOf
