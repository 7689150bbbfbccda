"""Lookup tables of a file: modality, values of interest, palette.

Sources: DICOM PS3.3 C.11.1.1.1 (modality LUT), C.11.2.1.1 (VOI LUT), C.7.6.3.1.5-6 (palette),
C.7.9.2 (segmented palette).

Not left to pydicom, which the tests compare: its `apply_modality_lut` reads entries of 8 and 16
bits only, its `apply_voi_lut` of 8 and 10 to 16 bits (the standard allows up to 16 for both), and
its `apply_color_lut` reads 16-bit big-endian palettes in the wrong byte order.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicomio._errors import NotDicom
from dicomio._structure import DicomFile, Elements
from dicomio._values import PIXEL_REPRESENTATION

DESCRIPTOR, DATA = 0x00283002, 0x00283006
PALETTE_DESCRIPTOR = 0x00281101
PALETTES = (0x00281201, 0x00281202, 0x00281203)
SEGMENTED = (0x00281221, 0x00281222, 0x00281223)
MAX_ENTRIES = 1 << 16
LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601, as DICOM's own YBR_FULL, C.7.6.3.1.2)."""


@dataclass(frozen=True)
class Lookup:
    """Entry `i` is the output for input ``first + i``; inputs outside take the nearest entry."""

    first: int
    entries: NDArray[np.float64]
    top: float

    def __call__(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the outputs, float64 of the shape of `values`."""
        index = np.clip(np.asarray(values, np.float64) - self.first, 0, len(self.entries) - 1)
        return self.entries[index.astype(np.intp)]


def lookup(file: DicomFile, item: Elements) -> Lookup:
    """Return the table in an item of a Modality or VOI LUT Sequence.

    Raises:
        NotDicom: the descriptor or the data are missing or contradict each other.
    """
    count, first, bits = _descriptor(file, item, DESCRIPTOR)
    entries = _numbers(file, file.raw(DATA, item), count, "a lookup table")
    return Lookup(first, entries.astype(np.float64), float((1 << bits) - 1))


def palette(file: DicomFile) -> Lookup:
    """Return the luminance of each colour of the palette.

    Raises:
        NotDicom: the palette is missing or damaged.
    """
    item = file.elements
    count, first, bits = _descriptor(file, item, PALETTE_DESCRIPTOR)
    if PALETTES[0] in item:
        parts = [file.raw(tag, item) for tag in PALETTES]
        wide = len(parts[0]) >= 2 * count
        colours = [_numbers(file, part, count, "the palette") for part in parts]
    else:
        wide = bits > 8
        parts = [file.raw(tag, item) for tag in SEGMENTED]
        colours = [_expanded(file, part, count, wide) for part in parts]
    grey = sum(weight * colour for weight, colour in zip(LUMINANCE, colours, strict=True))
    return Lookup(first, np.asarray(grey, np.float64), 65535.0 if wide else 255.0)


def _descriptor(file: DicomFile, item: Elements, tag: int) -> tuple[int, int, int]:
    """Return entries, first input, bits; the first may be signed, whatever its VR says."""
    raw = file.raw(tag, item)
    if len(raw) < 6:
        raise NotDicom(file.path, "a lookup table lacks its descriptor")
    order = ">u2" if file.big else "<u2"
    count, first, bits = (int(number) for number in np.frombuffer(raw[:6], order))
    signed = file.raw(PIXEL_REPRESENTATION)[:2].strip(b"\0") == b"\1"
    if first >= 1 << 15 and (signed or item[tag].vr == "SS"):
        first -= 1 << 16
    if not 1 <= bits <= 16:
        raise NotDicom(file.path, f"a lookup table of {bits} bits an entry")
    return count or MAX_ENTRIES, first, bits


def _numbers(file: DicomFile, raw: bytes, count: int, what: str) -> NDArray[Any]:
    """Return `count` entries of 16 bits, or of 8 where there are not enough bytes for 16."""
    if len(raw) >= 2 * count:
        return np.frombuffer(raw, ">u2" if file.big else "<u2", count)
    if len(raw) >= count:
        return np.frombuffer(raw, np.uint8, count)
    raise NotDicom(file.path, f"{what} has {len(raw)} bytes for {count} entries")


def _expanded(file: DicomFile, raw: bytes, count: int, wide: bool) -> NDArray[Any]:
    order = ">u2" if file.big else "<u2"
    data = np.frombuffer(raw[: len(raw) // 2 * 2], order) if wide else np.frombuffer(raw, np.uint8)
    found = _Segments(file, [int(number) for number in data], count, wide)
    found.expand(0, None, top=True)
    if len(found.out) < count:
        raise NotDicom(file.path, f"the segmented palette has {len(found.out)} of {count} entries")
    return np.asarray(found.out[:count], np.float64)


class _Segments:
    """Expands a segmented palette, never past the number of entries it should have."""

    def __init__(self, file: DicomFile, data: list[int], count: int, wide: bool) -> None:
        self.file, self.data, self.count, self.wide = file, data, count, wide
        self.out: list[int] = []

    def expand(self, at: int, segments: int | None, *, top: bool) -> None:
        data = self.data
        while at + 2 < len(data) and len(self.out) < self.count and segments != 0:
            kind, length = data[at], data[at + 1]
            at += 2
            if kind == 0:
                self.out.extend(data[at : at + length])
                at += length
            elif kind == 1 and self.out:
                steps = np.linspace(self.out[-1], data[at], length + 1)[1:]
                self.out.extend(int(step) for step in np.around(steps))
                at += 1
            elif kind == 2 and self.out and top:
                width = 2 if self.wide else 4
                self.expand(self.indirect(data[at : at + width]), length, top=False)
                at += width
            else:
                raise NotDicom(self.file.path, f"the segmented palette has a segment {kind}")
            segments = None if segments is None else segments - 1

    def indirect(self, parts: list[int]) -> int:
        """Return the index of the copied segments; the file gives it in bytes (C.7.9.2.3)."""
        if self.wide:
            low, high = [*parts, 0, 0][:2]
            return (high << 16 | low) // 2
        return int.from_bytes(bytes(parts), "big" if self.file.big else "little")
