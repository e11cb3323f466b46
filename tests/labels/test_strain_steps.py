"""Activity in single strain steps: a made-up shear of six steps, labelled by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lammps_glass.errors import InputError
from lammps_glass.labels import CLASS, StrainStepActivity
from lammps_glass.simulate.protocols import AQS, Anneal
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.tables import TableWriter

IDS = np.array([11, 12, 13, 14])


class Shear:
    """The record of a shear: a frame before each step, the last particle of another species."""

    def __init__(self, directory: Path, d2min: np.ndarray, n_neighbors: int = 10) -> None:
        self.directory, self.d2min_path = directory, directory / "d2min.parquet"
        self.block_settings = {"plane": "xy", "block_strain": 1e-3}
        self.steps = list(range(len(d2min) + 1))
        with TableWriter(self.d2min_path, self.block_settings) as table:
            for step, values in enumerate(d2min.astype(np.float32)):
                rows = {"step": step, "particle": IDS, "d2min": values, "n_neighbors": n_neighbors}
                table.write(pd.DataFrame(rows))
        events = [False, *(d2min > 0.6).any(axis=1).tolist()]
        self.thermo = pd.DataFrame({"step": self.steps, "event": events})

    def frames(self):
        positions = np.arange(12.0).reshape(4, 3)
        for step in self.steps:
            yield Snapshot(Cell.orthogonal([20] * 3), positions, np.array([0, 0, 0, 1]), ("A", "B"), IDS, step=step)


def label(**options) -> StrainStepActivity:
    return StrainStepActivity(**{"species": "A", "avalanche": 0.9, "window": 2e-3, **options})


def test_classes_are_drawn_in_windows_of_strain(tmp_path):
    """Three windows of two steps: one event, nothing, too many events; the last step is an avalanche of all of A."""
    values = np.array([[9, 1, 2, 9], [0, 1, 2, 0], [0, 1, 2, 9], [0, 1, 2, 0], [9, 9, 2, 0], [9, 9, 9, 0]]) / 10
    record = Shear(tmp_path, values)
    ((snapshot, table),) = label().groups([record])
    assert snapshot.step == 0
    # 12 is at rest with 0.1, lower than 13; its D2min is the largest of its window
    assert table[CLASS].to_numpy() == pytest.approx([1, 0, np.nan, np.nan], nan_ok=True)
    assert table["d2min"].to_numpy() == pytest.approx([0.9, 0.1, np.nan, np.nan], nan_ok=True, rel=1e-7)  # float32
    assert table["step_d2min"].to_numpy() == pytest.approx(values[0], rel=1e-7)
    facts = label().details([record])
    assert {name: facts[name] for name in ("windows", "windows_still", "windows_crowded")} == {
        "windows": 3, "windows_still": 1, "windows_crowded": 1,
    }  # fmt: skip
    assert (facts["steps"], facts["avalanches"]) == (6, 1)
    # the events of a step are those of all particles, as the shear has them: steps 1, 3, 5 and 6
    assert facts["plastic_steps"] == 4


def test_avalanches_do_not_count_as_activity(tmp_path):
    """One of three particles moves, then an avalanche moves all; by the mean of ten neighbours none does."""
    record = Shear(tmp_path, np.array([[0.9, 0.1, 0.1, 0.0], [9.0, 9.0, 9.0, 0.0]]))
    assert label().details([record])["active_fraction"] == pytest.approx(1 / 3)
    assert label().details([record])["active_fraction_by_mean"] == 0.0
    everything = label(avalanche=1.0).details([record])  # then no step is system-wide: 9 / 10 is above the threshold
    assert (everything["avalanches"], everything["active_fraction_by_mean"]) == (0, 1.0)


def test_a_glass_at_rest_has_no_members_but_a_configuration_to_show(tmp_path):
    """The one before the step with the largest D2min of an A particle."""
    record = Shear(tmp_path, np.array([[0.0, 0.1, 0.0, 9.0], [0.0, 0.0, 0.3, 0.0]]))
    ((snapshot, table),) = label().groups([record])
    assert snapshot.step == 1
    assert table[CLASS].isna().all()


def test_species_decide_who_is_counted(tmp_path):
    """Without a species the particle of type B is labelled too."""
    record = Shear(tmp_path, np.array([[0.9, 0.1, 0.2, 0.0], [0.0, 0.1, 0.2, 0.0]]))
    (labelled,) = label(species=None).groups([record])
    assert labelled.values[CLASS].to_numpy() == pytest.approx([1, np.nan, np.nan, 0], nan_ok=True)


def test_runs_whose_steps_are_not_seen_are_refused():
    single = {
        "strain_step": 1e-3,
        "block_strain": 1e-3,
        "snapshot_every": 1e-3,
        "max_strain": 0.02,
        "segment_steps": 20,
    }
    label(window=0.01).check_run(AQS(**single))
    for name in ("block_strain", "snapshot_every"):
        with pytest.raises(InputError, match=f"{name} = 0.002 is not strain_step = 0.001: set both"):
            label(window=0.01).check_run(AQS(**{**single, name: 2e-3}))
    with pytest.raises(InputError, match=r"max_strain = 0\.02 .* is not a multiple of window = 0.03"):
        label(window=0.03).check_run(AQS(**single))
    with pytest.raises(InputError, match="quasi-static shears"):
        label().check_run(Anneal())


@pytest.mark.parametrize("field", ["threshold", "avalanche", "window"])
def test_values_that_cannot_be_are_refused(field):
    with pytest.raises(InputError, match=rf"{field} = -1\.0 must be a number above 0"):
        StrainStepActivity(**{field: -1.0})
