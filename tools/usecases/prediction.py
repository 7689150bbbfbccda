"""`tools predict` and `tools export`: the models of a run, used or given away."""

from pathlib import Path
from typing import Any

import pandas as pd

import crossval
import jobs
from tools.usecases.source import Source, experiment_of
from tools.usecases.workplace import Workplace


class OtherImages(jobs.UserError):
    """The masks of the run are of other test images."""


class NoNetworks(jobs.UserError):
    """The run has no networks to export."""


def predict(place: Workplace, name: str) -> dict[str, Any]:
    """Predict the test images with the average of a run's fold models."""
    run = crossval.open_run(place.paths.runs, name)
    test = predictions(place, run)
    return {"run": run.name, "images": len(test), "mean_p": float(test["p"].mean())}


def predictions(place: Workplace, run: crossval.Run) -> pd.DataFrame:
    """Return the run's table of the test images; predicts them if there is none.

    Raises:
        OtherImages: the run was made by `tools votes` for other test images.
    """
    digests = place.dataset.test["digest"]
    experiment = experiment_of(place, run)
    with jobs.lock(run.path):
        test = run.test(crossval.test_key(digests))
        if test is not None:
            return test
        if experiment is None:
            raise OtherImages(
                f"{run.name} has masks of other test images: repeat `tools votes` for these"
            )
        place.say(f"run {run.name} predicts {len(digests)} test images")
        learner = experiment.learner(Source(place, "test"))
        return crossval.predict_test(run, learner, digests, report=place.report)


def export(place: Workplace, name: str, out: Path, *, onnx: bool) -> dict[str, Any]:
    """Export the networks of a complete run; repeating an export changes nothing."""
    run = crossval.open_run(place.paths.runs, name)
    recorded, experiment = run.config, experiment_of(place, run)
    if experiment is None or not experiment.exportable:
        raise NoNetworks(
            f"run {run.name} has no networks to export: give a run of a network, such as one of "
            "`tools cv unet_lite_256`"
        )
    record = experiment.export(
        run.model_folders(),
        out,
        name=run.name,
        onnx=onnx,
        about={
            "competition": recorded["competition"],
            "experiment": recorded["experiment"],
            "metrics": run.metrics(),
        },
        report=place.report,
    )
    graphs = [member["onnx"] for member in record["members"] if "onnx" in member]
    return {
        "run": run.name,
        "path": str(out),
        "networks": len(record["members"]),
        "script": str(out / "predict.py"),
        "onnx": [str(out / graph["file"]) for graph in graphs],
        "largest_difference": max((g["largest_difference"] for g in graphs), default=None),
    }
