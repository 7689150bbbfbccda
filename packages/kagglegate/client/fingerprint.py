"""The names of a submission: a digest of its file, and a nonce for one delivery of it."""

import hashlib
import uuid
from pathlib import Path

IN_NONCE = 12  # characters of the digest


def file_digest(path: str | Path) -> str:
    """Return the first 16 hex characters of the SHA-256 of a file, as `sha256sum` prints it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def new_nonce(digest: str) -> str:
    """Return a name for one delivery of the file with this digest, unique every time."""
    return f"{digest[:IN_NONCE]}-{uuid.uuid4().hex[:8]}"


def of_digest(digest: str, description: str) -> bool:
    """Return whether a description has a nonce of the file with this digest."""
    return f"[{digest[:IN_NONCE]}-" in description


def submittable(path: str | Path) -> Path:
    """Return `path` if it is a file with content; ValueError if not."""
    path = Path(path)
    if not path.is_file() or not path.stat().st_size:
        raise ValueError(f"{path} is not a file with content: write the submission first")
    return path
