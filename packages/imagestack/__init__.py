"""Folders of images of any format -> table of files, uint8 stack on disk, duplicates.

The format of a file (DICOM, PNG, JPEG, TIFF or BMP) is detected from its content.
"""

from imagestack._cache import build_cache
from imagestack._duplicates import Pair, exact_duplicates, near_duplicates
from imagestack._errors import (
    CacheError,
    Damaged,
    Fault,
    FolderError,
    ImageError,
    SeveralPages,
    TooLarge,
    Truncated,
    UnknownFormat,
    Unreadable,
    UnsupportedForm,
)
from imagestack._files import image_id
from imagestack._stack import PixelCache, finished_caches, open_cache
from imagestack._table import (
    TABLE_VERSION,
    Scan,
    kept_scan,
    read_image,
    read_levels,
    read_table,
    scan,
)
from imagestack.readers import READERS, Reader

__all__ = [
    "READERS",
    "TABLE_VERSION",
    "CacheError",
    "Damaged",
    "Fault",
    "FolderError",
    "ImageError",
    "Pair",
    "PixelCache",
    "Reader",
    "Scan",
    "SeveralPages",
    "TooLarge",
    "Truncated",
    "UnknownFormat",
    "Unreadable",
    "UnsupportedForm",
    "build_cache",
    "exact_duplicates",
    "finished_caches",
    "image_id",
    "kept_scan",
    "near_duplicates",
    "open_cache",
    "read_image",
    "read_levels",
    "read_table",
    "scan",
]
