"""Write the file of a registered study below a heading that says how to use it, for ``lammps-glass init``."""

from __future__ import annotations

import shlex

from lammps_glass.workflow.reading import find_study

HEADING = """\
# A study file of lammps-glass, made by `lammps-glass init`. Change what you like, then
#
#     lammps-glass validate {file}                        checks it, runs nothing
#     lammps-glass plan {file} --preset smoke             what it costs on this machine
#     lammps-glass reproduce {file} --preset smoke        runs it: minutes
#
# A stage runs an operation (run; "simulate" runs a protocol), reads other stages through its ports (reads) and runs
# over conditions (over); a case is one combination of conditions, and reads the cases that agree with it on them.
# `lammps-glass list operations`, `list protocols`, `list descriptors` ... show what there is; docs/own-study.md, how it
# fits together.
# `ranks = 4` in a stage's table runs each of its cases on four MPI ranks (pip install 'lammps-glass[mpi]').

"""


def template(file: str, study: str = "looseness") -> str:
    """Return the commented text of a registered study; `file` is the name in the commands of the heading.

    Raises
    ------
    InputError
        There is no study of that name.
    """
    return HEADING.format(file=shlex.quote(file)) + find_study(study).read_text(encoding="utf-8")
