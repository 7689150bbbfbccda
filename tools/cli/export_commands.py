"""`tools export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tools.cli.command import app, command

if TYPE_CHECKING:
    from tools.usecases.workplace import Workplace


@command(app, "export")
def export(
    place: "Workplace",
    run: Annotated[str, typer.Argument(help="A run, or the beginning of its name.")],
    out: Annotated[Path, typer.Option(help="A new or empty folder.")],
    onnx: Annotated[
        bool, typer.Option("--onnx", help="Also write ONNX graphs, compared with torch.")
    ] = False,
) -> dict[str, Any]:
    """Export a run's networks to a folder that predicts without data set, run or network access."""
    from tools.usecases.export import export

    return export(place, run, out, onnx=onnx)
