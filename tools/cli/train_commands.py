"""`tools folds`, `features`, `cv`, `predict`."""

from typing import Annotated, Any

import typer

from tools.cli.command import app, command
from tools.pipeline.workplace import Workplace

Splits = Annotated[int | None, typer.Option("--folds", min=2, help="Default: the competition's.")]
FoldSeed = Annotated[int | None, typer.Option(min=0, help="Default: the competition's.")]


@command(app, "folds")
def folds(place: Workplace, splits: Splits = None, fold_seed: FoldSeed = None) -> dict[str, Any]:
    """Make or show the folds: stratified, and grouped by patient where a table says who is who."""
    from tools.pipeline.training import folds

    return folds(place, splits, fold_seed)


@command(app, "features")
def features(
    place: Workplace,
    experiment: Annotated[str, typer.Option(help="Whose feature families.")] = "lightgbm",
) -> dict[str, Any]:
    """Build the feature table of all images."""
    from tools.pipeline.training import features

    return features(place, experiment)


@command(app, "cv")
def cv(
    place: Workplace,
    experiment: Annotated[str, typer.Argument(help="lightgbm, unet_tiny, unet_lite_256, …")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="field=value of the configuration.")
    ] = None,
    splits: Splits = None,
    fold_seed: FoldSeed = None,
) -> dict[str, Any]:
    """Cross-validate an experiment and write a run; a repeated call resumes it."""
    from tools.pipeline.training import cv

    return cv(place, experiment, settings=settings or (), n_splits=splits, fold_seed=fold_seed)


@command(app, "predict")
def predict(
    place: Workplace,
    run: Annotated[str, typer.Argument(help="A run, or the beginning of its name.")],
) -> dict[str, Any]:
    """Predict the test images with a run's fold models."""
    from tools.pipeline.training import predict

    return predict(place, run)
