"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from . import (
    analysis as analysis,
    descriptors as descriptors,
    glasses as glasses,
    interactions as interactions,
    labels as labels,
    learn as learn,
    simulate as simulate,
    snapshots as snapshots,
    testing as testing,
    workflow as workflow,
)
from .snapshots import Cell as Cell, Snapshot as Snapshot

__version__: str
