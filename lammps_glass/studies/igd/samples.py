"""What figures read of the predictions of all samples."""

from __future__ import annotations

from collections.abc import Sequence

from lammps_glass.products import PredictedSample, Predictions

#: The predictor from all families, and the quantity that makes the classes, as columns of predictions.
ALL, JUMP = "igd", "largest_jump"
#: In which samples are pooled, for the notes of figures: C and gamma, and so the scale of values, differ by machine.
UNIT = "decision values in standard deviations of each sample's machine over the samples that trained it"


def shown_sample(samples: Sequence[PredictedSample]) -> PredictedSample:
    """Return the sample of figures of one: the last, on which the paper's split tests, of those with class 1."""
    return max(samples, key=lambda sample: (sample.values("label").any(), int(sample.replica)))


def predictors(predictions: Predictions) -> list[str]:
    """Return ``igd`` and the families that there are, in order: columns of machines that saw nothing of the sample."""
    columns = predictions.predicted_columns
    return [c.name for c in columns if c.indicator == columns[0].indicator and not c.training_replicas]
