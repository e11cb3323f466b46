"""Products of the study `looseness`: fits with the tables that its figures need."""

from __future__ import annotations

from lammps_glass.product import TableFile
from lammps_glass.products import SavedIndicator


class RankedFit(SavedIndicator):
    """An indicator of the best features of a ranking."""

    #: Feature, mean and deviation of its rank over balanced samples; metadata: their number ``n_samples``.
    ranking = TableFile("ranking.parquet")


class Fold(RankedFit):
    """An indicator that left one replica out, and its accuracy on that replica by number of features."""

    #: Correctly predicted rows of the replica, by number of features and balanced sample.
    by_number = TableFile("by_number.parquet")


class SplitFit(RankedFit):
    """The indicator of the paper's split, with scans, choice of C, and comparisons."""

    #: Scores by lag and threshold.
    scan = TableFile("scan.parquet")
    #: Balanced accuracy by C.
    choice_of_c = TableFile("choice_of_c.parquet")
    #: Scores on the training rows.
    train = TableFile("train.parquet")
    #: Predictions of folds of random rows, which leak.
    random_rows = TableFile("random_rows.parquet")
