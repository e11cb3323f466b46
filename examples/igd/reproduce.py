"""The study in Python: the same cases, products and numbers as `lammps-glass reproduce igd`.

python reproduce.py [PRESET] [FOLDER]
"""

import sys

from lammps_glass.workflow import Study, reproduce, run_case


def main(preset: str = "demo", out: str | None = None) -> None:
    study = Study.read("igd", preset=preset, out=out)
    for stage in study.stages:  # every stage stands behind the stages that it reads
        for case in study.missing(stage):
            manifest = run_case(study, case)
            print(f"{stage.name:22} {case.name:28} {manifest.seconds:8.1f} s")
    summary = reproduce(study)  # nothing is left to run: gathers figures, scores and report.html
    for name in ("balanced_accuracy", "recall", "precision", "auc", "chi", "random_split.balanced_accuracy"):
        print(f"{name:32} {summary['scores'].get(name, float('nan')):.3f}")
    print(study.out / "report.html")


if __name__ == "__main__":
    main(*sys.argv[1:])
