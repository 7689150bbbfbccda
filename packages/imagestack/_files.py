"""Find the image files of a folder, and the entries that cannot be read."""

import os
from pathlib import Path

import dicomio
from imagestack._errors import Fault, FolderError, TooLarge, Unreadable

SUFFIXES = frozenset({".dcm", ".dicom", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
HEAD = 132
"""First bytes that tell whether a file without extension is DICOM."""
LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
LITTER_START = "._"
"""AppleDouble: what macOS keeps beside a file on a foreign disk, under the same extension."""
LITTER_FOLDER = "__MACOSX"
DIRECTORY = "dicomdir"
"""The table of contents of a DICOM medium: a DICOM file without a picture (PS3.10 8.6)."""


def read_bytes(path: str | Path) -> bytes:
    """Return the content of a regular file.

    Raises:
        Unreadable: it cannot be opened or is not a regular file.
        TooLarge: it is larger than any image.
    """
    try:
        return dicomio.read_bytes(path)
    except dicomio.NotDicom as error:
        raise Unreadable(path, error.what) from error
    except dicomio.Unsupported as error:
        raise TooLarge(path, error.what) from error


def image_id(name: str) -> str:
    """Return the id of an image: the file's name without folder and without extension.

    Only known extensions are taken off: a UID, "1.2.840.5", has none.
    """
    path = Path(name)
    return path.stem if path.suffix.lower() in SUFFIXES else path.name


def find_files(folder: Path) -> tuple[list[str], list[Fault]]:
    """Return the image files under `folder`, relative and sorted, and the entries at fault.

    Image files are those with an extension of `SUFFIXES` in any case, and those without any
    extension whose content is DICOM. Metadata files of macOS and Windows are ignored.

    Faults are links to targets outside the folder, folders without read permission, and names
    that are not UTF-8. Links to folders inside are not followed: the walk reaches their targets.

    Raises:
        FolderError: the folder does not exist or holds no image.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder} is not a folder: point at the folder of the images")
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
        raise FolderError(
            f"no image file ({known}) under {folder}: point at the folder that holds them"
        )
    return sorted(names), faults


def _is_wanted(where: str, name: str) -> bool:
    lower = name.lower()
    if lower.startswith(LITTER_START) or lower in LITTER:
        return False
    suffix = os.path.splitext(lower)[1]
    if suffix in SUFFIXES:
        return True
    bare = not suffix or suffix[1:].isdigit()  # the last number of a UID is no extension
    return bare and lower != DIRECTORY and _begins_as_dicom(os.path.join(where, name))


def _begins_as_dicom(path: str) -> bool:
    """Return whether a regular file has the mark of DICOM; one that is closed is read later."""
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return dicomio.is_dicom(file.read(HEAD))
    except OSError:
        return True  # reading it will say what is wrong


def _fault(path: Path, folder: Path, root: Path) -> Fault | None:
    if any("\ud800" <= letter <= "\udfff" for letter in path.name):
        shown = os.path.relpath(path, folder).encode("ascii", "backslashreplace").decode()
        return Fault(shown, "BadName", f"{shown}: the file name is not UTF-8; rename it")
    if path.is_symlink() and not Path(target := os.path.realpath(path)).is_relative_to(root):
        message = f"{path}: a link to {target}, outside the folder; copy what it points to"
        return Fault(os.path.relpath(path, folder), "OutsideLink", message)
    return None


def _closed(error: OSError, folder: Path) -> Fault:
    where = os.path.relpath(error.filename, folder)
    message = f"{error.filename}: {error.strerror}; make the folder readable"
    return Fault(where, "UnreadableFolder", message)
