"""`tools new`, `tools demo`, `tools doctor`, `tools data …`, `tools dicom …`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tools.cli.command import (
    GREATEST_SEED,
    MOST_IMAGES,
    Workplace,
    app,
    command,
    group,
    number,
)
from tools.console import Result, Shown, can_ask

data = group("data", "Download, synthesise, tabulate and check the raw data.")
dicom = group("dicom", "Show single DICOM files.")


@command(dicom, "show")
def show(
    _: Workplace,
    file: Annotated[Path, typer.Argument(help="A DICOM file.")],
    png: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also write the image there.")
    ] = None,
) -> Result:
    """Print the header of one file.

    Example: tools dicom show image.dcm --png image.png
    """
    from tools.usecases.prepare.data import show

    return show(file, png)


@command(data, "download")
def download(
    place: Workplace,
    dataset: Annotated[
        str | None, typer.Option(help="A mirror at Kaggle: a data set, owner/slug.")
    ] = None,
) -> Result:
    """Get the raw data from --data or else from Kaggle; verify, unpack and describe them.

    Example: tools data download --competition tgs_salt
    """
    from tools.usecases.prepare.data import download

    return download(place, dataset)


@command(data, "synth")
def synth(
    place: Workplace,
    images: Annotated[int, number("Training images.", 1, MOST_IMAGES)] = 240,
    test: Annotated[int, number("Test images.", 0, MOST_IMAGES)] = 80,
    out: Annotated[Path, typer.Option(help="A new folder.")] = Path("synthetic"),
    seed: Annotated[int, number("The same seed gives the same files.", 0, GREATEST_SEED)] = 0,
) -> Result:
    """Write a synthetic data set in the competition's format.

    Example: tools data synth --images 100 --out synthetic
    """
    from tools.usecases.prepare.data import synth

    return synth(place, out, images, test, seed)


@command(data, "frame")
def frame(
    place: Workplace,
    csv: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also write the table as CSV there.")
    ] = None,
) -> Result:
    """Write the metadata table: one row per image, its header fields and digest.

    Example: tools data frame --csv images.csv
    """
    from tools.usecases.prepare.data import frame

    return frame(place, csv)


@command(data, "audit", failed=lambda found: bool(found.errors))
def audit(
    place: Workplace,
    accept: Annotated[
        bool, typer.Option("--accept", help="Leave out the unusable images from now on.")
    ] = False,
    csv: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Also write the table of all findings there."),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option("--report", dir_okay=False, help="Also write a page with pictures there."),
    ] = None,
) -> Shown:
    """Find unusable, missing, duplicate, leaking images, faulty rows; exit code 1 on errors.

    Example: tools data audit --report audit.html
    """
    from tools.console import audit as summary
    from tools.usecases.prepare.audit import audit

    found = audit(place, accept, csv, page)
    return Shown(found, summary.text(found))


@command(data, "accepted")
def accepted(
    place: Workplace,
    withdraw: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Take this image back; may be repeated.")
    ] = None,
    withdraw_all: Annotated[
        bool, typer.Option("--withdraw-all", help="Take all images back.")
    ] = False,
) -> Result:
    """List the images left out by `tools data audit --accept`; take them back.

    Example: tools data accepted --withdraw-all
    """
    from tools.usecases.prepare.audit import accepted

    return accepted(place, withdraw or (), withdraw_all)


@command(app, "demo")
def demo(
    place: Workplace,
    images: Annotated[int, number("Synthetic training images.", 60, MOST_IMAGES)] = 240,
) -> Result:
    """Run everything on synthetic data: cross-validation, blend, submission to a local stand-in.

    Example: tools demo --competition tgs_salt
    """
    from tools.usecases.start.demo import demo

    return demo(place, images)


@command(app, "new")
def new(
    place: Workplace,
    name: Annotated[
        str, typer.Argument(help="Its folder: lower-case letters, digits and underscores.")
    ],
    slug: Annotated[
        str | None, typer.Option(help="Its name at Kaggle: the last part of its page's address.")
    ] = None,
    rle: Annotated[
        Literal["kaggle", "kaggle-rows", "siim", "siim-rows", "coco", "coco-compressed"] | None,
        typer.Option(
            help="How masks are written: kaggle is start and length, siim gap and length, down the "
            "columns or (-rows) along the rows."
        ),
    ] = None,
    metric: Annotated[
        Literal["dice", "iou-thresholds", "own"] | None,
        typer.Option(help="own is another function of the intersection over union."),
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="HxW", help="Height and width of the masks in pixels.")
    ] = None,
) -> Result:
    """Make a competition's folder that works at once; asks for options that are not given.

    It lies in the checkout's competitions/, or in the folder that TOOLS_COMPETITIONS names.

    Example: tools new pollen --slug pollen-grains --rle kaggle --metric dice --size 512x768
    """
    from tools.usecases.start.new import new

    given = {"slug": slug, "rle": rle, "metric": metric, "size": size}
    missing = [f"--{option}" for option, value in given.items() if value is None]
    if missing and not can_ask():
        raise typer.BadParameter(f"without a terminal {', '.join(missing)} must be given")
    return new(place, name, slug=slug, rle=rle, metric=metric, size=size)


@command(app, "doctor", failed=lambda found: not found.ok)
def doctor(place: Workplace) -> Result:
    """Check versions, decoders, GPU, disk, credentials and data.

    Example: tools doctor
    """
    from tools.usecases.start.doctor import doctor

    return doctor(place)
