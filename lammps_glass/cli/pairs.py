"""Pairs of frames that a label compares: by their order, or by their steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from lammps_glass.cli.reading import Reader
from lammps_glass.errors import InputError

if TYPE_CHECKING:
    from lammps_glass.snapshots import Snapshot

    Pairs = Iterator[tuple[Snapshot, Snapshot]]


def pairs_of_frames(
    reference: Path, current: Path, reader: Reader, *, lag: int, steps: int | None, any_lag: bool
) -> Pairs:
    """Iterate over the pairs (earlier, later) of frames of two files; two frames are held at a time.

    Parameters
    ----------
    lag
        Frames by which pairs are apart in their order; 0 where `steps` pairs them.
    steps
        Steps by which pairs are apart; None pairs by order.
    any_lag
        Whether pairs may be different numbers of steps apart.

    Raises
    ------
    InputError
        The files cannot be paired so.
    """
    if steps is not None and lag:
        raise InputError("--steps pairs frames by step and --lag by order: give one of them")
    pairs = _by_order(reference, current, reader, lag) if steps is None else _by_step(reference, current, reader, steps)
    return pairs if any_lag else _of_one_lag(pairs, current, ascending=reference == current and lag > 0)


def _by_order(reference: Path, current: Path, reader: Reader, lag: int) -> Pairs:
    """Iterate over the pairs of frames (k, k + lag); two frames are held at a time."""
    earlier, later = reader.frames(reference), reader.frames(current)
    skipped = deque(islice(later, lag), maxlen=0)
    del skipped
    unpaired, paired = 0, 0
    for before, after in zip_longest(earlier, later):
        if after is None:
            unpaired += 1
        elif before is None or unpaired:
            unpaired = -1
            break
        else:
            paired += 1
            yield before, after
    if lag and not paired and unpaired > 0:
        raise InputError(f"{current}: --lag {lag} needs at least {lag + 1} frames, {reference} has {unpaired}")
    if unpaired != lag:
        raise InputError(
            f"{reference} and {current} do not hold the same number of frames: they are paired by order "
            "(cut the files, give the same file twice with --lag, or pair by step with --steps)"
        )


def _by_step(reference: Path, current: Path, reader: Reader, steps: int) -> Pairs:
    """Iterate over the pairs of frames whose steps are `steps` apart; two frames are held at a time."""
    later = _ascending(reader.frames(current), current)
    after = next(later, None)
    paired = False
    for before in _ascending(reader.frames(reference), reference):
        while after is not None and after.step < before.step + steps:
            after = next(later, None)
        if after is not None and after.step == before.step + steps:
            paired = True
            yield before, after
    if not paired:
        raise InputError(f"{current}: no frame is {steps} steps (--steps) after one of {reference}")


def _ascending(frames: Iterator[Snapshot], path: Path) -> Iterator[Snapshot]:
    last: int | None = None
    for frame in frames:
        if last is not None and frame.step <= last:
            raise InputError(f"{path}: step {frame.step} follows step {last}: --steps needs ascending steps")
        last = frame.step
        yield frame


def _of_one_lag(pairs: Pairs, path: Path, *, ascending: bool) -> Pairs:
    """Iterate over pairs of frames, which must all be the same number of steps apart, above 0 where they ascend."""
    first: int | None = None
    for before, after in pairs:
        lag = after.step - before.step
        if first is not None and lag != first:
            raise InputError(
                f"{path}: steps {before.step} and {after.step} are {lag} steps apart, the pair before {first}: labels "
                "of different lags do not compare; pair by step with --steps, or use --any-lag and the column lag"
            )
        if ascending and lag <= 0:
            raise InputError(
                f"{path}: step {after.step} comes after step {before.step}: sort the frames by step, or use --any-lag "
                "to compare them in the order of the file"
            )
        first = lag
        yield before, after
