"""From a blend to a bundle that predicts as a notebook of Kaggle, without a connection.

    DIR/dataset/    becomes a private data set: the wheel of this project, wheels.txt,
                    bundle.json, home/ with the blend and the models of its runs
    DIR/kernel/     submission.ipynb, which writes submission.csv from them

A notebook and no script, since the competitions that want code say that they take notebooks.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from tools.usecases import blend_store, training
from tools.usecases.wheel import PROJECT, write_wheel
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import crossval

DATASET, KERNEL = "dataset", "kernel"
BUNDLE = "bundle.json"
NOTEBOOK = "submission.ipynb"
OWNER = "INSERT_USERNAME"
"""Stands for the account until `tools kernel push` knows it."""

LONGEST_SLUG = 50  # of a data set at Kaggle
OF_RUN = ("config.json", "folds.csv", "metrics.json", "COMPLETE")
EXPLAINED = """\
# The libraries that the bundle was made with. The notebook says which of them Kaggle's image lacks
# or has in another version. One that it needs and lacks goes into the data set as a wheel:
# `pip download --no-deps NAME==VERSION --dest FOLDER`, `tools kernel build ... --wheels FOLDER`.
"""


class BundleError(jobs.UserError):
    """A bundle cannot be made, or a folder holds none."""


def build(
    place: Workplace, name: str, to: Path | None = None, wheels: Path | None = None
) -> dict[str, Any]:
    """Write the bundle of a blend, or of a run as a blend of its own; a former one is replaced.

    Args:
        to: the folder; by default ``kernels/`` in the home, with the name of the blend.
        wheels: a folder of wheels to take along.
    """
    record = _blend(place, name)
    runs = _runs(place, record)
    third_party = _wheels_in(wheels)
    to = to or place.paths.home / "kernels" / record["blend"]
    _check_room(to)
    with jobs.writing_folder(to) as folder:
        dataset = folder / DATASET
        _write_home(dataset / "home", record, runs)
        write_wheel(dataset)
        for path in third_party:
            shutil.copyfile(path, dataset / path.name)
        jobs.write_text(dataset / "wheels.txt", EXPLAINED + "".join(_libraries()))
        about = _about(place, record)
        jobs.write_json(dataset / BUNDLE, about)
        _write_metadata(folder, about, gpu=any(_wants_gpu(place, run) for run in runs))
        jobs.write_text(folder / KERNEL / NOTEBOOK, json.dumps(notebook(), indent=1) + "\n")
        former = _set_aside(to)
    shutil.rmtree(former, ignore_errors=True)
    files = [path for path in (to / DATASET).rglob("*") if path.is_file()]
    return {
        "path": str(to),
        "blend": record["blend"],
        "runs": record["runs"],
        "slug": about["kernel"],
        "files": len(files),
        "megabytes": round(sum(path.stat().st_size for path in files) / 1e6, 1),
    }


def open_bundle(folder: Path) -> dict[str, Any]:
    """Return what the bundle in `folder` says of itself.

    Raises:
        BundleError: there is none.
    """
    path = folder / DATASET / BUNDLE
    if not path.is_file():
        raise BundleError(f"{folder} holds no bundle: make one, `tools kernel build BLEND`")
    return dict(jobs.read_json(path))


def notebook() -> dict[str, Any]:
    """Return the notebook, in nbformat 4.4: one cell with the script."""
    script = Path(__file__).with_name("kernel_script.py").read_text(encoding="utf-8")
    code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}}
    lines = script.splitlines(keepends=True)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": [code | {"outputs": [], "source": lines}],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }


def slug_of(competition: str, blend: str) -> str:
    """Return a name that Kaggle takes for a data set and for a notebook with it as its title."""
    plain = re.sub(r"[^a-z0-9]+", "-", f"{blend} on {competition}".lower())
    return plain.strip("-")[:LONGEST_SLUG].strip("-")


def _blend(place: Workplace, name: str) -> dict[str, Any]:
    """Return the record of the blend, or that of a blend of the run alone."""
    import crossval
    from tools.usecases import blending

    blends = sorted(path.stem for path in place.paths.blends.glob("*.json"))
    if name in (blend_store.BEST, *blends):
        return blend_store.open_blend(place, name)
    try:
        run = crossval.open_run(place.paths.runs, name)
    except crossval.UnknownRun as error:
        known = ", ".join([blend_store.BEST, *blends]) if blends else "none"
        raise blend_store.BlendNameError(
            f"{error}; and it is no blend: there are {known}"
        ) from None
    return blending.judge(place, [run], run.name)[0]


def _runs(place: Workplace, record: dict[str, Any]) -> list["crossval.Run"]:
    """Return the members with all their models.

    Raises:
        BundleError: models are missing, all of them named.
    """
    import crossval

    runs = [crossval.open_run(place.paths.runs, name) for name in record["runs"]]
    faults = [fault for run in runs for fault in _missing_models(place, run)]
    if faults:
        raise BundleError(
            f"the blend {record['blend']} cannot predict: {'; '.join(faults)}: copy the models "
            "back, or delete the run and repeat its `tools cv`"
        )
    return runs


def _missing_models(place: Workplace, run: "crossval.Run") -> Iterator[str]:
    experiment = training.experiment_of(place, run)
    if experiment is None:
        yield f"{run.name} holds masks that were given, and no models"
        return
    for folder in run.model_folders():
        found = len(list(folder.rglob(experiment.model_files)))
        if found < experiment.models:
            yield f"{folder} holds {found} of {experiment.models} models"


def _wants_gpu(place: Workplace, run: "crossval.Run") -> bool:
    experiment = training.experiment_of(place, run)
    return experiment is not None and experiment.wants_gpu


def _wheels_in(folder: Path | None) -> Sequence[Path]:
    if folder is None:
        return ()
    found = sorted(folder.glob("*.whl"))
    if not found:
        raise BundleError(f"{folder} holds no wheel (*.whl): leave --wheels away or correct it")
    return found


def _check_room(to: Path) -> None:
    empty = not to.exists() or (to.is_dir() and not any(to.iterdir()))
    if not empty and not (to / DATASET / BUNDLE).is_file():
        raise BundleError(f"{to} holds something else: name a new or empty folder with --to")


def _set_aside(to: Path) -> Path:
    """Move a former bundle out of the way; return where it lies, to be deleted."""
    former = to.with_name(f".{to.name}.former")
    shutil.rmtree(former, ignore_errors=True)
    if to.exists():
        os.replace(to, former)
    return former


def _write_home(home: Path, record: dict[str, Any], runs: Sequence["crossval.Run"]) -> None:
    """Write what predicting needs of the user's home."""
    jobs.write_json(home / "blends" / f"{record['blend']}.json", record)
    for run in runs:
        target = home / "runs" / run.name
        target.mkdir(parents=True)
        for name in OF_RUN:
            shutil.copyfile(run.path / name, target / name)
        shutil.copytree(run.path / "models", target / "models")


