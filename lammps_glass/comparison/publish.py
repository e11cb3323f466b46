"""Write what a comparison found: CSV, cards, one picture, one page."""

from __future__ import annotations

import base64
import dataclasses
import html
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import tomli_w

from lammps_glass import __version__
from lammps_glass.comparison.results import LEFT_OUT, NULL, PUBLISHED, Comparison
from lammps_glass.figures.indicator_table import draw_indicators
from lammps_glass.figures.page import STYLE
from lammps_glass.files import atomic_path


def publish(comparison: Comparison, out: Path) -> Path:
    """Write ``compare.csv`` and the other tables, ``cards/``, ``compare.png``, ``compare.svg`` and ``compare.html``.

    ``compare.csv`` has a row for each entry, label and set that trained: scored on the test set where there is one,
    else on left-out configurations. ``all_scores.csv`` has both, transfers between sets, and published numbers.

    Returns the path of the page.
    """
    rows = main_rows(comparison)
    _csv(rows, out / "compare.csv")
    _csv(by_label(rows), out / "by_label.csv")
    _csv(comparison.table, out / "all_scores.csv")
    for name in ("correlations", "importance", "coefficients"):
        _csv(getattr(comparison, name), out / f"{name}.csv")
    _cards(comparison, out / "cards")
    for suffix in (".png", ".svg"):
        with atomic_path(out / f"compare{suffix}") as temporary:
            draw_indicators(comparison.table, temporary, title=comparison.file.title)
    page = out / "compare.html"
    with atomic_path(page) as temporary:
        temporary.write_text(_page(comparison, out / "compare.png"), encoding="utf-8")
    return page


def main_rows(comparison: Comparison) -> pd.DataFrame:
    """Return a row for each entry, label and training set, with the scores of left-out configurations beside others.

    All rows of a label and a training set are scored in one place: the first test set, else left-out configurations,
    else the first other set.
    """
    table = comparison.table[comparison.table["kind"] != PUBLISHED]
    tests = [name for name, spec in comparison.file.sets.items() if not spec.trains and name in comparison.checksums]
    rows = []
    for _, group in table.groupby(["label", "trained_on"], sort=False):
        scored_on = list(dict.fromkeys(group["scored_on"]))
        where = next((name for name in (*tests, LEFT_OUT) if name in scored_on), scored_on[0])
        left_out = group[group["scored_on"] == LEFT_OUT].set_index("entry")
        for _, row in group[group["scored_on"] == where].iterrows():
            beside = {
                f"{score}_left_out": left_out[score].get(row["entry"], float("nan")) for score in ("within", "pooled")
            }
            rows.append(row.to_dict() | beside)
    return pd.DataFrame(rows, columns=[*table.columns, "within_left_out", "pooled_left_out"])


