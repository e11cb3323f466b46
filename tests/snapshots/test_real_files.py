"""Files as they are found: without ids, planar, without boundaries, in odd columns, with labels, under any name."""

from __future__ import annotations

from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest

from lammps_glass import Snapshot, analysis, descriptors, glasses, labels
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell
from lammps_glass.snapshots.files import write

EDGE = 6.0
CONVENTIONS = (("x", "y", "z"), ("xs", "ys", "zs"), ("xu", "yu", "zu"), ("xsu", "ysu", "zsu"))


def crystal(seed: int = 0, n: int = 6) -> np.ndarray:
    """(n^3, 3) positions near the sites of a simple cubic lattice with unit spacing, unlike to any other's."""
    sites = np.stack(np.meshgrid(*[np.arange(n)] * 3, indexing="ij"), axis=-1).reshape(-1, 3) + 0.5
    return sites + np.random.default_rng(seed).uniform(-0.1, 0.1, sites.shape)


def dump(
    columns: dict[str, np.ndarray], step: int = 0, bounds: str = f"0 {EDGE}\n" * 3, flags: str = "pp pp pp"
) -> str:
    rows = "".join(
        " ".join(f"{v:.17g}" if isinstance(v, float) else str(v) for v in row) + " \n"
        for row in zip(*(column.tolist() for column in columns.values()))
    )
    count = len(next(iter(columns.values())))
    return (
        f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{count}\nITEM: BOX BOUNDS {flags}\n{bounds}"
        f"ITEM: ATOMS {' '.join(columns)}\n{rows}"
    )


def xyz(positions: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip("xyz", positions.T))


def put(folder: Path, text: str, name: str = "a.lammpstrj") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# -- no ids ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_types", [False, True])
def test_frames_without_ids_are_not_compared(with_types: bool, tmp_path: Path) -> None:
    positions, types = crystal(), np.arange(216) % 2 + 1
    moved = positions + np.random.default_rng(1).normal(scale=0.02, size=positions.shape)
    order = np.random.default_rng(2).permutation(216)
    text = ""
    for step, frame, rows in ((0, positions, slice(None)), (10, moved, order)):
        columns = {**({"type": types[rows]} if with_types else {}), **xyz(frame[rows])}
        text += dump(columns, step)
    path = put(tmp_path, text)
    first, second = Snapshot.read_all(path)
    assert first.ids_from_rows
    for function in (labels.d2min, labels.von_mises_strain):
        with pytest.raises(InputError, match=r"no particle ids.*column id.*--rows-are-particles"):
            function(first, second, r_max=1.6)
    with pytest.raises(InputError, match="no particle ids"):
        analysis.mean_squared_displacement([first, second])
    analysis.radial_distribution_function([first, second], r_max=2.0, bins=10)  # compares no particles
    # What is written does not pretend to have ids.
    write(tmp_path / "again.lammpstrj", [first, second])
    for name in ("again.lammpstrj", "one.data", "one.extxyz"):
        if name.startswith("one"):
            first.write(tmp_path / name)
        assert Snapshot.read(tmp_path / name).ids_from_rows
    assert not Snapshot.read(path, rows_are_particles=True).ids_from_rows


def test_rows_that_are_particles_give_the_numbers_of_ids(tmp_path: Path) -> None:
    positions = crystal()
    moved = positions + np.random.default_rng(1).normal(scale=0.02, size=positions.shape)
    ids = {"id": np.arange(1, 217)}
    bare, named = (
        put(tmp_path, dump({**more, **xyz(positions)}) + dump({**more, **xyz(moved)}, 10), f"{len(more)}.dump")
        for more in ({}, ids)
    )
    values = [
        labels.d2min(*Snapshot.read_all(path, rows_are_particles=path == bare), r_max=1.6) for path in (bare, named)
    ]
    np.testing.assert_array_equal(*values)


# -- two dimensions ----------------------------------------------------------------------------------------------------


