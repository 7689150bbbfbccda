"""The folder of a new competition, made from templates and a few answers.

It keeps the contract of competitions as it stands and has synthetic data, so that every command
works; `Created.to_do` lists what the real data and the rules of the competition require.
"""

import importlib
import json
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import NamedTuple

import jobs
import rlemask
from contest._errors import ContestError, shown
from contest.spec.load import homes

TEMPLATES = Path(__file__).with_name("templates")
FILES = (
    "__init__.py", "competition.toml", "metric.py", "prepare.py", "synthetic.py", "experiments.py",
    "NOTES.md",
)  # fmt: skip
LONGEST = 40
"""Largest length of a name in characters: lines of the files that contain it stay below 100."""
SIDES = range(16, 65_536)
"""Possible heights and widths of masks, in pixels."""
STRIDE, LARGEST_INPUT = 32, 256
"""Images of the experiments have a side that is a multiple of the first, at most the second."""

RLE_FORMS: Mapping[str, str] = {
    "kaggle": "start and length, pixels counted from 1 down the columns; an empty mask is blank",
    "kaggle-rows": "start and length, pixels counted from 1 along the rows; an empty mask is blank",
    "siim": "gap since the last run and length, down the columns; an empty mask is -1",
    "siim-rows": "gap since the last run and length, along the rows; an empty mask is -1",
    "coco": "lengths of alternating runs of 0 and 1 down the columns, a JSON list",
    "coco-compressed": "the same lengths as COCO's compressed text",
}
"""The dialects of `rlemask.DIALECTS` in words."""


class MetricForm(NamedTuple):
    """A metric that a new competition can have.

    Attributes:
        words: what it is.
        function: its name in metric.py.
        name: its name in reports.
        reference: its definition.
        to_do: what is left to do in metric.py.
    """

    words: str
    function: str
    name: str
    reference: str
    to_do: str


METRIC_FORMS: Mapping[str, MetricForm] = {
    "dice": MetricForm(
        "the mean Dice coefficient",
        "dice",
        "Dice",
        "Mean over images of the Dice coefficient 2 |X and Y| / (|X| + |Y|), 1 where both masks "
        "are empty",
        "nothing, if the competition scores an image with two empty masks 1",
    ),
    "iou-thresholds": MetricForm(
        "the mean share of thresholds that the intersection over union exceeds",
        "mean_precision",
        "mean precision",
        "Mean over images of the share of the thresholds 0.50, 0.55, … 0.95 that the IoU exceeds; "
        "1 where both masks are empty",
        "THRESHOLDS, if they are not 0.50, 0.55, … 0.95",
    ),
    "own": MetricForm(
        "another function of the intersection over union, at first the mean IoU",
        "score",
        "mean IoU",
        "Mean over images of the intersection over union, 1 where both masks are empty",
        "the function of the IoU; its name and definition in competition.toml",
    ),
}
"""The metrics that a new competition can have, by name."""


