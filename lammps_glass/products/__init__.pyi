"""Names that the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .base import (
    Condition as Condition,
    Conditions as Conditions,
    File as File,
    JsonFile as JsonFile,
    LabelColumn as LabelColumn,
    Product as Product,
    Record as Record,
    ShearRecord as ShearRecord,
    TableFile as TableFile,
    VibrationRecord as VibrationRecord,
)
from .findings import Figures as Figures, Findings as Findings
from .indicators import SavedIndicator as SavedIndicator
from .labels import Labels as Labels
from .predictions import PredictedColumn as PredictedColumn, Predictions as Predictions
from .rows import Rows as Rows
from .snapshots import SnapshotsFile as SnapshotsFile
