"""Gather figures, tables, indicators and scores from finished cases; write summary and report."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lammps_glass.figures.spec import FigureSpec
from lammps_glass.files import atomic_path
from lammps_glass.operations.simulation import PROTOCOL
from lammps_glass.product import Product
from lammps_glass.products import Findings
from lammps_glass.workflow.manifest import Manifest
from lammps_glass.workflow.stages import REPLICAS, CaseId
from lammps_glass.workflow.study import Study


def finished(study: Study) -> Iterator[tuple[CaseId, Manifest]]:
    """Iterate over the cases that are done, with their manifests."""
    for case in study.all_cases():
        manifest = Manifest.read(study.store.folder(case)) if study.is_done(case) else None
        if manifest is not None:
            yield case, manifest


def finished_alone(study: Study) -> Iterator[Product]:
    """Iterate over the products of finished cases without conditions, whose findings are the study's."""
    for stage in study.stages:
        if not stage.over and study.is_done(stage.cases[0]):
            yield study.product(stage.cases[0])


class Gathered(NamedTuple):
    """The findings of all finished cases without conditions."""

    figures: dict[str, dict[str, Any]]
    scores: dict[str, float]
    sizes: dict[str, Any]
    warnings: dict[str, str]
    specifications: dict[str, FigureSpec]


def gather(study: Study) -> Gathered:
    """Return the findings of all finished cases without conditions, in the order of the stages."""
    recipe, stages = study.recipe, study.wired_stages()
    gathered = Gathered({}, {}, {}, {}, {spec.id: spec for spec in recipe.figures if recipe.makes(spec, stages)})
    for product in finished_alone(study):
        if isinstance(product, Findings):
            gathered.figures.update(product.figures_file.read())
            gathered.scores.update(product.scores_file.read())
            gathered.sizes.update(product.sizes_file.read())
            gathered.warnings.update(product.warnings_file.read())
            gathered.specifications.update(product.specifications())
    return gathered


def _figures(study: Study, gathered: Gathered) -> dict[str, dict[str, str]]:
    """Return the figures that are drawn: file, table, paper, ours, note."""
    drawn: dict[str, dict[str, str]] = {}
    for identity, specification in gathered.specifications.items():
        if (study.out / "figures" / f"{identity}.png").is_file() and identity in gathered.figures:
            drawn[identity] = {
                "file": f"figures/{identity}.png",
                "table": f"figures/{identity}.csv",
                "paper": specification.paper,
                "ours": gathered.figures[identity]["ours"],
                "note": gathered.figures[identity]["note"],
            }
    return drawn


def summarise(study: Study) -> dict[str, Any]:
    """Summarise the finished cases; the keys are those of ``summary.json``."""
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
    gathered = gather(study)
    figures = _figures(study, gathered)
    complete = n_done == total and len(figures) == len(gathered.specifications)
    return {
        "study": study.name,
        "preset": study.preset,
        "status": "complete" if complete else "failed" if failed else "partial",
        "cases": {"done": n_done, "total": total, "failed": failed},
        "seconds": seconds,
        "sizes": gathered.sizes,
        "scores": gathered.scores,
        "warnings": gathered.warnings,
        "figures": figures,
        "versions": versions,
        "seed": study.file.study.seed,
    }


def publish(study: Study) -> dict[str, Any]:
    """Gather the published folders of finished cases, write summary and report, and return the summary."""
    study.forget()
    for name in ("tables", "figures", "indicators"):
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
    for case in _publishing(study, name):
        for path in sorted((study.store.folder(case) / name).iterdir()):
            shutil.copy2(path, draft / (f"{case.name}_{path.name}" if case.conditions else path.name))
    if (study.out / name).exists():
        (study.out / name).rename(old)
    if any(draft.iterdir()):
        draft.rename(study.out / name)
    for path in (draft, old):
        shutil.rmtree(path, ignore_errors=True)


def _publishing(study: Study, name: str) -> Iterator[CaseId]:
    """Iterate over the finished cases whose products publish a folder called `name`."""
    for stage in study.stages:
        writes = stage.operation.writes
        whole = not stage.over or (writes.published_by_condition and not set(stage.over) & set(REPLICAS))
        if name in writes.published and whole:
            yield from (case for case in stage.cases if study.is_done(case))


def _overview(study: Study) -> dict[str, Any]:
    """Return the key of every finished case, which tables and figures rest on."""
    keys = {f"{case.name}/{case.stage}": manifest.key for case, manifest in finished(study)}
    return {"format": 1, "study": study.name, "preset": study.preset, "keys": keys}


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as draft:
        draft.write_text(text, encoding="utf-8")


def _report(study: Study, summary: dict[str, Any]) -> None:
    from lammps_glass.figures.report import ReportFigure, StudyReport, write_report

    recipe = study.recipe
    drawn = summary["figures"]
    figures = tuple(
        ReportFigure(
            id=spec.id,
            title=spec.title,
            path=study.out / drawn[spec.id]["file"] if spec.id in drawn else None,
            paper=spec.paper,
            ours=drawn.get(spec.id, {}).get("ours", ""),
            note=drawn.get(spec.id, {}).get("note", "not computed yet"),
        )
        for spec in gather(study).specifications.values()
    )
    report = StudyReport(
        study=study.name,
        title=study.title,
        preset=study.preset,
        status=summary["status"],
        sizes=summary["sizes"],
        ran=_what_ran(study),
        scores=summary["scores"],
        paper_scores=recipe.score_targets,
        figures=figures,
        deviations=recipe.deviations(study.wired_stages()),
        seeds={"study": summary["seed"]},
        versions=summary["versions"],
        seconds=summary["seconds"],
        citation=recipe.citation,
    )
    write_report(study.out / "report.html", report)


def _what_ran(study: Study) -> str:
    """Describe glass and simulation stages in sentences: cases, and the settings that the study file names."""
    sentences = []
    for stage in study.stages:
        if stage.simulates:
            settings = ", ".join(
                f"{name} = {value}" for name, value in stage.table.parameters.items() if name != PROTOCOL
            )
            sentences.append(f"{stage.name}: {len(stage.cases)} cases of {stage.operation.protocol} ({settings}).")
        elif remark := getattr(study.parameters(stage.cases[0]), "remark", ""):
            sentences.append(f"{stage.name}: {remark}.")
    glasses = [study.file.glass] if study.file.glass else study.file.glasses.values()
    described = [", ".join(f"{name} = {value}" for name, value in glass.items()) for glass in glasses]
    return " ".join([f"Glass: {'; '.join(described)}.", *sentences])
