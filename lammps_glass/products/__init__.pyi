"""Names that the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .accepted import AcceptedRecord as AcceptedRecord
from .barcode import BarcodeFit as BarcodeFit
from .base import (
    ArrayFile as ArrayFile,
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
from .environments import Environments as Environments, LibraryFile as LibraryFile, Scan as Scan
from .findings import Figures as Figures, Findings as Findings
from .indicators import IndicatorFile as IndicatorFile, SavedIndicator as SavedIndicator
from .labels import ActivityMap as ActivityMap, Labels as Labels, LabelTable as LabelTable, pooled as pooled
from .predictions import (
    PredictedColumn as PredictedColumn,
    PredictedSample as PredictedSample,
    PredictedTrajectory as PredictedTrajectory,
    Predictions as Predictions,
    join_samples as join_samples,
)
from .relaxation import Relaxation as Relaxation
from .rows import Rows as Rows
from .snapshots import SnapshotsFile as SnapshotsFile
from .spectra import Spectra as Spectra
from .structures import Structures as Structures, StructureSet as StructureSet
