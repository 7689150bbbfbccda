"""Pictures as the bytes of a file."""

import cv2
import numpy as np


def png_bytes(picture: np.ndarray) -> bytes:
    """Return a uint8 picture, grey `(h, w)` or BGR `(h, w, 3)`, as the bytes of a PNG."""
    return _encoded(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def webp_bytes(picture: np.ndarray, quality: int = 70) -> bytes:
    """Return a uint8 picture, grey `(h, w)` or BGR `(h, w, 3)`, as the bytes of a lossy WebP.

    Args:
        quality: 1 (smallest) to 100.
    """
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must lie in 1..100, not {quality}")
    return _encoded(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, quality])


def _encoded(suffix: str, picture: np.ndarray, settings: list[int]) -> bytes:
    done, encoded = cv2.imencode(suffix, np.ascontiguousarray(picture), settings)
    assert done, f"{suffix} encoding of a uint8 picture cannot fail"
    return bytes(encoded.tobytes())
