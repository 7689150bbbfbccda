"""A short, stable name for a piece of content."""

import hashlib
import json
from typing import Any


def digest(*parts: Any) -> str:
    """Return 16 hex characters that depend on the value of `parts` and nothing else.

    Parts are bytes, strings, numbers, None, and lists, tuples or mappings of these (mapping
    keys in any order). The digest is a truncated SHA-256 of their canonical JSON.
    """
    hasher = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else _canonical(part)
        hasher.update(len(data).to_bytes(8, "little"))
        hasher.update(data)
    return hasher.hexdigest()[:16]


def _canonical(part: Any) -> bytes:
    text = json.dumps(part, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()
