"""`tools demo`, `tools doctor`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tools.cli.command import app, command

if TYPE_CHECKING:
    from tools.usecases.workplace import Workplace


@command(app, "demo")
def demo(
    place: "Workplace",
    images: Annotated[int, typer.Option(min=60, help="Synthetic training images.")] = 240,
) -> dict[str, Any]:
    """Run everything on synthetic data: cross-validation, blend, submission to a local stand-in."""
    from tools.usecases.demo import demo

    return demo(place, images)


@command(app, "doctor", failed=lambda result: not result["ok"])
def doctor(place: "Workplace") -> dict[str, Any]:
    """Check versions, decoders, GPU, disk, credentials and data."""
    from tools.usecases.doctor import doctor

    return doctor(place)
