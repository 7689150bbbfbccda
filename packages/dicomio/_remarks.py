"""Remarks about a file whose picture is read although parts of it contradict each other.

Each says what is not used or how a contradiction was decided, in one line. Contradictions that
cannot be decided are errors (`_form.py`, `_decode.py`).
"""

from collections.abc import Iterator

import numpy as np

from dicomio._decode import as_coded, picture_bytes
from dicomio._form import FRAMES, PHOTOMETRIC, PixelForm, native_bytes, number
from dicomio._measures import as_text, implausible
from dicomio._structure import NATIVE, DicomFile
from dicomio._syntax import MARKED, after_picture, picture_size
from dicomio._values import first, value

PIXEL_DATA, HIGH_BIT, LUT_SHAPE = 0x7FE00010, 0x00280102, 0x20500020


def remarks(file: DicomFile, form: PixelForm) -> Iterator[str]:
    """Yield the remarks about a file.

    Args:
        form: by the header, as from `pixel_form`.
    """
    yield from implausible(file)
    yield from _fields(file, form)
    yield from _frames(file, form)
    if file.syntax in NATIVE:
        yield from _native(file, form)
    elif file.syntax in MARKED:
        yield from _coded(file, form)


def _fields(file: DicomFile, form: PixelForm) -> Iterator[str]:
    said = str(first(value(file, PHOTOMETRIC)) or "").strip().upper()
    if said != form.photometric:
        what = f"PhotometricInterpretation {as_text(said)}" if said else "no photometric field"
        yield f"{what}: the picture is read as {form.photometric}"
    if form.tag == PIXEL_DATA and number(file, HIGH_BIT, form.stored - 1) != form.stored - 1:
        high = number(file, HIGH_BIT, 0)
        yield f"HighBit {high} with BitsStored {form.stored} is read as {form.stored - 1}"
    shape = str(first(value(file, LUT_SHAPE)) or "").strip().upper()
    if shape == "INVERSE" and form.photometric == "MONOCHROME2":
        yield "PresentationLUTShape INVERSE with MONOCHROME2 is not applied"


def _frames(file: DicomFile, form: PixelForm) -> Iterator[str]:
    said = value(file, FRAMES)
    if form.frames > 1:
        yield f"{form.frames} frames, of which the first is used"
    elif said is not None and said != 1:
        yield f"NumberOfFrames {as_text(said)} is read as 1"
    if form.frames == 1 and file.syntax not in MARKED and len(file.fragments) > 2:
        yield f"{len(file.fragments) - 1} fragments for one frame"


def _native(file: DicomFile, form: PixelForm) -> Iterator[str]:
    needed, (_, start, length, _) = native_bytes(form), file.elements[form.tag]
    if length > needed + 1:
        yield f"{length - needed:,} bytes follow the pixels and are not used"
    if form.stored < form.allocated and form.allocated in (8, 16, 32) and form.tag == PIXEL_DATA:
        order = ">" if file.big else "<"
        kind = f"{order}u{form.allocated // 8}"
        count = needed // (form.allocated // 8)
        if _uses_more(np.frombuffer(file.data, kind, count, start), form):
            yield f"bits above BitsStored {form.stored} are set and not used"


def _uses_more(values: np.ndarray, form: PixelForm) -> bool:
    """Return whether bits above the stored ones differ from 0, or from the sign if signed."""
    any_set = int(np.bitwise_or.reduce(values)) >> form.stored
    if not any_set or not form.signed:
        return bool(any_set)
    signed = values.astype(values.dtype.newbyteorder("=")).view(f"i{values.itemsize}")
    half = 1 << form.stored - 1
    return bool(signed.min() < -half or signed.max() >= half)


def _coded(file: DicomFile, form: PixelForm) -> Iterator[str]:
    picture = picture_bytes(file, form, 0)
    size = picture_size(file.syntax, picture)
    assert size is not None, "refused by `compressed`"
    coded = as_coded(form, file.syntax, size)
    if coded.stored != form.stored:
        yield (
            f"{form.stored} bits a sample by the header, {size.bits} by the compressed picture, "
            "which is right"
        )
    if coded.signed != form.signed:
        yield "signed samples by the header, but lossy JPEG holds unsigned ones, which are read"
    if coded.photometric != form.photometric:
        yield (
            f"{form.photometric} by the header, {size.colours} by the compressed picture, "
            "which is right"
        )
    follows = after_picture(picture, size.start)
    if follows:
        yield follows
