"""Save and load indicators: an archive of JSON and arrays, the same bytes for the same indicator, no code.

The file is an uncompressed zip of ``metadata.json`` and ``estimator.skops`` (or ``estimator.libsvm``: LIBSVM's model
text and a scaler in JSON, for a class with ``saved_as``). A skops file names the types in it and the loaders that it
needs. Both are compared with the lists below before skops reads the file: skops's own defaults trust far more, and the
list in the file is made by whoever wrote it. Installed plug-ins add the classes of their indicators, and the types that
such a class names in ``saved_types``; a file never adds any.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path, require_file
from lammps_glass.json_types import Json, JsonObject
from lammps_glass.learn.estimator import Estimator
from lammps_glass.learn.registry import REGISTRY

if TYPE_CHECKING:
    from lammps_glass.learn.barcode import Barcode
    from lammps_glass.learn.energy_model import EnergyModel
    from lammps_glass.learn.integrated_defect import IntegratedDefect

FORMAT = "lammps-glass indicator"
VERSION = 1
_METADATA = "metadata.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can express

#: Types of other libraries within indicators of this package, and old names of renamed indicators. An indicator names
#: further types in its ``saved_types``.
TRUSTED = (
    "imblearn.ensemble._easy_ensemble.EasyEnsembleClassifier",
    "imblearn.pipeline.Pipeline",
    "imblearn.under_sampling._prototype_selection._random_under_sampler.RandomUnderSampler",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.linear_model._ridge.Ridge",
    "sklearn.linear_model._ridge.RidgeCV",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.pipeline.Pipeline",
)
_PLAIN = {f"builtins.{name}" for name in ("dict", "list", "str", "tuple")}
_PLAIN |= {"collections.OrderedDict", "numpy.ndarray", "numpy.dtype"}
_PLAIN |= {f"numpy.{name}" for name in ("bool", "bool_", "int32", "int64", "float32", "float64", "str_")}
# No loader of functions, methods, partials, reduced constructors or unknown objects.
_LOADERS = {"JsonNode", "DictNode", "ListNode", "TupleNode", "NdArrayNode", "TypeNode", "DTypeNode", "ObjectNode"}


def _archive(members: Mapping[str, bytes]) -> bytes:
    """Write an uncompressed zip with sorted members and fixed times: equal members give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), members[name])
    return buffer.getvalue()