@dataclass(frozen=True)
class NewCompetition:
    """What a new competition is made from.

    Attributes:
        name: of its folder, which is a Python package.
        slug: its name on Kaggle, the last part of the address of its page.
        rle: dialect of its masks, see `RLE_FORMS`.
        metric: see `METRIC_FORMS`.
        shape: `(h, w)` of its masks.
    """

    name: str
    slug: str
    rle: str
    metric: str
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        """Raise `ContestError` with all faults."""
        faults = [
            _name_fault(self.name),
            "" if SLUG.fullmatch(self.slug) else f"{shown(self.slug)!r} is not a slug: {SLUG_RULE}",
            _choice_fault("RLE form", self.rle, RLE_FORMS),
            _choice_fault("metric", self.metric, METRIC_FORMS),
            _size_fault(self.shape),
        ]
        if any(faults):
            raise ContestError("; ".join(filter(None, faults)))

    @property
    def title(self) -> str:
        """A title from the slug."""
        return self.slug.replace("-", " ").title()

    @property
    def side(self) -> int:
        """Side of the images of the experiments: that of the masks, at most `LARGEST_INPUT`."""
        return min(LARGEST_INPUT, -(-max(self.shape) // STRIDE) * STRIDE)


@dataclass(frozen=True)
class Created:
    """A new competition's folder; `to_do` has what is left to do in each of its files."""

    folder: Path
    to_do: Mapping[str, str]


SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_RULE = "give the address of its page at Kaggle, or the part of it behind competitions/"
PAGE = re.compile(r"(https?://)?(www\.)?kaggle\.com/(c|competitions)/(?P<slug>[^/?#]+).*")
SIZE = re.compile(r"(\d{1,5})(?:\s*[x×]\s*(\d{1,5}))?")
SIZE_RULE = "give HEIGHTxWIDTH or one number for both, in pixels, such as 512x768"
NAME = re.compile(r"[a-z][a-z0-9_]*")


def read_slug(text: str) -> str:
    """Return the slug in a text that is one, or the address of a competition's page.

    Raises:
        ContestError: it is neither.
    """
    page = PAGE.fullmatch(text.strip())
    slug = page["slug"] if page else text.strip()
    if not SLUG.fullmatch(slug):
        raise ContestError(f"{shown(text)!r} is not a slug: {SLUG_RULE}")
    return slug


def read_size(text: str) -> tuple[int, int]:
    """Return `(h, w)` of a text such as "512x768" or "101".

    Raises:
        ContestError: it is neither, or a side is too small or too large.
    """
    match = SIZE.fullmatch(text.strip())
    shape = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if fault := _size_fault(shape, text):
        raise ContestError(fault)
    return shape


def check_new_name(name: str) -> Path:
    """Return the folder that a new competition of this name gets, which does not exist.

    It lies in the folder of TOOLS_COMPETITIONS, or else in `competitions/` of a checkout.

    Raises:
        ContestError: the name is not valid or not free, or there is no place for competitions.
    """
    if fault := _name_fault(name):
        raise ContestError(fault)
    places = homes()
    if not places or (len(places) == 1 and not (places[0].parent / "pyproject.toml").is_file()):
        raise ContestError(
            "the project is installed and not a checkout: set TOOLS_COMPETITIONS to a folder for "
            "competitions of your own"
        )
    taken = [place / form for place in places for form in (name, f"{name}.py")]
    if found := next(filter(Path.exists, taken), None):
        raise ContestError(f"{found} exists: choose another name")
    return places[-1] / name


def create_competition(new: NewCompetition) -> Created:
    """Write the folder of a new competition, all of it or nothing.

    Raises:
        ContestError: see `check_new_name`.
        jobs.JobError: it cannot be written.
    """
    folder = check_new_name(new.name)
    values = _values(new)
    with jobs.writing_folder(folder) as temporary:
        for file in FILES:
            template = f"metric_{new.metric}.py" if file == "metric.py" else file
            text = (TEMPLATES / f"{template}.template").read_text(encoding="utf-8")
            jobs.write_text(temporary / file, Template(text).substitute(values))
    importlib.invalidate_caches()
    return Created(folder, _to_do(new))


def _values(new: NewCompetition) -> dict[str, str]:
    metric = METRIC_FORMS[new.metric]
    return {
        "name": new.name,
        "slug": new.slug,
        "title": new.title,
        "height": str(new.shape[0]),
        "width": str(new.shape[1]),
        "dialect": new.rle,
        "empty": json.dumps(rlemask.encode(rlemask.empty(new.shape), new.rle)),
        "metric_function": metric.function,
        "metric_name": metric.name,
        "metric_reference": metric.reference,
        "side": str(new.side),
    }


def _to_do(new: NewCompetition) -> dict[str, str]:
    return {
        "competition.toml": (
            "the title; the places of the files in [data] and the names of the columns in "
            "[columns]; the daily limit; groups and facts, if there are tables of them"
        ),
        "metric.py": METRIC_FORMS[new.metric].to_do,
        "prepare.py": "code of its own only where the general functions do not read the data",
        "synthetic.py": "images more like the real ones, if the demo is to resemble them",
        "experiments.py": "families of features and networks; the score and cost of each, measured",
        "NOTES.md": "what was tried on the real images, with its figures",
    }


def _name_fault(name: str) -> str:
    fault = jobs.name_fault(name)
    if not fault and not NAME.fullmatch(name):
        fault = "it must be lower-case letters, digits and underscores, beginning with a letter"
    if not fault and keyword.iskeyword(name):
        fault = "it is a word of Python"
    if not fault and len(name) > LONGEST:
        fault = f"it is longer than {LONGEST} characters"
    return fault and f"{shown(name)!r} cannot be the name of a competition: {fault}"


def _size_fault(shape: tuple[int, int], text: str = "") -> str:
    if all(side in SIDES for side in shape):
        return ""
    given = shown(text) if text else f"{shape[0]}x{shape[1]}"
    return f"{given!r} is not a size of {SIDES[0]} to {SIDES[-1]} pixels: {SIZE_RULE}"


def _choice_fault(what: str, given: str, known: Mapping[str, object]) -> str:
    return "" if given in known else f"{given!r} is not a {what}: {jobs.known_names(given, known)}"
