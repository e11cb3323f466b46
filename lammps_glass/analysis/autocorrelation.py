"""Autocorrelation of the paths of many particles, a block of particles at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lammps_glass.analysis.frames import Track
from lammps_glass.snapshots.cell import Floats

#: Numbers that are held for each one of a path: itself, and its transform, padded to twice the length.
_COPIES = 6
#: Frames up to which the product of all pairs of frames, a matrix product, takes less time than Fourier transforms.
_FEW = 200


def blocks_of_particles(followed: Track, memory: int) -> Iterator[Floats]:
    """Yield (T, 3 k) coordinates of blocks of k particles in all frames, within `memory` bytes with their transforms.

    The coordinates are those of x of all k particles, then y, then z.
    """
    n_frames = len(followed.steps)
    size = max(1, memory // (24 * _COPIES * n_frames))
    for start in range(0, followed.n_particles, size):
        yield followed.particles(start, start + size).reshape(n_frames, -1)


def summed_autocorrelation(paths: Floats) -> Floats:
    """Compute ``sum over paths and k of x(k + m) x(k)`` at every lag m: (T,).

    Many frames are transformed: two real paths make a complex one, whose autocorrelation has the sum of theirs as its
    real part, so that half as many transforms are needed.

    Parameters
    ----------
    paths
        (T, p) paths as columns.
    """
    from scipy.fft import fft, ifft, next_fast_len

    n_frames = len(paths)
    if n_frames <= _FEW:
        products = paths @ paths.T
        return np.array([np.trace(products, lag) for lag in range(n_frames)])
    even = paths if paths.shape[1] % 2 == 0 else np.column_stack([paths, np.zeros(n_frames)])
    pairs = np.ascontiguousarray(even).view(np.complex128)
    length = next_fast_len(2 * n_frames - 1)
    amplitudes = fft(pairs, length, axis=0).view(np.float64)
    power = np.einsum("fp,fp->f", amplitudes, amplitudes)
    result: Floats = ifft(power)[:n_frames].real
    return result
