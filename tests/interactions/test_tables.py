"""EAM tables: files read and refused, the spline, the shorter form and its cache."""

from __future__ import annotations

import json

import numpy as np
import pytest
from shaken_cells import shaken, small

from lammps_glass import simulate
from lammps_glass.errors import InputError
from lammps_glass.glasses import CuZr
from lammps_glass.interactions import find_table, resampling, setfl, spline, tables
from lammps_glass.snapshots import Snapshot


@pytest.mark.parametrize("style", ["fs", "alloy"])
def test_a_table_reads_back_exactly(tmp_path, style):
    table = small(style)
    (tmp_path / "t.eam").write_text(table.text())
    again = setfl.read(tmp_path / "t.eam")
    assert (again.style, again.elements, again.masses) == (style, ("Cu", "Zr"), table.masses)
    assert (again.d_rho, again.dr, again.r_cut) == (table.d_rho, table.dr, table.r_cut)
    for name in ("embedding", "density", "pair"):
        assert np.array_equal(getattr(again, name), getattr(table, name))


def _cut(text):
    return text[: len(text) // 2].rsplit("\n", 1)[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_cut, "the file ends before"),
        (lambda text: text + "1.0\n", "line .*: numbers after the last table"),
        (lambda text: text.replace("2 Cu Zr", "3 Cu Zr"), "line 4: no number of elements"),
        (lambda text: text.replace("2 Cu Zr", "Cu Zr"), "line 4: no number of elements"),
        (lambda text: text.replace("30 ", "many ", 1), "line 5: is not 'nrho drho nr dr cutoff'"),
        (lambda text: text.replace("29 63.5", "29 -63.5"), "line 6: mass of Cu"),
        (lambda text: text[:-40] + "x" + text[-39:], "has a word that is not a number"),
        (lambda text: "ITEM: TIMESTEP\n0\n", "setfl format"),
    ],
)
def test_files_of_another_format_are_named_with_the_line(tmp_path, change, message):
    path = tmp_path / "t.eam"
    path.write_text(change(small().text()))
    with pytest.raises(InputError, match=message) as caught:
        setfl.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def _blank_lines(text):
    head, rest = text.split("\n29 63", 1)
    return f"{head}\n\n  \n29 63{rest}".replace("\n40 91", "\n\n\n40 91")


ODDITIES = {
    "blank lines between tables": _blank_lines,
    "a comment behind the elements and others": lambda text: text.replace("2 Cu Zr", "2 Cu Zr  # copper, zirconium"),
    "one value too many at a table's end": lambda text: text.replace("\n40 91", " 7.5\n40 91").rstrip() + " 7.5\n",
    "typographic minus": lambda text: text.replace(" -", " \u2212").replace("e-", "e\u2212").replace("\n-", "\n\u02d7"),
    "atomic number 0": lambda text: text.replace("\n29 63.5", "\n0 63.5").replace("\n40 91", "\n0 91"),
    "a no-break space": lambda text: text.replace("2 Cu Zr", "2\u00a0Cu Zr"),
}


