"""The program from a notebook: a workplace, pictures inline, and a local leaderboard.

The use cases in `tools.usecases` take the workplace and return results that a notebook shows as
tables; each is the function behind the command of the same name.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import contest
import drawing
import kagglegate
import rlemask
from kagglegate import standin
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace
from tools.usecases.submission.standin import site

SIDE = 320
"""Side of a picture in pixels."""


class Picture:
    """A picture that a notebook shows; `png` are its bytes."""

    def __init__(self, png: bytes) -> None:
        self.png = png

    def _repr_png_(self) -> bytes:
        return self.png


class Line:
    """Progress as one line of text that is written over; `report` is a `jobs.Report`."""

    def __init__(self, every: float = 0.5) -> None:
        """Write at most once in `every` seconds, and at the end of each step."""
        self._every, self._next, self._label = every, 0.0, ""

    def report(self, label: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        """Show one step of progress."""
        now, whole = time.monotonic(), done >= total
        if now < self._next and not (whole and label == self._label):
            return
        shown = "".join(f"  {name} {value:.4g}" for name, value in figures.items())
        print(f"\r{label} {done}/{total}{shown}".ljust(79), end="\n" if whole else "", flush=True)
        self._next, self._label = now + self._every, "" if whole else label


def workplace(
    competition: str | None = None, *, data: str | Path | None = None, home: str | Path = "home"
) -> Workplace:
    """Return the folders and the competition for the use cases.

    Args:
        competition: its name; None for the only one whose data are there.
        data: the raw data, a folder or a zip file; None for TOOLS_DATA or downloaded data.
        home: folder of all output.
    """
    paths = Paths.resolve(Path(home), None if data is None else Path(data))
    paths = Paths(paths.home, paths.given_data, paths.home / "submissions")
    return Workplace(paths, competition, report=Line().report, say=print)


def show(
    dataset: contest.Dataset,
    ids: Sequence[str],
    predicted: Mapping[str, rlemask.Runs] | None = None,
) -> Picture:
    """Return the images `ids` with true and, if given, predicted outlines."""
    panels = []
    for image_id in ids:
        truth = dataset.truth.get(image_id)
        mask = None if predicted is None else predicted[image_id].mask()
        panels.append(
            drawing.Panel(
                image=dataset.image(image_id, SIDE),
                truth=None if truth is None else truth.mask(),
                prediction=mask,
                caption=image_id[-18:],
            )
        )
    return Picture(drawing.png_bytes(drawing.contact_sheet(panels)))


@contextmanager
def leaderboard(place: Workplace, truth: str | Path) -> Iterator[kagglegate.Client]:
    """Yield a client of a local stand-in for Kaggle, which scores with the file `truth`."""
    with (
        standin.Server(site(place, Path(truth))) as server,
        standin.connect(server) as client,
    ):
        yield client
