"""Predict the test images with the models of the attached data set. Offline.

It writes submission.csv, or answers the gateway of a competition with an inference server, which
writes the submission. At Kaggle, data set and competition files are found under /kaggle/input.
Elsewhere, --bundle is the folder of the data set, --data that of the competition's files, --out the
output file.
"""

import argparse
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

INPUT = Path("/kaggle/input")


def main() -> None:
    """Import the project from the bundle and run its entry function."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("submission.csv"))
    options, _ = parser.parse_known_args()  # a notebook's kernel has its own arguments
    bundle = options.bundle or attached("bundle.json").parent
    about = json.loads((bundle / "bundle.json").read_text())
    data = options.data or competition(about["slug"])
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for part in ("code", "home"):
            copy(bundle, part, work / part)
        add_to_path([work / "code", *libraries(bundle, work / "libraries")])
        module, _, function = about["entry"].partition(":")
        try:
            run = getattr(importlib.import_module(module), function)
            run(bundle, data, options.out, work)
        except ModuleNotFoundError as error:
            raise RuntimeError(
                f"{error.name} is not installed: add its wheel to the data set, see its wheels.txt"
            ) from error


def competition(slug: str) -> Path:
    """Return the folder of the competition's files; in former notebooks it is not in a folder."""
    places = (INPUT / "competitions" / slug, INPUT / slug)
    return next((place for place in places if place.is_dir()), None) or attached(slug)


def attached(name: str) -> Path:
    """Return the only file or folder of this name among the inputs."""
    paths = (path for depth in ("", "*/", "*/*/", "*/*/*/") for path in INPUT.glob(depth + name))
    found = list({path.resolve(): path for path in paths}.values())
    if len(found) != 1:
        raise RuntimeError(
            f"{len(found)} inputs are called {name} below {INPUT}: attach the competition and one "
            "bundle as a data set"
        )
    return found[0]


def copy(bundle: Path, part: str, target: Path) -> None:
    """Copy a folder of the data set, which Kaggle may provide as a zip file, to `target`."""
    packed = bundle / f"{part}.zip"
    if packed.is_file():
        shutil.unpack_archive(packed, target)
        return
    for path in (bundle / part).rglob("*"):
        if path.is_file():
            copied = target / path.relative_to(bundle / part)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)


def libraries(bundle: Path, target: Path) -> list[Path]:
    """Install the wheels of the data set, if any; return the folders to import from."""
    wheels = sorted(map(str, bundle.glob("*.whl")))
    if not wheels:
        return []
    quiet = ["--quiet", "--disable-pip-version-check", "--no-compile"]
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", *quiet]
    subprocess.run([*command, "--target", str(target), *wheels], check=True)
    return [target]


def add_to_path(folders: list[Path]) -> None:
    """Prepend folders to the import path of this process and its child processes."""
    first = list(map(str, folders))
    sys.path[:0] = first
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([*first, *([before] if before else [])])


if __name__ == "__main__":
    main()