@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize("style", ["fs", "alloy"])
def test_tables_are_read_as_lammps_reads_them(tmp_path, oddity, style):
    """LAMMPS, ours, and the plain table: the same energy to the last digit."""
    plain, odd = tmp_path / "plain.eam", tmp_path / "odd.eam"
    text = small(style).text()
    plain.write_text(text)
    odd.write_text(ODDITIES[oddity](text), encoding="utf-8")
    assert odd.read_bytes() != plain.read_bytes()
    first, second = setfl.read(plain), setfl.read(odd)
    assert (first.style, first.elements) == (second.style, second.elements)
    for name in ("embedding", "density", "pair"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    glass, same = (CuZr(table=path) for path in (plain, odd))
    snapshot = shaken(glass, 4.15, tilted=False, seed=3, cells=3, noise=0.03)
    assert simulate.energy(snapshot, same) == simulate.energy(snapshot, glass)


def test_an_element_x_has_no_atomic_number(tmp_path):
    (tmp_path / "x.eam").write_text(small().text().replace("2 Cu Zr", "2 X Zr").replace("\n29 63.5", "\n0 63.5"))
    assert setfl.read(tmp_path / "x.eam").elements == ("X", "Zr")


def test_names_in_another_order_than_the_elements_are_refused(tmp_path):
    """Energies of another alloy otherwise: the heads of the elements still say which is which."""
    path = tmp_path / "t.eam"
    path.write_text(small().text().replace("2 Cu Zr", "2 Zr Cu"))
    with pytest.raises(InputError, match="Zr has the atomic number 29, not 40"):
        setfl.read(path)


def test_missing_elements_are_named():
    with pytest.raises(InputError, match="the table has Cu, Zr: no Ni"):
        small().rows_of(("Cu", "Ni"))


def test_spline_is_exact_for_parabolas_and_smooth():
    x = np.linspace(0, 3, 31)
    at = np.random.default_rng(0).uniform(0.2, 2.8, 50)  # the ends have one-sided slopes
    np.testing.assert_allclose(spline.evaluate(2 - 3 * x + x**2, 0.1, at), 2 - 3 * at + at**2, rtol=1e-12, atol=1e-12)
    # third-order interpolation: the error of sin falls as h^4
    errors = [np.abs(spline.evaluate(np.sin(np.arange(0, 3.2, h)), h, at) - np.sin(at)).max() for h in (0.1, 0.05)]
    assert errors[0] / errors[1] > 12


def test_find_by_name_by_path_and_by_checksum(tmp_path, monkeypatch):
    shipped = find_table("cu-zr-2007")
    assert find_table(shipped.path) == shipped
    assert find_table(str(shipped.path), shipped.sha256).name == "cu-zr-2007"
    with pytest.raises(InputError, match=r"sha256 is a512753c2b80\.\.\., not 000000000000"):
        find_table(shipped.path, "0" * 64)
    with pytest.raises(InputError, match=r"did you mean 'cu-zr-2007'\?"):
        find_table("cuzr-2007")
    with pytest.raises(InputError, match=r"no\.eam\.fs: no such EAM table"):
        find_table(tmp_path / "no.eam.fs")
    monkeypatch.setenv(tables.FOLDERS_VARIABLE, str(tmp_path))
    with pytest.raises(InputError, match=r"no Cu-Zr_2.eam.fs in .*; get it from .* and set \$LAMMPS_GLASS_POTENTIALS"):
        find_table("cu-zr-2008")
    (tmp_path / "Cu-Zr_2.eam.fs").write_text("another table")
    with pytest.raises(InputError, match="another or a damaged table"):
        find_table("cu-zr-2008")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "lammps_glass" / "tables"


def test_shorter_table_is_made_once_and_mended(cache):
    table = find_table("cu-zr-2007")
    path = table.prepared()
    note = json.loads(path.with_suffix(".json").read_text())
    # measured: 1e-9 eV a particle and 0.14 bar of 16 700
    assert note["energy"] < 5e-9
    assert note["pressure"] < 1.0
    assert (setfl.read(path).n_r, setfl.read(table.path).n_r) == (2000, 10000)
    assert np.array_equal(setfl.read(path).embedding, setfl.read(table.path).embedding)
    whole, written = path.read_bytes(), path.stat().st_mtime_ns
    assert table.prepared() == path
    assert path.stat().st_mtime_ns == written
    path.write_bytes(whole[:-1000])
    assert table.prepared().read_bytes() == whole
    assert table.prepared(retabulate=False) == table.path


def test_short_tables_stay_as_they_are(cache, tmp_path):
    (tmp_path / "short.eam.fs").write_text(small().text())
    table = find_table(tmp_path / "short.eam.fs")
    assert table.prepared() == table.path
    assert table.name == ""


def test_a_departure_from_the_original_is_refused():
    with pytest.raises(InputError, match=r"departs from its 40 rows by .* is the file damaged"):
        resampling.check(small(), resampling.resampled(small(), 12))


def test_shorter_table_gives_lammps_the_same_energy_and_pressure():
    """On a configuration that the check on load has not seen.

    The table has kinks near 1.9 A, where its pieces join, that no pair of a liquid reaches: 5e-9 eV an atom without
    them, and forces as far apart as the third-order splines are.
    """
    glass, original = CuZr(), CuZr(retabulate=False)
    snapshot = shaken(glass, 4.15, tilted=True, seed=7, cells=3, noise=0.03)
    energies = [simulate.energy(snapshot, which) / len(snapshot) for which in (glass, original)]
    assert energies[0] == pytest.approx(energies[1], abs=5e-9)
    forces = [simulate.forces(snapshot, which) for which in (glass, original)]
    assert np.abs(forces[0] - forces[1]).max() < 1e-4 * np.abs(forces[1]).max()


@pytest.mark.paper_table
def test_published_tables_are_known(published):
    assert isinstance(published.initial(1), Snapshot)
    assert find_table(published.table).name == published.table


def test_a_table_of_another_format_is_refused(tmp_path):
    """Tables of ``eam/he`` have a sixth number in their fifth line, the largest density."""
    lines = ["one", "two", "three", "1 X", "5 0.1 5 0.1 0.5 2.0", "1 1.0 4.0 fcc", *["0.0"] * 15]
    (tmp_path / "x.eam.he").write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=r"line 5: .*eam/he"):
        setfl.read(tmp_path / "x.eam.he")
