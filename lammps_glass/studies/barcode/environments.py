"""Unique local environments of the training structures, and any structure in terms of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from lammps_glass import analysis, learn
from lammps_glass.descriptors import SOAP
from lammps_glass.errors import InputError
from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import operation
from lammps_glass.product import name_of
from lammps_glass.products import Environments, Record, Structures, StructureSet
from lammps_glass.products.structures import run_name
from lammps_glass.simulate.protocols.shear import Shear
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers
from lammps_glass.studies.barcode.settings import (
    EncodeParameters,
    EnvironmentParameters,
    check_encode,
    check_records,
    work,
)

if TYPE_CHECKING:
    from lammps_glass.learn.environments import Blocks


@operation(work=work, rates={"cases": 3.0, "particles": 3e-4}, check=check_records)
def environments(case: Case[EnvironmentParameters], structures: Sequence[Record]) -> Environments:
    """Find the environments of all structures, with Voronoi index and Kasper group of each representative."""
    product, soap = Environments(case.directory), case.parameters.soap(case.glass)
    library = find_environments(structures, soap, case.parameters, case.seed, product.segments)
    clusters = clusters_of(library, structures, float(soap.r_cut))
    indices = clusters.drop_duplicates("environment").sort_values("environment")["voronoi"].tolist()
    product.library.write(library.annotate(indices, analysis.kasper_groups(indices)))
    product.clusters.write(clusters)
    shutil.rmtree(product.segments)  # last of all, so that a case that is killed before need not scan again
    return product


def later_frames(record: Record) -> Iterator[Snapshot]:
    """Iterate over the structures of a record but the first: the cooled glass that every record starts from."""
    frames = record.frames()
    next(frames, None)
    yield from frames


def structure_name(record: Record, frame: Snapshot) -> str:
    """Return a name such as ``rate-1e+13_replica-1_temperature-600/2000``; the seeded order depends on it."""
    return f"{name_of(record.conditions)}/{frame.step}"


def find_environments(
    records: Sequence[Record], soap: SOAP, parameters: EnvironmentParameters, seed: int, state: Path
) -> learn.EnvironmentLibrary:
    """Find the environments of all structures; an interrupted scan goes on after its last structure.

    Records are scanned in seeded order, and so are the structures of a record and the particles of a structure: one
    record is held at a time.
    """
    search = learn.LeaderSearch(parameters.threshold, parameters.form, soap.definition)
    learn.scan_environments(search, _ordered_structures(records, soap, parameters.fraction, seed), state)
    return learn.EnvironmentLibrary.of(search)


def _ordered_structures(
    records: Sequence[Record], soap: SOAP, fraction: float, seed: int
) -> Iterator[tuple[str, Blocks]]:
    by_name = {name_of(record.conditions): record for record in records}
    for name in learn.scan_order(list(by_name), seed):
        frames = {structure_name(by_name[name], frame): frame for frame in later_frames(by_name[name])}
        for structure in learn.scan_order(list(frames), seed):
            frame = frames[structure]
            order = learn.particle_order(structure, len(frame), seed, fraction)
            yield structure, lambda frame=frame, order=order: _blocks(soap, frame, order)


def _blocks(soap: SOAP, frame: Snapshot, order: Integers) -> Iterator[tuple[Integers, Floats]]:
    for rows, vectors in soap.blocks(frame, order):
        yield frame.ids[rows], vectors


def clusters_of(library: learn.EnvironmentLibrary, records: Sequence[Record], r_max: float) -> pd.DataFrame:
    """Return the neighbourhood of every representative: the table ``clusters`` of `Environments`."""
    representatives = pd.DataFrame(
        {"environment": np.arange(len(library)), "structure": library.structures, "particle": library.particles}
    )
    by_structure = {str(name): rows for name, rows in representatives.groupby("structure")}
    parts = []
    for record in records:
        for frame in later_frames(record):
            table = by_structure.get(structure_name(record, frame))
            if table is None:
                continue
            rows, indices = np.searchsorted(frame.ids, table["particle"]), analysis.voronoi_indices(frame)
            clusters = analysis.neighborhoods(frame, rows, r_max)
            for environment, row, cluster in zip(table["environment"], rows, clusters):
                parts.append(cluster.assign(environment=environment, voronoi=str(indices[row])))
    return pd.concat(parts, ignore_index=True)


def encode_frame(
    library: learn.EnvironmentLibrary, soap: SOAP, record: Record, frame: Snapshot
) -> learn.EncodedStructure:
    """Count the environments of one structure of a record."""
    blocks: Iterable[Floats] = (vectors for _, vectors in soap.blocks(frame))
    return learn.encode_structure(library, blocks, f"{name_of(record.conditions)}, step {frame.step}")


@operation(work=work, rates={"cases": 0.2, "particles": 1.5e-4}, check=check_encode)
def encode(
    case: Case[EncodeParameters], structures: Record, environments: Environments, shear: Record | None = None
) -> Structures:
    """Encode every structure of a record but the first, against which the strain is taken.

    Parameters
    ----------
    structures
        Inherent structures.
    shear
        The sheared glass that they are of: flips of its box are undone before the strain is taken.
    """
    library = environments.library.read()
    soap = SOAP(**{**library.definition, "dtype": "float32"})
    protocol = cast(Shear, shear.protocol) if shear else None  # see `check_encode`
    energies = structures.thermo.set_index("step")["pe"]
    frames = structures.frames()
    reference = next(frames)
    rows: list[dict[str, Any]] = []
    encodings, voronoi, strains = [], [], []
    for row, frame in enumerate(frames):
        encoding = encode_frame(library, soap, structures, frame)
        names, counts = np.unique(analysis.voronoi_indices(frame), return_counts=True)
        strain = _strain(reference, frame, protocol, case.parameters.strain_r_max)
        encodings.append(encoding)
        voronoi.append(pd.DataFrame({"row": row, "index": names, "count": counts}))
        strains.append(strain)
        rows.append(
            {
                "run": run_name(structures.conditions),
                **{k: v if isinstance(v, str) else float(v) for k, v in structures.conditions.items()},
                "step": frame.step,
                "energy": float(energies[frame.step]),
                "n_particles": len(frame),
                "density": frame.number_density,
                "composition": float(np.mean(frame.species_of_particles == soap.species[-1])),
                "strain": protocol.strain_at(frame.step) if protocol else 0.0,
                "mean_strain": float(strain.mean()),
                "heterogeneity": analysis.heterogeneity(strain),
                "coverage": encoding.coverage,
            }
        )
    if not rows:
        raise InputError(f"stages.{case.stage}: {name_of(structures.conditions)} has one structure only: run it longer")
    product = Structures(case.directory)
    encoded = StructureSet(
        pd.DataFrame(rows),
        np.array([encoding.counts for encoding in encodings]),
        np.array([encoding.mean for encoding in encodings]),
        pd.concat(voronoi, ignore_index=True),
        strains,
    )
    product.write(encoded, strain_r_max=case.parameters.strain_r_max)
    return product


def _strain(reference: Snapshot, frame: Snapshot, shear: Shear | None, r_max: float) -> Floats:
    """Return the von Mises strain of every particle."""
    from lammps_glass.labels import von_mises_strain

    return von_mises_strain(reference, shear.unflipped(frame, reference) if shear else frame, r_max=r_max)
