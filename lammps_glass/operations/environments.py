"""The operations ``environments`` and ``encode``: find unique local environments, and count them in structures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from lammps_glass.descriptors import REGISTRY as DESCRIPTORS, SOAP
from lammps_glass.errors import InputError
from lammps_glass.glasses import Glass
from lammps_glass.glasses.checks import PositiveFloat, check_fields
from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import Wired, operation, require_runs
from lammps_glass.operations.parts import DescriptorPart
from lammps_glass.product import name_of
from lammps_glass.products import Environments, Record, Structures, StructureSet
from lammps_glass.products.structures import run_name
from lammps_glass.simulate.protocols.shear import Shear
from lammps_glass.simulate.work import Work
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.grid import Integers

if TYPE_CHECKING:
    from lammps_glass.learn import EncodedStructure, EnvironmentLibrary
    from lammps_glass.learn.environment_products import Singles
    from lammps_glass.learn.environments import Blocks

Form = Literal["distance", "half"]
#: Estimated number of environments of n particles at threshold 0.84: N_REFERENCE (n / PARTICLES_REFERENCE)^EXPONENT.
N_REFERENCE, PARTICLES_REFERENCE, EXPONENT = 604.0, 20_000.0, 0.37
#: Length of a SOAP vector of two species.
SOAP_LENGTH = 3289


@dataclass(frozen=True)
class EnvironmentParameters:
    """Parameters of the operation ``environments``.

    Parameters
    ----------
    threshold, form
        Threshold and formula of the similarity: see `lammps_glass.learn.cosine_limit`.
    fraction
        Fraction of the particles of each structure that is scanned.
    descriptor
        ``soap`` with options; the glass gives the species.
    """

    threshold: float = 0.84
    form: Form = "distance"
    fraction: float = 1.0
    descriptor: DescriptorPart = field(default_factory=lambda: DescriptorPart("soap"))

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise InputError(f"threshold = {self.threshold:g} must be above 0 and below 1")
        require_fraction("fraction", self.fraction)
        if self.descriptor.name != "soap":
            raise InputError(f"descriptor = {self.descriptor.name}: environments are rows of soap")

    def soap(self, glass: Glass) -> SOAP:
        """Build the descriptor; its rows are in float32, the precision of the similarities."""
        return SOAP(**{**self.descriptor.with_glass(glass), "dtype": "float32"})


@dataclass(frozen=True)
class EncodeParameters:
    """Parameters of the operation ``encode``.

    Parameters
    ----------
    strain_r_max
        Neighbourhood of the von Mises strain against the first structure of the record, in length units.
    """

    strain_r_max: PositiveFloat = 4.0

    def __post_init__(self) -> None:
        check_fields("encode", self)


def require_fraction(key: str, value: float) -> None:
    """Refuse a fraction that is not above 0, and 1 at most."""
    if not 0 < value <= 1:
        raise InputError(f"{key} = {value:g} must be above 0 and 1 at most")


def structures_work(works: Sequence[Work], fits: float = 0.0) -> Work:
    """Declare the particles and structures that are read.

    Parameters
    ----------
    fits
        Number of fits of boosted trees to the table of all structures and environments.
    """
    particles = float(sum(work.n_particles * work.snapshots for work in works))
    structures = float(sum(work.snapshots for work in works))
    n_environments = N_REFERENCE * (max(particles, 1.0) / PARTICLES_REFERENCE) ** EXPONENT
    parts = {"cases": 1.0, "particles": particles, "structures": structures, "fits": structures * n_environments * fits}
    memory = n_environments * SOAP_LENGTH * 4 + structures * (n_environments + SOAP_LENGTH) * 8
    return Work(max((work.n_particles for work in works), default=0), parts, int(structures), structures, memory)


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the structures that are scanned or encoded."""
    return structures_work(reads["structures"])


# -- a library of environments -----------------------------------------------------------------------------------------


def check_structures(stage: Wired) -> None:
    """Refuse structures that are not minimised: they have neither energy nor neighbourhoods of a minimum."""
    require_runs(stage, "structures", "inherent")


@operation(work=work, rates={"cases": 3.0, "particles": 3e-4}, check=check_structures)
def environments(case: Case[EnvironmentParameters], structures: Sequence[Record]) -> Environments:
    """Find the environments of all structures, with Voronoi index and Kasper group of each representative."""
    from lammps_glass import analysis

    product, soap = Environments(case.directory), case.parameters.soap(case.glass)
    library = find_environments(structures, soap, case.parameters, case.seed, product.segments)
    clusters = clusters_of(library, structures, float(soap.r_cut))
    indices = clusters.drop_duplicates("environment").sort_values("environment")["voronoi"].tolist()
    product.library.write(library.annotate(indices, analysis.kasper_groups(indices)))
    product.clusters.write(clusters)
    shutil.rmtree(product.segments)  # last of all, so that a case that is killed before need not scan again
    return product


def later_frames(record: Record) -> Iterator[Snapshot]:
    """Iterate over the structures of a record after the first, which is the glass that was annealed or sheared."""
    frames = record.frames()
    next(frames, None)
    yield from frames


def structure_name(record: Record, frame: Snapshot) -> str:
    """Return a name such as ``rate-1e+13_replica-1_temperature-600/2000``; the seeded order depends on it."""
    return f"{name_of(record.conditions)}/{frame.step}"


