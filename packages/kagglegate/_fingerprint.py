"""The names of a submission: a digest of its file, and a nonce for one delivery of it."""

import hashlib
import uuid
from pathlib import Path


def file_digest(path: str | Path) -> str:
    """Return the first 16 hex characters of the SHA-256 of a file, as `sha256sum` prints it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def new_nonce(digest: str) -> str:
    """Return a name for one delivery of the file with this digest, unique every time."""
    return f"{digest[:12]}-{uuid.uuid4().hex[:8]}"


def submittable(path: str | Path) -> Path:
    """Return `path` if it is a file with content; ValueError if not."""
    path = Path(path)
    if not path.is_file() or not path.stat().st_size:
        raise ValueError(f"{path} is not a file with content: write the submission first")
    return path
