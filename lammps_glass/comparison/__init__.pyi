"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .data import LabelledConfiguration as LabelledConfiguration, read_set as read_set
from .preview import preview as preview
from .results import Comparison as Comparison
from .run import compare as compare
from .scores import Scores as Scores, ceiling as ceiling, score as score
from .spec import ComparisonFile as ComparisonFile, read_comparison as read_comparison
