"""Names that the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .estimate import StagePlan as StagePlan, StudyPlan as StudyPlan, plan as plan
