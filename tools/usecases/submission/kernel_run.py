"""The functions that the notebook of a bundle calls: one predicts all test images, one batches."""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pandas as pd

import contest
import imagestack
import jobs
import notebooks
import rlemask
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blending
from tools.usecases.submission import submit


class BadBatch(jobs.UserError):
    """A gateway asks for images that cannot be found or read."""


def run(bundle: Path, data: Path, out: Path, work: Path) -> submit.Submission:
    """Write the submission of a bundle's blend, as `tools submit --dry-run` does.

    Args:
        bundle: the data set made by `tools kernel build`; may be read-only.
        data: the competition's files; only the test images and the sample submission are read.
        out: the CSV file to write.
        work: a folder for all other output, with a writable copy of the bundle's ``home``.
    """
    about = _about(bundle)
    say = partial(print, flush=True)
    with jobs.PlainProgress(say) as progress:
        place = _place(about, data, work, report=progress.report, say=say)
        written = submit.write(place, place.open_blend(about["blend"]))
    with jobs.writing(out) as temporary:
        shutil.copyfile(written.path, temporary)
    for warning in written.warnings:
        print(f"warning: {warning}")
    print(f"{out}: {written.rows} rows, {written.positives} with a mask")
    return written


def serve(bundle: Path, data: Path, out: Path, work: Path) -> None:
    """Answer the gateway of a competition with the masks of a bundle's blend, see `Batches`.

    The arguments are those of `run`; the gateway decides where it writes the submission, so `out`
    is not used.
    """
    about = _about(bundle)
    notebooks.answer_gateway(Batches(about, data, work).predict, data, about["gateway_paths"])


@dataclass(frozen=True)
class Batches:
    """Predicts batches of test images with a bundle's blend, as `run` predicts all at once.

    Attributes:
        about: content of ``bundle.json``.
        data, work: see `run`.
    """

    about: Mapping[str, Any]
    data: Path
    work: Path

    def predict(self, batch: Any, *_: Any) -> pd.DataFrame:
        """Return the rows of the submission for a batch, in its order.

        Args:
            batch: a table (pandas or polars) with the competition's column of image ids, or ids, or
                absolute paths of image files or of folders of images; one or several. An id names
                an image of `data`; of a file, the id is the name without its extension.
            _: what else a gateway gives, such as a part of the sample submission.

        Raises:
            BadBatch: images cannot be found or read.
        """
        files = [found for name in _names(batch, self.spec) for found in self._found(name)]
        readable = {image_id: path for image_id, path in files if path is not None}
        masks = self._masks(readable) if readable else {}
        empty = rlemask.empty(self.spec.shape)
        ids = [image_id for image_id, _ in files]
        texts = contest.encoded({one: masks.get(one, empty) for one in ids}, self.spec)
        columns = self.spec.columns
        return pd.DataFrame({columns.image_id: ids, columns.rle: list(texts.loc[ids])})

    @cached_property
    def spec(self) -> contest.Spec:
        """The competition."""
        return contest.load(self.about["competition"])

    @cached_property
    def _known(self) -> dict[str, Path]:
        """The files of the test images of `data` by image id."""
        dataset = _place(self.about, self.data, self.work).dataset
        return {image_id: dataset.path(image_id) for image_id in dataset.test.index}

    def _found(self, name: str) -> list[tuple[str, Path | None]]:
        """Return id and file of each image of this name; no file if accepted as unreadable."""
        path, accepted = Path(name), self.about["accepted"]
        if path.is_absolute() and path.exists():
            paths = _images_in(path) if path.is_dir() else [path]
            found = [(imagestack.image_id(one.name), one) for one in paths]
            return [(one, None if one in accepted else file) for one, file in found]
        if name in accepted:
            return [(name, None)]
        if name not in self._known:
            raise BadBatch(
                f"the gateway asks for {contest.shown(name)}, which is no file and no test image "
                f"of {self.data}: build the bundle for this competition"
            )
        return [(name, self._known[name])]

    def _masks(self, images: Mapping[str, Path]) -> dict[str, rlemask.Runs]:
        """Return the masks of images, which are laid out like the competition's data."""
        with tempfile.TemporaryDirectory(dir=self.work) as name:
            folder = Path(name)
            _copy(images, folder / self.spec.data["test_images"][0])
            facts = contest.best_root(self.data, self.spec)[1].get("facts")
            if facts is not None:
                target = (folder / self.spec.data["facts"][0]).with_name(facts.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(facts, target)
            place = Workplace(_paths(folder, self.work), self.spec.name, test_only=True)
            return blending.test_masks(place, place.open_blend(self.about["blend"]))


def _about(bundle: Path) -> dict[str, Any]:
    """Return the content of ``bundle.json``; print which libraries differ."""
    for line in notebooks.other_libraries(bundle / "wheels.txt"):
        print(line)
    about: dict[str, Any] = jobs.read_json(bundle / "bundle.json")
    return about


def _place(about: Mapping[str, Any], data: Path, work: Path, **how: Any) -> Workplace:
    """Return the workplace of the competition's files, with the accepted ids of the bundle."""
    place = Workplace(_paths(data, work), about["competition"], test_only=True, **how)
    jobs.write_json(place.accepted_path, {str(data.resolve()): about["accepted"]})
    return place


def _paths(data: Path, work: Path) -> Paths:
    return Paths(work / "home", data, work / "submissions")


def _names(batch: Any, spec: contest.Spec) -> Sequence[str]:
    """Return the ids or paths of a batch."""
    if hasattr(batch, "to_pandas"):  # polars
        batch = batch.to_pandas()
    if isinstance(batch, pd.DataFrame):
        column = spec.columns.image_id
        if column not in batch:
            raise BadBatch(
                f"the gateway's table has no column {column} but {', '.join(map(str, batch))}: "
                "correct columns.image_id in competition.toml"
            )
        batch = batch[column]
    single = isinstance(batch, str | os.PathLike)
    return [str(name) for name in ([batch] if single else batch)]


def _images_in(folder: Path) -> list[Path]:
    """Return the image files below a folder."""
    found = imagestack.scan(folder)
    if found.faults:
        raise BadBatch(f"{folder} cannot be used: {found.faults[0].message}: accept the image")
    return [folder / file for file in found.table["file"]]


def _copy(images: Mapping[str, Path], folder: Path) -> None:
    """Copy files to a new folder, where each is named by its image id.

    Links would be refused, as they leave the folder of the data.
    """
    folder.mkdir(parents=True)
    for image_id, path in images.items():
        named = imagestack.image_id(path.name) == image_id
        shutil.copyfile(path, folder / (path.name if named else f"{image_id}{path.suffix}"))
