"""The same clusters as spheres in space, by OVITO's ray tracer where the graphics libraries that it needs are present.

OVITO opens a graphics device even to trace rays (3.17: Vulkan, which Mesa gives in software too). Without one it raises
or ends the process, so that rendering has a process of its own and its failure leaves out one picture.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lammps_glass.figures import clusters

if TYPE_CHECKING:
    import pandas as pd

    from lammps_glass.figures.spec import FigureSpec

LOGGER = logging.getLogger(__name__)
#: Longest wait for the child; pixels an angstrom; opacity taken from particles beyond the shell.
SECONDS, PIXELS, PALE = 120, 12, 0.8


def spheres(spec: FigureSpec, table: pd.DataFrame) -> Callable[[FigureSpec, pd.DataFrame, Any], None] | None:
    """What draws `table` (see :func:`clusters.placed`) with OVITO's spheres under the labels, or None without OVITO's.

    The reason for None is logged at level debug.
    """
    particles = clusters.placed(spec, table)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "spheres.png"
        particles.to_csv(Path(folder) / "particles.csv", index=False)
        if not _traced(Path(folder) / "particles.csv", picture):
            return None
        from matplotlib.image import imread

        pixels = imread(picture)

    def drawn(spec: FigureSpec, table: pd.DataFrame, axes: Any) -> None:
        axes.imshow(pixels, extent=clusters.extent(particles["number"].nunique()), interpolation="antialiased")
        clusters.frame(particles, axes)

    return drawn


def _traced(particles: Path, picture: Path) -> bool:
    command = [sys.executable, "-m", __name__, str(particles), str(picture)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        LOGGER.debug("OVITO's renderer took longer than %d s", SECONDS)
        return False
    if done.returncode:
        LOGGER.debug("not rendered by OVITO: %s", done.stderr.strip()[-300:])
    return done.returncode == 0 and picture.is_file()


def _render(particles: pd.DataFrame, picture: str) -> None:
    from ovito.pipeline import Pipeline, StaticSource
    from ovito.vis import TachyonRenderer, Viewport

    Pipeline(source=StaticSource(data=_collection(particles))).add_to_scene()
    left, right, bottom, top = clusters.extent(particles["number"].nunique())
    view = Viewport(
        type=Viewport.Type.Ortho,
        camera_dir=(0, 0, -1),
        camera_pos=((left + right) / 2, (bottom + top) / 2, 0.0),
        fov=(top - bottom) / 2,
    )
    view.render_image(
        filename=picture,
        size=(round(PIXELS * (right - left)), round(PIXELS * (top - bottom))),
        background=(1, 1, 1),
        # A third of OVITO's samples and of its time; without skylight, transparent spheres glare.
        renderer=TachyonRenderer(shadows=False, ambient_occlusion_samples=4, antialiasing_samples=6),
    )


def _collection(particles: pd.DataFrame) -> Any:
    """Particles with colours and radii, those beyond the first shell pale, and a bond from each centre to its shell."""
    import numpy as np
    from matplotlib.colors import to_rgb
    from ovito.data import DataCollection

    data = DataCollection()
    found = data.create_particles(count=len(particles))
    found.create_property("Position", data=particles[["at_x", "at_y", "at_z"]].to_numpy())
    found.create_property("Color", data=np.array([to_rgb(colour) for colour in particles["colour"]]))
    found.create_property("Radius", data=particles["radius"].to_numpy())
    found.create_property("Transparency", data=np.where(particles["near"], 0.0, PALE))
    bonds = found.create_bonds(count=len(pairs := _bonds(particles)))
    bonds.create_property("Topology", data=np.array(pairs, dtype=np.int64).reshape(-1, 2))
    bonds.vis.width = 0.15
    return data


def _bonds(particles: pd.DataFrame) -> list[tuple[int, int]]:
    """Rows of each cluster's centre and of the particles joined to it."""
    rows = list(zip(particles["number"].tolist(), particles["centre"].tolist(), particles["near"].tolist()))
    centre_of = {number: row for row, (number, centre, _) in enumerate(rows) if centre}
    return [
        (centre_of[number], row)
        for row, (number, centre, near) in enumerate(rows)
        if near and not centre and number in centre_of
    ]


if __name__ == "__main__":
    import pandas as pd

    _render(pd.read_csv(sys.argv[1]), sys.argv[2])
