"""What a study found, gathered from its finished cases: figures, tables, indicators, summary and report."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lammps_glass.workflow.manifest import Manifest
from lammps_glass.workflow.stages import CaseId
from lammps_glass.workflow.study import Study

#: Folders in a finished case that are published under the same name in the study's folder.
PUBLISHED = ("tables", "figures", "indicators")


def finished(study: Study) -> Iterator[tuple[CaseId, Manifest]]:
    """The cases that are done, with their manifests."""
    for case in study.all_cases():
        manifest = Manifest.read(study.store.folder(case)) if study.is_done(case) else None
        if manifest is not None:
            yield case, manifest


def finished_alone(study: Study) -> Iterator[Path]:
    """Folders of the finished cases without conditions: what they offer is the study's."""
    for stage in study.stages:
        if not stage.table.over and study.is_done(stage.cases[0]):
            yield study.store.folder(stage.cases[0])


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values


def _gather(study: Study, name: str) -> dict[str, Any]:
    """The union of a JSON file that learn, analyse and figures cases without conditions may write."""
    gathered: dict[str, Any] = {}
    for folder in finished_alone(study):
        gathered.update(_read_json(folder / name))
    return gathered


def _figures(study: Study, findings: dict[str, Any]) -> dict[str, dict[str, str]]:
    made: dict[str, dict[str, str]] = {}
    for spec in study.recipe.figures:
        if (study.out / "figures" / f"{spec.id}.png").is_file() and spec.id in findings:
            made[spec.id] = {
                "file": f"figures/{spec.id}.png",
                "table": f"figures/{spec.id}.csv",
                "paper": spec.paper,
                **findings[spec.id],
            }
    return made


def summarise(study: Study) -> dict[str, Any]:
    """The summary of what is there: see interface.md for its keys."""
    study.forget()
    seconds: dict[str, float] = {}
    versions: dict[str, str] = {}
    n_done = 0
    for case, manifest in finished(study):
        n_done += 1
        seconds[case.stage] = round(seconds.get(case.stage, 0.0) + manifest.seconds, 3)
        versions.update(manifest.versions)
    total = sum(len(stage.cases) for stage in study.stages)
    failed = [f"{c.name}/{c.stage}" for c in study.all_cases() if study.store.failure(c) and not study.is_done(c)]
    figures = _figures(study, _gather(study, "findings.json"))
    complete = n_done == total and len(figures) == len(study.recipe.figures)
    return {
        "study": study.name,
        "preset": study.preset,
        "status": "complete" if complete else "failed" if failed else "partial",
        "cases": {"done": n_done, "total": total, "failed": failed},
        "seconds": seconds,
        "sizes": _gather(study, "sizes.json"),
        "scores": _gather(study, "scores.json"),
        "warnings": _gather(study, "warnings.json"),
        "figures": figures,
        "versions": versions,
        "seed": study.file.study.seed,
    }


def publish(study: Study) -> dict[str, Any]:
    """Copy what finished cases offer into the study's folder and write summary and report; returns the summary."""
    study.forget()
    for name in PUBLISHED:
        _publish_folder(study, name)
    summary = summarise(study)
    _write(study.out / "summary.json", json.dumps(summary, indent=1, allow_nan=False) + "\n")
    _write(study.out / "manifest.json", json.dumps(_overview(study), indent=1, sort_keys=True) + "\n")
    _report(study, summary)
    return summary


def _publish_folder(study: Study, name: str) -> None:
    """Gather the folders called `name` beside the old one, then exchange them by renaming."""
    token = uuid.uuid4().hex[:8]
    draft, old = study.out / f".publish-{name}-{token}", study.out / f".old-{name}-{token}"
    draft.mkdir()
    for folder in finished_alone(study):
        if (folder / name).is_dir():
            shutil.copytree(folder / name, draft, dirs_exist_ok=True)
    if (study.out / name).exists():
        (study.out / name).rename(old)
    if any(draft.iterdir()):
        draft.rename(study.out / name)
    for path in (draft, old):
        shutil.rmtree(path, ignore_errors=True)


def _overview(study: Study) -> dict[str, Any]:
    """The key of every finished case: what this folder's tables and figures rest on."""
    keys = {f"{case.name}/{case.stage}": manifest.key for case, manifest in finished(study)}
    return {"format": 1, "study": study.name, "preset": study.preset, "keys": keys}


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _report(study: Study, summary: dict[str, Any]) -> None:
    from lammps_glass.figures.report import ReportFigure, StudyReport, write_report

    recipe = study.recipe
    made = summary["figures"]
    figures = tuple(
        ReportFigure(
            id=spec.id,
            title=spec.title,
            path=study.out / made[spec.id]["file"] if spec.id in made else None,
            paper=spec.paper,
            ours=made.get(spec.id, {}).get("ours", ""),
            note=made.get(spec.id, {}).get("note", "not computed yet"),
        )
        for spec in recipe.figures
    )
    report = StudyReport(
        study=recipe.name,
        title=recipe.title,
        preset=study.preset,
        status=summary["status"],
        sizes=summary["sizes"],
        ran=_what_ran(study),
        scores=summary["scores"],
        paper_scores=recipe.score_targets,
        figures=figures,
        deviations=recipe.deviations(study.stage_parameters()),
        seeds={"study": summary["seed"]},
        versions=summary["versions"],
        seconds=summary["seconds"],
        citation=recipe.citation,
    )
    write_report(study.out / "report.html", report)


def _what_ran(study: Study) -> str:
    """One sentence a simulation stage: its cases and the settings that the study file names."""
    sentences = []
    for stage in study.stages:
        if stage.kind == "simulate":
            settings = ", ".join(f"{name} = {value}" for name, value in stage.table.parameters.items())
            sentences.append(f"{stage.name}: {len(stage.cases)} cases of {stage.table.protocol} ({settings}).")
    glass = ", ".join(f"{name} = {value}" for name, value in (study.file.glass or {}).items())
    return " ".join([f"Glass: {glass}.", *sentences])