def planar(z: float = 0.0) -> Snapshot:
    """A square lattice in a periodic box from -1 to 1 along z: its images are a stack of planes two apart."""
    random = np.random.default_rng(3)
    plane = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0), indexing="ij"), axis=-1).reshape(-1, 2)
    positions = np.column_stack([plane + random.uniform(-0.1, 0.1, plane.shape), np.full(64, z)])
    return Snapshot(Cell.orthogonal([8, 8, 2], (0, 0, -1)), positions, np.zeros(64, int), ("A",))


@pytest.mark.parametrize("z", [0.0, -1.0, 1.0 - 1e-16])
def test_a_plane_is_refused_by_labels_and_descriptors(z: float) -> None:
    flat = planar(z)
    turned = flat.replace(
        positions=flat.positions[:, [2, 0, 1]], cell=Cell.orthogonal([2, 8, 8], (-1, 0, 0)), ids=flat.ids
    )
    for snapshot in (flat, turned):
        for compute in (
            lambda s: labels.d2min(s, s, r_max=2.5),
            descriptors.Interstices().compute,
            descriptors.RadialGaussians(centers=(1.0, 2.0), width=0.5).compute,
            descriptors.PairEntropy((2.0,)).compute,
            descriptors.SOAP(species=("A",), r_cut=2.5, n_max=2, l_max=2).compute,
            descriptors.ACE(species=("A",), r_cut=2.5, n_max=2, max_degree=2, max_order=2).compute,
        ):
            with pytest.raises(InputError, match="all particles lie in one plane"):
                compute(snapshot)


def test_a_buckled_plane_across_the_boundary_is_none() -> None:
    flat = planar(-1.0)
    buckled = flat.positions.copy()
    buckled[::2, 2] = 0.99  # 0.01 below the plane at -1, by its image
    labels.d2min(flat.replace(positions=buckled), flat.replace(positions=buckled), r_max=2.5)


def test_a_dump_with_x_and_y_only_gets_the_same_sentence(tmp_path: Path) -> None:
    columns = {"id": np.arange(1, 65), **dict(zip("xy", planar().positions.T))}
    with pytest.raises(InputError, match="no column z: all particles lie in one plane"):
        Snapshot.read(put(tmp_path, dump(columns)))


# -- boundaries --------------------------------------------------------------------------------------------------------

DATA = """film

{count} atoms
{n_types} atom types

0 6 xlo xhi
0 6 ylo yhi
0 6 zlo zhi
{masses}
Atoms{style}

{rows}"""


def data(rows: str, style: str = " # atomic", masses: str = "", n_types: int = 2) -> str:
    return DATA.format(count=rows.count("\n"), rows=rows, style=style, masses=masses, n_types=n_types)


def atomic_rows(positions: np.ndarray, types: np.ndarray) -> str:
    return "".join(
        f"{i} {t} {x:.17g} {y:.17g} {z:.17g}\n" for i, (t, (x, y, z)) in enumerate(zip(types, positions.tolist()), 1)
    )


def test_a_film_is_periodic_where_the_user_says(tmp_path: Path) -> None:
    positions = crystal()
    path = put(tmp_path, data(atomic_rows(positions, np.arange(216) % 2 + 1)), "film.data")
    film = Snapshot.read(path, boundary="p p s")
    assert film.cell.periodic.tolist() == [True, True, False]
    assert Snapshot.read(path).cell.periodic.all()
    assert next(iter(Snapshot.read_all(path, boundary="pp fs m"))).cell.periodic.tolist() == [True, False, False]
    moved = film.replace(positions=film.positions + np.random.default_rng(5).normal(scale=0.02, size=(216, 3)))
    values, counts = labels.d2min_with_neighbors(film, moved, r_max=1.3)
    inside = labels.d2min_with_neighbors(
        Snapshot.read(path), moved.replace(cell=Cell.orthogonal([EDGE] * 3)), r_max=1.3
    )
    # Particles of the two surfaces lose the neighbour beyond; those two layers inside have the same numbers.
    surface = (positions[:, 2] < 1) | (positions[:, 2] > EDGE - 1)
    assert (counts < inside[1])[surface].all()
    # Sums of a dozen squares in another order.
    np.testing.assert_allclose(values[~surface], inside[0][~surface], rtol=1e-12)


