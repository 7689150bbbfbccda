"""`tools export`: the networks of a run as a folder that predicts without this program."""

from pathlib import Path
from typing import Any

import crossval
import jobs
from tools.usecases.source import experiment_of
from tools.usecases.workplace import Workplace


class NoNetworks(jobs.UserError):
    """The run has no networks to export."""


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
    return {"run": run.name, "path": str(out), **_summary(out, record)}


def _summary(out: Path, record: dict[str, Any]) -> dict[str, Any]:
    graphs = [member["onnx"] for member in record["members"] if "onnx" in member]
    return {
        "networks": len(record["members"]),
        "script": str(out / "predict.py"),
        "onnx": [str(out / graph["file"]) for graph in graphs],
        "largest_difference": max((g["largest_difference"] for g in graphs), default=None),
    }
