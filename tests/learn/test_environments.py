"""Unique local environments: the list of two plain loops whatever the blocks and threads; the library, its codes."""

from __future__ import annotations

import json
import tracemalloc

import numba
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from threadpoolctl import threadpool_limits

from lammps_glass import learn
from lammps_glass.descriptors import SOAP
from lammps_glass.errors import InputError
from lammps_glass.learn.environment_products import MARGIN, Axes
from lammps_glass.snapshots import Cell, Snapshot

THRESHOLD = 0.8


def clouds(n_rows=600, n_features=200, seed=0):
    """Unit vectors around a few centres, many of them near the threshold."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(20, n_features))
    spread = random.uniform(0, 0.4, size=(n_rows, 1))
    rows = centres[random.integers(0, 20, n_rows)] + spread * random.normal(size=(n_rows, n_features))
    return (rows / np.linalg.norm(rows, axis=1)[:, None]).astype(np.float32)


def two_loops(rows, threshold=THRESHOLD, form="distance"):
    """The definition: similarities from the difference of two vectors, no matrix, no bound."""
    rows = rows.astype(np.float64)
    found = []
    for i, row in enumerate(rows):
        apart = [np.sqrt(((row - rows[j]) ** 2).sum()) for j in found]
        similar = [1 - d / (np.sqrt(2) if form == "distance" else 2) > threshold for d in apart]
        if not any(similar):
            found.append(i)
    return found


def search(rows, block=None, threshold=THRESHOLD, **options):
    found = learn.LeaderSearch(threshold, **options)
    step = block or len(rows)
    for first in range(0, len(rows), step):
        found.add("a", np.arange(len(rows))[first : first + step], rows[first : first + step])
    return found


def ids_of(found):
    return [particle for _, particle in found.representatives]


@pytest.mark.parametrize("form", ["distance", "half"])
@settings(max_examples=3, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000), threshold=st.sampled_from([0.55, 0.7, 0.85]))
def test_the_list_is_that_of_two_plain_loops(form, seed, threshold):
    rows = clouds(n_rows=250, seed=seed)
    expected = two_loops(rows, threshold, form)
    found = search(rows, threshold=threshold, form=form)
    assert ids_of(found) == expected
    assert np.array_equal(found.vectors, rows[expected])
    assert 1 < len(expected) < len(rows)


@pytest.mark.parametrize("block", [1, 7, 200, 599])
@pytest.mark.parametrize("n_axes", [3, 128])
def test_blocks_and_axes_change_nothing(block, n_axes):
    rows = clouds(seed=1)
    assert ids_of(search(rows, block, n_axes=n_axes)) == two_loops(rows)


def test_threads_change_nothing():
    rows = clouds(n_rows=1500, seed=2)
    lists = []
    for threads in (1, 2):
        before = numba.get_num_threads()
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
        with threadpool_limits(threads):
            lists.append(ids_of(search(rows)))
        numba.set_num_threads(before)
    assert lists[0] == lists[1]


def test_similarity_of_exactly_the_threshold_founds():
    """At the threshold is not above it: 3/5, 4/5 and powers of two leave no rounding."""
    limit = 0.75
    threshold = 0.5  # 1 - (1 - 0.5)^2 = 0.75
    assert learn.cosine_limit(threshold) == limit
    root = np.float32(np.sqrt(1 - limit**2))
    row = np.array([[1, 0], [limit, root]], dtype=np.float32)
    assert len(search(row, threshold=threshold)) == 2
    row[1, 0] = np.nextafter(np.float32(limit), np.float32(1))
    assert len(search(row, threshold=threshold)) == 1


def test_similarity_and_limit_are_inverse():
    for form in ("distance", "half"):
        assert np.isclose(learn.similarity_of(learn.cosine_limit(0.84, form), form), 0.84)
    assert np.isclose(learn.cosine_limit(0.84), 0.9744)
    assert np.isclose(learn.cosine_limit(0.84, "half"), 0.9488)


def test_the_bound_and_its_margin_hold():
    rows = clouds(n_rows=400, seed=3)
    points = Axes(rows, 30).points(rows)
    exact = rows.astype(np.float64) @ rows.astype(np.float64).T
    slack = np.outer(points.residuals, points.residuals) + MARGIN
    wrong = np.abs(exact - points.coordinates @ points.coordinates.T)
    assert (wrong <= slack).all()
    assert np.abs(exact - rows @ rows.T).max() < MARGIN / 20  # rounding alone


# -- streaming and state -------------------------------------------------------------------------------------------


def streams(rows, broken_at=None):
    """Six structures, the blocks of each made when they are asked for."""

    def blocks(k):
        if k == broken_at:
            raise KeyboardInterrupt
        own = np.arange(100 * k, 100 * (k + 1))
        return [(own[:60], rows[own[:60]]), (own[60:], rows[own[60:]])]

    return [(f"s{k}", lambda k=k: blocks(k)) for k in range(6)]


def test_a_killed_scan_resumes_to_the_same_list(tmp_path):
    rows = clouds(seed=4)
    whole = learn.scan_environments(learn.LeaderSearch(THRESHOLD), streams(rows))
    with pytest.raises(KeyboardInterrupt):
        learn.scan_environments(learn.LeaderSearch(THRESHOLD), streams(rows, broken_at=3), tmp_path / "state")
    with (tmp_path / "state" / "vectors.f32").open("ab") as stream:
        stream.write(b"half a row of a save that was cut")
    described = []
    resumed = learn.scan_environments(
        learn.LeaderSearch(THRESHOLD), streams(rows), tmp_path / "state", progress=described.append
    )
    assert described == ["s3", "s4", "s5"]
    assert resumed.representatives == whole.representatives
    assert resumed.n_seen == whole.n_seen == 600
    assert np.array_equal(resumed.vectors, whole.vectors)
    again = learn.scan_environments(learn.LeaderSearch(THRESHOLD), streams(rows), tmp_path / "state")
    assert again.representatives == whole.representatives
    assert np.array_equal(again.vectors, whole.vectors)


def test_a_state_that_says_founders_resumes(tmp_path):
    """The word that states had before; the vectors and everything else are the same."""
    rows = clouds(seed=4)
    whole = learn.scan_environments(learn.LeaderSearch(THRESHOLD), streams(rows), tmp_path)
    state = json.loads((tmp_path / "state.json").read_text())
    state["founders"] = state.pop("representatives")
    (tmp_path / "state.json").write_text(json.dumps(state))
    search = learn.LeaderSearch(THRESHOLD)
    assert search.resume(tmp_path)
    assert search.representatives == whole.representatives
    assert np.array_equal(search.vectors, whole.vectors)


def test_memory_does_not_grow_with_the_number_of_structures():
    """Peak of a scan of 40 structures and of 5, whose environments are the same: rows that were seen are not kept."""
    rows = clouds(400, seed=5)

    def peak(n_structures):
        streams = ((f"s{k}", lambda: iter([(np.arange(len(rows)), rows.copy())])) for k in range(n_structures))
        tracemalloc.start()
        try:
            found = learn.scan_environments(learn.LeaderSearch(THRESHOLD), streams)
            return tracemalloc.get_traced_memory()[1], len(found)
        finally:
            tracemalloc.stop()

    peak(1)  # what is compiled and imported once
    (few, n_few), (many, n_many) = peak(5), peak(40)
    assert n_few == n_many
    # 35 more structures would be 35 times their rows; representatives' names and buffers are less than the rows of one
    assert many - few < rows.nbytes


def test_a_state_of_another_search_is_refused(tmp_path):
    first = search(clouds(), definition={"n_max": 11})
    first.save(tmp_path)
    with pytest.raises(InputError, match=r"0\.8.*0\.84"):
        learn.LeaderSearch(0.84, definition={"n_max": 11}).resume(tmp_path)
    with pytest.raises(InputError, match=r"'n_max': 11.*'n_max': 8"):
        learn.LeaderSearch(THRESHOLD, definition={"n_max": 8}).resume(tmp_path)
    (tmp_path / "vectors.f32").write_bytes(b"short")
    with pytest.raises(InputError, match="not a saved state"):
        learn.LeaderSearch(THRESHOLD, definition={"n_max": 11}).resume(tmp_path)


def test_orders_depend_on_names_and_seed_alone():
    names = [f"run{k}" for k in range(20)]
    assert learn.scan_order(names, 1) == learn.scan_order(names[::-1], 1) != learn.scan_order(names, 2)
    order = learn.particle_order("run3", 100, 1)
    assert np.array_equal(np.sort(order), np.arange(100))
    assert np.array_equal(learn.particle_order("run3", 100, 1, 0.4), order[:40])
    assert not np.array_equal(learn.particle_order("run4", 100, 1), order)


# -- the library ---------------------------------------------------------------------------------------------------


def test_encode_is_the_nearest_environment():
    rows, others = clouds(seed=5), clouds(n_rows=300, seed=5)[::-1]
    library = learn.EnvironmentLibrary.of(search(rows))
    exact = others.astype(np.float64) @ library.vectors.astype(np.float64).T
    limit = learn.cosine_limit(THRESHOLD)
    environment, similarity = library.encode(others)
    assert np.array_equal(environment, np.where(exact.max(axis=1) > limit, exact.argmax(axis=1), -1))
    covered = environment >= 0
    np.testing.assert_allclose(
        similarity[covered], 1 - np.sqrt(np.maximum(1 - exact.max(axis=1)[covered], 0)), atol=1e-6
    )
    assert np.isnan(similarity[~covered]).all()


def test_what_was_scanned_is_covered_and_representatives_are_their_own():
    rows = clouds(seed=6)
    found = search(rows)
    library = learn.EnvironmentLibrary.of(found)
    environment, _ = library.encode(rows)
    assert np.array_equal(environment[ids_of(found)], np.arange(len(library)))
    fractions = library.fractions(environment)
    assert fractions.coverage == 1
    assert np.isclose(fractions.values.sum(), 1)


def test_fractions_count_covered_particles_only():
    library = learn.EnvironmentLibrary(np.eye(3), ("a",) * 3, (1, 2, 3), 0.8)
    values, coverage = library.fractions([0, 0, 2, -1])
    np.testing.assert_allclose(values, [2 / 3, 0, 1 / 3])
    assert coverage == 0.75
    with pytest.raises(InputError, match=r"crystal: none of its 2 particles is similar to any of the 3"):
        library.fractions([-1, -1], "crystal")


def test_library_makes_the_round_trip(tmp_path):
    found = search(clouds(seed=7), definition=SOAP().definition)
    plain = learn.EnvironmentLibrary.of(found)
    library = plain.annotate(["0,0,12,0"] * len(plain), ["Z12"] * len(plain))
    for name in ("a.npz", "b.npz"):
        library.save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = learn.EnvironmentLibrary.load(tmp_path / "a.npz")
    assert np.array_equal(again.vectors, library.vectors)
    for what in ("structures", "particles", "threshold", "form", "definition", "voronoi", "kasper"):
        assert getattr(again, what) == getattr(library, what)
    some = again.select([4, 1])
    assert (some.structures, some.particles) == (("a", "a"), (again.particles[4], again.particles[1]))
    assert some.voronoi == ("0,0,12,0",) * 2


def test_library_of_other_rows_is_refused():
    library = learn.EnvironmentLibrary.of(search(clouds(), definition=SOAP().definition))
    library.check(SOAP(dtype="float32", n_threads=2).definition)
    with pytest.raises(InputError, match=r"n_max = 11 there, 8 here"):
        library.check(SOAP(n_max=8).definition)
    with pytest.raises(InputError, match=r"species = \['Cu', 'Zr'\] there, \['Ni', 'P'\] here"):
        library.check(SOAP(species=("Ni", "P")).definition)
    with pytest.raises(InputError, match="rows have 7 features, the library's have 200"):
        library.encode(np.eye(7))


@pytest.mark.parametrize("content", [b"", b"PK not a zip", None])
def test_files_that_are_no_library(tmp_path, content):
    path = tmp_path / "library.npz"
    if content is None:
        about = np.frombuffer(json.dumps({"format": "other"}).encode(), dtype=np.uint8)
        np.savez(path, vectors=np.eye(2), about=about)
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match="not a saved library"):
        learn.EnvironmentLibrary.load(path)
    with pytest.raises(InputError, match="no such file"):
        learn.EnvironmentLibrary.load(tmp_path / "missing.npz")


def test_pickled_arrays_are_not_executed(tmp_path):
    path = tmp_path / "library.npz"
    np.savez(path, vectors=np.array([{}], dtype=object), about=np.zeros(1, np.uint8), allow_pickle=True)
    with pytest.raises(InputError, match="not a saved library"):
        learn.EnvironmentLibrary.load(path)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: learn.LeaderSearch(1.0), "threshold"),
        (lambda: learn.LeaderSearch(0.8, form="text"), "form"),
        (lambda: search(np.ones((3, 4))), "length 1"),
        (lambda: search(np.full((3, 4), np.nan)), "length 1"),
        (lambda: learn.LeaderSearch().add("a", [1], np.eye(2)), "2 rows for 1 particles"),
        (lambda: learn.particle_order("a", 5, 1, 0.0), "fraction"),
        (lambda: learn.EnvironmentLibrary.of(learn.LeaderSearch()), r"shape|no environments"),
    ],
)
def test_bad_input(make, words):
    with pytest.raises(InputError, match=words):
        make()


# -- with SOAP -----------------------------------------------------------------------------------------------------


def crystal(repeats, a=3.2):
    """CsCl in a supercell: two classes of sites."""
    corners = np.stack(np.meshgrid(*[np.arange(repeats)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    positions = np.concatenate([corners, corners + 0.5]) * a
    types = np.repeat([0, 1], len(corners))
    return Snapshot(Cell(np.eye(3) * a * repeats), positions, types, ("Cu", "Zr"))


def test_a_perfect_crystal_has_one_environment_per_site_class():
    soap, snapshot = SOAP(dtype="float32"), crystal(3)
    found = search(soap.compute(snapshot), threshold=0.999)
    assert len(found) == 2
    environment, similarity = learn.EnvironmentLibrary.of(found).encode(soap.compute(crystal(2)))
    assert np.array_equal(environment, np.repeat([0, 1], 8))
    assert (similarity > 0.999).all()  # float32: 1 - sqrt(1e-7)
