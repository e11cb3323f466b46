"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .eam import EAM as EAM
from .hessian import Hessian as Hessian
from .lennard_jones import LennardJones as LennardJones
from .model import Model as Model
from .monte_carlo import cage_positions as cage_positions
from .nonaffine import (
    nonaffine_displacements as nonaffine_displacements,
    shear_coupling as shear_coupling,
    sheared as sheared,
)
from .setfl import Setfl as Setfl
from .system import System as System
from .tables import Table as Table, find_table as find_table
from .vibrations import Modes as Modes, modes as modes, modes_up_to as modes_up_to
