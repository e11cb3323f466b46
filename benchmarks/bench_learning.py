"""Learning against its libraries: distances by LIBSVM, forward selection and curves by scikit-learn."""

from __future__ import annotations

import numpy as np
from libsvm.svm import svm_problem
from libsvm.svmutil import svm_parameter, svm_predict, svm_train
from side_by_side import interleaved, peer_version, read_options, require
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lammps_glass import learn


def rows(n: int, n_features: int, n_planted: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Correlated features (as those of ACE are), balanced classes by a few of them, six glasses."""
    random = np.random.default_rng(seed)
    mixing = np.random.default_rng(0).normal(size=(n_features, n_features)) * np.geomspace(1, 0.03, n_features)[:, None]
    X = random.normal(size=(n, n_features)) @ mixing + 0.3 * random.normal(size=(n, n_features))
    columns = np.random.default_rng(1).choice(n_features, n_planted, replace=False)
    score = (X[:, columns] / X[:, columns].std(axis=0)) @ np.geomspace(1.5, 0.3, n_planted) + random.logistic(size=n)
    return X, (score > np.median(score)).astype(int), np.arange(n) * 6 // n


def distances(rounds: int) -> None:
    """Signed distances of many rows: ours in blocks, LIBSVM's row by row, of the very same machine."""
    X, y, _ = rows(6000, 76, 10, seed=2)
    model = learn.IntegratedDefect().fit(X[:1000], y[:1000])
    z, fresh = (X - model.mean_) / model.scale_, X[1000:]
    drawn = learn.balanced_samples(y[:1000], 1, seed=0).indices[0]
    problem = svm_problem((2.0 * y[drawn] - 1).tolist(), z[drawn].tolist())
    machine = svm_train(problem, svm_parameter(f"-s 0 -t 2 -c {model.C} -g {model.gamma} -q"))
    sign = 1.0 if machine.get_labels()[0] == 1 else -1.0

    def theirs() -> np.ndarray:
        return sign * np.array(svm_predict([], z[1000:].tolist(), machine, "-q")[2])[:, 0]

    ours = model.decision_function(fresh)
    require("largest difference of distances", float(np.abs(ours - theirs()).max()), 1e-9)
    seconds = interleaved({"ours": lambda: model.decision_function(fresh), "libsvm": theirs}, rounds)
    print(f"{len(fresh)} distances, {len(model.dual_coef_)} support vectors: {seconds}")
    require("our distances / svm_predict", seconds["ours"] / seconds["libsvm"], 0.5)


def selection(rounds: int) -> None:
    """Forward selection by the score test, and scikit-learn's blind one, tested on fresh rows of the same kind."""
    X, y, glasses = rows(480, 30, 5, seed=3)
    fresh_X, fresh_y, _ = rows(6000, 30, 5, seed=4)
    folds = [(split.train, split.test) for split in learn.leave_one_replica_out(glasses)]
    blind = make_pipeline(
        StandardScaler(), SequentialFeatureSelector(LogisticRegression(), n_features_to_select=5, cv=folds)
    )
    found: dict[str, list[int]] = {}

    def ours() -> None:
        found["ours"] = learn.forward_selection(X, y, 5).order

    def theirs() -> None:
        found["scikit-learn"] = np.flatnonzero(blind.fit(X, y)[-1].get_support()).tolist()

    seconds = interleaved({"ours": ours, "scikit-learn": theirs}, min(rounds, 3))
    accuracy = {
        name: float(np.mean(learn.Activity().fit(X[:, order], y).predict(fresh_X[:, order]) == fresh_y))
        for name, order in found.items()
    }
    print(f"5 of 30 features from 480 rows: {seconds}, accuracy on fresh rows {accuracy}")
    # 6000 rows predicted alike: standard error of the difference about 0.005.
    require("accuracy lost to blind search", accuracy["scikit-learn"] - accuracy["ours"], 0.01)
    require("our selection / blind selection", seconds["ours"] / seconds["scikit-learn"], 0.02)
    X, y, _ = rows(3000, 574, 10, seed=5)
    seconds = interleaved({"ours": lambda: learn.forward_selection(X, y, 30)}, 1)
    print(f"30 of 574 features from 3000 rows: {seconds['ours']:.2f} s")


def curve(rounds: int) -> None:
    """The curve in body order: warm Newton steps against a fresh fit for every number of features."""
    X, y, glasses = rows(1500, 300, 8, seed=6)
    splits = learn.leave_one_replica_out(glasses)
    numbers = learn.curve_numbers(300)
    found: dict[str, list[float]] = {}

    def ours() -> None:
        found["ours"] = learn.accuracy_by_body_order(X, y, ["all"] * 300, splits, numbers=numbers)["accuracy"].tolist()

    def theirs() -> None:
        make = learn.logistic(1.0)
        found["fresh"] = [
            float(learn.cross_validated_accuracy(X[:, :number], y, splits, make)["accuracy"]) for number in numbers
        ]

    seconds = interleaved({"ours": ours, "fresh": theirs}, min(rounds, 3))
    print(f"curve of {len(numbers)} numbers up to 300, 1500 rows, 6 glasses: {seconds}")
    # lbfgs and Newton stop at other distances from the same minimum: a row or two at the very edge.
    require("largest difference of accuracy", float(np.ptp(list(found.values()), axis=0).max()), 3.01 / 1500)
    require("our curve / fresh fits", seconds["ours"] / seconds["fresh"], 1.0)


def main() -> None:
    options = read_options(__file__)
    print(
        f"peers: libsvm-official {peer_version('libsvm-official')}, scikit-learn {peer_version('scikit-learn')}; CPU s"
    )
    distances(options.rounds)
    selection(options.rounds)
    curve(options.rounds)


if __name__ == "__main__":
    main()
