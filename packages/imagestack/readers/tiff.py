"""TIFF of one page (TIFF 6.0), decoded by Pillow, 16-bit colour by OpenCV."""

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

import dicomio
from imagestack._errors import Damaged, SeveralPages, Truncated, UnsupportedForm
from imagestack.readers.ifd import BadIfd, Directory, first_directory
from imagestack.readers.levels import (
    Form,
    by_opencv,
    by_pillow,
    check_form,
    described,
    excess,
    grey,
    grey_of_pillow,
    inflated,
    scaled,
)

STARTS = (b"II*\0", b"MM\0*")
BIG_STARTS = (b"II+\0", b"MM\0+")
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES = 256, 257, 258, 259, 262, 277
FORM_TAGS = {HEIGHT: 0, WIDTH: 0, SAMPLES: 1, BITS: 1}
"""Tags in the order of `Form`, and their default values."""
ROWS_PER_STRIP, PLANAR, TILE_WIDTH, TILE_HEIGHT, SAMPLE_FORMAT = 278, 284, 322, 323, 339
SEPARATE = 2
"""Value of `PLANAR` for a plane of strips or tiles for each sample."""
DEFLATED = frozenset({8, 32946})
PLACES = ((273, 279), (324, 325))
"""Tags of offsets and byte counts, of strips and of tiles."""
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, YCBCR = 0, 1, 2, 3, 6
FORMS = {5: "CMYK", 8: "CIE Lab", 9: "ICC Lab", 10: "ITU Lab", 32803: "a colour filter array"}
READ = frozenset({WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, YCBCR})
UNCOMPRESSED, LZW, PACKBITS = 1, 5, 32773


class Tiff:
    """Reader of TIFF."""

    name = "tiff"
    version = 1

    def accepts(self, data: bytes) -> bool:
        return data[:4] in STARTS or data[:4] in BIG_STARTS

    def record(self, data: bytes, path: str | Path) -> dict[str, Any]:
        form, _ = _header(data, path)
        return described(self.name, form, _excess(first_directory(data), form, data))

    def read(self, data: bytes, path: str | Path, size: int | None) -> NDArray[np.uint8]:
        form, photometric = _header(data, path)
        wide = form.bits > 8 and form.samples > 1
        picture = (_wide_colour if wide else _by_pillow)(data, path, form.bits, photometric)
        if picture.shape != form.shape:
            raise Damaged(path, f"the TIFF picture is decoded to {picture.shape}")
        return dicomio.resize(picture, size)


def _header(data: bytes, path: str | Path) -> tuple[Form, int]:
    """Return the form and the photometric interpretation."""
    if data[:4] in BIG_STARTS:
        raise UnsupportedForm(path, "BigTIFF is not supported", "convert it to TIFF or PNG")
    try:
        directory = first_directory(data)
    except BadIfd as error:
        raise Truncated(path, f"the TIFF file ends before its tags ({error})") from error
    if directory.following:
        raise SeveralPages(path, "a TIFF file of several pages")
    form = _form(directory, path)
    _check_places(directory, form, len(data), path)
    return form, directory.first(PHOTOMETRIC, WHITE_IS_ZERO)


def _form(directory: Directory, path: str | Path) -> Form:
    said = [directory.first(tag, default) for tag, default in FORM_TAGS.items()]
    form = Form._make([*said, directory.orientation])
    photometric = directory.first(PHOTOMETRIC, WHITE_IS_ZERO)
    if photometric not in READ:
        what = FORMS.get(photometric, f"photometric interpretation {photometric}")
        raise UnsupportedForm(path, f"TIFF with {what} has no defined grey levels")
    if set(directory.tags.get(SAMPLE_FORMAT, (1,))) - {1} or form.bits > 16:
        raise UnsupportedForm(
            path,
            f"TIFF with signed, floating-point or {form.bits}-bit numbers has no defined range",
        )
    if len(set(directory.tags.get(BITS, (1,)))) > 1:
        raise UnsupportedForm(path, "TIFF whose samples have different numbers of bits")
    return check_form(form, path)