def test_boundaries_of_a_file_are_not_contradicted(tmp_path: Path) -> None:
    text = dump({"id": np.arange(1, 217), **xyz(crystal())}, flags="pp pp ff")
    path = put(tmp_path, text)
    assert Snapshot.read(path, boundary="p p s").cell.periodic.tolist() == [True, True, False]
    with pytest.raises(InputError, match=r"p p n in the file and p p p by --boundary"):
        Snapshot.read(path, boundary="p p p")
    old = put(tmp_path, text.replace(" pp pp ff", ""), "old.dump")  # old dumps do not say
    assert Snapshot.read(old, boundary="f p p").cell.periodic.tolist() == [False, True, True]
    for bad in ("p p", "p p q", "ppp p p", "pf p p"):
        with pytest.raises(InputError, match="three of LAMMPS's styles"):
            Snapshot.read(path, boundary=bad)


# -- names of types and masses -----------------------------------------------------------------------------------------


def test_the_user_names_the_types(tmp_path: Path) -> None:
    types = np.arange(216) % 2 + 1
    columns = {"id": np.arange(1, 217), "type": types, **xyz(crystal() * 2.7)}
    path = put(tmp_path, dump(columns, bounds=f"0 {2.7 * EDGE}\n" * 3))
    by_name = Snapshot.read(path, types=("Zr", "Cu"))
    assert by_name.species == ("Zr", "Cu")
    in_glass = glasses.CuZr().check(by_name)
    assert in_glass.species == ("Cu", "Zr")
    assert (in_glass.species_of_particles == np.where(types == 1, "Zr", "Cu")).all()
    for names, message in (
        (("Zr",), "type 2 has no name: there are 1 types by --types"),
        (("Zr", "Zr"), "a different name"),
        (("Zr", ""), "a different name"),
    ):
        with pytest.raises(InputError, match=message):
            Snapshot.read(path, types=names)
    with_elements = {**columns, "element": np.where(types == 1, "Cu", "Zr")}
    with pytest.raises(InputError, match="type 1 is Cu here and Zr by --types"):
        Snapshot.read(put(tmp_path, dump(with_elements), "e.dump"), types=("Zr", "Cu"))
    bare = put(tmp_path, dump({k: v for k, v in columns.items() if k != "type"}), "bare.dump")
    with pytest.raises(InputError, match="cannot assign species Zr, Cu"):
        Snapshot.read(bare, types=("Zr", "Cu"))
    assert Snapshot.read(bare, types=("Cu",)).species == ("Cu",)


def test_masses_that_contradict_the_glass_are_refused(tmp_path: Path) -> None:
    rows = atomic_rows(crystal() * 2.7, np.arange(216) % 2 + 1)
    path = put(tmp_path, data(rows, masses="\nMasses\n\n1 91.224\n2 63.55\n").replace("0 6 ", "0 16.2 "), "z.data")
    with pytest.raises(InputError, match=r"mass 91\.224, but species Cu of glass cu-zr has 63\.546.*--types"):
        glasses.CuZr().check(Snapshot.read(path))
    glass = glasses.CuZr().check(Snapshot.read(path, types=("Zr", "Cu")))
    assert glass.species_of_particles[0] == "Zr"
    named = put(tmp_path, path.read_text().replace("91.224", "91.224 # Zr").replace("63.55", "63.55 # Cu"), "n.data")
    with pytest.raises(InputError, match="type 1 is Zr in the file and Cu by --types"):
        Snapshot.read(named, types=("Cu", "Zr"))


# -- columns -----------------------------------------------------------------------------------------------------------


