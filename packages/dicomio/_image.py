"""One image of a file as 8-bit grey levels, for display and for models."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dicomio._decode import stored_values
from dicomio._display import display, is_plain
from dicomio._form import PixelForm, pixel_form
from dicomio._structure import parse, read_bytes
from dicomio._values import unwarned

TRANSFORM_VERSION = 1
"""Raised whenever the decoded picture changes; caches of another version are not read.

Within version 1 the filter for enlarging changed (caches of reduced pictures stay valid), the
decoder of 12-bit JPEG, whose stored values differ by at most one, and the pictures of files whose
header is wrong (an implausible rescale, fewer bits than in the compressed picture).
"""
MAX_SIZE = 8192


def read_image(path: str | Path, size: int | None = None, *, index: int = 0) -> NDArray[np.uint8]:
    """Return an image as uint8 ``(h, w)``, bright = dense.

    Modality rescale and values of interest are applied where the file has them, MONOCHROME1 is
    inverted, colour becomes luminance; `_display.py` describes the other cases.
    `_remarks.py` lists the contradictions of header and pixels with which a file is still read.

    Args:
        path: a DICOM file.
        size: resize to ``(size, size)``, see `resize`. Of an 8-bit JPEG Baseline picture 2, 4
            or 8 times as large, libjpeg's scaled inverse DCT gives the averages directly; they
            differ by rounding from those of the same picture in another file format (see
            `_scale`).
        index: which image of a multi-frame file, from 0.

    Raises:
        DicomError: one of its kinds in `_errors.py`; the message names the file.
    """
    check_size(size)
    return image_from_bytes(read_bytes(path), path, size, index=index)


@unwarned()
def image_from_bytes(
    data: bytes, path: str | Path, size: int | None = None, *, index: int = 0
) -> NDArray[np.uint8]:
    """Return the result of `read_image` for the content of a file; `path` is for messages."""
    file = parse(data, path)
    form = pixel_form(file)
    scale = _scale(form, size) if is_plain(file, form) else 1
    values, form = stored_values(file, form, index, scale)
    return resize(display(file, form, values), size)


def _scale(form: PixelForm, size: int | None) -> int:
    """Return by how much JPEG may be scaled while it is decoded, 1 for not at all.

    Against full decoding and area averaging, on 200 of the competition's files (1024 pixels):
    at 512 mean difference 0.14 grey levels, greatest 4; at 256 and 128 0.06, greatest 2; 99.9 %
    of pixels within 1. Sizes that need a further resize differ by up to 102 (224 pixels), so
    those are decoded whole (tests/benchmarks/test_bench_dicomio.py).
    """
    if size is None or form.rows != form.columns or form.rows % size:
        return 1
    scale = form.rows // size
    return scale if scale in (2, 4, 8) else 1


def resize(picture: NDArray[np.uint8], size: int | None) -> NDArray[np.uint8]:
    """Return the picture ``(h, w)`` at ``(size, size)``; unchanged if `size` is None.

    The aspect is not kept: each axis is resized separately. One that shrinks is averaged over the
    area of each new pixel (OpenCV's INTER_AREA), which uses every sample. One that grows gets cubic
    interpolation (INTER_CUBIC), clipped at 0 and 255, as area averaging would repeat pixels in
    blocks. Cubic interpolation rings less far than Lanczos (4 x 4 pixels, not 8 x 8) and takes a
    tenth of the time or less.
    """
    if size is None or picture.shape == (size, size):
        return picture
    rows, columns = (min(side, size) for side in picture.shape)
    if (rows, columns) != picture.shape:
        picture = _interpolated(picture, rows, columns, cv2.INTER_AREA)
    if (rows, columns) != (size, size):
        picture = _interpolated(picture, size, size, cv2.INTER_CUBIC)
    return picture


def _interpolated(
    picture: NDArray[np.uint8], rows: int, columns: int, how: int
) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (columns, rows), interpolation=how), np.uint8)


def check_size(size: int | None) -> None:
    """Raise ValueError unless `size` is None or between 1 and `MAX_SIZE`."""
    if size is not None and not 1 <= size <= MAX_SIZE:
        raise ValueError(f"size must be between 1 and {MAX_SIZE}, not {size}")
