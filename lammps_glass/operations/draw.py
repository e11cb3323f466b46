"""The operation ``draw``: draw the figures of findings."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lammps_glass.operations.case import Case, NoParameters
from lammps_glass.operations.operation import operation
from lammps_glass.products import Figures, Findings
from lammps_glass.simulate.work import one_case


@operation(work=one_case, rates={"cases": 8.0})
def draw(case: Case[NoParameters], findings: Sequence[Findings]) -> Figures:
    """Draw a figure of every table of the findings, as specified by the study or else by the findings."""
    from lammps_glass.figures import draw as draw_figure

    listed = {specification.id: specification for specification in case.figures}
    figures = Figures(case.directory)
    for product in findings:
        specifications = listed | product.specifications()
        for identity, texts in product.figures_file.read().items():
            table = pd.read_csv(product.table_path(identity))
            draw_figure(specifications[identity], table, figures.folder, note=texts["note"])
    return figures
