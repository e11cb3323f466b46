"""`SavedIndicator`: a fitted indicator and what is needed to apply it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lammps_glass.errors import NotReadyError
from lammps_glass.product import Declared, FileOf, Product

if TYPE_CHECKING:
    from lammps_glass.glasses import Glass


class SavedIndicator(Product):
    """A fitted indicator under ``indicators/``, where a study publishes it from."""

    published: ClassVar[tuple[str, ...]] = ("indicators",)
    published_by_condition: ClassVar[bool] = True

    def save(self, name: str, estimator: Any, glass: Glass, seed: int, metadata: Mapping[str, Any]) -> None:
        """Save a fitted estimator.

        Parameters
        ----------
        name
            Of the indicator in the registry; also of its file.
        glass
            The glass that it was trained on.
        seed
            Of the case.
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

    def load(self) -> tuple[Any, dict[str, Any]]:
        """Load estimator and metadata; nothing that executes is loaded."""
        from lammps_glass import learn

        estimator, metadata = learn.load(self.path)
        return estimator, metadata

    @property
    def metadata(self) -> dict[str, Any]:
        """Metadata of the indicator; see `save`."""
        return self.load()[1]


class IndicatorOf(FileOf):
    """A saved estimator of one product."""

    def write(self, estimator: Any, metadata: Mapping[str, Any]) -> None:
        """Save a fitted estimator; what `predict` needs of the metadata is in `SavedIndicator.save`."""
        from lammps_glass import learn

        self.path.parent.mkdir(parents=True, exist_ok=True)
        learn.save(self.path, estimator, metadata)

    def read(self) -> Any:
        """Load the estimator; nothing that executes is loaded."""
        from lammps_glass import learn

        return learn.load(self.path)[0]

    @property
    def metadata(self) -> dict[str, Any]:
        """Metadata of the estimator."""
        from lammps_glass import learn

        metadata: dict[str, Any] = learn.load(self.path)[1]
        return metadata


class IndicatorFile(Declared[IndicatorOf]):
    """Declare a saved estimator of a product that has several."""

    bound = IndicatorOf
