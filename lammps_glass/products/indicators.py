"""`SavedIndicator`: a fitted indicator with the metadata that are needed to apply it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from lammps_glass.errors import NotReadyError
from lammps_glass.json_types import Json, JsonObject
from lammps_glass.product import Declared, FileOf, Product

if TYPE_CHECKING:
    from lammps_glass.glasses import Glass
    from lammps_glass.learn.estimator import Estimator


class SavedIndicator(Product):
    """A fitted indicator, in the folder ``indicators`` that a study publishes."""

    published: ClassVar[tuple[str, ...]] = ("indicators",)
    published_by_condition: ClassVar[bool] = True

    def save(self, name: str, estimator: Estimator, glass: Glass, seed: int, metadata: Mapping[str, Json]) -> None:
        """Save a fitted estimator.

        Parameters
        ----------
        name
            Name of the indicator in the registry, and of its file.
        glass
            Glass that it was trained on.
        seed
            Seed of the case.
        metadata
            JSON values: ``columns``, ``threshold``, ``training_replicas`` and the description of the rows.
        """
        from lammps_glass import learn

        path = self.directory / "indicators" / f"{name}.indicator"
        path.parent.mkdir(parents=True, exist_ok=True)
        about = {"indicator": name, "glass": glass.name, "glass_options": glass.options(), "seed": seed}
        learn.save(path, estimator, {**about, **metadata})

    @property
    def path(self) -> Path:
        """Path of the saved indicator.

        Raises
        ------
        NotReadyError
            Nothing, or more than one indicator, has been saved.
        """
        paths = sorted((self.directory / "indicators").glob("*.indicator"))
        if len(paths) != 1:
            raise NotReadyError(f"{self.directory}: {len(paths)} saved indicators, expected one")
        return paths[0]

    def load(self) -> tuple[Estimator, JsonObject]:
        """Load estimator and metadata; nothing that executes is loaded."""
        from lammps_glass import learn

        return learn.load(self.path)

    @property
    def metadata(self) -> JsonObject:
        """Metadata of the indicator; see `save`."""
        return self.load()[1]


class IndicatorOf(FileOf):
    """A saved estimator of one product."""

    def write(self, estimator: Estimator, metadata: Mapping[str, Json]) -> None:
        """Save a fitted estimator; `SavedIndicator.save` lists the metadata that `predict` needs."""
        from lammps_glass import learn

        self.path.parent.mkdir(parents=True, exist_ok=True)
        learn.save(self.path, estimator, metadata)

    def read(self) -> Estimator:
        """Load the estimator; nothing that executes is loaded."""
        from lammps_glass import learn

        estimator: Estimator = learn.load(self.path)[0]
        return estimator

    @property
    def metadata(self) -> JsonObject:
        """Metadata of the estimator."""
        from lammps_glass import learn

        return learn.load(self.path)[1]


class IndicatorFile(Declared[IndicatorOf]):
    """Declare a saved estimator of a product that has several."""

    bound = IndicatorOf
