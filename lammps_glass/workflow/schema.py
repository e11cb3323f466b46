"""The study file: its tables, what may stand in each, and one line for what is wrong with it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import TypedDict

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
    #: "labels": trajectories go as soon as every case that reads them is done; their checksums stay in the manifest.
    keep: Literal["all", "labels"] = "all"


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


SlurmWord = Annotated[str, Field(pattern=r"^[\w.,:@&|+-]*$", max_length=128)]
Memory = Annotated[str, Field(pattern=r"^\d+[KMGT]?$")]
#: A line of shell before each task that can run nothing by itself: modules by name, settings of libraries, limits.
SetupLine = Annotated[
    str,
    Field(
        pattern=r"^module (load|unload|swap|purge)( \w[\w.+-]*(/\w[\w.+-]*)*)*$"
        r"|^export (OMP|MKL|KMP|UCX|FI|MPICH|I_MPI|KOKKOS|CUDA|SLURM)_\w+=[\w.,:+-]*$"
        r"|^ulimit -[a-z] (unlimited|\d+)$"
    ),
]


class SlurmStage(TypedDict, total=False):
    """``[engine.slurm.STAGE]``: options that differ for a stage; a plain dict once read."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[misc]

    account: SlurmWord
    partition: SlurmWord
    qos: SlurmWord
    constraint: SlurmWord
    gres: SlurmWord
    reservation: SlurmWord
    time: SlurmTime
    mem_per_core: Memory
    nodes: Annotated[int, Field(ge=1)]
    setup: list[SetupLine]
    launcher: Launcher
    ranks: Annotated[int, Field(ge=1)]


class SlurmTable(Table):
    """``[engine.slurm]``; its tables ``[engine.slurm.STAGE]`` are gathered in `stages`."""

    account: SlurmWord = ""
    partition: SlurmWord = ""
    qos: SlurmWord = ""
    constraint: SlurmWord = ""
    gres: SlurmWord = ""
    reservation: SlurmWord = ""
    time: SlurmTime = "24:00:00"
    mem_per_core: Memory = "2G"
    nodes: Annotated[int, Field(ge=1)] = 1
    setup: list[SetupLine] = []
    max_running: Annotated[int, Field(ge=1)] = 200
    launcher: Launcher = "mpiexec"
    stages: dict[Name, SlurmStage] = {}

    @model_validator(mode="before")
    @classmethod
    def _gather_stages(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        tables = {name: value for name, value in values.items() if isinstance(value, dict) and name != "stages"}
        plain = {name: value for name, value in values.items() if name not in tables}
        return {**plain, "stages": {**plain.get("stages", {}), **tables}} if tables else plain

    def of(self, stage: str) -> SlurmTable:
        """The options of a stage."""
        own = {name: value for name, value in self.stages.get(stage, {}).items() if name != "ranks"}
        return self.model_copy(update=own)


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

    @model_validator(mode="before")
    @classmethod
    def _ranks_of_slurm(cls, values: Any) -> Any:
        """``[engine.slurm.STAGE] ranks`` is the stage's own `ranks`: it changes the trajectory, so it is hashed."""
        try:
            slurm, stages = values["engine"]["slurm"], values["stages"]
            named = {**slurm.get("stages", {}), **{k: v for k, v in slurm.items() if isinstance(v, dict)}}
            ranks = {name: table["ranks"] for name, table in named.items() if name in stages and "ranks" in table}
            return {**values, "stages": {**stages, **{k: {**stages[k], "ranks": v} for k, v in ranks.items()}}}
        except (KeyError, TypeError, AttributeError):
            return values

    @model_validator(mode="after")
    def _known_stages(self) -> StudyFile:
        for name in self.engine.slurm.stages:
            if name not in self.stages:
                raise ValueError(f"engine.slurm.{name}: the study has no such stage")
        return self
