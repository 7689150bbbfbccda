"""Time and memory of predicting, blending and writing a large test set.

    TOOLS_DATA=DATA TOOLS_HOME=HOME python tests/benchmarks/study_test_scale.py RUN BLEND WORK \\
        [--images 1000 18000]

For each number of images, WORK gets a copy of DATA whose test images are copies of those of DATA
under new ids, and of the runs and blends of HOME. ``tools predict RUN`` and ``tools submit --blend
BLEND --dry-run`` run in new processes there; memory is the peak of their anonymous memory, without
mapped files.
"""

import argparse
import shutil
import sys
from pathlib import Path

import pandas as pd

from tests.benchmarks.study_scale import TOOLS, measured
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run")
    parser.add_argument("blend")
    parser.add_argument("work", type=Path)
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 18000])
    options = parser.parse_args()
    place = Workplace(Paths.resolve(None, None))
    print("images\tcommand\tseconds\timages/s\tpeak MiB\tMiB on disk", flush=True)
    for count in options.images:
        data, home = options.work / f"data-{count}", options.work / f"home-{count}"
        write_set(place, data, count)
        for part in ("runs", "blends"):
            shutil.copytree(place.paths.home / part, home / part, dirs_exist_ok=True)
        where = ["--competition", place.spec.name, "--data", str(data), "--home", str(home)]
        for name, command in (
            ("predict", ["predict", options.run]),
            ("submit", ["submit", "--blend", options.blend, "--dry-run"]),
        ):
            cost = measured([*TOOLS, *command, *where])
            rate = count / cost.seconds
            figures = f"{cost.seconds:.1f}\t{rate:.1f}\t{cost.memory:.0f}\t{_disk(home):.0f}"
            print(f"{count}\t{name}\t{figures}", flush=True)


def write_set(place: Workplace, folder: Path, count: int) -> None:
    """Write the data of `place` with `count` test images, copies under the ids t00000, t00001, …"""
    layout = place.dataset.layout
    if layout.test is None:
        sys.exit(f"{layout.root} has no test images: set TOOLS_DATA to a whole data set")
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in layout.test.folder.iterdir() if path.is_file())
    ids = [f"t{number:05d}" for number in range(count)]
    copied = [files[number % len(files)] for number in range(count)]
    test = folder / layout.test.folder.relative_to(layout.root)
    test.mkdir(parents=True, exist_ok=True)
    for image_id, path in zip(ids, copied, strict=True):
        shutil.copyfile(path, test / f"{image_id}{path.suffix}")
    sources = [path.stem for path in copied]
    for entry in layout.root.iterdir():
        if entry.suffix == ".csv":
            _table(entry, sources, ids, {path.stem for path in files}).to_csv(
                folder / entry.name, index=False
            )
        elif not (folder / entry.name).exists():
            (folder / entry.name).symlink_to(entry.resolve())


def _table(path: Path, sources: list[str], ids: list[str], test: set[str]) -> pd.DataFrame:
    """Return a table with the rows of test images repeated for their copies."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    column = table.columns[0]
    here = table[column].isin(test)
    if not here.any():
        return table
    copies = table[here].set_index(column).loc[sources].reset_index()
    copies[column] = ids
    return pd.concat([table[~here], copies])


def _disk(folder: Path) -> float:
    """Return the size of all files below a folder in MiB."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


if __name__ == "__main__":
    main()
