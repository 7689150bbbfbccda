"""`tools study …`: how a score depends on what an experiment is given."""

from typing import Annotated

import typer

from tools.cli import complete
from tools.cli.command import GREATEST_SEED, Workplace, command, group, number
from tools.cli.train_commands import FoldSeed, Splits
from tools.console import Result

table = group("study", "How a score depends on what an experiment is given.")


@command(table, "labels")
def labels(
    place: Workplace,
    experiment: Annotated[
        str, typer.Argument(help="An experiment.", autocompletion=complete.experiments)
    ],
    shares: Annotated[
        list[float] | None,
        number(
            "Percent of the annotations; repeatable. Default: 5, 10, 25, 50, 100.",
            0.01,
            100,
            "--share",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="field=value of the configuration.")
    ] = None,
    subset_seed: Annotated[int, number("Of the choice of annotations.", 0, GREATEST_SEED)] = 0,
    splits: Splits = None,
    fold_seed: FoldSeed = None,
) -> Result | None:
    """Cross-validate with growing shares of the annotations: table, chart and page; resumes.

    Example: tools study labels lightgbm --share 10 --share 100
    """
    from tools.usecases.train.label_study import SHARES, label_curve

    return label_curve(
        place, experiment, shares=shares or SHARES, settings=settings or (), n_splits=splits,
        fold_seed=fold_seed, subset_seed=subset_seed,
    )  # fmt: skip
