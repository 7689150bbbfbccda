"""Writing and reading of bundles; the docstring of the package lists their files."""

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import crossval
import jobs
from notebooks._errors import BundleError
from notebooks._notebook import GPU_MACHINE, slug_of, write_metadata, write_notebook, write_owner
from notebooks._sources import EXPLAINED, copy_sources, libraries

BUNDLE, PUSHED = "bundle.json", "pushed.json"
OF_RUN = ("config.json", "folds.csv", "metrics.json", "COMPLETE")


@dataclass(frozen=True)
class BundleInfo:
    """The content of ``bundle.json``.

    Attributes:
        blend: name of the blend.
        competition: name of the competition's folder.
        slug: name of the competition at Kaggle.
        score_honest, interval: honest score of the blend and its confidence interval.
        accepted: ids of images whose faults are accepted, see `tools data audit`.
        entry: function ``module:name`` that the notebook calls as ``(bundle, data, out, work)``;
            `work` is a folder with a writable copy of ``home``.
        output: the file that Kaggle scores.
        gateway_paths: for an inference server, what its local gateway reads, see `answer_gateway`.
        machine: machine of the notebook at Kaggle, such as "TpuV5E8"; "" is `GPU_MACHINE` if a
            member uses a GPU, else one without accelerator.
    """

    blend: str
    competition: str
    slug: str
    score_honest: float
    interval: Sequence[float]
    accepted: Sequence[str] = ()
    entry: str = ""
    output: str = "submission.csv"
    gateway_paths: Sequence[str] = ()
    machine: str = ""

    @property
    def kernel(self) -> str:
        """Name of the data set and of the notebook at Kaggle, without the owner."""
        return slug_of(self.competition, self.blend)


@dataclass(frozen=True)
class Member:
    """A run of the blend, with its expected model files.

    Attributes:
        run: the run.
        models: number of models per fold; 0 for a run of imported masks.
        pattern: glob pattern of the model files in the folder of a fold.
        wants_gpu: whether the models use a GPU if available.
        extra: the extra of the project with the libraries of the models; "" for none.
    """

    run: crossval.Run
    models: int = 0
    pattern: str = "*"
    wants_gpu: bool = False
    extra: str = ""

    def missing_models(self) -> list[str]:
        """Return the reasons why the run cannot predict, one line for each fold."""
        if not self.models:
            return [f"{self.run.name} contains imported masks and no models"]
        folders = self.run.model_folders()
        counts = {folder: len(list(folder.rglob(self.pattern))) for folder in folders}
        return [
            f"{folder} contains {found} of {self.models} models"
            for folder, found in counts.items()
            if found < self.models
        ]


@dataclass(frozen=True)
class PushRecord:
    """The content of ``pushed.json``: the uploaded data set and notebook of a bundle.

    Attributes:
        dataset: data set at Kaggle, ``owner/name``.
        files: digests of the data set's files, see `Bundle.digests`.
        kernel: notebook at Kaggle, ``owner/name``; "" before its upload.
        version: version of the notebook.
        url: address of the notebook.
    """

    dataset: str
    files: Mapping[str, str]
    kernel: str = ""
    version: int = 0
    url: str = ""


