"""Exports of the package, each imported on first use (`lazy_loader` reads this file)."""

from .ends import End as End, Ends as Ends
from .landscape import CompiledLandscape as CompiledLandscape
from .search import Found as Found, Landscape as Landscape, Saddle as Saddle, Search as Search, sphere as sphere
from .settings import SearchSettings as SearchSettings
from .surface import Surface as Surface
from .table import ACCEPTED as ACCEPTED, VERDICTS as VERDICTS, Accepted as Accepted, Row as Row, row_of as row_of
