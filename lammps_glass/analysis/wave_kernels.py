"""Kernels of plane waves: exp(i n phase) of the three axes for a block of particles, and their products.

A wave vector of the box is a whole number of reciprocal vectors along each axis, so that its wave is a product of three
powers. Inner loops run over the particles of a block, without fast-math: the order of every sum is fixed.
"""

from __future__ import annotations

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Integers

#: Particles of a block.
BLOCK = 64
#: pi in two parts, the first with trailing zero bits: k pi is exact for the turns k that occur.
_PI_HIGH, _PI_LOW, _INVERSE_PI = 3.141592651605606, 1.9841871589968616e-09, 1.0 / np.pi
#: Taylor coefficients of sin(y) / y in y^2, to y^20: exact to 3e-16 up to y = pi / 2.
_C = tuple((-1.0) ** k / float(np.prod(np.arange(1, 2 * k + 2, dtype=float))) for k in range(11))
_C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10 = _C[1:]


@kernel
def sine(x: float) -> float:
    """Compute sin(x) for x >= 0 without branches, so that loops over it are vectorised."""
    turns = np.floor(x * _INVERSE_PI + 0.5)
    y = (x - turns * _PI_HIGH) - turns * _PI_LOW
    z = y * y
    high = _C6 + z * (_C7 + z * (_C8 + z * (_C9 + z * _C10)))
    value = y * (1.0 + z * (_C1 + z * (_C2 + z * (_C3 + z * (_C4 + z * (_C5 + z * high))))))
    return float(value * (1.0 - 2.0 * (turns - 2.0 * np.floor(0.5 * turns))))


@kernel
def fill_powers(phases: Floats, powers: Floats) -> None:
    """Compute exp(i n phase) of a block for n = 0 to top.

    The power n is the product of those of n // 2 and of the rest, so that rounding grows with log n.

    Parameters
    ----------
    phases
        (3, BLOCK) phases of the axes.
    powers
        (3, top + 1, 2, BLOCK), top at least 1: overwritten with cosines and sines.
    """
    for axis in range(3):
        of_axis = powers[axis]
        of_axis[0, 0], of_axis[0, 1] = 1.0, 0.0
        phase, cosine, sine_ = phases[axis], of_axis[1, 0], of_axis[1, 1]
        for k in range(BLOCK):
            cosine[k] = sine(np.abs(phase[k]) + 0.5 * np.pi)
            sine_[k] = np.copysign(1.0, phase[k]) * sine(np.abs(phase[k]))
        for n in range(2, len(of_axis)):
            half, rest = of_axis[n // 2], of_axis[n - n // 2]
            multiply(half, 1.0, rest, 1.0, of_axis[n])


@kernel
def multiply(first: Floats, sign_of_first: float, second: Floats, sign_of_second: float, product: Floats) -> None:
    """Multiply (2, BLOCK) complex numbers; a sign of -1 takes the conjugate of a factor."""
    a, b, c, d = first[0], first[1], second[0], second[1]
    real, imaginary, both = product[0], product[1], sign_of_first * sign_of_second
    for k in range(BLOCK):
        real[k] = a[k] * c[k] - both * (b[k] * d[k])
        imaginary[k] = sign_of_second * (a[k] * d[k]) + sign_of_first * (b[k] * c[k])


@kernel
def _row_of(powers: Floats, index: Integers, product: Floats) -> None:
    """Compute the waves of a block along the first two axes."""
    a, b = index[0], index[1]
    multiply(powers[0, abs(a)], 1.0 if a >= 0 else -1.0, powers[1, abs(b)], 1.0 if b >= 0 else -1.0, product)


@kernel
def largest_index(indices: Integers) -> int:
    """Find the largest absolute index of wave vectors, at least 1."""
    top = 1
    for row in indices:
        for k in range(3):
            top = max(top, abs(row[k]))
    return top


@kernel
def mean_cosines(powers: Floats, indices: Integers, scratch: Floats, waves: Floats) -> None:
    """Average cos(q . r) of each particle of a block over wave vectors.

    Parameters
    ----------
    powers
        Of the phases of the block, see `fill_powers`.
    indices
        (m, 3) wave vectors, those with equal first two indices together: their waves along the third axis are summed
        before they are multiplied.
    scratch
        (4, BLOCK) buffer.
    waves
        (BLOCK,) overwritten.
    """
    waves[:] = 0.0
    row, real, imaginary = scratch[:2], scratch[2], scratch[3]
    v = 0
    while v < len(indices):
        a, b = indices[v, 0], indices[v, 1]
        _row_of(powers, indices[v], row)
        real[:], imaginary[:] = 0.0, 0.0
        while v < len(indices) and indices[v, 0] == a and indices[v, 1] == b:
            third, sign = powers[2, abs(indices[v, 2])], 1.0 if indices[v, 2] >= 0 else -1.0
            cosine, sine_ = third[0], third[1]
            for k in range(BLOCK):
                real[k] += cosine[k]
                imaginary[k] += sign * sine_[k]
            v += 1
        first, second = row[0], row[1]
        for k in range(BLOCK):
            waves[k] += first[k] * real[k] - second[k] * imaginary[k]
    for k in range(BLOCK):
        waves[k] = waves[k] * (1.0 / len(indices))


@kernel
def summed_waves(scaled: Floats, indices: Integers, sums: Floats) -> None:
    """Add exp(2 pi i n . s) of all particles to the (m, 2) real and imaginary sums of wave vectors.

    Parameters
    ----------
    scaled
        (n, 3) positions in units of the cell vectors.
    indices
        (m, 3) wave vectors; fastest where those with equal first two indices are together.
    """
    powers = np.empty((3, largest_index(indices) + 1, 2, BLOCK))
    phases, row = np.zeros((3, BLOCK)), np.empty((2, BLOCK))
    for start in range(0, len(scaled), BLOCK):
        m = min(BLOCK, len(scaled) - start)
        for k in range(m):
            for axis in range(3):
                phases[axis, k] = 2 * np.pi * scaled[start + k, axis]
        fill_powers(phases, powers)
        powers[0, :, :, m:] = 0.0  # no particle
        for v in range(len(indices)):
            if v == 0 or indices[v, 0] != indices[v - 1, 0] or indices[v, 1] != indices[v - 1, 1]:
                _row_of(powers, indices[v], row)
            third, sign = powers[2, abs(indices[v, 2])], 1.0 if indices[v, 2] >= 0 else -1.0
            a, b, c, d = row[0], row[1], third[0], third[1]
            real, imaginary = 0.0, 0.0
            for k in range(BLOCK):
                real += a[k] * c[k] - sign * (b[k] * d[k])
                imaginary += b[k] * c[k] + sign * (a[k] * d[k])
            sums[v, 0] += real
            sums[v, 1] += imaginary
