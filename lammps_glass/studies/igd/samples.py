"""Names of columns of predictions, and the choice of samples, for figures."""

from __future__ import annotations

from collections.abc import Sequence

from lammps_glass.products import PredictedSample, Predictions

#: The predictor from all families, and the quantity that makes the classes, as columns of predictions.
ALL, JUMP = "igd", "largest_jump"


def shown_sample(samples: Sequence[PredictedSample]) -> PredictedSample:
    """Return the sample for figures of a single one: the last (test sample of the paper's split) with class 1."""
    return max(samples, key=lambda sample: (sample.values("label").any(), int(sample.replica)))


def predictors(predictions: Predictions) -> list[str]:
    """Return the columns of machines that left the sample out: ``igd`` and the families of the study, in order."""
    columns = predictions.predicted_columns
    return [c.name for c in columns if c.indicator == columns[0].indicator and not c.training_replicas]
