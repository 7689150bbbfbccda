"""`tools kernel build`, `push`, `status`, `submit`: competitions that take notebooks."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tools.cli.command import command, group
from tools.console import can_ask

if TYPE_CHECKING:
    from tools.usecases.workplace import Workplace

kernel = group("kernel", "Notebook competitions: a bundle that predicts at Kaggle, offline.")

Bundle = Annotated[Path, typer.Argument(help="A folder that `tools kernel build` wrote.")]


@command(kernel, "build")
def build(
    place: "Workplace",
    name: Annotated[str, typer.Argument(help="A blend, best, or a run on its own.")],
    to: Annotated[
        Path | None, typer.Option(help="The folder. Default: kernels/BLEND in the home.")
    ] = None,
    wheels: Annotated[
        Path | None, typer.Option(help="A folder of wheels that Kaggle's image lacks.")
    ] = None,
) -> dict[str, Any]:
    """Write the models, this program and a notebook that predicts with them, offline."""
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
    yes: Annotated[bool, typer.Option("--yes", help="Submit it without asking.")] = False,
) -> dict[str, Any]:
    """Submit what the pushed notebook wrote, once, and record it; asks before."""
    from tools.usecases.kernels import submit

    if not (yes or can_ask()):
        raise typer.BadParameter("there is no terminal to ask at: add --yes to submit it")
    return asdict(submit(place, bundle, wait=wait, message=message, yes=yes))
