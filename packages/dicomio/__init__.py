"""One DICOM file: its header, its pixels, a row for a table; and checks of many headers.

Folders of files, pixel caches and duplicates are in `imagestack`.
"""

from dicomio._errors import (
    DecodeFailed,
    DicomError,
    NoPixels,
    NotDicom,
    Truncated,
    Unsupported,
)
from dicomio._form import MAX_SAMPLES
from dicomio._header import COLUMNS, read_header, record, source_digest
from dicomio._header_checks import HeaderFinding, check_headers
from dicomio._image import (
    TRANSFORM_VERSION,
    check_size,
    image_from_bytes,
    read_image,
    resize,
)
from dicomio._lookup import LUMINANCE
from dicomio._structure import is_dicom, read_bytes
from dicomio._syntax import after_picture, missing_decoders

__all__ = [
    "COLUMNS",
    "LUMINANCE",
    "MAX_SAMPLES",
    "TRANSFORM_VERSION",
    "DecodeFailed",
    "DicomError",
    "HeaderFinding",
    "NoPixels",
    "NotDicom",
    "Truncated",
    "Unsupported",
    "after_picture",
    "check_headers",
    "check_size",
    "image_from_bytes",
    "is_dicom",
    "missing_decoders",
    "read_bytes",
    "read_header",
    "read_image",
    "record",
    "resize",
    "source_digest",
]
