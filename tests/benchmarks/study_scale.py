"""Time and memory of the frame, the pixel cache and the audit by number of files.

    python tests/benchmarks/study_scale.py DATA WORK [--files 1000 4000 16000]

DATA is the unpacked competition folder, WORK an empty folder with 400 KB of free space per file.
The files are the training images rotated, mirrored, shifted and compressed again under new ids; no
two images are equal. Each command runs in new processes with an empty home. Memory is the peak of
the total anonymous memory of these processes, sampled 20 times per second (without mapped files).
The growth exponent is the slope of log time over log number of files.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import pydicom
import simplejpeg
from pydicom.encaps import encapsulate

import dicomio
import jobs

TOOLS = [sys.executable, "-c", "from tools.cli import main; main()"]
CACHE = """
import sys, imagestack
frame = imagestack.read_table(sys.argv[1])
imagestack.build_cache(frame, sys.argv[1], 512, sys.argv[2])
"""
SYMMETRIES = 8
SHIFT = 12
"""Shift between two variants of the same symmetry in pixels."""
QUALITY = 90


class Cost(NamedTuple):
    """Wall time of a command in seconds and peak anonymous memory of its processes in MiB."""

    seconds: float
    memory: float


def main() -> None:
    options = _options()
    sources = sorted((options.data / "dicom-images-train").rglob("*.dcm"))
    found: dict[str, list[Cost]] = {}
    print("files\tcommand\tseconds\tms/file\tpeak MiB", flush=True)
    for count in options.files:
        data = write_set(sources, options.work / f"set-{count}", count)
        for name, cost in _costs(data, options.work / f"home-{count}").items():
            found.setdefault(name, []).append(cost)
            figures = f"{cost.seconds:.1f}\t{1000 * cost.seconds / count:.2f}\t{cost.memory:.0f}"
            print(f"{count}\t{name}\t{figures}", flush=True)
    if len(options.files) > 1:
        for name, costs in found.items():
            seconds = [cost.seconds for cost in costs]
            slope = np.polyfit(np.log(options.files), np.log(seconds), 1)[0]
            print(f"# {name}: growth exponent {slope:.2f}", flush=True)


def _costs(data: Path, home: Path) -> dict[str, Cost]:
    place = ["--data", str(data), "--home"]
    images = str(data / "dicom-images-train")
    return {
        "frame": measured([*TOOLS, "data", "frame", *place, str(home / "frame")]),
        "cache": measured([sys.executable, "-c", CACHE, images, str(home / "cache")]),
        "audit": measured([*TOOLS, "data", "audit", *place, str(home / "audit")]),
    }


def measured(command: Sequence[str]) -> Cost:
    """Run `command` and return its time and memory."""
    began = time.perf_counter()
    peak = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        family = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, _anonymous(family))
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        assert process.stderr is not None
        if process.returncode:
            sys.exit(process.stderr.read().decode())
    return Cost(seconds, peak / 2**20)


def _anonymous(root: psutil.Process) -> float:
    total = 0
    try:
        for process in [root, *root.children(recursive=True)]:
            memory = process.memory_info()
            total += memory.rss - memory.shared
    except psutil.NoSuchProcess:
        pass  # a process has ended; the next sample counts the others
    return total


def write_set(sources: Sequence[Path], folder: Path, count: int) -> Path:
    """Write `count` training images and one test image in the layout of the competition."""
    images = folder / "dicom-images-train"
    write = partial(_write, sources, images)
    ids = list(jobs.run(write, range(count)))
    test = _write(sources, folder / "dicom-images-test", count)
    rows = "".join(f"{image_id}, -1\n" for image_id in ids)
    jobs.write_text(folder / "train-rle.csv", "ImageId, EncodedPixels\n" + rows)
    jobs.write_text(folder / "sample_submission.csv", f"ImageId,EncodedPixels\n{test},-1\n")
    return folder


def _write(sources: Sequence[Path], folder: Path, number: int) -> str:
    variant, source = divmod(number, len(sources))
    image_id = f"{number:06d}"
    path = folder / image_id[:3] / f"{image_id}.dcm"
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset = pydicom.dcmread(sources[source])
    picture = _varied(dicomio.read_image(sources[source]), variant)
    jpeg = simplejpeg.encode_jpeg(picture[..., None], QUALITY, "GRAY")
    dataset.PixelData = encapsulate([jpeg])
    dataset.SOPInstanceUID = f"1.2.826.0.1.{number}"
    dataset.save_as(path)
    return image_id


def _varied(picture: np.ndarray, variant: int) -> np.ndarray:
    shift, symmetry = divmod(variant, SYMMETRIES)
    turned = np.rot90(picture, symmetry % 4)
    mirrored = turned.T if symmetry >= 4 else turned
    return np.ascontiguousarray(np.roll(mirrored, SHIFT * shift, axis=(0, 1)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--files", type=int, nargs="+", default=[1000, 4000, 16000])
    return parser.parse_args()


if __name__ == "__main__":
    main()
