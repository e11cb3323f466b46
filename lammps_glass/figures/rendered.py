"""Render clusters as spheres by OVITO's ray tracer, where the graphics libraries that it needs are present.

OVITO opens a graphics device even for ray tracing (3.17: Vulkan, which Mesa provides in software). Without one it
raises or ends the process; rendering runs in a process of its own, so that its failure only leaves out one image.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lammps_glass.figures import clusters

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from ovito.data import DataCollection

    from lammps_glass.figures.axes import Draw
    from lammps_glass.figures.spec import FigureSpec

LOGGER = logging.getLogger(__name__)
#: Longest time of the process; pixels per angstrom; transparency of particles beyond the first shell.
SECONDS, PIXELS, PALE = 120, 12, 0.8


def spheres(spec: FigureSpec, table: pd.DataFrame) -> Draw | None:
    """Render `table` (see :func:`clusters.placed`), and return the function that draws it with labels.

    None, with the reason logged at level debug, when OVITO cannot render.
    """
    particles = clusters.placed(spec, table)
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "spheres.png"
        particles.to_csv(Path(folder) / "particles.csv", index=False)
        if not _rendered(Path(folder) / "particles.csv", image):
            return None
        from matplotlib.image import imread

        pixels = imread(image)

    def draw(spec: FigureSpec, table: pd.DataFrame, axes: Axes) -> None:
        """Draw the image with the labels of the clusters."""
        axes.imshow(pixels, extent=clusters.extent(particles["number"].nunique()), interpolation="antialiased")
        clusters.frame(particles, axes)

    return draw


def _rendered(particles: Path, image: Path) -> bool:
    """Render a table of particles in a process of its own; False when it fails."""
    command = [sys.executable, "-m", __name__, str(particles), str(image)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        LOGGER.debug("OVITO's renderer took longer than %d s", SECONDS)
        return False
    if done.returncode:
        LOGGER.debug("not rendered by OVITO: %s", done.stderr.strip()[-300:])
    return done.returncode == 0 and image.is_file()


def _render(particles: pd.DataFrame, image: str) -> None:
    """Write an image of the particles, seen along z."""
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
        filename=image,
        size=(round(PIXELS * (right - left)), round(PIXELS * (top - bottom))),
        background=(1, 1, 1),
        # A third of OVITO's default samples, in a third of the time; transparent spheres need ambient occlusion.
        renderer=TachyonRenderer(shadows=False, ambient_occlusion_samples=4, antialiasing_samples=6),
    )


def _collection(particles: pd.DataFrame) -> DataCollection:
    """Make particles with colours and radii, transparent beyond the first shell, and bonds from centres to shells."""
    import numpy as np
    from matplotlib.colors import to_rgb
    from ovito.data import DataCollection

    data = DataCollection()
    spheres = data.create_particles(count=len(particles))
    spheres.create_property("Position", data=particles[["at_x", "at_y", "at_z"]].to_numpy())
    spheres.create_property("Color", data=np.array([to_rgb(colour) for colour in particles["colour"]]))
    spheres.create_property("Radius", data=particles["radius"].to_numpy())
    spheres.create_property("Transparency", data=np.where(particles["near"], 0.0, PALE))
    bonds = spheres.create_bonds(count=len(pairs := _bonds(particles)))
    bonds.create_property("Topology", data=np.array(pairs, dtype=np.int64).reshape(-1, 2))
    bonds.vis.width = 0.15
    return data


def _bonds(particles: pd.DataFrame) -> list[tuple[int, int]]:
    """List the rows of each centre and of the particles joined to it."""
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
