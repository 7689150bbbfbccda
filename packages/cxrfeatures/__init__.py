"""From the pixels of a chest radiograph to a table of handcrafted features.

Every family of features is one module behind the `Family` protocol; `extract` runs them over a
pixel cache, keeps one cached table per family, and returns one float32 table.

`radiomics` stands apart: it gives the features of pyradiomics for one region of one image.
"""

from cxrfeatures._asymmetry import Asymmetry
from cxrfeatures._errors import BadHeader, BadRegion, DamagedCache, FeatureError, UnknownImages
from cxrfeatures._extract import ImageStack, compute, extract
from cxrfeatures._families import DEFAULT, FAMILIES
from cxrfeatures._family import Family
from cxrfeatures._glcm import Glcm
from cxrfeatures._grid import Grid
from cxrfeatures._header import Header
from cxrfeatures._hog import Hog
from cxrfeatures._intensity import Intensity
from cxrfeatures._lines import Lines
from cxrfeatures._radiomics import radiomics

__all__ = [
    "DEFAULT",
    "FAMILIES",
    "Asymmetry",
    "BadHeader",
    "BadRegion",
    "DamagedCache",
    "Family",
    "FeatureError",
    "Glcm",
    "Grid",
    "Header",
    "Hog",
    "ImageStack",
    "Intensity",
    "Lines",
    "UnknownImages",
    "compute",
    "extract",
    "radiomics",
]
