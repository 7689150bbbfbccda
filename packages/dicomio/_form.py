"""What the header says about the form of the pixels (DICOM PS3.3 C.7.6.3)."""

import struct
from dataclasses import dataclass

from dicomio._errors import NoPixels, NotDicom, Truncated, Unsupported
from dicomio._structure import NATIVE, PIXELS, DicomFile
from dicomio._syntax import has_end_mark
from dicomio._values import first, value

MAX_SAMPLES = 1 << 26
"""Of one image; 8192 x 8192, twice the largest detectors. A larger claim is refused unread."""
ROWS, COLUMNS = 0x00280010, 0x00280011
SAMPLES, PHOTOMETRIC, PLANAR, FRAMES = 0x00280002, 0x00280004, 0x00280006, 0x00280008
ALLOCATED, STORED, REPRESENTATION = 0x00280100, 0x00280101, 0x00280103
ONE_SAMPLE = frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"})
COLOURS = ("RGB", "YBR_")
"""Photometric interpretations of one sample a pixel, and the beginnings of those of three."""
KEYWORDS = {
    0x7FE00008: "FloatPixelData",
    0x7FE00009: "DoubleFloatPixelData",
    0x7FE00010: "PixelData",
}


@dataclass(frozen=True, slots=True)
class PixelForm:
    """Shape and type of the stored values; `tag` is the element that holds them."""

    tag: int
    rows: int
    columns: int
    samples: int
    photometric: str
    allocated: int
    stored: int
    signed: bool
    planar: int
    frames: int

    @property
    def keyword(self) -> str:
        """The DICOM keyword of the element that holds the pixels."""
        return KEYWORDS[self.tag]

    @property
    def image_bits(self) -> int:
        """Bits of one native image; YBR_FULL_422 stores two samples a pixel (C.7.6.3.1.2)."""
        samples = 2 if self.photometric == "YBR_FULL_422" else self.samples
        return self.rows * self.columns * samples * self.allocated


def pixel_form(file: DicomFile) -> PixelForm:
    """Return the form of the pixels, checked for contradictions, size and completeness.

    Raises:
        NoPixels: there is no pixel data element, or Rows or Columns are absent.
        NotDicom: the fields contradict each other, or there are more bytes than they promise and
            these are not padding.
        Unsupported: an image has more than `MAX_SAMPLES` samples.
        Truncated: there are fewer bytes than the fields promise.
    """
    tag = next((tag for tag in PIXELS if tag in file.elements), None)
    if tag is None:
        raise NoPixels(file.path, "no pixel data: not an image, or cut off before them")
    form = PixelForm(
        tag=tag,
        rows=number(file, ROWS, 0),
        columns=number(file, COLUMNS, 0),
        samples=number(file, SAMPLES, 1),
        photometric=_photometric(file),
        allocated=number(file, ALLOCATED, {0x7FE00008: 32, 0x7FE00009: 64}.get(tag, 8)),
        stored=number(file, STORED, 0) or number(file, ALLOCATED, 8),
        signed=number(file, REPRESENTATION, 0) == 1,
        planar=number(file, PLANAR, 0),
        frames=max(1, number(file, FRAMES, 1)),
    )
    _check(file, form)
    if file.syntax in NATIVE:
        _check_length(file, form)
    else:
        _check_fragments(file, form)
    return form


def number(file: DicomFile, tag: int, default: int) -> int:
    """Return the first value of an element if it is an integer, else `default`."""
    element = file.elements.get(tag)
    if element is not None and element.vr == "US" and element.length == 2:
        order = ">H" if file.big else "<H"
        return int(struct.unpack_from(order, file.data, element.start)[0])
    found = first(value(file, tag))
    return found if isinstance(found, int) else default


def _photometric(file: DicomFile) -> str:
    """Return the photometric interpretation; MONOCHROME2 for unknown ones of one sample."""
    found = str(first(value(file, PHOTOMETRIC)) or "").strip().upper()
    one = number(file, SAMPLES, 1) == 1
    return "MONOCHROME2" if one and found not in ONE_SAMPLE else found


def _check(file: DicomFile, form: PixelForm) -> None:
    if form.rows < 1 or form.columns < 1:
        raise NoPixels(file.path, "Rows or Columns are absent, 0 or negative")
    if form.rows * form.columns * form.samples > MAX_SAMPLES:
        raise Unsupported(
            file.path,
            f"claims {form.rows} x {form.columns} x {form.samples} samples an image, more than "
            f"{MAX_SAMPLES}",
        )
    if form.samples not in (1, 3):
        raise Unsupported(file.path, f"{form.samples} samples a pixel, not 1 or 3")
    if form.samples == 3 and form.planar not in (0, 1):
        raise NotDicom(file.path, f"PlanarConfiguration {form.planar}, not 0 or 1")
    if form.samples == 3 and not form.photometric.startswith(COLOURS):
        raise Unsupported(
            file.path, f"3 samples a pixel as {form.photometric or 'no photometric interpretation'}"
        )
    if form.allocated not in (1, 8, 16, 32, 64) or not 1 <= form.stored <= form.allocated:
        raise NotDicom(file.path, f"BitsStored {form.stored} of BitsAllocated {form.allocated}")


def _check_length(file: DicomFile, form: PixelForm) -> None:
    """Compare the length of native pixel data with the header."""
    if file.fragments:
        raise NotDicom(file.path, f"compressed pixel data under the native syntax {file.syntax}")
    needed = native_bytes(form)
    _, start, length, _ = file.elements[form.tag]
    if length < needed:
        raise Truncated(
            file.path, f"the pixel data have {length} bytes, {form.frames} frame(s) need {needed}"
        )
    row = max(2, form.image_bits // form.rows // 8)
    if length - needed >= row and not is_padding(file.data, start + needed, start + length):
        raise NotDicom(
            file.path,
            f"the pixel data have {length} bytes, {form.frames} frame(s) of {form.rows} x "
            f"{form.columns} x {form.samples} samples of {form.allocated} bits only {needed}",
            "correct these fields of its header, or leave it out",
        )


def is_padding(data: bytes, start: int, stop: int) -> bool:
    """Return whether all bytes of ``data[start:stop]`` are equal."""
    return data.count(data[start], start, stop) == stop - start


def native_bytes(form: PixelForm) -> int:
    """Return the number of bytes of all images that are not compressed."""
    return (form.image_bits * form.frames + 7) // 8


def _check_fragments(file: DicomFile, form: PixelForm) -> None:
    fragments = file.fragments[1:]
    if not fragments:
        raise Truncated(file.path, "the pixel data hold no fragment")
    if len(fragments) < form.frames:
        raise Truncated(file.path, f"{len(fragments)} pixel fragments for {form.frames} frames")
    start, length = fragments[-1]
    if form.frames > 1 and not has_end_mark(file.syntax, file.data, start, start + length):
        raise Truncated(file.path, "the last compressed picture has no end mark: a broken transfer")
