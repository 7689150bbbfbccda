"""DICOM files and folders: headers, pictures, a table of all images, a pixel cache, an audit."""

from dicomio._cache import build_cache
from dicomio._doubles import Pair, exact_duplicates, near_duplicates
from dicomio._errors import (
    CacheError,
    DecodeFailed,
    DicomError,
    Fault,
    FrameError,
    NoPixels,
    NotDicom,
    Truncated,
    Unsupported,
)
from dicomio._frame import Scan, read_frame, scan
from dicomio._header import read_header
from dicomio._image import read_image
from dicomio._oddities import Oddity, header_oddities
from dicomio._record import FRAME_VERSION
from dicomio._stack import PixelCache, finished_caches, open_cache
from dicomio._syntax import missing_decoders

__all__ = [
    "FRAME_VERSION",
    "CacheError",
    "DecodeFailed",
    "DicomError",
    "Fault",
    "FrameError",
    "NoPixels",
    "NotDicom",
    "Oddity",
    "Pair",
    "PixelCache",
    "Scan",
    "Truncated",
    "Unsupported",
    "build_cache",
    "exact_duplicates",
    "finished_caches",
    "header_oddities",
    "missing_decoders",
    "near_duplicates",
    "open_cache",
    "read_frame",
    "read_header",
    "read_image",
    "scan",
]
