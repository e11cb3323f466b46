"""Vibrations of a small glass with smooth forces against its Hessian, and the descriptor made of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass.descriptors import Joined, RadialGaussians, Vibrational
from lammps_glass.errors import InputError, SimulationError
from lammps_glass.glasses import CuZr, KobAndersenSmooth
from lammps_glass.interactions import modes
from lammps_glass.simulate import describe, minimize
from lammps_glass.simulate.protocols import Quench, Vibrate
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.tables import read_metadata, write_table

COLD = 1e-4
SHORT = {"temperature": COLD, "sample_every": 20, "thermostat_damping": 0.2, "thermo_every": 20}

WARM = {"temperature": 0.02}


@pytest.fixture(scope="module")
def glass():
    return KobAndersenSmooth(n_particles=160, composition={"A": 0.8, "B": 0.2})


@pytest.fixture(scope="module")
def source(glass, tmp_path_factory):
    protocol = Quench(liquid=1000, cooling=1000, force_tolerance=1e-7)
    return protocol.run(glass, 3, tmp_path_factory.mktemp("quench"))


@pytest.fixture(scope="module")
def harmonic(glass, source):
    inherent = source.final
    found = modes(inherent, glass.model(), glass.masses, units="lj")
    return found.mean_squared_displacement(np.asarray(glass.masses)[inherent.types], COLD)


def vibrations(record):
    return record.vibrations


@pytest.fixture(scope="module")
def traces(source, tmp_path_factory):
    """Eight short traces with velocities of their own; Langevin, which draws the energies of the modes anew."""
    protocol = Vibrate(steps=3000, equilibration=2000, thermostat="langevin", **SHORT)
    return [protocol.run(source, seed, tmp_path_factory.mktemp("trace")) for seed in range(8)]


def test_measured_displacements_are_the_harmonic_ones(traces, source, harmonic):
    tables = [vibrations(record) for record in traces]
    assert list(tables[0]) == ["particle", "species", "msd", "msd_first", "msd_second"]
    assert np.array_equal(tables[0]["particle"], source.final.ids)
    assert tables[0]["species"].tolist() == source.final.species_of_particles.tolist()
    measured = np.array([table["msd"] for table in tables])
    error = measured.std(axis=0, ddof=1) / len(measured) ** 0.5
    total = measured.mean(axis=1)
    assert abs(total.mean() - harmonic.mean()) < 4 * total.std(ddof=1) / len(total) ** 0.5
    # of eight values, Student's t with 7 degrees of freedom: beyond 5 in 0.2 % of the cases
    away = np.abs(measured.mean(axis=0) - harmonic) / error
    assert (away < 5).mean() > 0.95
    assert np.corrcoef(measured.mean(axis=0), harmonic)[0, 1] > 0.9


def test_energy_is_shared_equally(traces, glass):
    """Kinetic energy, and potential energy above the minimum, of the traces: half a temperature a degree of freedom."""
    degrees = 3 * glass.n_particles - 3
    shares = []
    for record in traces:
        table = record.thermo
        assert table["phase"].tolist()[0] == "minimised"
        trace = table[table["phase"] == "trace"]
        shares.append([trace["pe"].mean() - table["pe"].iloc[0], trace["ke"].mean()])
    per_degree = np.array(shares) / degrees / (COLD / 2)
    error = per_degree.std(axis=0, ddof=1) / len(per_degree) ** 0.5
    assert (np.abs(per_degree.mean(axis=0) - 1) < 4 * error + 0.005).all(), per_degree  # 0.5 %: of the time step
    assert (error < 0.03).all()


def test_the_centre_of_mass_rests_and_the_box_is_kept(traces, source, glass):
    masses = np.asarray(glass.masses)[source.final.types]
    for record in traces[:2]:
        moved = record.final.positions - source.final.positions
        assert np.abs(masses @ moved).max() / masses.sum() < 1e-8
        np.testing.assert_allclose(record.final.cell.matrix, source.final.cell.matrix, rtol=1e-14)
        assert record.final.step == 5000


def test_halves_average_to_the_whole_and_their_correlation_is_told(traces):
    for record in traces[:2]:
        table, metadata = vibrations(record), read_metadata(record.vibrations_path)
        np.testing.assert_allclose(0.5 * (table["msd_first"] + table["msd_second"]), table["msd"], rtol=1e-12)
        expected = np.corrcoef(table["msd_first"], table["msd_second"])[0, 1]
        assert metadata == {"temperature": COLD, "samples": 150, "correlation": pytest.approx(expected)}


def test_a_melt_is_warned_of(source, tmp_path, caplog):
    hot = Vibrate(temperature=1.5, steps=1000, equilibration=500, sample_every=10, thermo_every=100)
    record = hot.run(source, 1, tmp_path)
    assert record.correlation < 0.8
    assert record.temperature == 1.5
    assert "correlate at" in caplog.text


def test_under_pressure_displacements_are_relative_to_the_box(glass, tmp_path):
    """A crystal, where every particle follows the box: what shrinks by a per cent takes the reference along.

    (No colder: LAMMPS takes the mass of the barostat from the temperature, and a light one is too fast for the step.)
    """
    edge = (4 / 1.2) ** (1 / 3)
    corners = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    sites = (corners + np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])).reshape(-1, 3) * edge
    crystal = Snapshot(Cell(np.eye(3) * 4 * edge), sites, np.zeros(256, int), ("A", "B"))
    protocol = Vibrate(steps=1000, equilibration=2000, pressure=20.0, barostat_damping=2.0, **{**SHORT, **WARM})
    record = protocol.run(crystal, 1, tmp_path, glass=glass)
    strain = record.final.cell.heights[0] / crystal.cell.heights[0] - 1
    assert abs(strain) > 0.01
    dilation = strain**2 * ((sites - sites.mean(axis=0)) ** 2).sum(axis=1).mean()
    assert vibrations(record)["msd"].mean() < 0.3 * dilation


def test_a_tilted_box(source, glass, tmp_path):
    matrix = np.array(source.final.cell.matrix)
    scaled = source.final.cell.fractional(source.final.positions)
    matrix[1, 0], matrix[2, 0], matrix[2, 1] = 0.05 * matrix[0, 0], -0.03 * matrix[0, 0], 0.04 * matrix[0, 0]
    cell = Cell(matrix, source.final.cell.origin)
    tilted = minimize(source.final.replace(cell=cell, positions=cell.cartesian(scaled)), glass, force_tolerance=1e-7)
    record = Vibrate(steps=8000, equilibration=3000, thermostat="langevin", **SHORT).run(
        tilted, 1, tmp_path, glass=glass
    )
    found = modes(tilted, glass.model(), glass.masses, units="lj")
    expected = found.mean_squared_displacement(np.asarray(glass.masses)[tilted.types], COLD)
    measured = vibrations(record)["msd"].to_numpy()
    # one trace of 40 time units: the softest modes, which make most of the spread, have few independent samples
    assert np.corrcoef(measured, expected)[0, 1] > 0.8
    assert measured.mean() == pytest.approx(expected.mean(), rel=0.3)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    pairs=st.integers(1, 2000),
    every=st.integers(1, 20),
    equilibration=st.integers(0, 5000),
    segment=st.integers(1, 3000),
)
def test_segments_hold_whole_samples_and_fill_the_run(pairs, every, equilibration, segment):
    protocol = Vibrate(steps=2 * pairs * every, sample_every=every, equilibration=equilibration, segment_steps=segment)
    lengths = protocol.lengths
    trace = lengths[1 + protocol.equilibration_segments :]
    assert len(lengths) == protocol.n_segments
    assert sum(lengths) == equilibration + protocol.steps
    assert sum(trace[: len(trace) // 2]) == pairs * every
    assert all(length % every == 0 and length > 0 for length in trace)
    h, k = protocol.half_samples, protocol.half_segments
    as_in_the_deck = [np.floor((p + 1) * h / k) - np.floor(p * h / k) for p in range(k)]
    assert as_in_the_deck == [length / every for length in trace[:k]]


def test_work_and_probe():
    protocol = Vibrate(steps=1000, equilibration=500)
    assert protocol.work(10).parts["atom_steps"] == 15_000
    assert protocol.shortened(400).steps == 400


def test_the_descriptor_takes_a_run_without_equilibration():
    """As a calibration run of `plan` has it."""

    class Run:
        protocol = Vibrate(steps=1000, equilibration=500, temperature=100.0).shortened(400)

    fitted = Vibrational().of_records(CuZr(), [Run()])
    assert fitted.equilibration == 0
    assert [run["equilibration"] for run in fitted.runs(CuZr())] == [0]
    with pytest.raises(InputError, match="equilibration"):
        Vibrational(equilibration=-1.0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"steps": 1010, "sample_every": 10}, "multiple of 2 x sample_every"),
        ({"thermostat": "berendsen"}, "nose-hoover, langevin"),
        ({"temperature": 0.0}, "temperature"),
        ({"pressure": "zero"}, "pressure"),
    ],
)
def test_bad_options(options, says):
    with pytest.raises(InputError, match=says):
        Vibrate(**options)


# -- the descriptor ----------------------------------------------------------------------------------------------------


def test_descriptor_joins_runs_by_their_temperatures(source, tmp_path):
    ids = source.final.ids
    paths = []
    for temperature in (300.0, 25.0):
        columns = {"particle": ids, "msd": temperature * np.arange(len(ids))}
        paths.append(tmp_path / f"{temperature}.parquet")
        import pandas as pd

        write_table(paths[-1], pd.DataFrame(columns), {"temperature": temperature})
    descriptor = Vibrational(temperatures=(25, 300))
    values = descriptor.from_tables(paths, ids)
    assert descriptor.feature_names == ["vMSD(25)", "vMSD(300)"]
    np.testing.assert_array_equal(values, np.arange(len(ids))[:, None] * [25.0, 300.0])
    with pytest.raises(InputError, match="no run of `vibrate` at temperature 50; there are 25, 300"):
        Vibrational(temperatures=(25, 50)).from_tables(paths)
    with pytest.raises(InputError, match="second table"):
        descriptor.from_tables([*paths, paths[0]])
    with pytest.raises(InputError, match="other particles"):
        descriptor.from_tables(paths, ids[::-1])


def test_descriptors_take_the_parameters_of_runs_that_there_are(glass, tmp_path):
    """Temperatures, times in the unit of the glass and ensemble; alone and joined with a descriptor of structure."""
    from types import SimpleNamespace

    from lammps_glass.descriptors import Joined, PairEntropy

    options = {"steps": 400, "equilibration": 100, "sample_every": 5, "thermostat": "langevin"}
    records = [SimpleNamespace(protocol=Vibrate(temperature=t, **options)) for t in (300.0, 25.0)]
    fitted = Vibrational().of_records(glass, records)
    assert fitted.temperatures == [25.0, 300.0]
    assert fitted.thermostat == "langevin"
    times = [fitted.duration, fitted.equilibration, fitted.sample_every]
    assert times == pytest.approx([steps * glass.timestep for steps in (400, 100, 5)])
    asked = Vibrational(temperatures=(25.0, 300.0), duration=fitted.duration, sample_every=fitted.sample_every)
    assert [run["steps"] for run in asked.runs(glass)] == [400, 400]
    joined = Joined({"pair-entropy": {}, "vibrational": {}}).of_records(glass, records)
    assert joined.feature_names == [*PairEntropy().feature_names, "vMSD(25)", "vMSD(300)"]
    harmonic = Vibrational(method="harmonic")
    assert harmonic.of_records(glass, records) is harmonic


def test_a_run_that_fails_leaves_the_deck_that_it_names(source, glass):
    """So hot that particles fly apart; a run that ends well leaves nothing."""
    descriptor = Vibrational(temperatures=(1e6,), duration=15.0, equilibration=0.5)
    with pytest.raises(SimulationError) as caught:
        describe(descriptor, source.final, glass, seed=1)
    folder = Path(caught.value.deck).parents[1]
    assert Path(caught.value.deck).is_file()
    assert caught.value.log_tail
    shutil.rmtree(folder)


def test_overlapping_particles_are_told(source, glass):
    positions = source.final.positions.copy()
    positions[1] = positions[0]
    with pytest.raises((InputError, SimulationError), match=r"overlap|nearest neighbours"):
        describe(Vibrational(temperatures=(COLD,)), source.final.replace(positions=positions), glass)


def test_describing_a_snapshot_minimises_runs_and_repeats(source, glass, harmonic, tmp_path):
    random = np.random.default_rng(0)
    shaken = source.final.replace(positions=source.final.positions + random.normal(scale=0.01, size=(160, 3)))
    descriptor = Vibrational(
        temperatures=(COLD, 2 * COLD), duration=15.0, equilibration=10.0, sample_every=0.1, thermostat="langevin"
    )
    values = describe(descriptor, shaken, glass, seed=1, directory=tmp_path)
    assert values.shape == (160, 2)
    assert np.corrcoef(values[:, 0], harmonic)[0, 1] > 0.6  # one short trace
    again = describe(descriptor, shaken, glass, seed=1, directory=tmp_path)
    np.testing.assert_array_equal(again, values)
    exact = describe(Vibrational(temperatures=(COLD,), method="harmonic"), shaken, glass)
    # the minimum that `describe` finds has forces up to 1e-5
    np.testing.assert_allclose(exact[:, 0], harmonic, rtol=1e-3)


def test_joined_parts_are_all_of_the_inherent_structure(source, glass):
    """Each part as it is alone, one after the other; the shaken positions enter none of them."""
    random = np.random.default_rng(0)
    shaken = source.final.replace(positions=source.final.positions + random.normal(scale=0.01, size=(160, 3)))
    parts = {
        "vibrational": {"temperatures": [COLD], "method": "harmonic"},
        "radial-gaussians": {"centers": [1.0, 1.5], "width": 0.3, "r_max": 2.5},
    }
    joined = Joined(parts)
    rows = describe(joined, shaken, glass)
    inherent = minimize(shaken, glass)
    np.testing.assert_array_equal(rows[:, 1:], RadialGaussians(**parts["radial-gaussians"]).compute(inherent))
    np.testing.assert_array_equal(rows[:, :1], describe(Vibrational(**parts["vibrational"]), shaken, glass))
    assert joined.protocol == "vibrate"
    with pytest.raises(InputError, match="vibrational needs simulations"):
        joined.compute(shaken)


def test_joined_refuses_what_it_cannot_join():
    with pytest.raises(InputError, match="parts are none"):
        Joined()
    with pytest.raises(InputError, match="joined"):
        Joined({"joined": {"parts": {"pair-entropy": {}}}})
    with pytest.raises(InputError, match=r"unknown descriptor 'pair-entropie'.*'pair-entropy'"):
        Joined({"pair-entropie": {}})


def test_descriptor_refuses_what_it_cannot_do():
    with pytest.raises(InputError, match="method"):
        Vibrational(method="guess")
    with pytest.raises(InputError, match="no two samples"):
        Vibrational(duration=0.03, sample_every=0.02)
    with pytest.raises(InputError, match="temperatures"):
        Vibrational(temperatures=[0.0, 1.0])
