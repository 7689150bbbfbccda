"""From the pixels of a chest radiograph to a table of handcrafted features.

Every family of features is one module behind the `Family` protocol; `extract` runs them over a
pixel cache, keeps one cached table per family, and returns one float32 table.

`radiomics` stands apart: it gives the features of pyradiomics for one region of one image.
"""

from cxrfeatures._alignment import Alignment
from cxrfeatures._asymmetry import Asymmetry
from cxrfeatures._edges import Edges
from cxrfeatures._emptiness import Emptiness
from cxrfeatures._errors import BadHeader, BadRegion, DamagedCache, FeatureError, UnknownImages
from cxrfeatures._extract import ImageStack, compute, extract
from cxrfeatures._families import DEFAULT, FAMILIES
from cxrfeatures._family import Family
from cxrfeatures._gabor import Gabor
from cxrfeatures._glcm import Glcm
from cxrfeatures._grid import Grid
from cxrfeatures._header import Header
from cxrfeatures._hog import Hog
from cxrfeatures._intensity import Intensity
from cxrfeatures._lbp import Lbp
from cxrfeatures._lines import Lines
from cxrfeatures._lunglines import LungLines
from cxrfeatures._radiomics import radiomics
from cxrfeatures._ridges import Ridges
from cxrfeatures._show import draw_lungs
from cxrfeatures._sides import SIDES, by_side, extract_sides
from cxrfeatures._spikes import Spikes
from cxrfeatures._wavelets import Wavelets
from cxrfeatures._zoneradiomics import ZoneRadiomics

__all__ = [
    "DEFAULT",
    "FAMILIES",
    "SIDES",
    "Alignment",
    "Asymmetry",
    "BadHeader",
    "BadRegion",
    "DamagedCache",
    "Edges",
    "Emptiness",
    "Family",
    "FeatureError",
    "Gabor",
    "Glcm",
    "Grid",
    "Header",
    "Hog",
    "ImageStack",
    "Intensity",
    "Lbp",
    "Lines",
    "LungLines",
    "Ridges",
    "Spikes",
    "UnknownImages",
    "Wavelets",
    "ZoneRadiomics",
    "by_side",
    "compute",
    "draw_lungs",
    "extract",
    "extract_sides",
    "radiomics",
]