def _members(data: bytes) -> dict[str, bytes]:
    """Read the members of such a zip; compressed ones are refused, since they may unfold to any size."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
            raise InputError("its members are compressed, which `save` never does")
        return {member.filename: archive.read(member) for member in archive.infolist()}


def _nodes(state: object) -> Iterator[JsonObject]:
    """Iterate over the dicts in a skops schema."""
    if isinstance(state, dict):
        yield state
    for value in state.values() if isinstance(state, dict) else state if isinstance(state, list) else ():
        yield from _nodes(value)


def _types_of(indicators: Iterable[type]) -> set[str]:
    """Name the classes of indicators and the types in their ``saved_types``, as ``module.Class``."""
    return {
        f"{part.__module__}.{part.__qualname__}"
        for indicator in indicators
        for part in (indicator, *getattr(indicator, "saved_types", ()))
    }


def _bundled_names() -> set[str]:
    """Name the indicators of this package, ``module.Class``, without importing them."""
    return {REGISTRY[name].target.replace(":", ".") for name in REGISTRY.bundled}


def _registered() -> Iterator[type]:
    """Iterate over the classes of all indicators; those of plug-ins that cannot be imported are left out."""
    for entry in REGISTRY.values():
        with contextlib.suppress(InputError):
            yield entry.load()


def _checked_types(schema: object, trusted: Sequence[type]) -> list[str]:
    """List the types that a schema may name; a type or loader outside the fixed lists is an `InputError`."""
    allowed = _PLAIN.union(TRUSTED, _bundled_names(), _types_of(trusted))
    nodes = [node for node in _nodes(schema) if {"__class__", "__module__", "__loader__"} & set(node)]
    names = {f"{node.get('__module__')}.{node.get('__class__')}" for node in nodes}
    if not names <= allowed:  # all are imported only for a file that needs it
        allowed |= _types_of(_registered())
    if foreign := sorted(names - allowed):
        raise InputError(f"it holds the type {foreign[0]}, which no indicator of this package or of a plug-in has")
    for node in nodes:
        if (loader := node.get("__loader__")) not in _LOADERS:
            raise InputError(f"it asks for the loader {loader}, which no indicator of this package needs")
    return sorted(allowed - _PLAIN)


def _encode_skops(estimator: Estimator, trusted: Sequence[type]) -> bytes:
    """Encode an estimator as skops does, with arrays named by their content instead of addresses in memory.

    Without addresses an object with two references is written twice, so that equal estimators give equal bytes.
    """
    import skops.io

    members = _members(skops.io.dumps(estimator))
    schema = json.loads(members.pop("schema.json"))
    names = {name: f"{hashlib.sha256(data).hexdigest()[:32]}.npy" for name, data in members.items()}
    for node in _nodes(schema):
        node.pop("__id__", None)
        if node.get("file") in names:
            node["file"] = names[node["file"]]
    _checked_types(schema, trusted)
    arrays = {names[name]: data for name, data in members.items()}
    return _archive({"schema.json": json.dumps(schema).encode(), **arrays})


def _decode_skops(data: bytes, trusted: Sequence[type]) -> Estimator:
    import skops.io

    types = _checked_types(json.loads(_members(data)["schema.json"]), trusted)
    estimator: Estimator = skops.io.loads(data, trusted=types)
    return estimator


def _encode_libsvm(estimator: IntegratedDefect, trusted: Sequence[type]) -> bytes:
    from lammps_glass.learn.svm_text import members

    return _archive(members(estimator))


def _decode_libsvm(data: bytes, trusted: Sequence[type]) -> IntegratedDefect:
    from lammps_glass.learn.svm_text import from_members

    return from_members(_members(data))


def _encode_xgboost(estimator: Barcode | EnergyModel, trusted: Sequence[type]) -> bytes:
    from lammps_glass.learn.barcode import encode_members

    return _archive(encode_members(estimator))


def _decode_xgboost(data: bytes, trusted: Sequence[type]) -> Barcode | EnergyModel:
    from lammps_glass.learn.barcode import decode_members

    return decode_members(_members(data))


#: Member of the archive -> functions that encode and decode it.
FORMATS: dict[str, tuple[Callable[[Any, Sequence[type]], bytes], Callable[[bytes, Sequence[type]], Estimator]]] = {
    "estimator.skops": (_encode_skops, _decode_skops),
    "estimator.libsvm": (_encode_libsvm, _decode_libsvm),
    "estimator.xgboost": (_encode_xgboost, _decode_xgboost),
}


def _member_for(estimator: Estimator) -> str:
    """Name the member that holds an estimator: skops, unless its class has ``saved_as``."""
    return str(getattr(estimator, "saved_as", "estimator.skops"))


def save(
    path: str | Path, estimator: Estimator, metadata: Mapping[str, Json] | None = None, *, trusted: Sequence[type] = ()
) -> None:
    """Write a fitted indicator with its metadata: what is needed to use it (descriptor, glass, feature names ...).

    Equal estimators and metadata give equal bytes with equal versions of the libraries. The file appears under its name
    only when it is complete. `trusted` are classes besides those of this package and of plug-ins, which `load` must be
    given too.

    Raises
    ------
    InputError
        The metadata is not JSON, or the estimator holds a type that `load` would refuse.
    """
    member = _member_for(estimator)
    header = {"format": FORMAT, "version": VERSION, "member": member, "metadata": dict(metadata or {})}
    try:
        text = json.dumps(header, sort_keys=True, allow_nan=False, indent=1).encode()
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: metadata is not JSON ({error})") from error
    try:
        data = FORMATS[member][0](estimator, trusted)
    except InputError as error:
        raise InputError(f"{path}: {type(estimator).__name__} cannot be saved: {error}") from error
    with atomic_path(path) as temporary:
        temporary.write_bytes(_archive({_METADATA: text, member: data}))


def load(path: str | Path, *, trusted: Sequence[type] = ()) -> tuple[Estimator, JsonObject]:
    """Read an indicator that `save` wrote: (estimator, metadata); nothing in the file is executed.

    `trusted` are classes that the file may hold besides those of this package and of plug-ins.

    Raises
    ------
    InputError
        The file is missing, damaged, of another kind, or holds a type outside the fixed list.
    """
    require_file(path, "the file of an indicator, which `train` writes")
    try:
        members = _members(Path(path).read_bytes())
        header = json.loads(members[_METADATA])
        if header["format"] != FORMAT or header["version"] != VERSION:
            raise InputError(f"its format is {header['format']!r}, version {header['version']}")
        estimator = FORMATS[header["member"]][1](members[header["member"]], trusted)
        metadata: JsonObject = dict(header["metadata"])
    # A crafted file can make a decoder raise anything: whatever it raises, the file is not a saved indicator.
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: not a saved indicator of this package ({reason}); write it with `train`") from error
    return estimator, metadata
