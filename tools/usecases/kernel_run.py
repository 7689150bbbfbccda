"""What the notebook of a bundle does once the project is there: predict, blend, check, write."""

import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jobs
from tools.paths import Paths
from tools.usecases.workplace import Workplace


def run(bundle: Path, data: Path, out: Path, work: Path) -> dict[str, Any]:
    """Write the submission of a bundle's blend, as `tools submit --dry-run` does.

    Args:
        bundle: the data set that `tools kernel build` made; it may be read-only.
        data: the competition's files; only the test images and the sample are read.
        out: the CSV file to write.
        work: an empty folder for everything else.
    """
    from tools.usecases import blend_store, delivery

    about = jobs.read_json(bundle / "bundle.json")
    for line in other_libraries(bundle / "wheels.txt"):
        print(line)
    home = _home(bundle, work)
    paths = Paths(home, data, work / "submissions")
    place = Workplace(paths, about["competition"], say=print, test_only=True)
    jobs.write_json(place.accepted_path, {str(data.resolve()): about["accepted"]})
    written = delivery.write(place, blend_store.open_blend(place, about["blend"]))
    with jobs.writing(out) as temporary:
        shutil.copyfile(written["path"], temporary)
    for warning in written["warnings"]:
        print(f"warning: {warning}")
    print(f"{out}: {written['rows']} rows, {written['positives']} with a mask")
    return written


def other_libraries(listed: Path) -> list[str]:
    """Return a line for the libraries that are missing here, and one for those that differ."""
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
            other.append(f"{name} {found} (made with {wanted})")
    titles = {"not installed": missing, "other versions": other}
    return [f"{title}: {', '.join(names)}" for title, names in titles.items() if names]


def _home(bundle: Path, work: Path) -> Path:
    """Return a writable copy of the bundle's home, which an upload may have left as a zip."""
    home, packed = work / "home", bundle / "home.zip"
    if packed.is_file():
        shutil.unpack_archive(packed, home)
        return home
    for path in (bundle / "home").rglob("*"):
        if path.is_file():
            target = home / path.relative_to(bundle / "home")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return home
