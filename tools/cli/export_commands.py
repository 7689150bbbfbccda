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
    out: Annotated[Path, typer.Option(help="A folder that is not there yet, or is empty.")],
    onnx: Annotated[
        bool, typer.Option("--onnx", help="Also ONNX graphs, compared with torch.")
    ] = False,
) -> dict[str, Any]:
    """Write a run's networks as a folder that predicts alone: no data, no run, no connection."""
    from tools.usecases.export import export

    return export(place, run, out, onnx=onnx)
