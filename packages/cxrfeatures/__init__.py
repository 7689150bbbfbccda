"""From the pixels of a chest radiograph to a table of handcrafted features.

Every family of features is one module behind the `Family` protocol; `extract` runs them over a
pixel cache, keeps one cached table per family, and returns one float32 table.
"""

from cxrfeatures._asymmetry import Asymmetry
from cxrfeatures._errors import BadHeader, DamagedCache, FeatureError, UnknownImages
from cxrfeatures._extract import ImageStack, compute, extract
from cxrfeatures._families import DEFAULT, FAMILIES
from cxrfeatures._family import Family
from cxrfeatures._glcm import Glcm
from cxrfeatures._grid import Grid
from cxrfeatures._header import Header
from cxrfeatures._hog import Hog
from cxrfeatures._intensity import Intensity
from cxrfeatures._lines import Lines

__all__ = [
    "DEFAULT",
    "FAMILIES",
    "Asymmetry",
    "BadHeader",
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
]
