"""The packages of this project, and the installed versions of the required libraries."""

import importlib
import re
import shutil
import tomllib
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import jobs
from notebooks._errors import BundleError

EXTRA = re.compile(r"""extra *== *["']([\w.-]+)""")
"""The extra in the marker of a requirement."""
EXPLAINED = """\
# Libraries with which the bundle was created. The notebook lists those that are missing in Kaggle's
# image or have another version. Add a required library that is missing to the data set as a wheel:
# `pip download --no-deps NAME==VERSION --dest FOLDER`, `tools kernel build ... --wheels FOLDER`.
"""


def copy_sources(folder: Path) -> None:
    """Copy every import package of the project to `folder`.

    Of further folders of a package, such as TOOLS_COMPETITIONS, the packages in them are copied.
    """
    for package in packages():
        first, *further = map(Path, importlib.import_module(package).__path__)
        _copy(first, folder / package)
        for place in further:
            for inner in sorted(path.parent for path in place.glob("*/__init__.py")):
                if not (folder / package / inner.name).exists():
                    _copy(inner, folder / package / inner.name)


def _copy(package: Path, target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(package, target, ignore=ignored, copy_function=shutil.copyfile)


def packages() -> list[str]:
    """Return the import packages of the project, by pyproject.toml or the installed metadata."""
    project = Path(__file__).parents[2] / "pyproject.toml"
    if project.is_file():
        table = tomllib.loads(project.read_text(encoding="utf-8"))
        listed = table["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        return [Path(entry).name for entry in listed]
    files = distribution(jobs.PROJECT).files or ()
    return sorted({file.parts[0] for file in files if file.name == "__init__.py"})


def libraries(extras: Collection[str] = ()) -> list[str]:
    """Return ``name==version`` of all direct and indirect requirements of the project.

    Args:
        extras: of the project, whose requirements are included.

    Raises:
        BundleError: the project is not installed.
    """
    found: dict[str, str] = {}
    open_ = _requirements(jobs.PROJECT, extras)
    if open_ is None:
        raise BundleError(
            f"{jobs.PROJECT} is not installed, so its libraries are unknown: run `pip install "
            "--editable .` in its folder"
        )
    while open_:
        name = open_.pop()
        needed = None if name in found else _requirements(name)
        if needed is not None:  # None also for requirements of other systems
            found[name] = f"{name}=={version(name)}"
            open_ += needed
    return sorted(found.values())


def other_libraries(listed: Path) -> list[str]:
    """Return a line of the missing libraries, and a line of those with another version.

    Args:
        listed: ``wheels.txt`` of a bundle.
    """
    missing, other = [], []
    for line in listed.read_text(encoding="utf-8").splitlines():
        name, _, wanted = line.partition("==")
        if not wanted or name.startswith("#"):
            continue
        try:
            found = version(name)
        except PackageNotFoundError:
            missing.append(line)
            continue
        if found != wanted:
            other.append(f"{name} {found} (bundle: {wanted})")
    titles = {"not installed": missing, "other versions": other}
    return [f"{title}: {', '.join(names)}" for title, names in titles.items() if names]


def _requirements(name: str, extras: Collection[str] = ()) -> list[str] | None:
    """Return the normalized names of a library's requirements; None if it is not installed.

    Requirements of other extras are not included.
    """
    try:
        lines = distribution(name).requires or ()
    except PackageNotFoundError:
        return None
    names = [
        re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0]
        for requirement, _, marker in (line.partition(";") for line in lines)
        if not (extra := EXTRA.search(marker)) or extra[1] in extras
    ]
    return [re.sub(r"[-_.]+", "-", one).lower() for one in names]
