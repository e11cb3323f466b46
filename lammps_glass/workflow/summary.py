"""Gather figures, tables, indicators and scores from finished cases; write summary and report."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypedDict

from lammps_glass.figures.spec import FigureSpec
from lammps_glass.files import atomic_path
from lammps_glass.json_types import JsonObject
from lammps_glass.operations.simulation import PROTOCOL
from lammps_glass.products import Findings
from lammps_glass.studies.recipe import Section
from lammps_glass.workflow.manifest import Manifest
from lammps_glass.workflow.stages import REPLICAS, CaseId
from lammps_glass.workflow.study import Study


def finished(study: Study) -> Iterator[tuple[CaseId, Manifest]]:
    """Iterate over the cases that are done, with their manifests."""
    for case in study.all_cases():
        manifest = Manifest.read(study.store.folder(case)) if study.is_done(case) else None
        if manifest is not None:
            yield case, manifest


class Cases(TypedDict):
    """Numbers of finished and of all cases, and names of failed ones, ``CASE/STAGE``."""

    done: int
    total: int
    failed: list[str]


class DrawnFigure(TypedDict):
    """A figure of the study's folder: image and table, the findings of paper and run, a remark."""

    file: str
    table: str
    paper: str
    ours: str
    note: str


class FurtherFigure(DrawnFigure):
    """A figure that is not of the paper, under the heading of its section."""

    section: str


class Summary(TypedDict):
    """Contents of ``summary.json``."""

    study: str
    preset: str
    status: str
    cases: Cases
    seconds: dict[str, float]
    sizes: JsonObject
    scores: dict[str, float]
    warnings: dict[str, str]
    figures: dict[str, DrawnFigure]
    further_figures: dict[str, FurtherFigure]
    versions: dict[str, str]
    seed: int


class Gathered(NamedTuple):
    """The findings of all finished cases without conditions."""

    figures: dict[str, JsonObject]
    scores: dict[str, float]
    sizes: JsonObject
    warnings: dict[str, str]
    specifications: dict[str, FigureSpec]


def gather(study: Study) -> Gathered:
    """Return the findings of all finished cases without conditions, in the order of the stages."""
    recipe, stages = study.recipe, study.wired_stages()
    gathered = Gathered({}, {}, {}, {}, {spec.id: spec for spec in recipe.figures if recipe.makes(spec, stages)})
    for case in (stage.cases[0] for stage in study.stages if not stage.over):
        product = study.product(case)
        if isinstance(product, Findings) and study.is_done(case):
            gathered.figures.update(product.figures_file.read())
            gathered.scores.update(product.scores_file.read())
            gathered.sizes.update(product.sizes_file.read())
            gathered.warnings.update(product.warnings_file.read())
            gathered.specifications.update(product.specifications())
    return gathered


def summarise(study: Study) -> Summary:
    """Summarise the finished cases; the keys are those of ``summary.json``."""
    study.forget()
    return _summary(study, gather(study), list(finished(study)))


def _summary(study: Study, gathered: Gathered, done: list[tuple[CaseId, Manifest]]) -> Summary:
    seconds: dict[str, float] = {}
    versions: dict[str, str] = {}
    for case, manifest in done:
        seconds[case.stage] = round(seconds.get(case.stage, 0.0) + manifest.seconds, 3)
        versions.update(manifest.versions)
    total = sum(len(stage.cases) for stage in study.stages)
    failed = [f"{c.name}/{c.stage}" for c in study.all_cases() if study.store.failure(c) and not study.is_done(c)]
    drawn: dict[str, DrawnFigure] = {
        identity: {
            "file": f"figures/{identity}.png",
            "table": f"figures/{identity}.csv",
            "paper": specification.paper,
            "ours": gathered.figures[identity]["ours"],
            "note": gathered.figures[identity]["note"],
        }
        for identity, specification in gathered.specifications.items()
        if identity in gathered.figures and (study.out / "figures" / f"{identity}.png").is_file()
    }
    sections = {identity: spec.section for identity, spec in gathered.specifications.items() if spec.section}
    complete = len(done) == total and len(drawn) == len(gathered.specifications)
    return {
        "study": study.name,
        "preset": study.preset,
        "status": "complete" if complete else "failed" if failed else "partial",
        "cases": {"done": len(done), "total": total, "failed": failed},
        "seconds": seconds,
        "sizes": gathered.sizes,
        "scores": gathered.scores,
        "warnings": gathered.warnings,
        "figures": {identity: entry for identity, entry in drawn.items() if identity not in sections},
        "further_figures": {k: {**entry, "section": sections[k]} for k, entry in drawn.items() if k in sections},
        "versions": versions,
        "seed": study.file.study.seed,
    }


