"""``python -m lammps_glass`` is the command ``lammps-glass``."""

import sys

from lammps_glass.cli import main

if __name__ == "__main__":
    sys.exit(main())
