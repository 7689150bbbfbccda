"""Predict images with the models in the folder of this script.

    python predict.py OUT.csv IMAGE_OR_FOLDER ... [--maps DIR]

OUT.csv has one row per image file: its path, and p, the probability that it is positive. DIR
receives one grey PNG probability map per file, 255 for probability 1. The script needs this folder
and the Python package pneumothorax-lab[networks], and downloads nothing. Research software, not a
medical device.
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

import drawing
import jobs
import segmenters

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Run the command line; on failure print one line to standard error and exit with code 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path, metavar="OUT.csv")
    parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE_OR_FOLDER")
    parser.add_argument("--maps", type=Path, metavar="DIR", help="write probability maps as PNG")
    options = parser.parse_args()
    try:
        model = segmenters.load_export(HERE)
        with jobs.PlainProgress(partial(print, file=sys.stderr, flush=True)) as progress:
            files = files_of(options.images, model.suffix)
            predict(model, options.out, files, options.maps, progress.report)
    except KeyboardInterrupt:
        sys.exit("predict.py: interrupted: nothing was written")
    except Exception as error:
        known = error if isinstance(error, jobs.UserError) else jobs.system_error(error)
        if known is None:
            raise
        sys.exit(f"predict.py: {' '.join(str(known).split())}")


def files_of(paths: Sequence[Path], suffix: str) -> list[Path]:
    """Return the files among `paths`, and those with `suffix` ("" is any) in folders of it."""
    files: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.is_file() and _fits(p, suffix))
        if not path.exists() or (path.is_dir() and not inside):
            raise jobs.UserError(f"{path} is no file and no folder with {suffix or 'image'} files")
        files += inside if path.is_dir() else [path]
    return files


def _fits(file: Path, suffix: str) -> bool:
    return file.suffix.lower() == suffix if suffix else not file.name.startswith(".")


def predict(
    model: "segmenters.ExportedModel",
    out: Path,
    files: Sequence[Path],
    maps: Path | None,
    report: jobs.Report = jobs.silent,
) -> None:
    """Write one row per file and optionally the maps; the table is written atomically."""
    if maps and len({file.stem for file in files}) < len(files):
        raise jobs.UserError("two files have the same name: predict their maps one by one")
    with jobs.writing(out) as temporary, temporary.open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["file", "p"])
        for done, (file, found, p) in enumerate(predictions(model, files)):
            report("predict", done, len(files), {})
            writer.writerow([file, p])
            if maps:
                drawing.write_png(maps / f"{file.stem}.png", found)


def predictions(
    model: "segmenters.ExportedModel", files: Sequence[Path]
) -> Iterator[tuple[Path, np.ndarray, float]]:
    """Yield each file with its probability map, uint8 ``(mask_size, mask_size)``, and p."""
    step = model.config.inference.predict_batch
    for start in range(0, len(files), step):
        part = files[start : start + step]
        images = np.stack([model.read(file) for file in part])
        yield from zip(part, *model.predict(images), strict=True)


if __name__ == "__main__":
    main()
