"""The wheel of this project, written from the modules in use: needs no build backend.

A wheel of pure Python is a zip of the packages and of the metadata that are installed anyway
(PyPA, Binary distribution format 1.0). Its bytes depend on the modules alone.
"""

import base64
import hashlib
import importlib.util
import tomllib
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import jobs

PROJECT = "pneumothorax-lab"
EPOCH = (1980, 1, 1, 0, 0, 0)
WHEEL = """\
Wheel-Version: 1.0
Generator: pneumothorax-lab
Root-Is-Purelib: true
Tag: py3-none-any
"""


class NotInstalled(jobs.UserError):
    """The project runs without having been installed."""


def write_wheel(folder: Path) -> Path:
    """Write the wheel of the project as it runs now to `folder`, whole or not at all.

    Raises:
        NotInstalled: there are no metadata to put into it.
    """
    installed = _installed()
    name = f"{PROJECT.replace('-', '_')}-{installed.version}"
    info = f"{name}.dist-info"
    files = {f"{info}/{part}": text.encode() for part, text in _metadata(installed).items()}
    for package in packages(installed):
        files |= _modules(package)
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD").encode()
    path = folder / f"{name}-py3-none-any.whl"
    with jobs.writing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for file in sorted(files):
            entry = zipfile.ZipInfo(file, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[file], zipfile.ZIP_DEFLATED)
    return path


def packages(installed: Distribution) -> list[str]:
    """Return the import packages of the project: as its checkout lists them, or its installer."""
    project = Path(__file__).parents[2] / "pyproject.toml"
    if project.is_file():
        table = tomllib.loads(project.read_text(encoding="utf-8"))
        listed = table["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        return [Path(entry).name for entry in listed]
    tops = {file.parts[0] for file in installed.files or () if file.name == "__init__.py"}
    return sorted(tops)


def _installed() -> Distribution:
    try:
        return distribution(PROJECT)
    except PackageNotFoundError:
        raise NotInstalled(
            f"{PROJECT} is not installed, so its wheel cannot be written: run `pip install "
            "--editable .` in its folder"
        ) from None


def _metadata(installed: Distribution) -> dict[str, str]:
    names = ("METADATA", "entry_points.txt", "licenses/LICENSE")
    parts = {name: installed.read_text(name) for name in names}
    return {"WHEEL": WHEEL} | {name: text for name, text in parts.items() if text}


def _modules(package: str) -> dict[str, bytes]:
    """Return the files of a package by their path in the wheel."""
    found = importlib.util.find_spec(package)
    assert found is not None, f"{package} is listed and cannot be imported"
    assert found.origin is not None, f"{package} has no __init__.py"
    root = Path(found.origin).parent
    files = (path for path in root.rglob("*") if path.is_file())
    return {
        path.relative_to(root.parent).as_posix(): path.read_bytes()
        for path in files
        if "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def _record(files: dict[str, bytes], itself: str) -> str:
    """Return the list of files with checksum and size; its own line has neither."""
    lines = []
    for file, data in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{file},sha256={digest},{len(data)}")
    return "\n".join([*lines, f"{itself},,", ""])
