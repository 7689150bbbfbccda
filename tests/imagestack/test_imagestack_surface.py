"""The public surface, the errors, and what every reader keeps to."""

import pickle
import re

import pytest

import dicomio
import imagestack
from imagestack.readers import reader_named, reader_of

KINDS = [
    imagestack.Unreadable,
    imagestack.UnknownFormat,
    imagestack.TooLarge,
    imagestack.Truncated,
    imagestack.Damaged,
    imagestack.SeveralPages,
    imagestack.UnsupportedForm,
]


@pytest.mark.parametrize(
    "error",
    [
        *(kind("a.png", "something") for kind in KINDS),
        imagestack.Truncated("a.png", "short", "look elsewhere"),
        imagestack.FolderError("two", [imagestack.Fault("a", "Truncated", "short")]),
        imagestack.CacheError("one"),
    ],
)
def test_errors_cross_processes(error: imagestack.ImageError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_names_file_fault_and_remedy(kind: type[imagestack.ImageError]) -> None:
    message = str(kind("a/b.png", "it is so"))
    assert re.fullmatch(r"a/b\.png: it is so; \w[\w ,-]+", message)
    assert issubclass(kind, imagestack.ImageError)


def test_formats_have_readers_of_their_own() -> None:
    names = [reader.name for reader in imagestack.READERS]
    assert names == ["dicom", "png", "jpeg", "tiff", "bmp"]
    assert [reader_named(name).name for name in names] == names
    assert reader_named("dicom").version == dicomio.TRANSFORM_VERSION
    with pytest.raises(ValueError, match=r"no reader for the format 'gif'; there are dicom, png"):
        reader_named("gif")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "the file is empty"),
        (b"hello, I am no picture", "the content is not DICOM, PNG, JPEG, TIFF or BMP"),
        (
            b"BM but only the letters of a bitmap",
            "the content is not DICOM, PNG, JPEG, TIFF or BMP",
        ),
        (b"GIF89a" + bytes(20), "GIF is not supported"),
        (b"RIFF\0\0\0\0WEBP", r"RIFF \(WebP\) is not supported"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000 is not supported"),
        (b"\x89PNG", "the content is not DICOM, PNG, JPEG, TIFF or BMP"),
    ],
)
def test_other_content_is_named(data: bytes, what: str) -> None:
    with pytest.raises(imagestack.UnknownFormat, match=f"a.png: {what}; convert it to PNG"):
        reader_of(data, "a.png")


def test_the_dicom_reader_says_what_is_wrong_with_what_is_named_so() -> None:
    for name in ("a.dcm", "a.DICOM"):
        with pytest.raises(dicomio.NotDicom, match="not a DICOM file"):
            reader_of(b"hello", name).read(b"hello", name, None)
