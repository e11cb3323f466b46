"""Parts for lammps-glass, offered as entry points (see pyproject.toml)."""
