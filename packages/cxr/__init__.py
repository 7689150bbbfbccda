"""Chest radiographs: where the lungs lie, families of features that look at a chest, its sides.

`cxr.phantom` draws synthetic ones; it is a front door of its own.
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
