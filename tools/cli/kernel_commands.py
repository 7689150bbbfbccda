"""`tools kernel build`, `push`, `status`, `submit`: notebook competitions."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tools.cli.command import command, group
from tools.console import can_ask

if TYPE_CHECKING:
    from tools.usecases.workplace import Workplace

kernel = group("kernel", "Notebook competitions: a bundle that predicts on Kaggle, offline.")

Bundle = Annotated[Path, typer.Argument(help="A folder written by `tools kernel build`.")]


@command(kernel, "build")
def build(
    place: "Workplace",
    name: Annotated[str, typer.Argument(help="A blend, best, or a single run.")],
    to: Annotated[
        Path | None, typer.Option(help="The folder. Default: kernels/BLEND in the home.")
    ] = None,
    wheels: Annotated[
        Path | None, typer.Option(help="A folder with wheels that Kaggle's image lacks.")
    ] = None,
) -> dict[str, Any]:
    """Write a bundle of models, this program and a notebook that predicts offline."""
    from tools.usecases.kernels import build

    return asdict(build(place, name, to, wheels))


@command(kernel, "push")
def push(place: "Workplace", bundle: Bundle) -> dict[str, Any]:
    """Upload a bundle as a private data set and start its notebook."""
    from tools.usecases.kernels import push

    return asdict(push(place, bundle))


@command(kernel, "status")
def status(place: "Workplace", bundle: Bundle) -> dict[str, Any]:
    """Say whether the notebook of a pushed bundle is queued, running, complete or failed."""
    from tools.usecases.kernels import status

    return asdict(status(bundle))


@command(kernel, "submit")
def submit(
    place: "Workplace",
    bundle: Bundle,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the score.")] = False,
    message: Annotated[str, typer.Option(help="What Kaggle shows beside the submission.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Submit without asking.")] = False,
) -> dict[str, Any]:
    """Submit the output of the pushed notebook once and record it; asks for confirmation."""
    from tools.usecases.kernels import submit

    if not (yes or can_ask()):
        raise typer.BadParameter("no terminal to ask for confirmation: add --yes to submit it")
    return asdict(submit(place, bundle, wait=wait, message=message, yes=yes))