def test_columns_of_another_style_are_not_image_flags(tmp_path: Path) -> None:
    sphere = "".join(f"{i} 1 1 1.0 2.5 {x:.3f} {y:.3f} {z:.3f}\n" for i, (x, y, z) in enumerate(crystal(), 1))
    with pytest.raises(InputError, match=r"image flags, which are whole numbers; say the atom style"):
        Snapshot.read(put(tmp_path, data(sphere, style=""), "bpm.data"))
    with pytest.raises(InputError, match=r"atom style 'bpm/sphere' is not read"):
        Snapshot.read(put(tmp_path, data(sphere, style=" # bpm/sphere"), "bpm.data"))
    rows = atomic_rows(crystal(), np.ones(216, int))
    for flag in ("1.0", "3.1", "nan"):
        flagged = "".join(f"{row} 0 0 {flag}\n" for row in rows.splitlines())
        with pytest.raises(InputError, match="image flags"):
            Snapshot.read(put(tmp_path, data(flagged), "f.data"))
    # Whole coordinates in those columns: the columns before them are the same for many particles.
    whole = "".join(f"{i} 1 1 1.0 2.5 {i} 0 0\n" for i in range(1, 6))
    with pytest.raises(InputError, match="particles 1 and 2 have the same position"):
        Snapshot.read(put(tmp_path, data(whole, style=""), "whole.data"))


def test_a_label_that_the_file_does_not_give_is_named(tmp_path: Path) -> None:
    rows = atomic_rows(crystal(), np.where(np.arange(216) == 7, "Fe", "Cu"))
    labels_section = "\nAtom Type Labels\n\n1 Cu\n2 Zr\n"
    path = put(tmp_path, data(rows, masses=labels_section), "a.data")
    with pytest.raises(InputError, match=r"line \d+ of section Atoms: 'Fe' is not one of the Atom Type Labels Cu, Zr"):
        Snapshot.read(path)


@pytest.mark.parametrize(
    ("values", "styles"), [("0.5", "'Atoms # molecular' or .*'Atoms # charge'"), ("1 0.5", "'Atoms # full'")]
)
def test_the_styles_that_fit_are_named(values: str, styles: str, tmp_path: Path) -> None:
    rows = "".join(f"{i} 1 {values} {x:.3f} {y:.3f} {z:.3f}\n" for i, (x, y, z) in enumerate(crystal(), 1))
    with pytest.raises(InputError, match=f"rows of section Atoms have . values, .*as in {styles}"):
        Snapshot.read(put(tmp_path, data(rows, style=""), "a.data"))


def test_tabs_stand_for_spaces_in_data_files(tmp_path: Path) -> None:
    text = data(atomic_rows(crystal(), np.ones(216, int)))
    spaced = Snapshot.read(put(tmp_path, text, "spaces.data"))
    tabbed = Snapshot.read(put(tmp_path, text.replace(" ", "\t"), "tabs.data"))
    np.testing.assert_array_equal(tabbed.positions, spaced.positions)
    np.testing.assert_array_equal(tabbed.cell.matrix, spaced.cell.matrix)


def test_a_convention_that_lacks_z_does_not_hide_a_whole_one(tmp_path: Path) -> None:
    columns = {"id": np.arange(1, 217), **xyz(crystal()), "xu": np.ones(216), "yu": np.ones(216)}
    np.testing.assert_array_equal(Snapshot.read(put(tmp_path, dump(columns))).positions, crystal())
    del columns["z"]
    with pytest.raises(InputError, match="no column zu: all particles lie in one plane"):
        Snapshot.read(put(tmp_path, dump(columns)))


