"""Unique local environments of the training structures, and any structure in terms of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.barcode.settings import EncodeParameters, EnvironmentParameters
from lammps_glass.studies.barcode.structures import (
    Structures,
    kept_frames,
    record_name,
    record_stage,
    run_name,
    write_structures,
)
from lammps_glass.studies.case import Case, Product
from lammps_glass.tables import write_table

LIBRARY = "library.npz"
STATE = "segments"  # the name under which a case's folder keeps what an earlier try left


def soap_of(case: Case, options: Any) -> Any:
    """The descriptor soap for the species of the case's glass; rows in float32, which similarities want."""
    from lammps_glass.descriptors import SOAP

    return SOAP(**{"species": tuple(case.glass.species), **dict(options), "dtype": "float32"})


def scan(case: Case, products: Sequence[Product], parameters: EnvironmentParameters) -> Any:
    """The library of the environments of all structures; a killed scan goes on after its last structure.

    Records come in seeded order, and so do the structures of a record and the particles of a structure: one record is
    held at a time.
    """
    from lammps_glass.learn import EnvironmentLibrary, LeaderSearch, scan_environments

    soap = soap_of(case, parameters.options)
    search = LeaderSearch(parameters.threshold, parameters.form, soap.definition)
    scan_environments(search, _structures(products, soap, parameters, case.seed), case.directory / STATE)
    return EnvironmentLibrary.of(search)


def forget_scan(case: Case) -> None:
    """Remove the state of a scan: last of all, so that a case that is killed after it need not scan again."""
    shutil.rmtree(case.directory / STATE)


def _structures(
    products: Sequence[Product], soap: Any, parameters: EnvironmentParameters, seed: int
) -> Iterator[tuple[str, Any]]:
    from lammps_glass.learn import particle_order, scan_order

    records = {record_name(product): product for product in products}
    for name in scan_order(list(records), seed):
        frames = {f"{name}/{frame.step}": frame for frame in kept_frames(records[name])}
        for structure in scan_order(list(frames), seed):
            frame = frames[structure]
            order = particle_order(structure, len(frame), seed, parameters.fraction)
            yield structure, lambda frame=frame, order=order: _blocks(soap, frame, order)


def _blocks(soap: Any, frame: Snapshot, order: Any) -> Iterator[tuple[Any, Any]]:
    for indices, rows in soap.blocks(frame, order):
        yield frame.ids[indices], rows


def environments(case: Case) -> None:
    """Write ``library.npz``, with index and group of representatives, and ``clusters.parquet``, their neighbours."""
    from lammps_glass.analysis import kasper_groups

    products = case.inputs(record_stage(case))
    library = scan(case, products, case.parameters)
    representatives = pd.DataFrame(
        {"environment": np.arange(len(library)), "structure": library.structures, "particle": library.particles}
    )
    r_cut = float(soap_of(case, case.parameters.options).r_cut)
    found = _representatives(products, representatives, r_cut)
    indices = found.drop_duplicates("environment").sort_values("environment")["voronoi"].tolist()
    library.annotate(indices, kasper_groups(indices)).save(case.directory / LIBRARY)
    write_table(case.directory / "clusters.parquet", found)
    forget_scan(case)


def _representatives(products: Sequence[Product], representatives: pd.DataFrame, r_cut: float) -> pd.DataFrame:
    """A row a neighbour within `r_cut` of each representative, and one for itself at the origin."""
    from lammps_glass.analysis import voronoi_indices

    wanted = {str(name): rows for name, rows in representatives.groupby("structure")}
    parts: list[pd.DataFrame] = []
    for product in products:
        for frame in kept_frames(product):
            rows = wanted.get(f"{record_name(product)}/{frame.step}")
            if rows is not None:
                parts += _clusters(frame, rows, voronoi_indices(frame), r_cut)
    return pd.concat(parts, ignore_index=True)


def _clusters(frame: Snapshot, rows: pd.DataFrame, indices: Any, r_cut: float) -> Iterable[pd.DataFrame]:
    from lammps_glass.snapshots.neighbors import pairs_within

    pairs = pairs_within(frame, r_cut)
    species = frame.species_of_particles
    for environment, particle in zip(rows["environment"], rows["particle"]):
        at = int(np.searchsorted(frame.ids, particle))
        mine = slice(int(pairs.offsets[at]), int(pairs.offsets[at + 1]))
        vectors = np.vstack([np.zeros((1, 3)), pairs.vectors[mine]])
        names = np.concatenate([species[at : at + 1], species[pairs.indices[mine]]])
        yield pd.DataFrame(vectors, columns=["x", "y", "z"]).assign(
            environment=environment, species=names, voronoi=str(indices[at]), centre=np.arange(len(names)) == 0
        )


