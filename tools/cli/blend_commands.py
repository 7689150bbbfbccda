"""`tools blend`, `tools score`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tools.cli.command import app, command
from tools.console import Result, Shown

if TYPE_CHECKING:
    from tools.usecases.workplace import Workplace


@command(app, "blend")
def blend(
    place: "Workplace",
    runs: Annotated[list[str] | None, typer.Argument(help="Runs. Default: all.")] = None,
    name: Annotated[str, typer.Option(help="The name of the blend.")] = "blend",
    compare: Annotated[
        tuple[str, str] | None, typer.Option(help="Compare two blends on the same images.")
    ] = None,
) -> Result:
    """Fit a blend of runs on out-of-fold predictions and give its honest score."""
    if compare and runs:
        raise typer.BadParameter("--compare takes two blends and no runs")
    from tools.console import blend as page
    from tools.usecases import blending

    if compare:
        return blending.compare(place, *compare)
    fitted = blending.blend(place, runs or (), name)
    return Shown(fitted.as_dict(), page.text(fitted.blend, fitted.picture))


@command(app, "score")
def score(
    place: "Workplace",
    submission: Annotated[Path, typer.Argument(help="A submission file.")],
    truth: Annotated[Path, typer.Option(help="A file of the true annotations.")],
) -> dict[str, Any]:
    """Score a submission offline with the competition's metric."""
    from tools.usecases.score import score

    return score(place, submission, truth)