def test_a_compressed_file_under_the_name_of_a_plain_one(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "a.dump"
    path.write_bytes(gzip.compress(dump({"id": np.arange(1, 217), **xyz(crystal())}).encode()))
    with pytest.raises(InputError, match=r"a\.dump: the file is compressed; its name must end in \.gz"):
        Snapshot.read(path)


@pytest.mark.parametrize("n", [2, 300])
def test_two_particles_at_one_place_are_refused(n: int, tmp_path: Path) -> None:
    positions = np.random.default_rng(0).uniform(0, EDGE, (n, 3))
    positions[-1] = positions[0]
    with pytest.raises(InputError, match=f"particles 1 and {n} have the same position"):
        Snapshot.read(put(tmp_path, dump({"id": np.arange(1, n + 1), **xyz(positions)})))
    positions[-1, 2] += 1e-9
    Snapshot.read(put(tmp_path, dump({"id": np.arange(1, n + 1), **xyz(positions)})))
    lattice = np.floor(crystal())  # every coordinate is shared, no position
    Snapshot.read(put(tmp_path, dump({"id": np.arange(1, 217), **xyz(lattice)})))


@pytest.mark.parametrize("pair", list(combinations(CONVENTIONS, 2)), ids=lambda names: "+".join(n[0] for n in names))
def test_dumps_with_two_kinds_of_coordinates_survive_a_round_trip(pair, tmp_path: Path) -> None:
    positions = crystal() + EDGE * np.random.default_rng(4).integers(-1, 2, (216, 3))
    of = {
        "x": positions % EDGE, "xs": positions % EDGE / EDGE, "xu": positions, "xsu": positions / EDGE,
    }  # fmt: skip
    for number, names in enumerate(permutations(pair)):
        columns = {"id": np.arange(1, 217), "q": np.ones(216)}
        for convention in names:
            columns |= dict(zip(convention, of[convention[0]].T))
        columns["xu" if "xu" not in columns else "ix"] = np.zeros(216, int)  # one of another kind alone
        read = Snapshot.read(put(tmp_path, dump(columns), f"{number}.lammpstrj"))
        assert set(read.properties) <= {"q", "ix"}
        unwrapped = any(names[0].endswith("u") for names in pair)
        # Scaled coordinates: a product of 1e-16 relative.
        np.testing.assert_allclose(read.positions, positions if unwrapped else positions % EDGE, atol=1e-14)
        marked = read.with_properties(looseness=np.arange(216.0))
        marked.write(tmp_path / "again.lammpstrj")
        again = Snapshot.read(tmp_path / "again.lammpstrj")
        np.testing.assert_array_equal(again.positions, marked.positions)
        np.testing.assert_array_equal(again.properties["looseness"], np.arange(216.0))


# -- data files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", "/kk", "/kk/host", "/omp", "/gpu", "/opt", "/intel"])
@pytest.mark.parametrize("images", ["", " 0 -1 2"])
def test_style_full_and_accelerator_suffixes(suffix: str, images: str, tmp_path: Path) -> None:
    rows = f"2 7 1 -0.5 1 2 3{images}\n1 8 2 0.5 4 5 1{images}\n"
    snapshot = Snapshot.read(put(tmp_path, data(rows, f" # full{suffix}"), "full.data"))
    assert snapshot.positions.tolist() == [[4, 5, 1], [1, 2, 3]]
    assert {name: snapshot.properties[name].tolist() for name in ("mol", "q")} == {"mol": [8, 7], "q": [0.5, -0.5]}
    assert ("iz" in snapshot.properties) == bool(images)
    atomic = Snapshot.read(put(tmp_path, data("1 1 0 0 0\n2 2 1 1 1\n", f" # atomic{suffix}"), "a.data"))
    assert atomic.types.tolist() == [0, 1]


@pytest.mark.parametrize("labels_last", [False, True])
def test_type_labels_stand_for_types(labels_last: bool, tmp_path: Path) -> None:
    named = "\nAtom Type Labels\n\n1 Zr\n2 Cu+\n"
    masses = "\nMasses\n\nCu+ 63.5\nZr 91.2\n"
    after = "\nVelocities\n\n1 1 0 0\n2 2 0 0\n"
    text = data("1 Cu+ 0 0 0\n2 Zr 1 1 1\n", masses="" if labels_last else named + masses)
    snapshot = Snapshot.read(put(tmp_path, text + after + (named + masses if labels_last else ""), "l.data"))
    assert snapshot.species == ("Zr", "Cu+")
    assert snapshot.species_of_particles.tolist() == ["Cu+", "Zr"]
    assert snapshot.properties["mass"].tolist() == [63.5, 91.2]
    assert snapshot.velocities is not None
    assert snapshot.velocities[:, 0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("comments", "species"),
    [
        (("A", "B"), ("A", "B")),
        (("C", "C"), ("1", "2")),  # no different names
        (("mass of the large ones", "mass of the small ones"), ("1", "2")),
        (("63.5 g/mol", "91.2 g/mol"), ("1", "2")),
        (("2", "1"), ("1", "2")),
        (("Cu", ""), ("Cu", "2")),
    ],
)
def test_comments_of_masses_are_names_if_they_can_be(comments, species, tmp_path: Path) -> None:
    masses = "\nMasses\n\n" + "".join(f"{k} 1.0 # {text}\n" for k, text in enumerate(comments, 1))
    assert Snapshot.read(put(tmp_path, data("1 1 0 0 0\n2 2 1 1 1\n", masses=masses), "m.data")).species == species


# -- elements, names of files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_types", [0, 1, 2])
def test_element_c_for_all_is_no_name(n_types: int, tmp_path: Path) -> None:
    columns = {"id": np.arange(1, 217), "element": np.full(216, "C"), **xyz(crystal())}
    if n_types:
        columns["type"] = np.arange(216) % n_types + 1
    snapshot = Snapshot.read(put(tmp_path, dump(columns)))
    assert snapshot.species == {0: ("?",), 1: ("1",), 2: ("1", "2")}[n_types]
    assert snapshot.with_species(("A", "B")[: max(1, n_types)]).species[0] == "A"
    carbon = snapshot.replace(species=("C", "H", "O")[: max(1, n_types)])
    carbon.write(tmp_path / "carbon.dump")
    assert Snapshot.read(tmp_path / "carbon.dump").species == carbon.species


@pytest.mark.parametrize(
    "name", ["a.atom", "a.lmpdump", "a.txt", "a.dat", "melt.dump.20000", "glass.lammpstrj.3", "a", "a.lmp", "a.gz"]
)
@pytest.mark.parametrize("kind", ["dump", "data"])
def test_formats_are_recognised_by_the_first_lines(kind: str, name: str, tmp_path: Path) -> None:
    snapshot = Snapshot(Cell.orthogonal([EDGE] * 3), crystal(), np.arange(216) % 2, ("A", "B"), step=7)
    name = name if not name.endswith(".gz") else f"{name[:-3]}.x.gz"
    suffix = ".gz" if name.endswith(".gz") else ""
    written = tmp_path / f"w.{kind}{suffix}"
    snapshot.write(written)
    written.rename(tmp_path / name)
    for found in (Snapshot.read(tmp_path / name), *Snapshot.read_all(tmp_path / name)):
        np.testing.assert_array_equal(found.positions, snapshot.positions)
        assert (found.species, found.step) == (("A", "B"), 7)


def test_a_compressed_file_without_its_suffix_says_so(tmp_path: Path) -> None:
    snapshot = Snapshot(Cell.orthogonal([EDGE] * 3), crystal(), np.zeros(216, int), ("A",))
    for suffix in (".gz", ".zst"):
        snapshot.write(tmp_path / f"a.dump{suffix}")
        (tmp_path / f"a.dump{suffix}").rename(tmp_path / "a.atom")
        with pytest.raises(InputError, match=f"compressed; its name must end in {suffix}"):
            Snapshot.read(tmp_path / "a.atom")
    with pytest.raises(InputError, match="name says no format"):
        snapshot.write(tmp_path / "a.atom")


# -- what ASE reads ----------------------------------------------------------------------------------------------------

TILTED = Cell(np.array([[4.0, 0, 0], [1, 5, 0], [-2, 0.5, 6]]), np.array([-1.0, 0, 2]), np.array([True, True, False]))


@pytest.mark.parametrize("species", [("A", "B"), ("Zr", "Cu"), ("1", "2"), ("F",), ("C",), ("T", "F"), ("Al",)])
@pytest.mark.parametrize("name", ["a.extxyz", "a.xyz", "a.extxyz.gz"])
def test_extended_xyz_survives_a_round_trip(name: str, species: tuple[str, ...], tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    properties = {"q": random.normal(size=30), "s": random.normal(size=(30, 3)), "ix": random.integers(-2, 3, 30)}
    snapshot = Snapshot(
        TILTED, TILTED.cartesian(random.random((30, 3))), np.arange(30) % len(species), species,
        random.permutation(30) + 2_000_000_000, 7, random.normal(size=(30, 3)), properties, "lj",
    )  # fmt: skip
    write(tmp_path / name, [snapshot, snapshot.replace(step=9)])
    first, second = Snapshot.read_all(tmp_path / name)
    assert (first.species, first.step, second.step, second.units) == (species, 7, 9, "lj")
    for field in ("positions", "velocities", "types", "ids"):
        np.testing.assert_array_equal(getattr(first, field), getattr(snapshot, field))
    for field, values in snapshot.properties.items():
        np.testing.assert_array_equal(first.properties[field], values)
    for field in ("matrix", "origin", "periodic"):
        np.testing.assert_array_equal(getattr(first.cell, field), getattr(TILTED, field))


def test_other_formats_of_ase(tmp_path: Path) -> None:
    from ase.build import bulk
    from ase.db import connect
    from ase.io import write as ase_write

    atoms = bulk("NaCl", "rocksalt", a=5.64, cubic=True) * (2, 2, 2)
    atoms.info.update(step=40, units="metal")
    for name in ("POSCAR", "a.vasp", "a.traj", "a.cif", "a.xyz"):
        ase_write(tmp_path / name, atoms)
        snapshot = Snapshot.read(tmp_path / name)
        assert sorted(set(snapshot.species_of_particles)) == ["Cl", "Na"], name
        assert snapshot.ids_from_rows
        if name in ("a.traj", "a.xyz"):
            assert (snapshot.step, snapshot.units) == (40, "metal")
        assert snapshot.n_particles == 64
        assert snapshot.cell.volume == pytest.approx(11.28**3)
    database = connect(tmp_path / "a.db")
    database.write(atoms, step=33, units="metal")
    database.write(atoms, step=34)
    assert [(s.step, s.units) for s in Snapshot.read_all(tmp_path / "a.db")] == [(33, "metal"), (34, None)]
    assert Snapshot.read(tmp_path / "a.db", frame=0).step == 33
    with pytest.raises(InputError, match="2 frames; frame 2 is out of range"):
        Snapshot.read(tmp_path / "a.db", frame=2)
    assert Snapshot.read(tmp_path / "POSCAR", types=("Na", "Cl"), boundary="p p f").species == ("Na", "Cl")
    with pytest.raises(InputError, match="species Cl is not among those by --types"):
        Snapshot.read(tmp_path / "POSCAR", types=("Na", "K"))


def test_frames_without_a_step_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"Cu {x} {y} {z}\n" for x, y, z in crystal().tolist())
    frame = f'216\nLattice="{EDGE} 0 0 0 {EDGE} 0 0 0 {EDGE}" Properties=species:S:1:pos:R:3\n{rows}'
    path = put(tmp_path, 2 * frame, "a.extxyz")
    assert [snapshot.step for snapshot in Snapshot.read_all(path)] == [0, 1]
    mixed = put(tmp_path, frame + frame.replace("216\n", "215\n", 1).rpartition("Cu")[0], "mixed.extxyz")
    with pytest.raises(InputError, match="frame 1: 215 particles, but 216 in frame 0"):
        list(Snapshot.read_all(mixed))
