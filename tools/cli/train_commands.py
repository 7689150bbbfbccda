"""`tools folds`, `features`, `features show`, `cv`, `tune`, `predict`, `votes`, `export`."""

from pathlib import Path
from typing import Annotated

import typer

from tools.cli import complete
from tools.cli.command import GREATEST_SEED, Workplace, app, command, default_command, group, number
from tools.console import Result

Splits = Annotated[int | None, number("Default: the competition's.", 2, 1000, "--folds")]
FoldSeed = Annotated[int | None, number("Default: the competition's.", 0, GREATEST_SEED)]

RunName = Annotated[
    str,
    typer.Argument(help="A run, or the beginning of its name.", autocompletion=complete.runs),
]

table = group("features", "The feature table, and drawings of features.", help_alone=False)


@command(app, "folds")
def folds(place: Workplace, splits: Splits = None, fold_seed: FoldSeed = None) -> Result:
    """Make or show the folds: stratified, and grouped if there is a table of groups.

    Example: tools folds --folds 5
    """
    from tools.usecases.prepare.folds import folds

    return folds(place, splits, fold_seed)


@default_command(table)
def features(
    place: Workplace,
    experiment: Annotated[
        str | None,
        typer.Option(
            help="An experiment with features. Default: the only one.",
            autocompletion=complete.experiments,
        ),
    ] = None,
) -> Result:
    """Build the feature table of all images.

    Example: tools features --experiment lightgbm
    """
    from tools.usecases.prepare.features import features

    return features(place, experiment)


@command(table, "show")
def show(
    place: Workplace,
    image: Annotated[str, typer.Argument(help="An image id of the data set or an image file.")],
    png: Annotated[Path, typer.Option(dir_okay=False, help="Write the drawing there.")] = Path(
        "features.png"
    ),
) -> Result:
    """Draw what the features are computed from in one image, if the competition can draw it.

    Example: tools features show image.dcm --png features.png
    """
    from tools.usecases.prepare import features

    return features.show(place, image, png)


@command(app, "cv")
def cv(
    place: Workplace,
    experiment: Annotated[
        str,
        typer.Argument(
            help="An experiment, such as lightgbm.", autocompletion=complete.experiments
        ),
    ],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="field=value of the configuration.")
    ] = None,
    splits: Splits = None,
    fold_seed: FoldSeed = None,
    seeds: Annotated[
        int, number("Train so often, each time with another seed, and show the spread.", 1, 100)
    ] = 1,
) -> Result | None:
    """Cross-validate an experiment and write a run; an interrupted run is resumed.

    Example: tools cv lightgbm --set num_leaves=8
    """
    from tools.usecases.train.cv import cv

    return cv(
        place, experiment, settings=settings or (), n_splits=splits, fold_seed=fold_seed,
        seeds=seeds,
    )  # fmt: skip


@command(app, "tune")
def tune(
    place: Workplace,
    experiment: Annotated[
        str,
        typer.Argument(
            help="An experiment with settings to search, such as lightgbm.",
            autocompletion=complete.experiments,
        ),
    ],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="field=value to start from and to keep.")
    ] = None,
    trials: Annotated[int, number("Trials of each search.", 1, 100_000)] = 24,
    timeout: Annotated[
        float | None, number("Seconds after which no new trial starts.", 0, 31_536_000)
    ] = None,
    splits: Splits = None,
    fold_seed: FoldSeed = None,
) -> Result:
    """Search for better settings and score the search on held-out folds; resumes.

    Example: tools tune lightgbm --trials 10
    """
    from tools.usecases.train.tuning import tune

    return tune(
        place, experiment, settings=settings or (), trials=trials, seconds=timeout,
        n_splits=splits, fold_seed=fold_seed,
    )  # fmt: skip


@command(app, "predict")
def predict(
    place: Workplace,
    run: RunName,
) -> Result:
    """Predict the test images with a run's fold models.

    Example: tools predict lightgbm
    """
    from tools.usecases.runs.prediction import predict

    return predict(place, run)


@command(app, "votes")
def votes(
    place: Workplace,
    oof: Annotated[Path, typer.Argument(help="Out-of-fold masks of the annotated images, CSV.")],
    test: Annotated[Path, typer.Argument(help="Masks of the test images, CSV.")],
    name: Annotated[str, typer.Option(help="The name of the run is votes-NAME-….")] = "masks",
    splits: Splits = None,
    fold_seed: FoldSeed = None,
) -> Result:
    """Make a run from masks that were predicted elsewhere, so that it can join a blend.

    Example: tools votes oof.csv test.csv --name theirs
    """
    from tools.usecases.train.votes import votes

    return votes(place, oof, test, name, splits, fold_seed)


@command(app, "export")
def export(
    place: Workplace,
    run: RunName,
    out: Annotated[Path, typer.Option(help="A new or empty folder.")],
    onnx: Annotated[
        bool, typer.Option("--onnx", help="Also write ONNX graphs, compared with torch.")
    ] = False,
) -> Result:
    """Export a run's networks to a folder that predicts without data set, run or network access.

    Example: tools export unet_lite_256 --out exported
    """
    from tools.usecases.train.export import export

    return export(place, run, out, onnx=onnx)
