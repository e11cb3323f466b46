"""Kernels and their cache."""

import subprocess
import sys

RUN = """
import numpy as np
from lammps_glass.descriptors import ACE
from lammps_glass.descriptors.ace import kernels
from lammps_glass.snapshots import Cell, Snapshot

positions = np.random.default_rng(1).uniform(0.0, 6.0, (60, 3))
snapshot = Snapshot(positions=positions, cell=Cell(6.0 * np.eye(3)), types=np.arange(60) % 2, species=("A", "B"))
ace = ACE(species=("A", "B"), r_cut=2.0, n_max=2, max_degree=2, max_order=2)
{what}
"""


def run(what, cache):
    environment = {"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(cache), "HOME": str(cache)}
    environment["PYTHONPATH"] = ":".join(path for path in sys.path if path)
    code = RUN.format(what=what)
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)


def test_a_caller_is_compiled_where_a_generator_was_compiled_before(tmp_path):
    """As when two processes start together: one has stored what the other needs next."""
    one = "grid = __import__('lammps_glass.snapshots.grid', fromlist=['x']).build_grid(snapshot.cell, positions, 2.0)"
    first = run(f"{one}\nkernels.most_candidates(grid)", tmp_path)
    assert first.returncode == 0, first.stderr
    second = run("ace.compute(snapshot)", tmp_path)
    assert second.returncode == 0, second.stderr