@dataclass(frozen=True)
class Bundle:
    """The folder of a bundle."""

    path: Path

    @property
    def dataset(self) -> Path:
        """The folder of the data set."""
        return self.path / "dataset"

    @property
    def kernel(self) -> Path:
        """The folder of the notebook."""
        return self.path / "kernel"

    @property
    def record_path(self) -> Path:
        """The file of the `PushRecord`."""
        return self.path / PUSHED

    @property
    def info(self) -> BundleInfo:
        """The content of ``bundle.json``."""
        read = jobs.read_json(self.dataset / BUNDLE)
        known = {field.name for field in fields(BundleInfo)}
        return BundleInfo(**{name: value for name, value in read.items() if name in known})

    @property
    def pushed(self) -> PushRecord | None:
        """The content of ``pushed.json``; None before the first push."""
        return PushRecord(**jobs.read_json(self.record_path)) if self.record_path.exists() else None

    def record(self, pushed: PushRecord) -> None:
        """Write ``pushed.json``."""
        jobs.write_json(self.record_path, asdict(pushed))

    def set_owner(self, account: str) -> None:
        """Write the account's name into the metadata, in place of the placeholder."""
        write_owner(self.dataset, self.kernel, account)

    def files(self) -> list[Path]:
        """Return all files of the data set, sorted."""
        return sorted(path for path in self.dataset.rglob("*") if path.is_file())

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of every file of the data set by relative path."""
        found = {}
        for path in self.files():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(self.dataset).as_posix()] = digest
        return found


def open_bundle(folder: Path) -> Bundle:
    """Return the bundle in `folder`.

    Raises:
        BundleError: the folder is not a bundle.
    """
    bundle = Bundle(folder)
    if not (bundle.dataset / BUNDLE).is_file():
        raise BundleError(f"{folder} is not a bundle: create one by `tools kernel build BLEND`")
    return bundle


def write_bundle(
    to: Path,
    info: BundleInfo,
    blend: Mapping[str, Any],
    members: Sequence[Member],
    wheels: Path | None = None,
) -> Bundle:
    """Write a bundle to the folder `to`, atomically, and return it; replace an earlier bundle.

    Args:
        to: new or empty folder, or an earlier bundle.
        info: content of ``bundle.json``.
        blend: JSON content of the blend's file.
        members: runs of the blend.
        wheels: folder of wheels that the notebook installs; None for none.

    Raises:
        BundleError: models are missing, `wheels` has no wheels, or `to` contains other files.
    """
    faults = [fault for member in members for fault in member.missing_models()]
    if faults:
        raise BundleError(
            f"the blend {info.blend} cannot predict: {'; '.join(faults)}: copy the models back, "
            "or delete the run and repeat its `tools cv`"
        )
    for member in members:
        member.run.check_models()
    third_party = _wheels_in(wheels)
    _require_room(to)
    with jobs.writing_folder(to) as folder:
        bundle = Bundle(folder)
        _write_home(bundle.dataset / "home", blend, members)
        copy_sources(bundle.dataset / "code")
        for path in third_party:
            shutil.copyfile(path, bundle.dataset / path.name)
        lines = [f"{line}\n" for line in libraries({member.extra for member in members})]
        jobs.write_text(bundle.dataset / "wheels.txt", EXPLAINED + "".join(lines))
        jobs.write_json(bundle.dataset / BUNDLE, asdict(info))
        gpu = any(member.wants_gpu for member in members)
        machine = info.machine or (GPU_MACHINE if gpu else "")
        write_metadata(bundle.dataset, bundle.kernel, info.kernel, info.slug, machine)
        write_notebook(bundle.kernel)
        former = _set_aside(to)
    shutil.rmtree(former, ignore_errors=True)
    return Bundle(to)


def _wheels_in(folder: Path | None) -> Sequence[Path]:
    if folder is None:
        return ()
    found = sorted(folder.glob("*.whl"))
    if not found:
        raise BundleError(f"{folder} contains no wheel (*.whl): omit or correct --wheels")
    return found


def _require_room(to: Path) -> None:
    empty = not to.exists() or (to.is_dir() and not any(to.iterdir()))
    if not empty and not (Bundle(to).dataset / BUNDLE).is_file():
        raise BundleError(f"{to} contains other files: name a new or empty folder with --to")


def _set_aside(to: Path) -> Path:
    """Rename an earlier bundle; return the new path, which the caller deletes."""
    former = to.with_name(f".{to.name}.former")
    shutil.rmtree(former, ignore_errors=True)
    if to.exists():
        os.replace(to, former)
    return former


def _write_home(home: Path, blend: Mapping[str, Any], members: Sequence[Member]) -> None:
    """Write the blend's file and the files of its runs that prediction needs."""
    jobs.write_json(home / "blends" / f"{blend['blend']}.json", dict(blend))
    for member in members:
        target = home / "runs" / member.run.name
        target.mkdir(parents=True)
        for name in OF_RUN:
            shutil.copyfile(member.run.path / name, target / name)
        shutil.copytree(member.run.path / "models", target / "models")
