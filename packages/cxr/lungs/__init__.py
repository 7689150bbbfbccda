"""Where the lungs lie in a chest radiograph, found without learning."""

from cxrlungs._box import lung_box
from cxrlungs._fields import SIDE, ZONES, LungFields, Mask, lung_fields, zones
from cxrlungs._grey import Floats, check_image, normalised

__all__ = [
    "SIDE",
    "ZONES",
    "Floats",
    "LungFields",
    "Mask",
    "check_image",
    "lung_box",
    "lung_fields",
    "normalised",
    "zones",
]
