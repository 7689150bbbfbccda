"""From the pixels of images to a table of handcrafted features.

A family of features is an object behind the `Family` protocol, whoever wrote it; `extract` runs
families over a pixel cache, keeps one cached table per family, and returns one float32 table.
`Grid` and `Radiomics` suit any picture; `Facts` makes features of what is known beside the pixels.
"""

from imagefeatures._errors import BadFacts, BadFamilies, DamagedCache, FeatureError, UnknownImages
from imagefeatures._extract import ImageStack, compute, extract
from imagefeatures._families import (
    Floats,
    Grid,
    Radiomics,
    cell_means,
    check_image,
    named_cells,
    normalised,
)
from imagefeatures._family import Facts, Family, select

__all__ = [
    "BadFacts",
    "BadFamilies",
    "DamagedCache",
    "Facts",
    "Family",
    "FeatureError",
    "Floats",
    "Grid",
    "ImageStack",
    "Radiomics",
    "UnknownImages",
    "cell_means",
    "check_image",
    "compute",
    "extract",
    "named_cells",
    "normalised",
    "select",
]
