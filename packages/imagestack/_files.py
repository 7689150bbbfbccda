"""Search for the image files of a folder."""

import os
from pathlib import Path

import dicomio
from imagestack._errors import Fault, FolderError, TooLarge, Unreadable
from imagestack.readers import SUFFIXES

HEAD = 132
"""Number of bytes needed to detect DICOM."""
LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
LITTER_START = "._"
"""Prefix of AppleDouble files, in which macOS stores metadata under the same extension."""
LITTER_FOLDER = "__MACOSX"
DIRECTORY = "dicomdir"
"""The directory file of a DICOM medium, a DICOM file without an image (PS3.10 8.6)."""


def read_bytes(path: str | Path) -> bytes:
    """Return the content of a regular file.

    Raises:
        Unreadable: the file cannot be opened or is not a regular file.
        TooLarge: the file is larger than the safety limit.
    """
    try:
        return dicomio.read_bytes(path)
    except dicomio.NotDicom as error:
        raise Unreadable(path, error.what) from error
    except dicomio.Unsupported as error:
        raise TooLarge(path, error.what) from error


def image_id(name: str) -> str:
    """Return the id of an image, its file name without folder and extension.

    Only known extensions are removed; a UID such as "1.2.840.5" has no extension.
    """
    path = Path(name)
    return path.stem if path.suffix.lower() in SUFFIXES else path.name


def find_files(folder: Path) -> tuple[list[str], list[Fault]]:
    """Return the image files under `folder`, as sorted relative paths, and the faulty entries.

    Image files have an extension of `SUFFIXES` in any case, or no extension and DICOM content.
    Metadata files of macOS and Windows are ignored.

    Faults are links to targets outside the folder, folders without read permission, and names that
    are not UTF-8. Links to folders inside `folder` are not followed.

    Raises:
        FolderError: the folder does not exist or has no images.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder} is not a folder: name the folder of the images")
    root = folder.resolve()
    names: list[str] = []
    faults: list[Fault] = []
    closed: list[OSError] = []
    for where, folders, files in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if name != LITTER_FOLDER]
        links = [name for name in folders if os.path.islink(os.path.join(where, name))]
        wanted = [name for name in files if _is_wanted(where, name)]
        for name in [*links, *wanted]:
            path = Path(where, name)
            fault = _fault(path, folder, root)
            if fault is not None:
                faults.append(fault)
            elif name not in links:
                names.append(os.path.relpath(path, folder))
    faults += [_closed(error, folder) for error in closed]
    if not names and not faults:
        known = ", ".join(sorted(SUFFIXES))
        raise FolderError(f"no image file ({known}) under {folder}: name the folder of the images")
    return sorted(names), faults


def _is_wanted(where: str, name: str) -> bool:
    lower = name.lower()
    if lower.startswith(LITTER_START) or lower in LITTER:
        return False
    suffix = os.path.splitext(lower)[1]
    if suffix in SUFFIXES:
        return True
    bare = not suffix or suffix[1:].isdigit()  # the last component of a UID is not an extension
    return bare and lower != DIRECTORY and _begins_as_dicom(os.path.join(where, name))


def _begins_as_dicom(path: str) -> bool:
    """Return whether a regular file begins like DICOM; True if it cannot be opened."""
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return dicomio.is_dicom(file.read(HEAD))
    except OSError:
        return True  # the reader raises the error


def _fault(path: Path, folder: Path, root: Path) -> Fault | None:
    if any("\ud800" <= letter <= "\udfff" for letter in path.name):
        shown = os.path.relpath(path, folder).encode("ascii", "backslashreplace").decode()
        return Fault(shown, "BadName", f"{shown}: the file name is not UTF-8; rename it")
    if path.is_symlink() and not Path(target := os.path.realpath(path)).is_relative_to(root):
        message = f"{path}: a link to {target}, outside the folder; copy its target"
        return Fault(os.path.relpath(path, folder), "OutsideLink", message)
    return None


def _closed(error: OSError, folder: Path) -> Fault:
    where = os.path.relpath(error.filename, folder)
    message = f"{error.filename}: {error.strerror}; make the folder readable"
    return Fault(where, "UnreadableFolder", message)