def _about(place: Workplace, record: dict[str, Any]) -> dict[str, Any]:
    accepted = sorted(place.accepted()) if place.accepted_path.exists() else []
    return {
        "accepted": accepted,
        "blend": record["blend"],
        "competition": place.spec.name,
        "slug": place.spec.slug,
        "kernel": slug_of(place.spec.name, record["blend"]),
        "score_honest": record["score_honest"],
        "interval": record["interval"],
    }


def _write_metadata(folder: Path, about: dict[str, Any], *, gpu: bool) -> None:
    """Write the two files that Kaggle's own client reads too."""
    name = f"{OWNER}/{about['kernel']}"
    dataset = {"id": name, "title": about["kernel"], "licenses": [{"name": "other"}]}
    kernel = {
        "id": name,
        "title": about["kernel"],
        "code_file": NOTEBOOK,
        "language": "python",
        "kernel_type": "notebook",
        "is_private": True,
        "enable_gpu": gpu,
        "enable_internet": False,
        "competition_sources": [about["slug"]],
        "dataset_sources": [name],
        "kernel_sources": [],
        "model_sources": [],
    }
    jobs.write_json(folder / DATASET / "dataset-metadata.json", dataset)
    jobs.write_json(folder / KERNEL / "kernel-metadata.json", kernel)


def _libraries() -> list[str]:
    """Return ``name==version`` of all that the project needs here, directly or not."""
    found: dict[str, str] = {}
    open_ = [PROJECT]
    while open_:
        for line in distribution(open_.pop()).requires or ():
            requirement, _, marker = line.partition(";")
            given = re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0]
            name = re.sub(r"[-_.]+", "-", given).lower()
            if "extra" in marker or name in found:
                continue
            try:
                found[name] = f"{name}=={distribution(name).version}\n"
            except PackageNotFoundError:
                continue  # of another system or Python
            open_.append(name)
    return sorted(found.values())
