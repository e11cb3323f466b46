"""`preview`: build the parts of a comparison and count the columns of its entries, before anything runs."""

from __future__ import annotations

from pathlib import Path

from lammps_glass.comparison.blocks import built_descriptor
from lammps_glass.comparison.data import read_set
from lammps_glass.comparison.picking import picked_columns
from lammps_glass.comparison.problems import LoadedSet, problems_of
from lammps_glass.comparison.spec import ComparisonFile
from lammps_glass.comparison.studies import study_of


def preview(file: ComparisonFile, out: Path) -> list[dict[str, str | int]]:
    """Build every descriptor for every set, every indicator, and the labels of folders; check the studies of sets.

    Returns
    -------
    list of dict
        A row an entry and number of columns: ``entry``, ``indicator``, ``descriptors``, ``n_features``, and ``labels``
        and ``sets`` with that number.

    Raises
    ------
    InputError
        A part cannot be built, an entry picks columns that no descriptor has, a label is not in the files of a folder,
        or a study is not valid; nothing is computed and nothing written.
    """
    columns = {
        (set_name, name): built_descriptor(name, part, file.glass(set_name)).feature_names
        for set_name in file.sets
        for name, part in file.descriptors.items()
    }
    read = {}
    for name, spec in file.sets.items():
        if spec.study:
            study_of(spec, file, out).check_conditions()
        else:
            read[name] = LoadedSet(name, spec.trains, read_set(spec.folder, file.glass(name), name), {}, "")
    problems_of(file, read)
    rows: dict[tuple[str, int], tuple[list[str], list[str]]] = {}
    for name, entry in file.entries.items():
        members = [file.entries[member] for member in entry.mean_of] or [entry]
        for label in entry.labels or file.labels:
            predicted = file.labels[label]
            for set_name in predicted.sets or file.sets:
                taken = {
                    (descriptor, int(number))
                    for member in members
                    for descriptor in member.columns
                    for number in picked_columns(name, member, predicted, descriptor, columns[set_name, descriptor])
                }
                labels, sets = rows.setdefault((name, len(taken)), ([], []))
                labels.append(label)
                sets.append(set_name)
    return [
        {
            "entry": name,
            "indicator": _indicator(file, name),
            "descriptors": ", ".join(file.entries[name].columns),
            "n_features": n_features,
            "labels": ", ".join(dict.fromkeys(labels)),
            "sets": ", ".join(dict.fromkeys(sets)),
        }
        for (name, n_features), (labels, sets) in rows.items()
    ]


def _indicator(file: ComparisonFile, name: str) -> str:
    entry = file.entries[name]
    if entry.mean_of:
        return f"mean of {', '.join(entry.mean_of)}"
    return "none" if entry.indicator is None else entry.indicator.name