def _check_places(directory: Directory, form: Form, length: int, path: str | Path) -> None:
    """Compare offsets and byte counts of the pixels with the file's length and the image size."""
    for offsets, counts in PLACES:
        starts, sizes = (directory.tags.get(tag, ()) for tag in (offsets, counts))
        if starts and len(starts) == len(sizes):
            break
    else:
        raise Damaged(path, "the TIFF file has no valid offsets of its pixels")
    end = max(start + size for start, size in zip(starts, sizes, strict=True))
    if end > length:
        raise Truncated(path, f"the file ends {end - length} bytes before the TIFF picture does")
    needed = form.height * -(-form.width * form.samples * form.bits // 8)
    plain = directory.first(COMPRESSION, UNCOMPRESSED) == UNCOMPRESSED
    if plain and directory.first(PHOTOMETRIC, WHITE_IS_ZERO) != YCBCR and sum(sizes) < needed:
        raise Truncated(path, f"the TIFF picture has {sum(sizes)} bytes, {needed} are needed")


def _excess(directory: Directory, form: Form, data: bytes) -> str | None:
    """Return a remark if there are more strips or tiles, or in strips more rows, than needed."""
    offsets, counts = next(places for places in PLACES if directory.tags.get(places[0]))
    tiled = offsets == PLACES[1][0]
    strip = min(directory.first(ROWS_PER_STRIP, form.height), form.height) or form.height
    planes = form.samples if directory.first(PLANAR, 1) == SEPARATE else 1
    parts = -(-form.height // strip)
    if tiled:
        wide, high = directory.first(TILE_WIDTH, 0), directory.first(TILE_HEIGHT, 0)
        parts = -(-form.width // max(wide, 1)) * -(-form.height // max(high, 1))
    found = len(directory.tags[offsets])
    if found > parts * planes:
        return f"{found} {'tiles' if tiled else 'strips'}, of which {parts * planes} are used"
    compression = directory.first(COMPRESSION, UNCOMPRESSED)
    if directory.first(PHOTOMETRIC, WHITE_IS_ZERO) == YCBCR:
        return None
    across, down = (wide, high) if tiled else (form.width, strip)
    row = -(-across * form.samples // planes * form.bits // 8)
    places = list(zip(directory.tags[offsets], directory.tags[counts], strict=True))
    if compression == UNCOMPRESSED:
        # some writers fill up the last strip
        return excess(sum(size for _, size in places), parts * planes * down * row, row)
    most = (down + 1) * row
    sizes = (_unpacked(data[start : start + size], compression, most) for start, size in places)
    if any(size >= most for size in sizes):
        return "more rows of pixels than the tags say, which are not used"
    return None


def _unpacked(part: bytes, compression: int, most: int) -> int:
    """Return how many bytes a strip or tile has, counting to `most`; 0 for other compressions.

    Damage ends the count; the decoder refuses it.
    """
    if compression in DEFLATED:
        return inflated([part], most)
    try:
        if compression == LZW:
            return len(imagecodecs.lzw_decode(part, out=most))
        if compression == PACKBITS:
            return len(imagecodecs.packbits_decode(part))
    except (imagecodecs.LzwError, imagecodecs.PackbitsError):
        return 0
    return 0


def _by_pillow(data: bytes, path: str | Path, bits: int, photometric: int) -> NDArray[np.uint8]:
    """Return grey levels, decoded by Pillow, which applies the orientation."""
    image = by_pillow(data, path, "TIFF")
    if not image.mode.startswith("I;16"):
        return grey_of_pillow(image, path)
    picture = scaled(np.asarray(image), bits)
    return 255 - picture if photometric == WHITE_IS_ZERO else picture


def _wide_colour(data: bytes, path: str | Path, bits: int, photometric: int) -> NDArray[np.uint8]:
    """Return grey levels of 16-bit colour, decoded by OpenCV, which applies the orientation."""
    if bits != 16 or photometric not in (BLACK_IS_ZERO, RGB):
        raise UnsupportedForm(path, f"TIFF colour of {bits} bits is not supported")
    return grey(by_opencv(data, path, "TIFF"))
