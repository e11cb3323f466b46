"""Common parts of the checks: assertions, and values that a number must not have."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.errors import InputError
from lammps_glass.json_types import Options

Subject = TypeVar("Subject")

#: Values that every numerical parameter must refuse.
NO_NUMBERS = (float("nan"), "no number")


def require(condition: object, message: str) -> None:
    """Raise `AssertionError` with `message` unless `condition` holds (under ``python -O`` too)."""
    if not condition:
        raise AssertionError(message)


def require_close(values: ArrayLike, expected: ArrayLike, tolerance: float, message: str) -> None:
    """Raise `AssertionError` unless arrays agree to `tolerance`, relative to the larger of 1 and the expected value."""
    actual, reference = np.asarray(values, dtype=float), np.asarray(expected, dtype=float)
    require(actual.shape == reference.shape, f"{message}: shape {actual.shape} instead of {reference.shape}")
    deviation = np.abs(actual - reference) / np.maximum(1.0, np.abs(reference))
    worst = float(np.max(deviation, initial=0.0))
    require(worst <= tolerance, f"{message}: deviates by {worst:.3g}, more than {tolerance:g}")


def require_refused(call: Callable[[], object], title: str) -> None:
    """Raise `AssertionError` unless `call` raises `InputError`."""
    try:
        call()
    except InputError:
        return
    except Exception as error:
        raise AssertionError(f"{title} raises {type(error).__name__} ({error}) instead of an InputError") from error
    raise AssertionError(f"{title} is accepted: it must be an InputError")


def require_numbers_checked(build: Callable[[Options], object], parameters: Options) -> None:
    """Raise `AssertionError` unless `build` refuses NaN and text for each of `parameters` that is a number."""
    for name, value in parameters.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            for bad in NO_NUMBERS:
                require_refused(functools.partial(build, {**parameters, name: bad}), f"{name} = {bad!r}")


def run_checks(name: str, checks: Iterable[Callable[[Subject], None]], subject: Subject) -> None:
    """Run `checks` on `subject`; turn any error into an `AssertionError` that names part and check."""
    for check in checks:
        try:
            check(subject)
        except Exception as error:
            title = check.__name__.strip("_").replace("_", " ")
            reason = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
            raise AssertionError(f"{name}: {title}: {reason}") from error
