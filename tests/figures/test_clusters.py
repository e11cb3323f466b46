"""Clusters: where the particles stand, what is joined, and OVITO's picture of them where it can render."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lammps_glass.figures import FigureSpec, draw, rendered
from lammps_glass.figures.clusters import IN_A_ROW, JOINED, STEP, extent, placed

SPEC = FigureSpec("3", "Clusters", "clusters", "x", "y", series="cluster", value="z")


def _table(n_clusters: int) -> pd.DataFrame:
    """Each cluster a Zr centre, a Cu particle of its shell to the right, one beyond the shell above."""
    one = pd.DataFrame(
        {
            "x": [0.0, 3.0, 0.0],
            "y": [0.0, 0.0, JOINED + 1],
            "z": [0.0, 1.0, 0.0],
            "species": ["Zr", "Cu", "Cu"],
            "centre": [True, False, False],
        }
    )
    return pd.concat([one.assign(cluster=f"s{k}", label=f"s{k}") for k in range(n_clusters)], ignore_index=True)


def test_clusters_stand_in_rows_and_keep_their_shape() -> None:
    n_clusters = IN_A_ROW + 3
    found = placed(SPEC, _table(n_clusters))
    assert found["number"].tolist() == np.repeat(np.arange(n_clusters), 3).tolist()
    assert found["near"].tolist() == [True, True, False] * n_clusters
    for number, rows in found.groupby("number"):
        row, column = divmod(int(number), IN_A_ROW)
        # Sums of a few numbers of order 100: rounding only.
        np.testing.assert_allclose(rows["at_x"] - rows["x"], column * STEP[0], atol=1e-12)
        np.testing.assert_allclose(rows["at_y"] - rows["y"], -row * STEP[1], atol=1e-12)
    left, right, bottom, top = extent(n_clusters)
    assert found["at_x"].between(left, right).all()
    assert found["at_y"].between(bottom, top).all()


def test_a_centre_is_joined_to_its_own_shell_only() -> None:
    assert rendered._bonds(placed(SPEC, _table(3))) == [(0, 1), (3, 4), (6, 7)]
    assert rendered._bonds(placed(SPEC, _table(2).assign(centre=False))) == []


def test_ovito_shows_the_same_clusters(tmp_path: Path) -> None:
    drawer = rendered.spheres(SPEC, _table(2))
    if drawer is None:
        pytest.skip("OVITO finds no graphics device here (on Debian: apt install mesa-vulkan-drivers)")
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    drawer(SPEC, _table(2), axes)
    image = axes.images[0]
    pixels, (left, right, bottom, top) = image.get_array()[..., :3], image.get_extent()

    def colour(x: float, y: float) -> np.ndarray:
        rows, columns = pixels.shape[:2]
        return pixels[int((top - y) / (top - bottom) * rows), int((x - left) / (right - left) * columns)]

    for x in (0.0, STEP[0]):
        zirconium, copper = colour(x, 0.0), colour(x + 3.0, 0.0)
        assert zirconium[2] > 2 * zirconium[0], "blue at the centre"
        assert copper[0] > 2 * copper[2], "orange beside it"
        assert np.ptp(colour(x, JOINED + 1)) < np.ptp(copper), "pale beyond the shell"
        assert (colour(x, -4.0) == 1.0).all(), "white elsewhere"
    first, second = (draw(SPEC, _table(2), tmp_path / name)[0].with_name("3_ovito.png") for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_a_picture_that_cannot_be_rendered_leaves_no_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = tmp_path / "3_ovito.png"
    older.write_bytes(b"of another table")
    monkeypatch.setattr(rendered, "SECONDS", 0.001)
    png, _svg, csv = draw(SPEC, _table(1), tmp_path)
    assert png.is_file()
    assert csv.is_file()
    assert not older.exists()
