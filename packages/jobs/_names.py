"""The check of names that users give to what is stored under them: runs, blends, submissions."""

import re
import unicodedata
from collections.abc import Collection

from jobs._errors import BadName

LONGEST = 100
"""Largest length of a name in bytes of UTF-8, so that file names made from it are valid."""

RESERVED = {"best"}
"""Names with a meaning of their own on the command line, in lower case."""

DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices, also with a suffix."""

NOT_IN_FILES = '/\\<>:"|?*'
"""Separators, and characters that Windows does not allow in names of files."""


def check_name(name: str, what: str, existing: Collection[str] = ()) -> str:
    """Return `name` if something can be stored under it, as file, folder or part of their names.

    Args:
        name: given by the user.
        what: it is to be the name of, with article, such as "a blend".
        existing: names of what is stored; `name` may be one of them, but not nearly one.

    Raises:
        BadName: the message says why, and has the option.
    """
    fault = name_fault(name) or _mistakable(name, existing)
    if fault:
        shown = repr(name if len(name) <= LONGEST else f"{name[:20]}…")
        raise BadName(f"{shown} cannot be the name of {what}: {fault}; choose another --name")
    return name


def _mistakable(name: str, existing: Collection[str]) -> str:
    """Return why a file system that ignores case, as of macOS and Windows, mistakes the name."""
    if name in existing:
        return ""
    same = [one for one in existing if _folded(one) == _folded(name)]
    return f"it differs from {same[0]!r}, which exists, only in case or encoding" if same else ""


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def name_fault(name: str) -> str:
    """Return why nothing can be stored under `name`; "" if it is valid."""
    wrong = sorted(set(name) & set(NOT_IN_FILES))
    rules = (
        (not name.strip(), "it is blank"),
        (not name.isprintable(), "it has control characters or invisible ones"),
        (bool(wrong), f"it has {' '.join(wrong)}"),
        (name != name.strip(), "it begins or ends with a blank"),
        (name.startswith((".", "-")), "it begins with a full stop or a hyphen"),
        (name.endswith("."), "it ends with a full stop"),
        (name.lower() in RESERVED, "it is reserved"),
        (DEVICES.fullmatch(name) is not None, "it is reserved on Windows"),
        (len(name.encode(errors="replace")) > LONGEST, f"it is longer than {LONGEST} bytes"),
    )
    return next((fault for broken, fault in rules if broken), "")
