"""Labels of sheared glasses against plain loops over the same numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lammps_glass.errors import InputError
from lammps_glass.labels import active_and_inactive, block_values, largest_jump, quiescent_blocks
from lammps_glass.tables import TableWriter

IDS = np.array([2, 3, 5, 8])


def _write(path, blocks, ids=IDS):
    with TableWriter(path) as table:
        for number, values in enumerate(blocks):
            table.write(pd.DataFrame({"block": number, "step": 10 * number, "particle": ids, "d2min": values}))
    return path


@pytest.fixture
def tables(tmp_path):
    return {
        "xy": _write(tmp_path / "xy.parquet", [[0.01, 0.02, 0.0, 0.2], [0.04, 0.01, 0.03, 0.0]]),
        "yz": _write(tmp_path / "yz.parquet", [[0.01, 0.06, 0.0, 0.1]]),
    }


def test_largest_over_blocks_and_planes(tables):
    jumps = largest_jump(tables, threshold=0.05)
    assert jumps.planes == ("xy", "yz")
    np.testing.assert_array_equal(jumps.by_plane, [[0.04, 0.01], [0.02, 0.06], [0.03, 0.0], [0.2, 0.1]])
    np.testing.assert_array_equal(jumps.largest, [0.04, 0.06, 0.03, 0.2])
    np.testing.assert_array_equal(jumps.label, [False, True, False, True])
    assert jumps.fractions() == {"xy": 0.25, "yz": 0.5, "union": 0.5}
    table = jumps.table()
    assert list(table) == ["particle", "d2min_xy", "d2min_yz", "largest", "label"]
    assert table["particle"].tolist() == IDS.tolist()


@pytest.mark.parametrize(("threshold", "which"), [(0.3, "no particle"), (0.001, "every particle")])
def test_class_without_members_is_an_error(tables, threshold, which):
    with pytest.raises(InputError, match=f"{which} of 4 .* xy, yz: a class has no members"):
        largest_jump(tables, threshold=threshold)
    assert largest_jump(tables, threshold=threshold, both_classes=False).fractions()["union"] in (0.0, 1.0)


def test_tables_that_do_not_belong_together(tables, tmp_path):
    other = _write(tmp_path / "zx.parquet", [[0.0, 0.1]], ids=np.array([2, 3]))
    with pytest.raises(InputError, match=r"zx.parquet: plane zx holds other particles than plane xy"):
        largest_jump({**tables, "zx": other})
    with pytest.raises(InputError, match="no such file"):
        largest_jump({"xy": tmp_path / "none.parquet"})
    with pytest.raises(InputError, match="at least one plane"):
        largest_jump({})


def test_block_values_hold_every_block(tables):
    starts, particles, values = block_values(tables["xy"])
    assert starts.tolist() == [0, 10]
    assert particles.tolist() == IDS.tolist()
    np.testing.assert_allclose(values, [[0.01, 0.02, 0.0, 0.2], [0.04, 0.01, 0.03, 0.0]], rtol=1e-7)  # float32


def test_events_and_as_many_that_did_nothing():
    values = np.array([[0.0, 0.7, 0.2, 0.3, 9.0], [0.1, 0.9, 0.0, 0.35, 9.0], [5.0, 5.0, 5.0, 5.0, 5.0]])
    classes = active_and_inactive(
        values, threshold=0.6, eligible=[True, True, True, True, False], quiescent=[True, True, False]
    )
    assert classes.active.tolist() == [[0, 1], [1, 1]]  # both events of particle 1; block 2 is not quiescent
    assert classes.inactive.tolist() == [[0, 0], [1, 2]]  # largest values 0.1 and 0.2, lower than 0.35
    with pytest.raises(InputError, match="0 events above 99"):
        active_and_inactive(values, threshold=99.0)
    with pytest.raises(InputError, match="0 particles without one"):
        active_and_inactive(values, threshold=0.6)


def test_avalanches_are_blocks_in_which_many_are_active():
    values = np.array([[0.7, 0.0, 0.0, 9.0], [0.7, 0.7, 0.0, 9.0], [0.6, 0.6, 0.6, 9.0]])
    of_a = [True, True, True, False]
    # one, two and none of three above the threshold; the last particle counts when all do
    assert quiescent_blocks(values, threshold=0.6, max_fraction=0.5, eligible=of_a).tolist() == [True, False, True]
    assert quiescent_blocks(values, threshold=0.6, max_fraction=1 / 4).tolist() == [False, False, True]
