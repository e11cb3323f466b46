"""Stages like another one, stages that are left out, and conditions by the name of a list."""

from __future__ import annotations

import pytest

from lammps_glass.errors import InputError
from lammps_glass.workflow import Study

TEXT = """
[study]
name = "own"
replicas = 3

[glass]
name = "kob-andersen"
n_particles = 300

[conditions]
stress = [0.2, 0.3]
later = [2, 3]
weak = [0.1]

[stages]
quench = { run = "simulate", protocol = "quench", over = ["replica"], liquid = 100, cooling = 200 }
again = { like = "creep", over = { replica = "later", stress = "weak" } }
third = { like = "again", steps = 70 }

[stages.creep]
run = "simulate"
protocol = "creep"
reads = { start = "quench" }
over = ["replica", "stress"]
steps = 50
snapshot_every = 10

[presets.short]
conditions = { later = [1], weak = [0.05, 0.06] }
stages.creep = { steps = 40 }
stages.again = { snapshot_every = 20 }
"""


@pytest.fixture
def read(tmp_path):
    def read(text=TEXT, preset=None, sets=()):
        path = tmp_path / "study.toml"
        path.write_text(text)
        return Study.read(path, preset, tmp_path / "out", list(sets))

    return read


def parameters(study, stage):
    built = study.parameters(study.stage(stage).cases[0])
    return built.steps, built.snapshot_every


def test_a_stage_has_the_keys_of_the_other_behind_its_own(read):
    study = read()
    assert study.stage("again").over == {"replica": (2, 3), "stress": (0.1,)}
    assert study.stage("third").over == study.stage("again").over
    assert [parameters(study, name) for name in ("creep", "again", "third")] == [(50, 10), (50, 10), (70, 10)]
    assert study.stage("third").sources == ["quench"]


def test_presets_and_settings_reach_the_stages_that_are_like_it(read):
    study = read(preset="short")
    assert study.stage("again").over == {"replica": (1,), "stress": (0.05, 0.06)}
    assert [parameters(study, name) for name in ("creep", "again", "third")] == [(40, 10), (40, 20), (70, 20)]
    study = read(sets=["stages.creep.steps=90", "stages.again.snapshot_every=30"])
    assert [parameters(study, name) for name in ("creep", "again", "third")] == [(90, 10), (90, 30), (70, 30)]


def test_a_stage_that_is_false_is_left_out_and_nothing_reads_it(read):
    page = """
[stages.page]
run = "group_dynamics"
reads = { trajectories = ["creep", "again"] }
"""
    text = TEXT + page
    assert read(text).stage("page").sources == ["creep", "again"]
    study = read(text, sets=["stages.again=false", "stages.third=false"])
    assert [stage.name for stage in study.stages] == ["quench", "creep", "page"]
    assert study.stage("page").sources == ["creep"]
    with pytest.raises(InputError, match="trajectories"):
        read(text, sets=["stages.creep=false", "stages.again=false", "stages.third=false"])


def test_the_stage_itself_has_its_own_seeds(read):
    study = read(TEXT.replace('over = { replica = "later", stress = "weak" }', "ranks = 1"))
    one, other = (study.stage(name).cases[0] for name in ("creep", "again"))
    assert one.conditions == other.conditions
    assert study.seed(one) != study.seed(other)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('like = "creep"', 'like = "crep"', "stages.again.like: .*did you mean 'creep'"),
        ('like = "creep"', 'like = "third"', "like: stages are like each other in a circle"),
        ('like = "creep"', 'like = "again"', "like: stages are like each other in a circle"),
        ('like = "creep"', "like = 3", r"stages.again.like: 3 is not the name of a stage"),
        (
            '{ like = "again", steps = 70 }',
            '{ like = "word" }\nword = 5',
            "stages.third.like: stages.word is not a table",
        ),
        ("steps = 70", "stepps = 70", "stages.third.stepps: .*did you mean 'steps'"),
        ("{ snapshot_every = 20 }", "{ snapshots = 20 }", "stages.again.snapshots: unknown key"),
        ('stress = "weak"', 'stress = "week"', "stages.again.over: .*did you mean 'weak'"),
    ],
)
def test_what_does_not_exist_is_named(old, new, message, read):
    assert old in TEXT
    with pytest.raises(InputError, match=message):
        read(TEXT.replace(old, new), "short")
