"""`tools export`: the networks of a run as a folder that predicts by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import contest
import jobs
from tools.usecases.context.source import experiment_of, load_experiment
from tools.usecases.context.workplace import Workplace


class NoNetworks(jobs.UserError):
    """The run has no networks to export."""


@dataclass(frozen=True)
class Export:
    """The exported folder, its script and ONNX graphs.

    `largest_difference` is the largest one between probabilities of ONNX and of torch.
    """

    run: str
    path: Path
    networks: int
    script: Path
    onnx: Sequence[Path]
    largest_difference: float | None


def export(place: Workplace, name: str, out: Path, *, onnx: bool) -> Export:
    """Export the networks of a complete run; repeating an export changes nothing."""
    run = place.open_run(name)
    recorded, experiment = run.config, experiment_of(place, run)
    if experiment is None or not experiment.exportable:
        raise NoNetworks(
            f"run {run.name} has no networks to export: give a run of one of the experiments "
            f"{', '.join(_exportable(place)) or 'of another competition'}"
        )
    run.check_models()
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
    return Export(
        run=run.name,
        path=out,
        networks=len(record["members"]),
        script=out / "predict.py",
        onnx=[out / graph["file"] for graph in graphs],
        largest_difference=max((g["largest_difference"] for g in graphs), default=None),
    )


def _exportable(place: Workplace) -> list[str]:
    """Return the experiments with networks."""
    names = contest.experiment_names(place.spec.experiments)
    return [name for name in names if load_experiment(place, name).exportable]
