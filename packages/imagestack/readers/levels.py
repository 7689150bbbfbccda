"""Conversion of decoded samples to grey levels, uint8 ``(h, w)``.

Samples are scaled by their type, not by their content: the largest value of `bits` bits becomes
255. Colours are converted to luminance by `dicomio.LUMINANCE`, rounding halves up, so that equal
red, green and blue give the same grey. Alpha is ignored.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import dicomio
from imagestack._errors import Damaged, TooLarge, UnsupportedForm

HALF = 0.5002
"""Added before truncation. Luminances of 8-bit colours are multiples of 0.001, so that the excess
over 0.5 rounds exact halves up on every processor and affects no other value."""
BLUE_GREEN_RED = np.array([[*reversed(dicomio.LUMINANCE), HALF]], np.float32)
THOUSANDTHS = np.rint(1000 * np.array(dicomio.LUMINANCE[::-1])).astype(np.uint64)
DECODER_ERRORS = (
    cv2.error, Image.DecompressionBombError,
    EOFError, OSError, struct.error, SyntaxError, ValueError,
)  # fmt: skip
"""Errors of OpenCV and Pillow for damaged data, by their sources and tests of 500,000 files."""
CHUNK = 1 << 20
"""Bytes that are decompressed at once."""
FIRST_IS_GREY = frozenset({"L", "LA", "YCbCr"})


class Form(NamedTuple):
    """Stored height and width in pixels, samples per pixel and bits per sample, by the header.

    The bits of a palette image are those of its index; the orientation, 1..8, is defined by Exif.
    """

    height: int
    width: int
    samples: int
    bits: int
    orientation: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the upright image."""
        return (self.width, self.height) if self.orientation > 4 else (self.height, self.width)


def check_form(form: Form, path: str | Path) -> Form:
    """Return `form` after checking its size.

    Raises:
        Damaged: the image has no pixels.
        TooLarge: more samples than `dicomio.MAX_SAMPLES`.
    """
    if form.height < 1 or form.width < 1:
        raise Damaged(path, f"claims {form.height} x {form.width} pixels")
    if form.height * form.width * form.samples > dicomio.MAX_SAMPLES:
        raise TooLarge(
            path,
            f"claims {form.height} x {form.width} x {form.samples} samples, more than "
            f"{dicomio.MAX_SAMPLES}",
        )
    return form


def described(name: str, form: Form, remark: str | None = None) -> dict[str, Any]:
    """Return height, width, format and bits of the upright image and a remark, as columns."""
    height, width = form.shape
    row = {"height": height, "width": width, "format": name, "bits": form.bits}
    return row if remark is None else {**row, "remarks": remark}


def excess(found: int, needed: int, row: int) -> str | None:
    """Return a remark if uncompressed pixels have at least one row of bytes too many."""
    more = found - needed
    return f"{more:,} bytes of pixels more than the header says" if more >= max(row, 2) else None


def inflated(parts: Iterable[bytes | memoryview], most: int) -> int:
    """Return how many bytes a compressed stream (zlib) has, counting to `most`.

    Damage ends the count; the decoder refuses it.
    """
    stream, count = zlib.decompressobj(), 0
    try:
        for part in parts:
            while part and count < most:
                count += len(stream.decompress(part, min(most - count, CHUNK)))
                part = stream.unconsumed_tail
    except zlib.error:
        return count
    return count


@contextmanager
def decoding(path: str | Path, name: str) -> Iterator[None]:
    """Convert the errors of a decoder in the context to `Damaged`; other errors propagate."""
    try:
        yield
    except DECODER_ERRORS as error:
        reason = " ".join(str(error).split())
        raise Damaged(path, f"the {name} picture cannot be decoded ({reason})") from error


def by_opencv(data: bytes, path: str | Path, name: str) -> NDArray[Any]:
    """Return the stored samples, decoded by OpenCV: grey, BGR or BGRA.

    Raises:
        Damaged: the image cannot be decoded.
    """
    with decoding(path, name):
        samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None:
        raise Damaged(path, f"the {name} picture cannot be decoded")
    return samples


def by_pillow(data: bytes, path: str | Path, name: str) -> Image.Image:
    """Return the image, decoded by Pillow.

    Args:
        name: Pillow's name of the format, such as "TIFF".

    Raises:
        Damaged: the image cannot be decoded.
    """
    with decoding(path, name), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings of tags that do not affect the pixels
        image = Image.open(io.BytesIO(data), formats=(name,))
        image.load()
        return image


def grey(samples: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the grey levels of OpenCV's samples, uint8 or uint16, grey, BGR or BGRA."""
    if samples.ndim == 3:
        return _luminance(samples[..., :3])
    return scaled(samples, 16) if samples.dtype == np.uint16 else samples


def scaled(samples: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Return samples of `bits` bits, up to 16, scaled to 8 bits and rounded."""
    top = (1 << bits) - 1
    return ((samples.astype(np.uint32) * 510 + top) // (2 * top)).astype(np.uint8)


def _luminance(samples: NDArray[Any]) -> NDArray[np.uint8]:
    if samples.dtype == np.uint8:
        levels = cv2.transform(samples.astype(np.float32), BLUE_GREEN_RED)
        return np.asarray(levels).astype(np.uint8)
    weighted = samples.astype(np.uint64) @ THOUSANDTHS  # exact
    return ((weighted + 128_500) // 257_000).astype(np.uint8)


def grey_of_pillow(image: Image.Image, path: str | Path) -> NDArray[np.uint8]:
    """Return the grey levels of an image decoded by Pillow.

    Raises:
        UnsupportedForm: the mode is not grey, colour or palette.
    """
    if image.mode == "1":
        return np.asarray(image).astype(np.uint8) * np.uint8(255)
    if image.mode in FIRST_IS_GREY:
        return np.asarray(image).reshape(image.height, image.width, -1)[..., 0]
    if image.mode in ("P", "PA", "RGB", "RGBA"):
        colours = np.asarray(image.convert("RGB") if image.mode[0] == "P" else image)
        return grey(np.ascontiguousarray(colours[..., 2::-1]))
    raise UnsupportedForm(path, f"pixels of the kind {image.mode} have no defined grey levels")


def upright(picture: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return the upright image, given its orientation, 1..8 (TIFF 6.0, Exif)."""
    if orientation in (3, 4, 6, 7):
        picture = picture[::-1]
    if orientation in (2, 3, 7, 8):
        picture = picture[:, ::-1]
    if orientation > 4:
        picture = picture.T
    return np.ascontiguousarray(picture)
