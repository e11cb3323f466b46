"""``lammps-glass init``: a bundled study's file with a comment on each key, small enough to run in minutes."""

from __future__ import annotations

import re
import shlex

from lammps_glass.resources import data_path

HEADING = """\
# A study file of lammps-glass, made by `lammps-glass init`. Change what you like, then
#
#     lammps-glass validate {file}                        checks it, runs nothing
#     lammps-glass plan {file} --preset smoke             what it costs on this machine
#     lammps-glass reproduce {file} --preset smoke        runs it: minutes
#
# A stage has a kind, what it runs (a protocol or an operation), the stages that it reads (after) and the conditions
# that it runs over (over); a case is one combination of conditions, and reads the cases that agree with it on them.
# `lammps-glass list protocols` shows what a stage of the kind "simulate" can run.
"""

#: What stands beside the first line that sets a key.
COMMENTS = {
    "seed": "every random number of the study derives from it",
    "n_particles": "of each replica",
    "skin": "of the neighbour lists, in length units; changes the last bits",
    "suffix": "of the pair styles of LAMMPS; changes the last bits",
    "kind": "simulate, label, describe, learn, analyse or figures",
    "protocol": "what is simulated; the keys below that are not of the stage are its fields",
    "over": "replica = 10 means 1 to 10; a list gives the values, and sets the protocol's field of that name",
    "after": "the stages whose cases are read",
    "liquid": "steps in the liquid",
    "cooling": "steps of cooling",
    "segment_steps": "an interrupted run goes on from the last complete segment; changes the last bits",
    "temperature": "in the unit of the glass",
    "stress": "compressive along z, in the unit of the glass",
    "snapshot_every": "steps between snapshots",
    "operation": "what is done with what the stage reads",
    "r_max": "neighbours within it, in length units",
    "lags": "intervals of the label, in snapshots",
    "descriptor": "see `lammps-glass list descriptors`",
    "thresholds": "of the label",
    "cores": "at once on this machine; --cores overrides it",
}


def template(file: str, study: str = "looseness") -> str:
    """The commented text of a bundled study; `file` is the name that the heading's commands show.

    Raises
    ------
    InputError
        There is no bundled study of that name.
    """
    text = data_path("examples", study, "study.toml").read_text(encoding="utf-8")
    open_comments = dict(COMMENTS)
    lines = [_commented(line, open_comments) for line in text.splitlines()]
    ranks = (
        "# `ranks = 4` in a stage's table runs each of its cases on four MPI ranks (pip install 'lammps-glass[mpi]').\n"
    )
    return HEADING.format(file=shlex.quote(file)) + ranks + "\n" + "\n".join(lines) + "\n"


def _commented(line: str, comments: dict[str, str]) -> str:
    found = re.match(r"([A-Za-z_]\w*) = [^#]*$", line)
    comment = comments.pop(found[1], None) if found else None
    return f"{line}  # {comment}" if comment else line
