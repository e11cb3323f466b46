"""The study in Python: the same cases, products and numbers as `lammps-glass reproduce barcode`.

python reproduce.py [PRESET] [FOLDER]
"""

import sys

from lammps_glass.workflow import Study, reproduce, run_case


def main(preset: str = "demo", out: str | None = None) -> None:
    study = Study.read("barcode", preset=preset, out=out)
    for stage in study.stages:  # every stage stands behind the stages that it reads
        for case in study.missing(stage):
            manifest = run_case(study, case)
            print(f"{stage.name:22} {case.name:28} {manifest.seconds:8.1f} s")
    summary = reproduce(study)  # nothing is left to run: gathers figures, scores and report.html
    for name in ("rmse_ev", "rmse_over_std", "baseline.ridge.rmse_ev"):
        print(f"{name:22} {summary['scores'][name]:.3f}")
    print(study.out / "report.html")


if __name__ == "__main__":
    main(*sys.argv[1:])
