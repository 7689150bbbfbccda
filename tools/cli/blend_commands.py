"""`tools blend`, `tools score`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tools.cli.command import app, command
from tools.usecases.workplace import Workplace


@command(app, "blend")
def blend(
    place: Workplace,
    runs: Annotated[list[str] | None, typer.Argument(help="Runs. Default: all.")] = None,
    name: Annotated[str, typer.Option(help="The name of the blend.")] = "blend",
    compare: Annotated[
        tuple[str, str] | None, typer.Option(help="Compare two blends on the same images.")
    ] = None,
) -> dict[str, Any]:
    """Fit a blend of runs on out-of-fold predictions and judge it honestly."""
    if compare and runs:
        raise typer.BadParameter("--compare takes two blends and no runs")
    if compare:
        from tools.usecases import blend_store

        return blend_store.compare(place, *compare)
    from tools.usecases.blending import blend

    return blend(place, runs or (), name)


@command(app, "score")
def score(
    place: Workplace,
    submission: Annotated[Path, typer.Argument(help="A submission file.")],
    truth: Annotated[Path, typer.Option(help="A file of true annotations.")],
) -> dict[str, Any]:
    """Score a submission offline with the competition's metric."""
    from tools.usecases.blending import score

    return score(place, submission, truth)
