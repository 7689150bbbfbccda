"""The makers of DICOM files and the folder of real ones, and makers of pictures by hand."""

import struct
import zlib
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from tests.dicomio.conftest import picture, siim, write_frames, write_jpeg, write_native

__all__ = ["make_png", "make_tiff", "picture", "siim", "write_frames", "write_jpeg", "write_native"]

Values = int | Sequence[int] | bytes


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.fixture(scope="session")
def make_png() -> Callable[..., bytes]:
    """Return a maker of PNG files from packed rows: any colour type and depth."""

    def make(
        rows: Sequence[bytes], width: int, bits: int, colour: int, extra: bytes = b""
    ) -> bytes:
        header = struct.pack(">IIBBBBB", width, len(rows), bits, colour, 0, 0, 0)
        pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
        parts = png_chunk(b"IHDR", header), extra, png_chunk(b"IDAT", pixels)
        return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + png_chunk(b"IEND", b"")

    return make


@pytest.fixture(scope="session")
def make_tiff() -> Callable[..., bytes]:
    """Return a maker of TIFF files of one strip, with the tags given; a tag of None is left out."""

    def make(
        samples: np.ndarray,
        order: str = "<",
        following: int = 0,
        pixels: bytes = b"",
        **tags: Values | None,
    ) -> bytes:
        pixels = pixels or samples.astype(samples.dtype.newbyteorder(order)).tobytes()
        channels = samples.shape[2] if samples.ndim == 3 else 1
        found: dict[int, Values] = {
            256: samples.shape[1], 257: samples.shape[0],
            258: [samples.dtype.itemsize * 8] * channels, 259: 1, 262: 2 if channels > 2 else 1,
            273: 8, 277: channels, 278: samples.shape[0], 279: len(pixels),
        }  # fmt: skip
        given = {int(name[1:]): value for name, value in tags.items()}
        found = {tag: value for tag, value in {**found, **given}.items() if value is not None}
        start = 8 + len(pixels) + len(pixels) % 2
        entries, beyond = b"", b""
        at = start + 2 + 12 * len(found) + 4
        for tag in sorted(found):
            value = found[tag]
            numbers = [value] if isinstance(value, int) else list(value)
            packed = struct.pack(f"{order}{len(numbers)}I", *numbers)
            if len(packed) > 4:
                where, beyond = at + len(beyond), beyond + packed
                packed = struct.pack(order + "I", where)
            packed = packed.ljust(4, b"\0")
            entries += struct.pack(order + "HHI", tag, 4, len(numbers)) + packed
        mark = b"II*\0" if order == "<" else b"MM\0*"
        body = mark + struct.pack(order + "I", start) + pixels + b"\0" * (len(pixels) % 2)
        count = struct.pack(order + "H", len(found))
        return body + count + entries + struct.pack(order + "I", following) + beyond

    return make
