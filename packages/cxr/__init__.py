"""Chest radiographs: lung segmentation, feature families of the chest and tables of its sides.

The subpackage `cxr.phantom` draws synthetic radiographs.
"""

from cxr.families.lines import Lines, LungLines
from cxr.families.radiomics import LungRadiomics
from cxr.families.ridges import Ridges
from cxr.families.sides import SIDES, by_side, extract_sides
from cxr.lungs.fields import LungFields, lung_box, lung_fields
from cxr.lungs.zones import ZONES, draw_lungs, zones

__all__ = [
    "SIDES",
    "ZONES",
    "Lines",
    "LungFields",
    "LungLines",
    "LungRadiomics",
    "Ridges",
    "by_side",
    "draw_lungs",
    "extract_sides",
    "lung_box",
    "lung_fields",
    "zones",
]
