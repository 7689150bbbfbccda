"""Extract a table of handcrafted features from a pixel cache.

A feature family is any object that implements the `Family` protocol. `extract` computes the
families for every image, caches one table per family, and returns one float32 table. `Grid`,
`Energies`, `Orientation`, `LocalPatterns` and `Radiomics` suit any image; `Facts` turns image
metadata into features.
"""

from imagefeatures._errors import BadFacts, BadFamilies, FeatureError, UnknownImages
from imagefeatures._extract import ImageStack, Source, compute, extract, table_of
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
from imagefeatures._texture import Energies, LocalPatterns, Orientation

__all__ = [
    "BadFacts",
    "BadFamilies",
    "Energies",
    "Facts",
    "Family",
    "FeatureError",
    "Floats",
    "Grid",
    "ImageStack",
    "LocalPatterns",
    "Orientation",
    "Radiomics",
    "Source",
    "UnknownImages",
    "cell_means",
    "check_image",
    "compute",
    "extract",
    "named_cells",
    "normalised",
    "select",
    "table_of",
]
