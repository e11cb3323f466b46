"""The base of all products, which every package may import from `lammps_glass.product`."""

from lammps_glass.labels.base import LabelColumn
from lammps_glass.product import ArrayFile, Condition, Conditions, File, JsonFile, Product, TableFile
from lammps_glass.simulate.record import Record, ShearRecord, VibrationRecord

__all__ = [
    "ArrayFile",
    "Condition",
    "Conditions",
    "File",
    "JsonFile",
    "LabelColumn",
    "Product",
    "Record",
    "ShearRecord",
    "TableFile",
    "VibrationRecord",
]
