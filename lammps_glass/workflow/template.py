"""Write the file of a registered study with a comment on each key, for ``lammps-glass init``."""

from __future__ import annotations

import re
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
"""

#: Comments on the first line that sets a key.
COMMENTS = {
    "seed": "every random number of the study derives from it",
    "n_particles": "of each replica",
    "skin": "of the neighbour lists, in length units; changes the last digits",
    "suffix": "of the pair styles of LAMMPS; changes the last digits",
    "replicas": "independently prepared glasses: the values of the conditions replica and left_out",
    "run": "simulate, or the name of an operation; keys that are not of the stage are its parameters",
    "protocol": "the simulation; keys below that are not of the stage are its fields",
    "over": "conditions; a table gives values: n for 1 to n, or a list; a parameter of the same name takes the value",
    "reads": "port = stage: the stages whose cases are read",
    "liquid": "steps in the liquid",
    "cooling": "steps of cooling",
    "segment_steps": "an interrupted run goes on from the last complete segment; changes the last digits",
    "temperature": "in the unit of the glass",
    "stress": "compressive along z, in the unit of the glass",
    "label": "see `lammps-glass list labels`",
    "steps": "of dynamics",
    "indicator": "see `lammps-glass list indicators`",
    "snapshot_every": "steps between snapshots",
    "r_max": "neighbours within it, in length units",
    "lags": "intervals of the label, in snapshots",
    "descriptor": "see `lammps-glass list descriptors`",
    "thresholds": "of the label",
    "skip": "snapshots of the loading transient",
    "max_rows": "of each replica",
    "n_features": "the best of a ranking",
    "C": "of the support vector machine",
    "cores": "at once on this machine; --cores overrides it",
}


def template(file: str, study: str = "looseness") -> str:
    """Return the commented text of a registered study; `file` is the name in the commands of the heading.

    Raises
    ------
    InputError
        There is no study of that name.
    """
    text = find_study(study).read_text(encoding="utf-8")
    open_comments = dict(COMMENTS)
    lines = [_commented(line, open_comments) for line in text.splitlines()]
    ranks = (
        "# `ranks = 4` in a stage's table runs each of its cases on four MPI ranks (pip install 'lammps-glass[mpi]').\n"
    )
    return HEADING.format(file=shlex.quote(file)) + ranks + "\n" + "\n".join(lines) + "\n"


def _commented(line: str, comments: dict[str, str]) -> str:
    key = re.match(r"([A-Za-z_]\w*) = [^#]*$", line)
    comment = comments.pop(key[1], None) if key else None
    return f"{line}  # {comment}" if comment else line
