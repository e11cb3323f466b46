"""Define the tables and keys of a study file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_serializer, model_validator

from lammps_glass.json_types import JsonObject

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
    """A table of the study file: unknown keys and values of another type are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class StudyTable(Table):
    """``[study]``."""

    name: Name
    #: Heading of the report; default: that of the study, or its name.
    title: Annotated[str, Field(max_length=200)] = ""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    #: Independently prepared glasses: the values of the conditions ``replica`` and ``left_out`` are 1 to this number.
    replicas: Annotated[int, Field(ge=1)] | None = None
    preset: Name | None = None
    #: "labels": trajectories go as soon as every case that reads them is done; their checksums stay in the manifest.
    keep: Literal["all", "labels"] = "all"


Values = Annotated[list[Scalar], Field(min_length=1)]


class StageTable(Table):
    """A stage; keys that are not named here are parameters of what it runs.

    ``over`` lists conditions of the study, or gives some of them values of their own: a list, ``n`` for 1 to n,
    ``"all"`` for those of the study, or the name of another list of ``[conditions]``. A stage with ``like = "STAGE"``
    has the keys of that stage, but for those that it gives itself.
    """

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, allow_inf_nan=False)

    run: Name
    reads: dict[Name, Name | Annotated[list[Name], Field(min_length=1)]] = {}
    over: dict[Name, Annotated[int, Field(ge=1)] | Name | Values] = {}
    ranks: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="before")
    @classmethod
    def _refuse_first_edition(cls, values: object) -> object:
        """Say what to write instead of the keys `kind`, `operation` and `after` of old study files."""
        if isinstance(values, dict) and (old := [key for key in ("kind", "after") if key in values]):
            simulates = values.get("kind", "simulate") == "simulate"
            after = values.get("after", [])
            sources = ", ".join(f'"{name}"' for name in after) if isinstance(after, list) else str(after)
            sources = f"[{sources}]" if isinstance(after, list) and len(after) > 1 else sources
            run = "simulate" if simulates else str(values.get("operation", "OPERATION"))
            port = "start" if simulates else "PORT"
            wiring = f", and reads = {{ {port} = {sources} }}" if sources else ""
            raise ValueError(f'`{old[0]}` is no longer a key of a stage: write run = "{run}"{wiring}')
        return values

    @field_validator("over", mode="before")
    @classmethod
    def _list_of_conditions(cls, over: object) -> object:
        """Read a list of conditions as a table that takes all values of each."""
        if not isinstance(over, list):
            return over
        if len(set(map(str, over))) != len(over):
            raise ValueError("a condition is named twice")
        return dict.fromkeys(over, "all")

    @model_validator(mode="after")
    def _once(self) -> StageTable:
        if self.ranks > 1 and self.run != "simulate":
            raise ValueError(f'ranks = {self.ranks}: only a stage with run = "simulate" runs on several ranks')
        for name, values in self.over.items():
            if isinstance(values, list):
                require_distinct(name, values)
        return self

    @property
    def parameters(self) -> dict[str, object]:
        """Keys that are parameters of what the stage runs."""
        return dict(self.model_extra or {})

    @property
    def wiring(self) -> dict[str, tuple[str, ...]]:
        """Port -> names of the stages wired to it."""
        return {port: (names,) if isinstance(names, str) else tuple(names) for port, names in self.reads.items()}


def require_distinct(name: str, values: Sequence[Scalar]) -> None:
    """Refuse a condition with a value that occurs twice, as number or as text."""
    if min(len(set(map(str, values))), len(set(values))) != len(values):
        raise ValueError(f"condition {name!r} holds a value twice")


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


class SlurmOptions(Table):
    """Options of the jobs of a stage."""

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
    launcher: Launcher = "mpiexec"


class SlurmStage(SlurmOptions):
    """``[engine.slurm.STAGE]``: the options that differ for a stage, and its `ranks`."""

    ranks: Annotated[int, Field(ge=1)] | None = None

    @model_serializer
    def _given(self) -> dict[str, object]:
        return {name: value for name, value in self if name in self.model_fields_set}


class SlurmTable(SlurmOptions):
    """``[engine.slurm]``; its tables ``[engine.slurm.STAGE]`` are gathered in `stages`."""

    max_running: Annotated[int, Field(ge=1)] = 200
    stages: dict[Name, SlurmStage] = {}

    @model_validator(mode="before")
    @classmethod
    def _gather_stages(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        tables = {name: value for name, value in values.items() if isinstance(value, dict) and name != "stages"}
        plain = {name: value for name, value in values.items() if name not in tables}
        return {**plain, "stages": {**plain.get("stages", {}), **tables}} if tables else plain

    def of(self, stage: str) -> SlurmOptions:
        """Return the options of a stage."""
        return self.model_copy(update=self.stages[stage].model_dump()) if stage in self.stages else self

    def batch_options(self, stage: str, ranks: int) -> dict[str, str]:
        """Return the options of `sbatch` for a task of a stage."""
        options = self.of(stage)
        names = ("account", "partition", "qos", "constraint", "gres", "reservation", "time")
        named = {name: getattr(options, name) for name in names if getattr(options, name)}
        return {**named, "nodes": str(options.nodes), "mem-per-cpu": options.mem_per_core, "ntasks": str(ranks)}


class EngineTable(Table):
    """``[engine]``: where and how cases run; changes no number."""

    kind: Literal["local", "slurm"] = "local"
    cores: Annotated[int, Field(ge=1)] = 1
    chunk_seconds: Annotated[float, Field(gt=0)] = 60.0
    launcher: Launcher = "mpiexec"
    slurm: SlurmTable = SlurmTable()


class ByTable(Table):
    """Values that depend on a condition: ``[by.CONDITION.VALUE.stages.STAGE]``."""

    stages: dict[Name, dict[str, object]]


class StudyFile(Table):
    """A study file with its preset and settings applied."""

    study: StudyTable
    glass: dict[str, object] | None = None
    glasses: dict[Name, dict[str, object]] = {}
    #: Values of the conditions that stages run over, and other lists of values that stages name.
    conditions: dict[Name, Values] = {}
    stages: dict[Name, StageTable]
    by: dict[Name, dict[str, ByTable]] = {}
    engine: EngineTable = EngineTable()

    @model_validator(mode="before")
    @classmethod
    def _ranks_of_slurm(cls, values: JsonObject) -> JsonObject:
        """``[engine.slurm.STAGE] ranks`` is the stage's own `ranks`: it changes the trajectory, so it is hashed."""
        try:
            slurm, stages = values["engine"]["slurm"], values["stages"]
            named = {**slurm.get("stages", {}), **{k: v for k, v in slurm.items() if isinstance(v, dict)}}
            ranks = {name: table["ranks"] for name, table in named.items() if name in stages and "ranks" in table}
            return {**values, "stages": {**stages, **{k: {**stages[k], "ranks": v} for k, v in ranks.items()}}}
        except (KeyError, TypeError, AttributeError):
            return values

    @model_validator(mode="after")
    def _check_names(self) -> StudyFile:
        for name, values in self.conditions.items():
            require_distinct(name, values)
        for name in self.engine.slurm.stages:
            if name not in self.stages:
                raise ValueError(f"engine.slurm.{name}: the study has no such stage")
        return self
