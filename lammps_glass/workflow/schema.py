"""The study file: its tables, what may stand in each, and one line for what is wrong with it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["simulate", "label", "describe", "learn", "analyse", "figures"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=64)]
SlurmTime = Annotated[str, Field(pattern=r"^(\d+-)?\d{1,2}:\d{2}:\d{2}$")]
Scalar = Annotated[int, Field(strict=True)] | Annotated[float, Field(strict=True)] | Name


#: Launchers of MPI ranks, with options that name no program: a study file must not be able to run a command.
Launcher = Annotated[
    str,
    Field(
        pattern=r"^srun( --(mpi|cpu-bind|distribution|hint|mem|mem-per-cpu)=[\w.:,]+"
        r"| --(overlap|exact|exclusive|kill-on-bad-exit))*$"
        r"|^(mpiexec|mpiexec\.hydra|mpirun)( --?(bind-to|map-by|rank-by|ppn) [\w.:,]+"
        r"| --(oversubscribe|use-hwthread-cpus))*$"
    ),
]


class Table(BaseModel):
    """A table of the study file: unknown keys and loose types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class StudyTable(Table):
    name: Name
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    preset: Name | None = None
    keep: Literal["all"] = "all"  # a finished case's products are checked by size: none may be dropped later


class StageTable(Table):
    """A stage; keys that are not named here are parameters of what it runs."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, allow_inf_nan=False)

    kind: Kind
    protocol: Name | None = None
    operation: Name | None = None
    after: list[Name] = []
    over: dict[Name, Annotated[int, Field(ge=1)] | Annotated[list[Scalar], Field(min_length=1)]] = {}
    ranks: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _one_thing(self) -> StageTable:
        wanted = "protocol" if self.kind == "simulate" else "operation"
        if getattr(self, wanted) is None:
            raise ValueError(f"a stage of kind {self.kind!r} names its {wanted}")
        if self.ranks > 1 and self.kind != "simulate":
            raise ValueError(f"ranks = {self.ranks}: only a stage of kind 'simulate' runs on several ranks")
        for name, values in self.over.items():
            if isinstance(values, list) and min(len(set(map(str, values))), len(set(values))) != len(values):
                raise ValueError(f"condition {name!r} holds a value twice")
        return self

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class SlurmTable(Table):
    account: str = ""
    partition: str = ""
    qos: str = ""
    time: SlurmTime = "24:00:00"
    mem_per_core: Annotated[str, Field(pattern=r"^\d+[KMGT]?$")] = "2G"
    setup: list[str] = []
    max_running: Annotated[int, Field(ge=1)] = 200
    launcher: Launcher = "mpiexec"
    stages: dict[Name, dict[str, Any]] = {}


class EngineTable(Table):
    kind: Literal["local", "slurm"] = "local"
    cores: Annotated[int, Field(ge=1)] = 1
    chunk_seconds: Annotated[float, Field(gt=0)] = 60.0
    launcher: Launcher = "mpiexec"
    slurm: SlurmTable = SlurmTable()


class StudyFile(Table):
    study: StudyTable
    glass: dict[str, Any] | None = None
    glasses: dict[Name, dict[str, Any]] = {}
    stages: dict[Name, StageTable]
    engine: EngineTable = EngineTable()
