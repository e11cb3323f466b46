"""Names that the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from ..product import (
    Condition as Condition,
    Conditions as Conditions,
    File as File,
    JsonFile as JsonFile,
    Product as Product,
    TableFile as TableFile,
)
from ..simulate.record import Record as Record
from .findings import Figures as Figures, Findings as Findings
from .indicators import SavedIndicator as SavedIndicator
from .labels import LabelColumn as LabelColumn, Labels as Labels
from .predictions import PredictedColumn as PredictedColumn, Predictions as Predictions
from .rows import Rows as Rows
from .snapshots import SnapshotsFile as SnapshotsFile
