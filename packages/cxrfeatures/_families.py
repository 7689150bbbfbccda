"""All families by name."""

from collections.abc import Sequence

from cxrfeatures._alignment import Alignment
from cxrfeatures._asymmetry import Asymmetry
from cxrfeatures._edges import Edges
from cxrfeatures._emptiness import Emptiness
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
from cxrfeatures._spikes import Spikes
from cxrfeatures._wavelets import Wavelets
from cxrfeatures._zoneradiomics import ZoneRadiomics

FAMILIES: dict[str, Family | Header] = {
    family.name: family
    for family in (
        Intensity(),
        Glcm(),
        Grid(),
        Asymmetry(),
        Hog(),
        Lines(),
        LungLines(),
        Spikes(),
        Lbp(),
        Wavelets(),
        Gabor(),
        Emptiness(),
        Edges(),
        ZoneRadiomics(),
        Alignment(),
        Header(),
    )
}
"""Every family with its default parameters, by name."""

DEFAULT: tuple[str, ...] = (
    "intensity",
    "glcm",
    "grid",
    "asymmetry",
    "hog",
    "lines",
    "lunglines",
    "header",
)
"""What `extract` computes unless told otherwise; the others are there by name."""


def resolve(families: Sequence[str | Family | Header]) -> list[Family | Header]:
    """Return the families meant by names or given as such, in order.

    Raises:
        ValueError: an unknown name (the message lists the right ones), or a name twice.
    """
    given = [family for family in families if isinstance(family, str)]
    unknown = [name for name in given if name not in FAMILIES]
    if unknown:
        raise ValueError(
            f"no feature family is named {', '.join(map(repr, unknown))}: "
            f"there are {', '.join(FAMILIES)}"
        )
    found = [FAMILIES[family] if isinstance(family, str) else family for family in families]
    names = [family.name for family in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"family {', '.join(twice)} is asked for twice: name each once")
    return found