def find_environments(
    records: Sequence[Record], soap: SOAP, parameters: EnvironmentParameters, seed: int, state: Path
) -> EnvironmentLibrary:
    """Find the environments of all structures; an interrupted scan resumes after its last structure.

    Records are scanned in seeded order, and so are the structures of a record and the particles of a structure: one
    record is held at a time.
    """
    from lammps_glass import learn

    search = learn.LeaderSearch(parameters.threshold, parameters.form, soap.definition)
    learn.scan_environments(search, _ordered_structures(records, soap, parameters.fraction, seed), state)
    return learn.EnvironmentLibrary.of(search)


def _ordered_structures(
    records: Sequence[Record], soap: SOAP, fraction: float, seed: int
) -> Iterator[tuple[str, Blocks]]:
    from lammps_glass.learn import particle_order, scan_order

    by_name = {name_of(record.conditions): record for record in records}
    for name in scan_order(list(by_name), seed):
        frames = {structure_name(by_name[name], frame): frame for frame in later_frames(by_name[name])}
        for structure in scan_order(list(frames), seed):
            frame = frames[structure]
            order = particle_order(structure, len(frame), seed, fraction)
            yield structure, partial(_blocks, soap, frame, order)


def _blocks(soap: SOAP, frame: Snapshot, order: Integers) -> Iterator[tuple[Integers, Singles]]:
    for rows, vectors in soap.blocks(frame, order):
        yield frame.ids[rows], vectors.astype(np.float32, copy=False)


def clusters_of(library: EnvironmentLibrary, records: Sequence[Record], r_max: float) -> pd.DataFrame:
    """Return the neighbourhood of every representative: the table ``clusters`` of `Environments`."""
    from lammps_glass import analysis

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


# -- structures by their environments ----------------------------------------------------------------------------------


def check_encode(stage: Wired) -> None:
    """Refuse structures of a sheared glass without its shear, or with the shear of another glass: strains need it."""
    check_structures(stage)
    require_runs(stage, "shear", "shear")
    wired = [source.stage for source in stage.reads.get("shear", ())]
    for structures in stage.reads["structures"]:
        starts = [start.stage for start in structures.reads["start"] if start.runs == "shear"]
        if starts != wired:
            raise InputError(
                f"stages.{stage.stage}.reads.shear: the structures come from {', '.join(starts) or 'no shear'}, "
                f"the port reads {', '.join(wired) or 'nothing'}"
            )


def check_library(stage: Wired) -> None:
    """Refuse structures that were encoded by another library than the one that the stage reads."""
    (library,) = stage.reads["environments"]
    for port, sources in stage.reads.items():
        for source in sources:
            for other in source.reads.get("environments", ()):
                if other.stage != library.stage:
                    raise InputError(
                        f"stages.{stage.stage}.reads.{port}: {source.stage} has the environments of {other.stage}, not "
                        f"of {library.stage}"
                    )


@operation(work=work, rates={"cases": 0.2, "particles": 1.5e-4}, check=check_encode)
def encode(
    case: Case[EncodeParameters], structures: Record, environments: Environments, shear: Record | None = None
) -> Structures:
    """Encode every structure of a record after the first, which is the reference of the strain.

    Parameters
    ----------
    structures
        Inherent structures.
    shear
        Record of the shear that they come from: flips of its box are undone before the strain is computed.
    """
    from lammps_glass import analysis
    from lammps_glass.labels import von_mises_strain

    library = environments.library.read()
    soap = soap_of(library, dtype="float32")
    protocol = shear.protocol if shear else None
    if not isinstance(protocol, Shear | None):
        raise InputError(f"{structures.directory}: comes from a run of {protocol.name}, not of shear")
    energies = structures.thermo.set_index("step")["pe"]
    frames = structures.frames()
    reference = next(frames)
    rows: list[dict[str, str | float]] = []
    counts, means, indices, strains = [], [], [], []
    for frame in frames:
        encoded = encode_frame(library, soap, structures, frame)
        strained = protocol.unflipped(frame, reference) if protocol else frame
        strain = von_mises_strain(reference, strained, r_max=case.parameters.strain_r_max, undo_flips=protocol is None)
        counts.append(encoded.counts)
        means.append(encoded.mean)
        indices.append(analysis.voronoi_indices(frame))
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
                "coverage": encoded.coverage,
            }
        )
    if not rows:
        raise InputError(f"stages.{case.stage}: {name_of(structures.conditions)} has one structure only: run it longer")
    product = Structures(case.directory)
    voronoi = pd.DataFrame(
        {"row": np.repeat(np.arange(len(rows)), [*map(len, indices)]), "index": np.concatenate(indices)}
    )
    product.write(
        StructureSet(
            pd.DataFrame(rows),
            np.array(counts),
            np.array(means),
            voronoi.value_counts(["row", "index"], sort=False).reset_index(name="count"),
            strains,
        ),
        strain_r_max=case.parameters.strain_r_max,
    )
    return product


def soap_of(library: EnvironmentLibrary, dtype: str = "float64") -> SOAP:
    """Build the descriptor whose vectors a library holds."""
    soap: SOAP = DESCRIPTORS.build("soap", {**library.definition, "dtype": dtype})
    return soap


def encode_frame(library: EnvironmentLibrary, soap: SOAP, record: Record, frame: Snapshot) -> EncodedStructure:
    """Count the environments of one structure of a record."""
    from lammps_glass.learn import encode_structure

    where = f"{name_of(record.conditions)}, step {frame.step}"
    return encode_structure(library, (vectors for _, vectors in soap.blocks(frame)), where)