# -- encoding ----------------------------------------------------------------------------------------------------------


def encode(case: Case) -> None:
    """Environments, mean SOAP vector, Voronoi indices, energy and strain of every structure of a record."""
    product = case.inputs(record_stage(case))[0]
    _encode(case, product, None)


def encode_sheared(case: Case) -> None:
    """The same for a sheared glass: the flips of its box are undone before its strain is taken."""
    from lammps_glass.simulate.protocols import REGISTRY

    product = case.inputs(record_stage(case))[0]
    _encode(case, product, REGISTRY.build("shear", case.inputs("shear")[0].parameters))


def _encode(case: Case, product: Product, shear: Any) -> None:
    from lammps_glass.learn import EnvironmentLibrary
    from lammps_glass.simulate import Record

    source = case.inputs("environments")[0]
    library = EnvironmentLibrary.load(source.path / LIBRARY)
    soap = soap_of(case, source.parameters["options"])
    library.check(soap.definition)
    record = Record(product.path)
    energies = record.thermo.set_index("step")["pe"]
    parameters: EncodeParameters = case.parameters
    rows: list[dict[str, Any]] = []
    counts, means, indices = [], [], []
    strains: list[Any] = []
    reference = None
    for frame in record.frames():
        if reference is None:
            reference = frame
            continue
        name = f"{record_name(product)}, step {frame.step}"
        row = _row(product, frame, float(energies[frame.step]))
        strained = frame if shear is None else shear.unflipped(frame, reference)
        row |= _strain(reference, strained, parameters.strain_r_max, strains)
        row["strain"] = 0.0 if shear is None else shear.strain_at(frame.step)
        count, mean, row["coverage"] = encoded(library, soap, frame, name)
        counts.append(count)
        means.append(mean)
        indices.append(_indices(frame, len(rows)))
        rows.append(row)
    np.save(case.directory / "strain.npy", np.array(strains, dtype=np.float32))
    write_structures(
        case.directory,
        Structures(pd.DataFrame(rows), np.array(counts), np.array(means), pd.concat(indices, ignore_index=True)),
    )


def encoded(library: Any, soap: Any, frame: Snapshot, name: str) -> tuple[Any, Any, float]:
    """Particles of each environment, mean SOAP vector, and coverage of one structure."""
    counts, total = np.zeros(len(library)), np.zeros(soap.n_features)
    for _, vectors in soap.blocks(frame):
        environment = library.encode(vectors).environment
        counts += np.bincount(environment[environment >= 0], minlength=len(library))
        total += vectors.sum(axis=0, dtype=np.float64)
    if counts.sum() == 0:
        library.fractions(np.full(len(frame), -1), name)  # says what is wrong
    return counts, total / len(frame), float(counts.sum() / len(frame))


def _row(product: Product, frame: Snapshot, energy: float) -> dict[str, Any]:
    return {
        "run": run_name(product),
        **{key: str(value) if key == "glass" else float(value) for key, value in product.conditions.items()},
        "step": frame.step,
        "energy": energy,
        "n_particles": len(frame),
        "density": frame.number_density,
        "zr": float(np.mean(frame.species_of_particles == "Zr")),
    }


def _strain(reference: Snapshot, frame: Snapshot, r_max: float, strains: list[Any]) -> dict[str, float]:
    """Mean and heterogeneity of the von Mises strain against the first inherent structure."""
    from lammps_glass.analysis import heterogeneity
    from lammps_glass.labels import von_mises_strain

    strain = von_mises_strain(reference, frame, r_max=r_max)
    strains.append(strain)
    return {"mean_strain": float(strain.mean()), "heterogeneity": heterogeneity(strain)}


def _indices(frame: Snapshot, row: int) -> pd.DataFrame:
    from lammps_glass.analysis import voronoi_indices

    names, counts = np.unique(voronoi_indices(frame), return_counts=True)
    return pd.DataFrame({"row": row, "index": names, "count": counts})
