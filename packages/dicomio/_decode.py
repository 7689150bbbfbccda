"""From the bytes of a file's pixel data to the stored values of one image."""

import dataclasses
import warnings
from typing import Any

import imagecodecs
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels import convert_color_space, get_decoder
from pydicom.uid import UID

from dicomio._errors import DecodeFailed, NoPixels, Truncated, Unsupported
from dicomio._form import MAX_SAMPLES, PixelForm
from dicomio._structure import NATIVE, DicomFile
from dicomio._syntax import (
    END_MARK,
    JPEG_2000,
    JPEG_BASELINE,
    JPEG_EXTENDED,
    LOSSLESS,
    LOSSY,
    MARKED,
    PLUGINS,
    PictureSize,
    bare_codestream,
    has_end_mark,
    picture_size,
    without_adobe,
)
from dicomio._values import unwarned

OFFSET_TABLES = (0x7FE00001, 0x7FE00002)
"""ExtendedOffsetTable and ExtendedOffsetTableLengths."""
RLE_EXCESS = "The decoded RLE segment contains non-conformant padding - (?!{} )"
"""Start of pydicom's warning, which names the decoded bytes; one byte of padding is usual."""


def stored_values(
    file: DicomFile, form: PixelForm, index: int = 0, scale: int = 1
) -> tuple[NDArray[Any], PixelForm]:
    """Return one image, ``(h, w)`` or ``(h, w, 3)``, and its form; colour comes as RGB.

    With a `scale` of 2, 4 or 8, greyscale JPEG Baseline comes smaller by that factor, if it
    divides the sides; everything else comes whole.

    Raises:
        NoPixels: a multi-frame file has no such image.
        Unsupported: no decoder reads this transfer syntax.
        DecodeFailed: the compressed picture is damaged or contradicts the header.
    """
    if not 0 <= index < form.frames:
        raise NoPixels(file.path, f"no image {index}", f"ask for one of 0 to {form.frames - 1}")
    if file.syntax not in PLUGINS:
        raise Unsupported(file.path, f"transfer syntax {file.syntax or 'unknown'} has no decoder")
    if file.syntax in NATIVE:
        return _by_pydicom(file, form, file.raw(form.tag), index)
    form, picture = compressed(file, form, index)
    if file.syntax == JPEG_BASELINE and form.samples == 1:
        return _by_turbo(file, picture, form.rows // scale, form.columns // scale), form
    if file.syntax in LOSSLESS or (file.syntax == JPEG_EXTENDED and form.samples == 1):
        return _by_imagecodecs(file, form, picture)
    if file.syntax in LOSSY and form.photometric.startswith("YBR"):
        picture = without_adobe(picture)
    return _by_pydicom(file, form, encapsulate([picture], has_bot=False), 0)


def compressed(file: DicomFile, form: PixelForm, index: int) -> tuple[PixelForm, bytes]:
    """Return the compressed bytes of one image, up to its end mark, and its form.

    Where header and picture disagree about bits or colours, the picture is right (PS3.5 8.2); about
    rows, columns or samples they may not disagree.

    Raises:
        Truncated: the picture has no end mark.
        Unsupported: the picture claims more than `MAX_SAMPLES` samples.
        DecodeFailed: the picture has no readable header or contradicts that of the file.
    """
    picture = picture_bytes(file, form, index)
    if file.syntax not in MARKED:
        return form, picture
    size = picture_size(file.syntax, picture)
    start = 0 if size is None else size.start
    if not has_end_mark(file.syntax, picture, start, len(picture)):
        raise Truncated(file.path, "the compressed picture has no end mark: a broken transfer")
    if size is None:
        raise DecodeFailed(file.path, "the compressed picture has no readable header")
    _check_size(file, form, size)
    end = picture.rfind(END_MARK, start) + len(END_MARK)
    return as_coded(form, file.syntax, size), picture[:end]


def _check_size(file: DicomFile, form: PixelForm, size: PictureSize) -> None:
    if size.rows * size.columns * size.samples > MAX_SAMPLES:
        raise Unsupported(
            file.path, f"the compressed picture claims {size.rows} x {size.columns} pixels"
        )
    if (size.rows, size.columns, size.samples) != (form.rows, form.columns, form.samples):
        raise DecodeFailed(
            file.path,
            f"the header says {form.rows} x {form.columns} x {form.samples}, the compressed "
            f"picture {size.rows} x {size.columns} x {size.samples}",
            "correct the header, or leave it out",
        )


def as_coded(form: PixelForm, syntax: str, size: PictureSize) -> PixelForm:
    """Return the form with bits and colours of the compressed picture where the header's differ.

    BitsStored may be less than the bits of the picture, but not more, and BitsAllocated not less.
    Lossy JPEG holds unsigned values (PS3.5 table 8.2.1-1).
    """
    bits = size.bits
    if bits < form.stored or bits > form.allocated:
        form = dataclasses.replace(form, stored=bits)
    if bits > form.allocated or (syntax in LOSSY and bits <= 8 < form.allocated):
        form = dataclasses.replace(form, allocated=8 * -(-bits // 8))
    if syntax in LOSSY and form.signed:
        form = dataclasses.replace(form, signed=False)
    if syntax in LOSSY and not form.photometric.startswith(size.colours):
        colours = "RGB" if size.colours == "RGB" else "YBR_FULL_422"
        form = dataclasses.replace(form, photometric=colours)
    return form


def picture_bytes(file: DicomFile, form: PixelForm, index: int) -> bytes:
    """Return the compressed bytes of one image (PS3.5 A.4), JPEG 2000 without its wrapper."""
    picture = _joined(file, form, index)
    return bare_codestream(picture) if file.syntax in JPEG_2000 else picture


def _joined(file: DicomFile, form: PixelForm, index: int) -> bytes:
    fragments = file.fragments[1:]
    if form.frames in (1, len(fragments)):
        own = fragments if form.frames == 1 else fragments[index : index + 1]
        return b"".join([file.data[start : start + length] for start, length in own])
    tables = [file.raw(tag) for tag in OFFSET_TABLES]
    try:
        return get_frame(
            file.raw(form.tag),
            index,
            number_of_frames=form.frames,
            extended_offsets=(tables[0], tables[1]) if all(tables) else None,
        )
    except Exception as error:
        raise DecodeFailed(file.path, f"image {index} is not found ({error})") from error


def _by_turbo(file: DicomFile, picture: bytes, rows: int, columns: int) -> NDArray[np.uint8]:
    try:
        decoded: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            picture, colorspace="GRAY", min_height=rows, min_width=columns
        )[..., 0]
    except ValueError as error:
        raise DecodeFailed(file.path, f"the JPEG picture is damaged ({error})") from error
    return decoded


def _by_imagecodecs(
    file: DicomFile, form: PixelForm, picture: bytes
) -> tuple[NDArray[Any], PixelForm]:
    """Decode 2 to 16 bits a sample by libjpeg-turbo, which fills up what a damaged picture lacks.

    Where it can go on after damage it does, without an error (T.81 leaves that to the decoder).
    """
    colour = "RGB" if form.samples == 3 else None  # both as RGB: samples as they are stored
    try:
        values = imagecodecs.jpeg8_decode(picture, colorspace=colour, outcolorspace=colour)
    except imagecodecs.Jpeg8Error as error:
        raise DecodeFailed(file.path, f"the JPEG picture is damaged ({error})") from error
    if form.samples == 3:
        return _rgb(file, form, values)
    return _typed(values.astype(np.uint16), form), form


def _typed(values: NDArray[np.uint16], form: PixelForm) -> NDArray[Any]:
    """Return the stored bits as the number they mean (PS3.5 8.1.1)."""
    unused = 16 - min(form.stored, 16)
    shifted = values << np.uint16(unused)
    if form.signed:
        return shifted.view(np.int16) >> np.int16(unused)
    whole = shifted >> np.uint16(unused)
    return whole.astype(np.uint8) if form.allocated == 8 else whole


def _rgb(file: DicomFile, form: PixelForm, values: NDArray[Any]) -> tuple[NDArray[Any], PixelForm]:
    colour = values.astype(np.uint8) if form.stored <= 8 else values
    if form.photometric == "RGB":
        return colour, form
    if form.photometric != "YBR_FULL" or form.stored > 8:
        raise Unsupported(file.path, f"lossless JPEG colour as {form.photometric}")
    rgb = convert_color_space(colour, "YBR_FULL", "RGB")
    return rgb, dataclasses.replace(form, photometric="RGB")


def _by_pydicom(
    file: DicomFile, form: PixelForm, source: bytes, index: int
) -> tuple[NDArray[Any], PixelForm]:
    options = _options(file, form)
    try:
        with unwarned():
            one_more = form.rows * form.columns + 1
            warnings.filterwarnings("error", RLE_EXCESS.format(one_more))
            values, meta = get_decoder(UID(file.syntax)).as_array(
                source, index=index, decoding_plugin=PLUGINS[file.syntax], **options
            )
    except MemoryError:
        raise
    except Exception as error:  # pydicom and its plug-ins document no types
        reason = " ".join(str(error).split())
        raise DecodeFailed(file.path, f"cannot be decoded ({reason})") from error
    return values, dataclasses.replace(form, photometric=str(meta["photometric_interpretation"]))


def _options(file: DicomFile, form: PixelForm) -> dict[str, Any]:
    options: dict[str, Any] = {
        "rows": form.rows,
        "columns": form.columns,
        "samples_per_pixel": form.samples,
        "photometric_interpretation": form.photometric,
        "bits_allocated": form.allocated,
        "number_of_frames": form.frames if file.syntax in NATIVE else 1,
        "pixel_keyword": form.keyword,
        "pixel_vr": file.elements[form.tag].vr or "OW",
        "correct_unused_bits": True,
        "apply_j2k_sign_correction": True,
        "apply_jls_sign_correction": True,
    }
    if form.keyword == "PixelData":
        options |= {"bits_stored": form.stored, "pixel_representation": int(form.signed)}
    if form.samples > 1:
        # compressed pictures have an order of their own, whatever the header says
        options["planar_configuration"] = form.planar if file.syntax in NATIVE else 0
    return options