def publish(study: Study) -> Summary:
    """Gather the published folders of finished cases, write summary and report, and return the summary."""
    study.forget()
    for name in ("tables", "figures", "indicators"):
        _publish_folder(study, name)
    gathered, done = gather(study), list(finished(study))
    summary = _summary(study, gathered, done)
    # the keys of the finished cases, which tables and figures rest on
    keys = {f"{case.name}/{case.stage}": manifest.key for case, manifest in done}
    overview = {"format": 1, "study": study.name, "preset": study.preset, "keys": keys}
    for name, text in {
        "summary.json": json.dumps(summary, indent=1, allow_nan=False),
        "manifest.json": json.dumps(overview, indent=1, sort_keys=True),
    }.items():
        with atomic_path(study.out / name) as draft:
            draft.write_text(f"{text}\n", encoding="utf-8")
    _report(study, gathered, summary)
    return summary


def _publish_folder(study: Study, name: str) -> None:
    """Gather the folders called `name` beside the old one, then exchange them by renaming."""
    token = uuid.uuid4().hex[:8]
    draft, old = study.out / f".publish-{name}-{token}", study.out / f".old-{name}-{token}"
    draft.mkdir()
    for stage in study.stages:
        writes = stage.operation.writes
        whole = not stage.over or (writes.published_by_condition and not set(stage.over) & set(REPLICAS))
        for case in filter(study.is_done, stage.cases if name in writes.published and whole else ()):
            for path in sorted((study.store.folder(case) / name).iterdir()):
                shutil.copy2(path, draft / (f"{case.name}_{path.name}" if case.conditions else path.name))
    if (study.out / name).exists():
        (study.out / name).rename(old)
    if any(draft.iterdir()):
        draft.rename(study.out / name)
    for path in (draft, old):
        shutil.rmtree(path, ignore_errors=True)


def _report(study: Study, gathered: Gathered, summary: Summary) -> None:
    from lammps_glass.figures.report import ReportFigure, ReportSection, StudyReport, write_report

    recipe, drawn = study.recipe, summary["figures"] | summary["further_figures"]

    def shown(section: str) -> tuple[ReportFigure, ...]:
        """Return the figures of a section; those of the paper are in the section without a name."""
        figures = []
        for spec in gathered.specifications.values():
            if spec.section == section:
                entry = drawn.get(spec.id)
                path = study.out / entry["file"] if entry else None
                ours, note = (entry["ours"], entry["note"]) if entry else ("", "not computed yet")
                figures.append(ReportFigure(spec.id, spec.title, path, spec.paper, ours, note))
        return tuple(figures)

    names = dict.fromkeys(spec.section for spec in gathered.specifications.values() if spec.section)
    sections = {name: recipe.sections.get(name) or Section(name.replace("_", " ").capitalize()) for name in names}
    report = StudyReport(
        study=summary["study"],
        title=study.title,
        preset=summary["preset"],
        status=summary["status"],
        sizes=summary["sizes"],
        ran=_what_ran(study),
        scores=summary["scores"],
        paper_scores=recipe.score_targets,
        figures=shown(""),
        further=tuple(ReportSection(section.title, section.text, shown(name)) for name, section in sections.items()),
        deviations=recipe.deviations(study.wired_stages()),
        seeds={"study": summary["seed"]},
        versions=summary["versions"],
        seconds=summary["seconds"],
        citation=study.recipe.citation,
    )
    write_report(study.out / "report.html", report)


def _what_ran(study: Study) -> str:
    """Describe glass and simulation stages in sentences: cases, and the settings that the study file names."""
    glasses = [study.file.glass] if study.file.glass else study.file.glasses.values()
    sentences = [f"Glass: {'; '.join(map(_settings, glasses))}."]
    for stage in study.stages:
        if stage.simulates:
            settings = {name: value for name, value in stage.table.parameters.items() if name != PROTOCOL}
            cases = f"{len(stage.cases)} cases of {stage.operation.protocol}"
            sentences.append(f"{stage.name}: {cases} ({_settings(settings)}).")
        elif remark := getattr(study.parameters(stage.cases[0]), "remark", ""):
            sentences.append(f"{stage.name}: {remark}.")
    return " ".join(sentences)


def _settings(table: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in table.items())
