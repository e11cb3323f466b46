"""Descriptors of some particles: chunks of a study are the rows of one call; local yield stresses as a descriptor."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lammps_glass import descriptors, simulate
from lammps_glass.analysis import local_yield_stress
from lammps_glass.cli.app import run
from lammps_glass.errors import InputError
from lammps_glass.glasses import KobAndersenSmooth
from lammps_glass.operations.describe import DescribeParameters, chosen_particles
from lammps_glass.products.keys import key_columns
from lammps_glass.testing.samples import binary_snapshot

GLASS = KobAndersenSmooth(n_particles=125)
OPTIONS = {"radius": 1.2, "strain_step": 0.02, "max_strain": 1.0}

STUDY = """
[study]
name = "own"
title = "local yield stresses in chunks"
replicas = 2
[glass]
name = "kob-andersen-smooth"
n_particles = 160
[stages.quench]
run = "simulate"
protocol = "quench"
over = ["replica"]
liquid = 300
cooling = 300
[stages.yield]
run = "describe"
reads = { configurations = "quench" }
over = { replica = "all", chunk = 2 }
n_chunks = 2
particles = 5
species = "A"
[stages.yield.descriptor]
name = "local-yield-stress"
planes = ["xy"]
radius = 1.2
strain_step = 0.02
max_strain = 1.0
"""


@pytest.fixture(scope="module")
def minimum():
    return simulate.minimize(binary_snapshot(0, n_cells=5), GLASS, force_tolerance=1e-8)


def test_rows_are_those_of_the_function_and_of_the_particles_asked_for(minimum):
    chosen = minimum.ids[[3, 60]].tolist()
    descriptor = descriptors.LocalYieldStress(planes=("yz", "xy"), **OPTIONS).of_particles(chosen)
    rows = simulate.describe(descriptor, minimum, GLASS)
    names = descriptor.feature_names
    assert names[:2] == ["yield_stress yz", "yield_strain yz"]
    assert np.array_equal(np.isfinite(rows).all(axis=1), np.isin(minimum.ids, chosen))
    table = local_yield_stress(minimum, GLASS.model(), chosen, plane="xy", **OPTIONS)
    # The descriptor minimises again, to forces of 1e-5; a ball yields within a step of 0.02.
    np.testing.assert_allclose(rows[[3, 60], names.index("yield_stress xy")], table["yield_stress"], rtol=1e-3)
    np.testing.assert_allclose(rows[[3, 60], names.index("yield_strain xy")], table["yield_strain"], rtol=1e-12)
    planes = rows[[3, 60]][:, [names.index("yield_stress yz"), names.index("yield_stress xy")]]
    np.testing.assert_array_equal(rows[[3, 60], names.index("yield_stress least")], planes.min(axis=1))


def test_particles_of_a_descriptor_that_has_some_already():
    some = descriptors.LocalYieldStress(particles=[7, 3, 9]).of_particles([3, 4, 9])
    assert some.particles == [3, 9]
    joined = descriptors.Joined({"local-yield-stress": {"radius": 1.2}, "interstices": {}})
    assert joined.partial
    assert joined.of_particles([3]).parts["local-yield-stress"]["particles"] == [3]
    assert not descriptors.Joined({"interstices": {}}).partial


def test_chunks_cover_the_sample_and_do_not_overlap():
    keys = key_columns(binary_snapshot(0, n_cells=5), "1")
    whole = chosen_particles(keys, DescribeParameters(particles=11))
    assert len(whole) == 11
    assert whole["particle"].is_monotonic_increasing
    parts = [chosen_particles(keys, DescribeParameters(particles=11, chunk=k, n_chunks=3)) for k in (1, 2, 3)]
    pd.testing.assert_frame_equal(pd.concat(parts), whole)
    # another replica has another sample
    others = chosen_particles(keys.assign(replica="2"), DescribeParameters(particles=11))
    assert set(others["particle"]) != set(whole["particle"])
    assert len(chosen_particles(keys, DescribeParameters())) == 125
    with pytest.raises(InputError, match="chunk = 4 of n_chunks = 3"):
        DescribeParameters(chunk=4, n_chunks=3)
    with pytest.raises(InputError, match="give particles instead of max_rows"):
        DescribeParameters(max_rows=20, n_chunks=3)


def test_chunks_of_a_study_are_the_rows_of_one_case(tmp_path):
    whole = STUDY[STUDY.index("[stages.yield]") :].replace("stages.yield", "stages.whole")
    whole = whole.replace('{ replica = "all", chunk = 2 }', '["replica"]').replace("n_chunks = 2\n", "")
    (tmp_path / "study.toml").write_text(STUDY + whole)
    out = tmp_path / "out"
    assert run(["reproduce", str(tmp_path / "study.toml"), "--out", str(out), "--cores", "1", "--quiet"]) == 0
    tables = {
        stage: pd.concat([pd.read_parquet(path) for path in sorted(out.glob(f"cases/*/{stage}/rows.parquet"))])
        for stage in ("yield", "whole")
    }
    assert len(list(out.glob("cases/*/yield/rows.parquet"))) == 4
    assert len(tables["whole"]) == 10
    assert np.isfinite(tables["whole"]["yield_stress xy"]).all()
    order = ["replica", "particle"]
    pd.testing.assert_frame_equal(
        tables["yield"].sort_values(order, ignore_index=True), tables["whole"].sort_values(order, ignore_index=True)
    )


def test_columns_of_a_file_are_taken_as_they_are():
    snapshot = binary_snapshot(0)
    values = np.arange(64.0)
    values[3] = np.nan
    held = snapshot.with_properties(**{"yield_stress xy": values, "count": np.arange(64)})
    rows = descriptors.FileColumns(["count", "yield_stress xy"]).compute(held)
    np.testing.assert_array_equal(rows, np.column_stack([np.arange(64), values]))
    with pytest.raises(InputError, match="has no column missing of numbers: there are yield_stress xy, count"):
        descriptors.FileColumns(["missing"]).compute(held)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"particles": "3"}, "particles = '3' must be a list of ids"),
        ({"particles": [3.0]}, "particles = "),
        ({"planes": ["xy", "xy"]}, "a plane is duplicated"),
        ({"planes": "xy"}, "must be a list such as"),
        ({"radius": 0.0}, "radius"),
    ],
)
def test_parameters_are_checked(options, message):
    with pytest.raises(InputError, match=message):
        descriptors.LocalYieldStress(**options)
    with pytest.raises(InputError, match="must be a list of different names"):
        descriptors.FileColumns("energy")
