"""From decoded samples of any form to grey levels, uint8 ``(h, w)``.

Samples are scaled by their type, never by their content: the greatest value that `bits` hold
becomes 255. Colour becomes luminance by `dicomio.LUMINANCE`, halves rounded up, so that equal
red, green and blue give exactly that grey. Alpha is dropped: a transparent pixel keeps its stored
colour, and no background is added.
"""

import io
import struct
import warnings
from collections.abc import Iterator
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
"""Added before the fraction is cut off. Luminances of bytes are thousandths: the surplus sends
exact halves up on every processor and reaches no other value."""
BLUE_GREEN_RED = np.array([[*reversed(dicomio.LUMINANCE), HALF]], np.float32)
THOUSANDTHS = np.rint(1000 * np.array(dicomio.LUMINANCE[::-1])).astype(np.uint64)
DECODER_ERRORS = (
    cv2.error, Image.DecompressionBombError,
    EOFError, OSError, struct.error, SyntaxError, ValueError,
)  # fmt: skip
"""Raised by OpenCV and Pillow for damaged data, by their sources and for 500,000 damaged files."""
FIRST_IS_GREY = frozenset({"L", "LA", "YCbCr"})


class Form(NamedTuple):
    """Height and width in pixels as stored, samples a pixel and bits a sample, by the header.

    The bits of a palette picture are those of its index; the orientation, 1 to 8, is that of Exif.
    """

    height: int
    width: int
    samples: int
    bits: int
    orientation: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture turned upright."""
        return (self.width, self.height) if self.orientation > 4 else (self.height, self.width)


def check_form(form: Form, path: str | Path) -> Form:
    """Return a form whose size is possible.

    Raises:
        Damaged: there are no pixels.
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


def described(name: str, form: Form) -> dict[str, Any]:
    """Return the columns of the table that all formats have, of the picture turned upright."""
    height, width = form.shape
    return {"height": height, "width": width, "format": name, "bits": form.bits}


@contextmanager
def decoding(path: str | Path, name: str) -> Iterator[None]:
    """Turn the errors of a decoder that runs in the block into `Damaged`; others pass."""
    try:
        yield
    except DECODER_ERRORS as error:
        reason = " ".join(str(error).split())
        raise Damaged(path, f"the {name} picture cannot be decoded ({reason})") from error


def by_opencv(data: bytes, path: str | Path, name: str) -> NDArray[Any]:
    """Return the stored samples, decoded by OpenCV: grey, BGR or BGRA.

    Raises:
        Damaged: the picture cannot be decoded.
    """
    with decoding(path, name):
        samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None:
        raise Damaged(path, f"the {name} picture cannot be decoded")
    return samples


def by_pillow(data: bytes, path: str | Path, name: str) -> Image.Image:
    """Return the picture, decoded by Pillow.

    Args:
        name: the format in Pillow's list, such as "TIFF".

    Raises:
        Damaged: the picture cannot be decoded.
    """
    with decoding(path, name), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about tags that do not affect the pixels
        image = Image.open(io.BytesIO(data), formats=(name,))
        image.load()
        return image


def grey(samples: NDArray[Any]) -> NDArray[np.uint8]:
    """Return grey levels of OpenCV's samples: uint8 or uint16, grey, BGR or BGRA."""
    if samples.ndim == 3:
        return _luminance(samples[..., :3])
    return scaled(samples, 16) if samples.dtype == np.uint16 else samples


def scaled(samples: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Return samples of up to 16 bits at 8, rounded."""
    top = (1 << bits) - 1
    return ((samples.astype(np.uint32) * 510 + top) // (2 * top)).astype(np.uint8)


def _luminance(samples: NDArray[Any]) -> NDArray[np.uint8]:
    if samples.dtype == np.uint8:
        levels = cv2.transform(samples.astype(np.float32), BLUE_GREEN_RED)
        return np.asarray(levels).astype(np.uint8)
    weighted = samples.astype(np.uint64) @ THOUSANDTHS  # exact
    return ((weighted + 128_500) // 257_000).astype(np.uint8)


def grey_of_pillow(image: Image.Image, path: str | Path) -> NDArray[np.uint8]:
    """Return grey levels of a picture that Pillow has decoded.

    Raises:
        UnsupportedForm: a mode that is not one of grey, colour or palette.
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
    """Return the picture turned upright (orientations 1 to 8 of TIFF 6.0 and Exif)."""
    if orientation in (3, 4, 6, 7):
        picture = picture[::-1]
    if orientation in (2, 3, 7, 8):
        picture = picture[:, ::-1]
    if orientation > 4:
        picture = picture.T
    return np.ascontiguousarray(picture)
