"""What all checks share: how a check fails, and values that no number may have."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.errors import InputError

Subject = TypeVar("Subject")

#: Values that a parameter which is a number must refuse.
NO_NUMBERS = (float("nan"), "no number")


def require(condition: object, message: str) -> None:
    """Raise `AssertionError` with `message` unless `condition` holds (under ``python -O`` too)."""
    if not condition:
        raise AssertionError(message)


def require_close(values: ArrayLike, expected: ArrayLike, tolerance: float, message: str) -> None:
    """Raise `AssertionError` unless arrays agree to `tolerance`, relative to the larger of 1 and the expected value."""
    actual, wanted = np.asarray(values, dtype=float), np.asarray(expected, dtype=float)
    require(actual.shape == wanted.shape, f"{message}: shape {actual.shape} instead of {wanted.shape}")
    deviation = np.abs(actual - wanted) / np.maximum(1.0, np.abs(wanted))
    worst = float(np.max(deviation, initial=0.0))
    require(worst <= tolerance, f"{message}: deviates by {worst:.3g}, more than {tolerance:g}")


def require_refused(call: Callable[[], Any], what: str) -> None:
    """Raise `AssertionError` unless `call` raises `InputError`."""
    try:
        call()
    except InputError:
        return
    except Exception as error:
        raise AssertionError(f"{what} raises {type(error).__name__} ({error}) instead of an InputError") from error
    raise AssertionError(f"{what} is accepted: it must be an InputError")


def require_numbers_checked(build: Callable[[Mapping[str, Any]], Any], parameters: Mapping[str, Any]) -> None:
    """Raise `AssertionError` unless `build` refuses NaN and text for each of `parameters` that is a number."""
    for name, value in parameters.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            for bad in NO_NUMBERS:
                require_refused(functools.partial(build, {**parameters, name: bad}), f"{name} = {bad!r}")


def run_checks(name: str, checks: Iterable[Callable[[Subject], None]], subject: Subject) -> None:
    """Run `checks` on `subject`; whatever one raises becomes an `AssertionError` that names part and check."""
    for check in checks:
        try:
            check(subject)
        except Exception as error:
            title = check.__name__.strip("_").replace("_", " ")
            reason = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
            raise AssertionError(f"{name}: {title}: {reason}") from error
