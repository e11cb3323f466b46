"""The file of a comparison: sets of configurations, labels, descriptors, entries, published numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from lammps_glass.errors import InputError, located
from lammps_glass.glasses import REGISTRY as GLASSES, Glass
from lammps_glass.labels.base import HALF
from lammps_glass.operations.parts import DescriptorPart, IndicatorPart
from lammps_glass.registry import unknown_name
from lammps_glass.resources import data_path
from lammps_glass.snapshots.shear_planes import PLANES

#: Names of the sets that the keys ``train`` and ``test`` make.
TRAIN, TEST = "train", "test"
#: Files of the package, by name.
BUNDLED = ("demo", "public", "planes")
#: Stands for the plane of a label in what an entry picks.
PLANE_WORD = "{plane}"
#: Indicator of an entry that learns nothing: its only column is the prediction.
NOTHING = "none"


@dataclass(frozen=True)
class SetSpec:
    """A set of configurations with labels.

    Parameters
    ----------
    folder
        Of the configurations, a file each.
    study, preset, settings, labels
        Instead of a folder: a study file that is run (its folder lies in that of the comparison), its preset, settings
        as of ``--set``, and the stages whose labels are compared.
    rows
        Stages of the study whose rows of descriptors stand in the files too, by the names of their columns, for
        descriptor ``file-columns``: rows that cost much are made by the study, in chunks and on a cluster.
    glass
        Name and options; the glass of the file by default.
    trains
        Whether entries learn from it, leaving one configuration out; otherwise it tests what the others teach.
    """

    folder: str = ""
    study: str = ""
    preset: str | None = None
    settings: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    glass: dict[str, object] = field(default_factory=dict)
    trains: bool = True


@dataclass(frozen=True)
class LabelSpec:
    """A label of particles.

    Parameters
    ----------
    column
        Name of the numbers in the files.
    halves
        Names of the means over two halves of the runs, for the noise ceiling. Where neither these nor `repeats` are
        named, ``<column>_half_1`` and ``<column>_half_2`` of the files are taken, as labels of runs write them.
    repeats
        Names of independent repeats of the label, such as planes of shear: their mean coefficient is a ceiling on what
        one number can say about all of them. By default ``<column>_xy``, ``_yz``, ``_zx``, where the files have two.
    species
        Species that is scored; all by default.
    fraction
        Fraction of the particles of each configuration that are class 1 of the AUC: those with the largest labels.
    drive
        What moved the particles, for the table.
    sets
        Sets that have the label; all by default.
    sign
        1, or -1 where small numbers are the particles to be predicted, such as those of first events: the label is then
        the negative number.
    plane
        Plane of the drive: what stands for ``{plane}`` in `EntrySpec.pick`. For a label of all planes, the word that
        columns of all planes have, such as ``rms``.
    described_by
        Descriptors of the file that describe some particles only: every entry learns and is scored on particles that
        all of these describe.
    """

    column: str
    halves: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()
    species: str | None = None
    fraction: float = 0.1
    drive: str = "thermal"
    sets: tuple[str, ...] = ()
    sign: int = 1
    plane: str = ""
    described_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.halves) not in (0, 2):
            raise InputError(f"halves = {list(self.halves)}: give two columns, or none")
        if not 0 < self.fraction < 1:
            raise InputError(f"fraction = {self.fraction:g} must be above 0 and below 1")
        if self.sign not in (1, -1):
            raise InputError(f"sign = {self.sign} must be 1 or -1")

    def with_repeats(self, names: Collection[str]) -> Self:
        """Return the label with the halves or repeats that files with columns `names` have, where none are named."""
        if self.halves or self.repeats:
            return self
        halves = tuple(f"{self.column}_{HALF}_{k}" for k in (1, 2))
        if set(halves) <= set(names):
            return replace(self, halves=halves)
        planes = tuple(name for plane in (*PLANES, "xz") if (name := f"{self.column}_{plane}") in names)
        return replace(self, repeats=planes) if len(planes) > 1 else self


@dataclass(frozen=True)
class EntrySpec:
    """An entry of the table: columns of descriptors and what learns from them.

    Parameters
    ----------
    columns
        Names of descriptors of the file, whose columns stand side by side; those of the entries of `mean_of`.
    indicator
        Name in the registry with options; ``none`` takes the only column as it is.
    sign
        1, or -1 where small values of the column mean a large label; for an indicator ``none``.
    pick
        Columns that are taken, by name or pattern (``*``), of every descriptor, or in a table of each descriptor that
        it names; all by default. An indicator ``none`` takes one. ``{plane}`` stands for the plane of the label.
    max_rows
        Training rows of a fit, drawn at random where there are more; 0 takes all. For learners whose cost grows faster
        than the rows.
    prior
        Descriptor of `columns` -> deviation of the weights of its standardised columns before any data, for a ridge
        regression: columns of a smaller one are penalised more. 1 by default. With `prior_length`, the weight of an
        average over neighbours with decay length L is expected to fall as ``L ** -prior_length``.
    prior_length
        That exponent; 0 by default.
    correlation_length, correlated
        For a ridge regression: the residuals of particles at distance r are taken to correlate as ``correlated *
        exp(-r / correlation_length)``, and the fit is by generalised least squares. The length 0, the default, takes
        them as independent.
    mean_of
        Entries above this one whose predictions it averages, instead of learning from columns: all predict the label,
        or all probabilities of a class.
    labels
        Labels of the file that the entry predicts; all by default.
    source
        Where the method comes from, for the card.
    """

    columns: tuple[str, ...] = ()
    indicator: IndicatorPart | None = None
    sign: int = 1
    pick: str | dict[str, str] = ""
    max_rows: int = 0
    prior: dict[str, float] = field(default_factory=dict)
    prior_length: float = 0.0
    correlation_length: float = 0.0
    correlated: float = 0.7
    mean_of: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        for name, deviation in self.prior.items():
            if name not in self.columns or not deviation > 0:
                raise InputError(f"prior.{name} = {deviation}: give a positive number for one of the columns")
        if not self.columns and not self.mean_of:
            raise InputError("columns is empty: name descriptors of the file")
        if not self.correlation_length >= 0:
            raise InputError(f"correlation_length = {self.correlation_length} must be at least 0")
        if not 0 < self.correlated < 1:
            raise InputError(f"correlated = {self.correlated} must be above 0 and below 1")
        for name in self.pick if isinstance(self.pick, Mapping) else ():
            if name not in self.columns:
                raise InputError(f"pick.{name}: {unknown_name('descriptor', name, list(self.columns))}")
        if self.sign not in (1, -1):
            raise InputError(f"sign = {self.sign} must be 1 or -1")
        if self.max_rows < 0:
            raise InputError(f"max_rows = {self.max_rows} must be at least 0")


@dataclass(frozen=True)
class PublishedSpec:
    """Numbers that others have published; shown as published, not measured.

    Parameters
    ----------
    label
        Label of the file that they are about.
    source
        Reference.
    within, pooled, auc
        Numbers, where they are printed.
    data
        What they were measured on.
    """

    label: str
    source: str
    within: float | None = None
    pooled: float | None = None
    auc: float | None = None
    data: str = ""


@dataclass(frozen=True)
class ComparisonFile:
    """A comparison, checked.

    Parameters
    ----------
    title, path
        Of the file.
    seed, cores
        Seed of all random numbers; processes that describe at a time.
    sets, labels, descriptors, entries, published
        By name.
    nulls, importance
        Whether to add null entries, and to permute the columns of each descriptor of an entry.
    """

    title: str
    path: Path
    seed: int
    cores: int
    sets: Mapping[str, SetSpec]
    labels: Mapping[str, LabelSpec]
    descriptors: Mapping[str, DescriptorPart]
    entries: Mapping[str, EntrySpec]
    published: Mapping[str, PublishedSpec]
    nulls: bool = True
    importance: bool = True

    def glass(self, name: str) -> Glass:
        """Build the glass of a set."""
        options = dict(self.sets[name].glass)
        glass: Glass = GLASSES.build(str(options.pop("name")), options)
        return glass


_KEYS = (
    "title", "seed", "cores", "glass", TRAIN, TEST, "sets", "labels", "descriptors", "entries", "published", "nulls",
    "importance", "presets",
)  # fmt: skip


def find_comparison(name: str | Path) -> Path:
    """Find the file of a comparison: by its path, or the bundled ``public`` or ``demo`` by name."""
    path = Path(name)
    if path.is_file():
        return path
    bundled = {name: data_path("examples", "compare", f"{name}.toml") for name in BUNDLED}
    if path.suffix in ("", ".toml") and path.parent.name in ("", "compare") and path.stem in bundled:
        return bundled[path.stem]
    raise InputError(f"{name}: no such file; bundled are {', '.join(BUNDLED)}")


def read_comparison(name: str | Path, settings: Sequence[str] = (), preset: str | None = None) -> ComparisonFile:
    """Read the file of a comparison with ``--set`` options; every fault is one line with file and key."""
    from lammps_glass.settings import read_toml
    from lammps_glass.workflow.reading import apply_sets

    path = find_comparison(name)
    tables = read_toml(path)
    presets = tables.pop("presets", {})
    if preset is not None:
        if preset not in presets:
            raise InputError(f"{path}: {unknown_name('preset', preset, list(presets))}")
        _merge(tables, presets[preset])
    for table in ("sets", "labels", "descriptors", "entries", "published", "glass"):
        tables.setdefault(table, {})
    apply_sets(tables, list(settings))
    try:
        return _checked(tables, path)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _merge(tables: dict[str, object], changes: Mapping[str, object]) -> None:
    for key, value in changes.items():
        table = tables.get(key)
        if isinstance(value, Mapping) and isinstance(table, dict):
            _merge(table, value)
        else:
            tables[key] = value


def _checked(tables: dict[str, object], path: Path) -> ComparisonFile:
    from lammps_glass.settings import build

    for key in tables:
        if key not in _KEYS:
            raise unknown_name("key", key, list(_KEYS))
    glass = tables["glass"]
    labels, entries = by_plane(_table(tables["labels"], "labels"), _table(tables["entries"], "entries"))
    sets = _table(tables["sets"], "sets")
    for name in (TRAIN, TEST):
        if tables.get(name):
            sets[name] = {"folder": str(tables[name]), "trains": name == TRAIN, "glass": glass}
    if not sets:
        raise InputError("no configurations: give --set train=FOLDER, and --set test=FOLDER for unseen ones")
    built_sets = {
        name: build(SetSpec, {"glass": glass, **_table(value, f"sets.{name}")}, f"sets.{name}")
        for name, value in sets.items()
    }
    for name, spec in built_sets.items():
        if bool(spec.folder) == bool(spec.study):
            raise InputError(f"sets.{name}: give a folder, or a study to run")
        if "name" not in spec.glass:
            raise InputError(f"sets.{name}.glass names no glass: give [glass] with a name")
    file = ComparisonFile(
        title=str(tables.get("title", path.stem)),
        path=path,
        seed=_whole_number(tables, "seed", 1),
        cores=_whole_number(tables, "cores", 2),
        sets=built_sets,
        labels={k: build(LabelSpec, _table(v, f"labels.{k}"), f"labels.{k}") for k, v in labels.items()},
        descriptors={k: DescriptorPart.parse(v) for k, v in _table(tables["descriptors"], "descriptors").items()},
        entries=_entries(entries),
        published={
            k: build(PublishedSpec, _table(v, f"published.{k}"), f"published.{k}")
            for k, v in _table(tables["published"], "published").items()
        },
        nulls=bool(tables.get("nulls", True)),
        importance=bool(tables.get("importance", True)),
    )
    _check_names(file)
    return file


def _whole_number(tables: Mapping[str, object], key: str, default: int) -> int:
    value = tables.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"{key} = {value!r} must be a whole number")
    return value


def by_plane(
    labels: Mapping[str, object], entries: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    """Replace each label with ``planes`` by one a plane, in `entries` too where they name it.

    ``{plane}`` in its name and values, which must be in the name, stands for the plane.
    """
    expanded: dict[str, object] = {}
    names: dict[str, list[str]] = {}
    for name, value in labels.items():
        if not isinstance(value, Mapping) or "planes" not in value:
            expanded[name] = value
            continue
        planes = value["planes"]
        if not isinstance(planes, list) or not planes or not all(isinstance(plane, str) for plane in planes):
            raise InputError(f"labels.{name}.planes = {planes!r}: give a list such as ['xy', 'yz', 'zx']")
        if "{plane}" not in name:
            raise InputError(f"labels.{name}.planes: write {{plane}} into the name of the label, one is made a plane")
        names[name] = [name.replace("{plane}", plane) for plane in planes]
        for plane, one in zip(planes, names[name], strict=True):
            filled = {key: _with_plane(text, plane) for key, text in value.items() if key != "planes"}
            expanded[one] = {"plane": plane, **filled}
    named = {}
    for name, value in entries.items():
        named[name] = value
        if isinstance(value, Mapping) and isinstance(value.get("labels"), list):
            named[name] = {**value, "labels": [one for label in value["labels"] for one in names.get(label, [label])]}
    return expanded, named


def _with_plane(value: object, plane: str) -> object:
    """Write a plane for ``{plane}``, in a list too."""
    if isinstance(value, list):
        return [_with_plane(item, plane) for item in value]
    return value.replace("{plane}", plane) if isinstance(value, str) else value


def _table(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise InputError(f"{where} = {value!r}: it must be a table")
    return dict(value)


def _entries(tables: Mapping[str, object]) -> dict[str, EntrySpec]:
    """Read the entries in order; a mean has the columns of those that it averages."""
    entries: dict[str, EntrySpec] = {}
    for name, value in tables.items():
        entry = _entry(name, value)
        if entry.mean_of:
            where = f"entries.{name}.mean_of"
            _require_known(where, "entry above it", entry.mean_of, entries)
            members = [entries[member] for member in entry.mean_of]
            unlike = any(m.mean_of or m.indicator is None or m.labels != entry.labels for m in members)
            if len(members) < 2 or entry.columns or unlike:
                raise InputError(
                    f"{where}: name two entries or more that learn from columns and predict the same labels, and leave "
                    "columns out"
                )
            if len({_predicts(member) for member in members}) > 1:
                raise InputError(
                    f"{where}: {', '.join(entry.mean_of)} predict in different units (the label, probabilities of a "
                    "class, distances from a boundary): their mean would be that of the largest numbers"
                )
            columns = dict.fromkeys(column for member in members for column in member.columns)
            entry = replace(entry, columns=tuple(columns))
        entries[name] = entry
    return entries


def _predicts(entry: EntrySpec) -> tuple[bool, float]:
    """Return whether an entry predicts classes, and the value above which a particle is of class 1."""
    from lammps_glass.comparison.fitting import learns_classes
    from lammps_glass.learn import threshold_of

    assert entry.indicator is not None
    estimator = entry.indicator.build(0)
    classes = learns_classes(estimator)
    return classes, threshold_of(estimator) if classes else 0.0


def _entry(name: str, value: object) -> EntrySpec:
    from lammps_glass.settings import build

    table = _table(value, f"entries.{name}")
    indicator = table.pop("indicator", "ridge-regression")
    if isinstance(table.get("columns"), str):
        table["columns"] = [table["columns"]]
    built = build(EntrySpec, table, f"entries.{name}")
    part = None if indicator == NOTHING else IndicatorPart.parse(indicator)
    if part is not None:
        with located(f"entries.{name}.indicator"):
            part.build(0)
    return EntrySpec(**{**built.__dict__, "indicator": part})


def _check_names(file: ComparisonFile) -> None:
    """Refuse names that nothing has, and a file without a label or an entry."""
    if not (file.labels and file.descriptors and file.entries):
        raise InputError("a comparison needs [labels], [descriptors] and [entries] with one member each at least")
    for name, entry in file.entries.items():
        _require_known(f"entries.{name}.columns", "descriptor", entry.columns, file.descriptors)
        _require_known(f"entries.{name}.labels", "label", entry.labels, file.labels)
        if entry.indicator is None and len(entry.columns) != 1:
            raise InputError(f"entries.{name}: an indicator that learns nothing takes one descriptor")
        for pick in entry.pick.values() if isinstance(entry.pick, Mapping) else [entry.pick]:
            for label_name in entry.labels or file.labels:
                require_plane(name, pick, file.labels[label_name])
    for name, label in file.labels.items():
        _require_known(f"labels.{name}.sets", "set", label.sets, file.sets)
        _require_known(f"labels.{name}.described_by", "descriptor", label.described_by, file.descriptors)
    for name, published in file.published.items():
        _require_known(f"published.{name}.label", "label", [published.label], file.labels)
    if not any(spec.trains for spec in file.sets.values()):
        raise InputError("no set trains: give --set train=FOLDER")


def require_plane(name: str, pick: str, label: LabelSpec) -> None:
    """Raise `InputError` where the entry `name` picks columns by plane for a label that has none."""
    if PLANE_WORD in pick and not label.plane:
        raise InputError(
            f'entries.{name}.pick = {pick!r}: label {label.column} has no plane: set plane = "xy" of the label, or '
            f"list the labels that the entry predicts (entries.{name}.labels)"
        )


def _require_known(where: str, kind: str, names: Sequence[str], known: Mapping[str, object]) -> None:
    """Refuse a name that is not among those of the file."""
    for name in names:
        if name not in known:
            raise InputError(f"{where}: {unknown_name(kind, name, list(known))}")
