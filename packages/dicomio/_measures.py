"""Numbers of the header that are measured quantities, and which values are plausible.

An implausible value (infinite, not a number, zero or negative where the quantity is positive, or
absurdly large or small) counts as missing: a table holds no value for it, and the picture is made
as if the element were absent. `implausible` names such values.

Sources of the quantities: DICOM PS3.3 10.7 (spacing), C.11.1 (rescale), C.11.2 (window),
C.7.5.1.1.2 (padding).
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from dicomio._structure import DicomFile
from dicomio._values import first, value

LARGEST = 1e12
"""Largest plausible magnitude of a value of a picture; its inverse is the smallest of a slope."""
SPACING = (1e-4, 1e3)
"""Plausible distances of pixels in mm, from electron microscopes to whole-body scans."""
WINDOW_FUNCTION = 0x00281056
EXACT = frozenset({"LINEAR_EXACT", "SIGMOID"})
"""Window functions that are defined for widths below 1 (C.11.2.1.3)."""
SHOWN = 40
"""Greatest number of characters of a value in a remark."""


class Measure(NamedTuple):
    """Tag of a quantity, the number of its values (0: the first of any), and a check of each."""

    tag: int
    size: int
    plausible: Callable[[float], bool]


def _distance(x: float) -> bool:
    return SPACING[0] <= x <= SPACING[1]


def _factor(x: float) -> bool:
    return 1 / LARGEST <= abs(x) <= LARGEST


def _level(x: float) -> bool:
    return abs(x) <= LARGEST


def _width(x: float) -> bool:
    return 1e-9 <= x <= LARGEST


def _whole_width(x: float) -> bool:
    return 1.0 <= x <= LARGEST


MEASURES = {
    "PixelSpacing": Measure(0x00280030, 2, _distance),
    "ImagerPixelSpacing": Measure(0x00181164, 2, _distance),
    "NominalScannedPixelSpacing": Measure(0x00182010, 2, _distance),
    "RescaleIntercept": Measure(0x00281052, 0, _level),
    "RescaleSlope": Measure(0x00281053, 0, _factor),
    "WindowCenter": Measure(0x00281050, 0, _level),
    "WindowWidth": Measure(0x00281051, 0, _width),
    "PixelPaddingValue": Measure(0x00280120, 0, _level),
    "PixelPaddingRangeLimit": Measure(0x00280121, 0, _level),
}
"""The quantities by keyword."""


def measured(file: DicomFile, keyword: str) -> float | None:
    """Return the first value of a quantity; None if it is absent or implausible."""
    values = measured_all(file, keyword)
    return values[0] if values else None


def measured_all(file: DicomFile, keyword: str) -> list[float]:
    """Return all values of a quantity; empty if it is absent or one of them is implausible."""
    tag, size, plausible = MEASURES[keyword]
    if tag not in file.elements:
        return []
    found = value(file, tag)
    values = found if size and isinstance(found, list) else [first(found)]
    if keyword == "WindowWidth" and window_function(file) not in EXACT:
        plausible = _whole_width
    sound = all(_is_number(x) and plausible(x) for x in values)
    return [float(x) for x in values] if sound and size in (0, len(values)) else []


def implausible(file: DicomFile) -> Iterator[str]:
    """Yield a remark for each quantity whose value is there but counts as missing."""
    for keyword, measure in MEASURES.items():
        if measure.tag in file.elements and not measured_all(file, keyword):
            found = value(file, measure.tag)
            if found is not None:
                yield f"{keyword} {as_text(found)} is implausible and counts as missing"
    if window_function(file) not in EXACT | {"LINEAR"}:
        yield f"VOILUTFunction {as_text(window_function(file))} is unknown and counts as missing"


def window_function(file: DicomFile) -> str:
    """Return the name of the window function in capitals, LINEAR if there is none."""
    return str(first(value(file, WINDOW_FUNCTION)) or "LINEAR").upper()


def as_text(found: Any) -> str:
    r"""Return a value as one short line, several values as in the file, such as "inf\inf"."""
    parts = found if isinstance(found, list) else [found]
    text = "\\".join(f"{x:g}" if isinstance(x, float) else str(x) for x in parts)
    text = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float) and math.isfinite(x)
