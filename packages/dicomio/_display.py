"""From stored values to a picture: uint8, bright = dense.

The steps of DICOM PS3.3 C.7.6.16-1 / PS3.4 N.2 as far as a radiograph needs them: modality
rescale or table, values of interest (table before window), photometric interpretation. If the
file names no values of interest:

* the range of the type is mapped to 0..255 for stored values of at most 8 bits, which leaves
  ordinary 8-bit pictures unchanged;
* the smallest to the largest value of the image, without padding, for wider ones.

Colour becomes luminance (ITU-R BT.601). Presentation LUTs are not applied: PresentationLUTShape
INVERSE only repeats what MONOCHROME1 says. Windows equal those of pydicom's `apply_voi_lut`, which
divides by 0 where a LINEAR window has the width 1. Implausible numbers count as absent
(`_measures.py`).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomio._errors import Unsupported
from dicomio._form import PixelForm
from dicomio._lookup import LUMINANCE, Lookup, lookup, palette
from dicomio._measures import measured, window_function
from dicomio._structure import DicomFile, items

MODALITY_LUTS, VOI_LUTS = 0x00283000, 0x00283010
TABLE_BITS = 16

Floats = NDArray[np.float64]
Step = Callable[[Floats], Floats]


def display(file: DicomFile, form: PixelForm, values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the picture of stored values ``(h, w)`` or RGB ``(h, w, 3)``: uint8 ``(h, w)``.

    Raises:
        NotDicom: the file's tables are damaged.
        Unsupported: the colours are in a colour space other than RGB.
    """
    if form.photometric == "PALETTE COLOR":
        table = palette(file)
        return _by_table(values, form, lambda x: table(x) * (255.0 / table.top))
    if values.ndim == 3:
        if form.photometric != "RGB":
            raise Unsupported(file.path, f"colours as {form.photometric}")
        return _luminance(values, form)
    if is_plain(file, form) and values.dtype == np.uint8:
        picture: NDArray[np.uint8] = values
    else:
        modality, voi = modality_step(file), voi_step(file)
        last = voi or _spread(file, form, values, modality)
        picture = _by_table(values, form, lambda x: last(modality(x) if modality else x))
    return 255 - picture if form.photometric == "MONOCHROME1" else picture


def is_plain(file: DicomFile, form: PixelForm) -> bool:
    """Return whether the stored values are the picture, inverted for MONOCHROME1."""
    return (
        form.stored == 8
        and form.samples == 1
        and not form.signed
        and form.photometric in ("MONOCHROME1", "MONOCHROME2")
        and modality_step(file) is None
        and voi_step(file) is None
    )


def modality_step(file: DicomFile) -> Step | None:
    """Return the step from stored to modality values (C.11.1); None if the file names none."""
    table = _table(file, MODALITY_LUTS)
    if table is not None:
        return table
    slope, intercept = measured(file, "RescaleSlope"), measured(file, "RescaleIntercept")
    if (slope is None and intercept is None) or (slope, intercept) == (1.0, 0.0):
        return None
    times, plus = 1.0 if slope is None else slope, intercept or 0.0
    return lambda x: x * times + plus


def voi_step(file: DicomFile) -> Step | None:
    """Return the step to 0..255 by the file's first table or window; None if it has neither."""
    table = _table(file, VOI_LUTS)
    if table is not None:
        found = table
        return lambda x: found(x) * (255.0 / found.top)
    center, width = measured(file, "WindowCenter"), measured(file, "WindowWidth")
    if center is None or width is None:
        return None
    return window_step(window_function(file), center, width)


def window_step(function: str, center: float, width: float) -> Step:
    """Return a window function by its name (C.11.2.1.2, C.11.2.1.3), onto 0..255."""
    if function == "SIGMOID":
        return lambda x: 255.0 / (1.0 + np.exp(np.clip(-4.0 * (x - center) / width, -700, 700)))
    if function != "LINEAR_EXACT":
        center, width = center - 0.5, width - 1.0
    low = center - width / 2
    if width == 0:
        return lambda x: np.where(x > low, 255.0, 0.0)
    return lambda x: np.clip((x - low) * (255.0 / width), 0.0, 255.0)


def _table(file: DicomFile, tag: int) -> Lookup | None:
    element = file.elements.get(tag)
    inside = items(file, element) if element is not None else []
    return lookup(file, inside[0]) if inside else None


def _spread(file: DicomFile, form: PixelForm, values: NDArray[Any], modality: Step | None) -> Step:
    """Return the linear step for files that name no values of interest."""
    ends = _type_range(form) if form.stored <= 8 else _value_range(file, form, values)
    low, high = (modality(ends) if modality else ends).tolist()
    low, high = min(low, high), max(low, high)
    if not np.isfinite(high - low) or high == low:
        return lambda x: np.zeros_like(x)
    return lambda x: (np.clip(x, low, high) - low) * (255.0 / (high - low))


def _type_range(form: PixelForm) -> Floats:
    low = -(1 << form.stored - 1) if form.signed else 0
    return np.array([low, low + (1 << form.stored) - 1], np.float64)


def _value_range(file: DicomFile, form: PixelForm, values: NDArray[Any]) -> Floats:
    kept = values
    padding = measured(file, "PixelPaddingValue")
    limit = measured(file, "PixelPaddingRangeLimit")
    if padding is not None:
        ends = sorted((padding, padding if limit is None else limit))
        kept = values[(values < ends[0]) | (values > ends[1])]
    if kept.dtype.kind == "f":
        kept = kept[np.isfinite(kept)]
    return np.array([kept.min(), kept.max()] if kept.size else [0.0, 0.0], np.float64)


def _by_table(values: NDArray[Any], form: PixelForm, step: Step) -> NDArray[np.uint8]:
    """Apply `step` to each possible value once where there are few, else to each pixel."""
    if values.dtype.kind in "ui" and values.dtype.itemsize * 8 <= TABLE_BITS:
        unsigned = values.view(f"u{values.dtype.itemsize}")
        codes = np.arange(1 << 8 * values.dtype.itemsize, dtype=unsigned.dtype)
        possible = codes.view(values.dtype).astype(np.float64)
        return _rounded(step(possible))[unsigned]
    return _rounded(step(values.astype(np.float64)))


def _rounded(levels: Floats) -> NDArray[np.uint8]:
    return np.clip(np.rint(np.nan_to_num(levels)), 0, 255).astype(np.uint8)


def _luminance(values: NDArray[Any], form: PixelForm) -> NDArray[np.uint8]:
    top = float((1 << form.stored) - 1)
    return _rounded(values.astype(np.float64) @ np.array(LUMINANCE) * (255.0 / top))
