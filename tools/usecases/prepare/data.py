"""`tools data` and `tools dicom`: download, synthesise and tabulate the raw data, show a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import contest
import dicomio
import drawing
import jobs
import kagglegate
from tools.usecases.context.html import Html
from tools.usecases.context.workplace import NoData, Workplace


@dataclass(frozen=True)
class Download:
    """Raw data in `path`; `described` is the result of `contest.describe`."""

    path: Path
    files: int
    bytes: int
    downloaded: bool
    described: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        own = {name: value for name, value in vars(self).items() if name != "described"}
        return {**own, **self.described}


@dataclass(frozen=True)
class Synthesis(Html):
    """A synthetic data set in the folder `path`; images, of them positives, test images."""

    path: Path
    images: int
    positives: int
    test_images: int
    seed: int


@dataclass(frozen=True)
class Frame(Html):
    """The table of images in the file `path`: rows, of them train and test; notes on the data."""

    path: Path
    rows: int
    train: int
    test: int
    columns: Sequence[str]
    notes: Sequence[str]


@dataclass(frozen=True)
class Header:
    """The elements of a DICOM file by keyword."""

    file: Path
    elements: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {"file": self.file, **self.elements}


def download(place: Workplace, dataset: str | None = None) -> Download:
    """Get the raw data, verify, unpack and describe them.

    They are stored in the folder given by the user, or in the home. An existing folder or zip file
    is used without a request to Kaggle; otherwise the files of the competition, or of the data
    set, are downloaded.
    """
    if dataset is not None:
        place = place.of_mirror(dataset)
    target = place.paths.given_data or place.paths.downloads / place.spec.name
    there = dataset is None and (target.is_file() or (target.is_dir() and any(target.iterdir())))
    if there:
        done = kagglegate.adopt(target, place.paths.downloads / target.stem, report=place.report)
    elif target.suffix == ".zip":
        raise NoData(f"{target} does not exist: give an existing zip file or a folder to fill")
    elif dataset:
        done = kagglegate.Client().download_dataset(dataset, target, report=place.report)
    else:
        client = kagglegate.Client()
        done = client.download_competition(place.spec.slug, target, report=place.report)
    described = contest.describe(done.path, place.spec)
    return Download(done.path, done.files, done.bytes, done.fresh and not there, described)


def synth(place: Workplace, out: Path, images: int, test: int, seed: int) -> Synthesis:
    """Write a synthetic data set in the competition's format.

    Raises:
        contest.NotOffered: the competition has none.
    """
    synthesize = contest.optional(place.spec, "synthesize")
    positives = synthesize(out, images=images, test=test, seed=seed, report=place.report)
    return Synthesis(out, images, positives, test, seed)


def frame(place: Workplace, csv: Path | None = None) -> Frame:
    """Write the table of all readable images: one row per file with its metadata and digest."""
    dataset = place.dataset
    layout = place.layout
    parts = {"train": layout.train, "test": layout.test}
    tables = {
        part: contest.images_of(layout.root, images, place.paths.cache, place.report)[0]
        for part, images in parts.items()
        if images is not None
    }
    table = pd.concat(tables, names=["part", "image_id"]).reset_index("part")
    table.insert(1, "annotated", table.index.isin(dataset.train.index))
    path = place.own("tables") / "frame.parquet"
    with jobs.writing(path) as temporary:
        table.to_parquet(temporary)
    if csv is not None:
        with jobs.writing(csv) as temporary:
            table.to_csv(temporary)
    return Frame(
        path=path,
        rows=len(table),
        train=len(dataset.train),
        test=len(dataset.test),
        columns=list(table.columns),
        notes=list(dataset.notes),
    )


def show(file: Path, png: Path | None = None) -> Header:
    """Return the header of one file; write its image to `png` if given."""
    header = dicomio.read_header(file)
    if png is not None:
        drawing.write_png(png, dicomio.read_image(file))
    return Header(file, header)
