"""The command compare: descriptors, indicators and labels on the same particles and splits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.study import PANEL


def compare(
    common: Common,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A comparison's TOML file, or the bundled demo, public.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of tables, picture and page.")],
    preset: Annotated[str | None, typer.Option("--preset", help="A preset of the file.")] = None,
    cores: Annotated[int | None, typer.Option("--cores", min=1, help="Configurations described at a time.")] = None,
    settings: Settings = None,
) -> None:
    """Compare descriptors and indicators on the same particles, labels and splits, from where it stopped."""
    from lammps_glass.comparison import compare as run_comparison, preview, read_comparison

    sets = list(settings or [])
    sets += [f"seed={common.seed}"] if common.seed is not None else []
    sets += [f"cores={cores}"] if cores is not None else []
    read = read_comparison(file, sets, preset)
    if common.dry_run:
        rows = preview(read, out)
        common.table(f"{read.title}: sets {', '.join(read.sets)}, labels {', '.join(read.labels)}", rows)
        return
    from lammps_glass.comparison.publish import main_rows, publish, verdicts

    found = run_comparison(read, out, common.say)
    page = publish(found, out)
    names = ("entry", "label", "scored_on", "n_features", "within", "pooled", "auc", "ceiling_within", "kind")
    table = main_rows(found)[list(names)]
    table = table.astype(object).where(table.notna(), None)
    common.table(read.title, [{str(k): v for k, v in row.items()} for row in table.to_dict("records")])
    for line in [*verdicts(found.table), *found.notes]:
        common.say(line)
    common.say(f"table: {out / 'compare.csv'}; page: {page}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "compare", panel=PANEL)(compare)
