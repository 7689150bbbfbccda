"""From a run to a folder that predicts alone."""

from pathlib import Path
from typing import Any

import jobs
from tools.pipeline import training
from tools.pipeline.workplace import Workplace


class NoNetworks(jobs.UserError):
    """A run that consists of trees shall be exported."""


def export(place: Workplace, name: str, out: Path, *, onnx: bool) -> dict[str, Any]:
    """Export the networks of a complete run; the same export again changes nothing."""
    import contest
    import crossval

    run = crossval.open_run(place.paths.runs, name)
    recorded = run.config
    if recorded["kind"] != "segmenter":
        raise NoNetworks(
            f"run {run.name} is of trees, and only networks can be exported: name a run of a "
            "U-Net, as `tools cv unet_lite_256` makes them"
        )
    import segmenters

    experiment = training.load_experiment(place, str(recorded["experiment"]))
    experiment = contest.restore_experiment(experiment, recorded)
    record = segmenters.export(
        run.model_folders(),
        out,
        experiment.config,
        name=run.name,
        image_side=experiment.side,
        onnx=onnx,
        about={
            "competition": recorded["competition"],
            "experiment": recorded["experiment"],
            "metrics": run.metrics(),
        },
        report=place.report,
    )
    return {"run": run.name, "path": str(out), **_summary(out, record)}


def _summary(out: Path, record: dict[str, Any]) -> dict[str, Any]:
    graphs = [member["onnx"] for member in record["members"] if "onnx" in member]
    return {
        "networks": len(record["members"]),
        "script": str(out / "predict.py"),
        "onnx": [str(out / graph["file"]) for graph in graphs],
        "largest_difference": max((g["largest_difference"] for g in graphs), default=None),
    }