def by_label(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the coefficients within configurations of each entry (a row) for each label and training set (a column).

    ``best`` in the last row names the entry with the largest one.
    """
    shown = rows[rows["kind"] != NULL]
    several = shown.groupby("label")["trained_on"].nunique().max() > 1
    names = shown["label"] + (", trained on " + shown["trained_on"] if several else "")
    table = shown.assign(column=names).pivot_table(index="entry", columns="column", values="within", sort=False)
    table = table.reindex(index=list(dict.fromkeys(shown["entry"])), columns=list(dict.fromkeys(names)))
    best = {column: table[column].idxmax() if table[column].notna().any() else "" for column in table}
    return pd.concat([table.astype(object), pd.DataFrame(best, index=["best"])]).reset_index(names="entry")


def _csv(table: pd.DataFrame, path: Path) -> None:
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")


# -- cards ------------------------------------------------------------------------------------------------------------


def _cards(comparison: Comparison, folder: Path) -> None:
    """Write a card for each entry: what it is, its source, parameters, data by checksum, scores."""
    folder.mkdir(exist_ok=True)
    file = comparison.file
    for name, rows in comparison.table[comparison.table["kind"] != NULL].groupby("entry", sort=False):
        scores = [
            {key: value for key, value in row.items() if key != "entry" and not _missing(value)}
            for row in rows.to_dict("records")
        ]
        if name in file.entries:
            entry = file.entries[str(name)]
            card: dict[str, object] = {
                "name": name,
                "kind": rows["kind"].iloc[0],
                "source": entry.source,
                "software": f"lammps-glass {__version__}",
                "seed": file.seed,
                "descriptors": {c: dataclasses.asdict(file.descriptors[c]) for c in entry.columns},
                "indicator": dataclasses.asdict(entry.indicator)
                if entry.indicator
                else {"name": "none", "sign": entry.sign},
                "data": comparison.checksums,
            }
            if entry.mean_of:
                del card["indicator"]
                card["mean_of"] = list(entry.mean_of)
        else:
            card = {"name": name, "kind": "published, not measured", **dataclasses.asdict(file.published[str(name)])}
        with atomic_path(folder / f"{_slug(str(name))}.toml") as temporary:
            temporary.write_text(tomli_w.dumps(_table_without_none({**card, "scores": scores})), encoding="utf-8")


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in name)


def _table_without_none(table: Mapping[str, object]) -> dict[str, object]:
    return {str(key): _without_none(value) for key, value in table.items() if value is not None}


def _without_none(value: object) -> object:
    if isinstance(value, Mapping):
        return _table_without_none(value)
    if isinstance(value, list | tuple):
        return [_without_none(v) for v in value if v is not None]
    return value


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or value == ""


# -- the page ---------------------------------------------------------------------------------------------------------


def _page(comparison: Comparison, picture: Path) -> str:
    title = html.escape(comparison.file.title)
    image = base64.b64encode(picture.read_bytes()).decode()
    parts = [
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title><style>{STYLE}",
        "body { max-width: 76rem; } td.n { font-variant-numeric: tabular-nums; } tr.best td { font-weight: 600; }",
        f"</style></head><body><p class='kicker'>Comparison of indicators</p><h1>{title}</h1>",
        *(f"<p>{html.escape(line)}</p>" for line in verdicts(comparison.table)),
        "<h2>Indicators by label</h2><p>Coefficient within configurations; the last row names the best.</p>"
        + _by_label(by_label(main_rows(comparison))),
        f"<figure><img src='data:image/png;base64,{image}' alt='{title}'></figure>",
    ]
    for (label, drive, trained, scored), rows in _groups(comparison.table):
        heading = f"{label} ({drive})" + (f", trained on {trained}" if trained else "") + f": {scored}"
        parts.append(f"<h2>{html.escape(heading)}</h2>{_score_table(rows)}")
    published = comparison.table[comparison.table["kind"] == PUBLISHED]
    if len(published):
        parts.append("<h2>Published, not measured here</h2>" + _published_table(published))
    if len(comparison.importance):
        parts.append(
            "<h2>What each descriptor adds</h2><p>Decrease of the score within configurations when the columns of one "
            "descriptor are permuted between the particles of left-out configurations.</p>"
            + _pivot(comparison.importance, "entry", "descriptor", "decrease_within")
        )
    by_set = comparison.correlations.groupby(["label", "trained_on", "scored_on"], sort=False)
    for names, rows in by_set:
        label, trained, where = (str(name) for name in names)
        heading = f"Coefficients between indicators: {label}, trained on {trained}, {where}"
        parts.append(f"<h2>{html.escape(heading)}</h2>" + _pivot(rows, "a", "b", "within"))
    parts.append("<h2>Notes</h2><ul>" + "".join(f"<li>{html.escape(n)}</li>" for n in _notes(comparison)) + "</ul>")
    parts.append("</body></html>")
    return "\n".join(parts)


def _notes(comparison: Comparison) -> list[str]:
    file = comparison.file
    notes = [
        "within: mean over configurations of the Pearson coefficient in one, with its 5-95 % interval by bootstrap "
        "over "
        "configurations. pooled: coefficient of all particles together, which also rewards knowing which configuration "
        "is fast. behind the best: mean over configurations of the coefficient of the best indicator minus that of "
        "this one, on the same configurations, with its interval: where it includes 0, the order of the two is not "
        "settled. ceiling: largest coefficient that any predictor can reach, from the noise of the labels.",
        "seconds: processor time a particle, to describe it (with its inherent structure or cage state where these are "
        "used) and to fit.",
        *comparison.notes,
        *(f"data {name}: sha256 {checksum}" for name, checksum in comparison.checksums.items()),
        f"lammps-glass {__version__}, seed {file.seed}, {file.path.name}",
    ]
    return notes


def verdicts(table: pd.DataFrame) -> list[str]:
    """Say for each label and set which indicator is best, by how much, how certain, and how far from the ceiling."""
    lines = []
    for (label, drive, trained, scored), rows in _groups(table):
        ranked = rows[~rows["kind"].isin([NULL, PUBLISHED])].sort_values("within", ascending=False)
        ranked = ranked[ranked["within"].notna()]
        if ranked.empty:
            continue
        best = ranked.iloc[0]
        line = (
            f"{label} ({drive}), {scored}{f', trained on {trained}' if scored != LEFT_OUT else ''}: {best['entry']} is "
            f"best, {best['within']:.3f} within{_between(best, 'within')} and {best['pooled']:.3f} pooled"
        )
        if len(ranked) > 1:
            second = ranked.iloc[1]
            line += (
                f"; next is {second['entry']} with {second['within']:.3f} and {second['pooled']:.3f}, behind by "
                f"{second['behind']:.3f}{_between(second, 'behind')}"
            )
        known = not _missing(best["ceiling_within"])
        line += (
            f"; the ceiling is {best['ceiling_within']:.3f} within, {best['ceiling_pooled']:.3f} pooled"
            if known
            else f"; the ceiling is not known: {best['no_ceiling']}"
        )
        lines.append(line + ".")
    return lines


def _between(row: pd.Series, name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return "" if _missing(low) else f" ({low:.3f} to {high:.3f})"


def _groups(table: pd.DataFrame) -> list[tuple[tuple[str, str, str, str], pd.DataFrame]]:
    measured = table[table["kind"] != PUBLISHED]
    return list(measured.groupby(["label", "drive", "trained_on", "scored_on"], sort=False))  # type: ignore[arg-type]


_SHOWN = {
    "entry": "indicator", "kind": "kind", "n_features": "columns", "within": "within", "behind": "behind the best",
    "pooled": "pooled", "auc": "AUC", "balanced_accuracy": "balanced accuracy", "seconds_describe": "s to describe",
    "seconds_fit": "s to fit",
}  # fmt: skip


def _score_table(rows: pd.DataFrame) -> str:
    ordered = rows.sort_values("within", ascending=False, na_position="last")
    head = "".join(f"<th>{name}</th>" for name in _SHOWN.values())
    lines = []
    for number, row in enumerate(ordered.to_dict("records")):
        cells = []
        for key in _SHOWN:
            text = _number(row[key])
            if key in ("within", "behind", "pooled") and not _missing(row[f"{key}_low"]):
                text += f" <small>({row[f'{key}_low']:.3f} to {row[f'{key}_high']:.3f})</small>"
            cells.append(f"<td class='n'>{text}</td>" if key != "entry" else f"<td>{html.escape(str(row[key]))}</td>")
        lines.append(f"<tr{' class=best' if number == 0 else ''}>{''.join(cells)}</tr>")
    first = ordered.iloc[0]
    ceiling = f"not known: {first['no_ceiling']}"
    if not _missing(first["ceiling_within"]):
        ceiling = f"{first['ceiling_within']:.3f} within, {first['ceiling_pooled']:.3f} pooled"
    return f"<div class='wide'><table><tr>{head}</tr>{''.join(lines)}</table></div><p>Ceiling: {ceiling}.</p>"


def _by_label(table: pd.DataFrame) -> str:
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in table)
    rows = ["".join(f"<td class='n'>{_number(value)}</td>" for value in row) for row in table.to_numpy().tolist()]
    lines = [f"<tr{' class=best' if k == len(rows) - 1 else ''}>{cells}</tr>" for k, cells in enumerate(rows)]
    return f"<div class='wide'><table><tr>{head}</tr>{''.join(lines)}</table></div>"


def _published_table(rows: pd.DataFrame) -> str:
    lines = [
        f"<tr><td>{html.escape(str(row['entry']))}</td><td>{html.escape(str(row['label']))}</td>"
        f"<td class='n'>{_number(row['within'])}</td><td class='n'>{_number(row['pooled'])}</td>"
        f"<td>{html.escape(str(row['scored_on']))}</td><td>{html.escape(str(row['note']))}</td></tr>"
        for row in rows.to_dict("records")
    ]
    head = "<tr><th>method</th><th>label</th><th>within</th><th>pooled</th><th>data</th><th>source</th></tr>"
    return f"<div class='wide'><table>{head}{''.join(lines)}</table></div>"


def _pivot(rows: pd.DataFrame, index: str, columns: str, values: str) -> str:
    names = list(dict.fromkeys(rows[index]))
    across: Sequence[str] = list(dict.fromkeys(rows[columns]))
    cells = {(r[index], r[columns]): r[values] for r in rows.to_dict("records")}
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in across)
    lines = [
        f"<tr><td>{html.escape(str(name))}</td>"
        + "".join(f"<td class='n'>{_number(cells.get((name, c), ''))}</td>" for c in across)
        + "</tr>"
        for name in names
    ]
    return f"<div class='wide'><table><tr><th></th>{head}</tr>{''.join(lines)}</table></div>"


def _number(value: object) -> str:
    if _missing(value):
        return ""
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, float):
        return html.escape(str(value))
    return f"{value:.3f}" if 1e-2 <= abs(value) < 1e3 or value == 0 else f"{value:.1e}"
