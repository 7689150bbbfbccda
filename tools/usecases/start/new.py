"""`tools new`: the folder of a new competition from a few answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import contest
import jobs
from tools.usecases.context.workplace import Workplace

Answer = TypeVar("Answer")


class NotMade(jobs.UserError):
    """The input ended before all questions were answered."""


@dataclass(frozen=True)
class New:
    """A new competition: its folder, what is left to do in each file, and commands to go on."""

    competition: str
    path: Path
    to_do: Sequence[Mapping[str, str]]
    next: Sequence[Mapping[str, str]]


def new(
    place: Workplace,
    name: str,
    *,
    slug: str | None = None,
    rle: str | None = None,
    metric: str | None = None,
    size: str | None = None,
) -> New:
    """Make the folder of a competition; options that are None are asked for.

    Raises:
        contest.ContestError: the name is not free, or an option is not valid.
        NotMade: a question was not answered.
    """
    contest.check_new_name(name)
    metrics = {key: form.words for key, form in contest.METRIC_FORMS.items()}
    likely = name.replace("_", "-")
    page = f"Address of its page at Kaggle, or the part of it behind competitions/ [{likely}]:"
    slug = _given(place, slug, page, contest.read_slug, likely)
    rle = rle or _chosen(place, "How are masks written?", contest.RLE_FORMS)
    metric = metric or _chosen(place, "What is the metric of an image?", metrics)
    sides = "Height and width of the masks in pixels, such as 512x768:"
    shape = _given(place, size, sides, contest.read_size)
    made = contest.create_competition(contest.NewCompetition(name, slug, rle, metric, shape))
    return New(name, made.folder, _rows("file", "to_do", made.to_do), _next(name))


def _next(name: str) -> Sequence[Mapping[str, str]]:
    commands = {
        f"tools demo --competition {name}": "works now, on synthetic images",
        f"tools data download --competition {name}": "gets the real data, and says what is missing",
        f"tools data audit --competition {name}": "checks images and masks",
        "make test": "in a checkout: also checks the contract of competitions",
    }
    return _rows("command", "what_it_does", commands)


def _rows(key: str, value: str, table: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
    return [{key: one, value: other} for one, other in table.items()]


def _chosen(place: Workplace, text: str, choices: Mapping[str, str]) -> str:
    """Ask for one of `choices`, by its name or number; the first is the default."""
    names = list(choices)
    lines = [f"  {number} {name}: {choices[name]}" for number, name in enumerate(names, 1)]

    def read(answer: str) -> str:
        named = dict(enumerate(names, 1)).get(int(answer) if answer.isdecimal() else 0, answer)
        if named not in choices:
            raise contest.ContestError(f"{answer!r} is none of them: give a name or a number")
        return named

    return _given(place, None, "\n".join([text, *lines, f"[{names[0]}]:"]), read, names[0])


def _given(
    place: Workplace, text: str | None, question: str, read: Callable[[str], Answer],
    default: str = "",
) -> Answer:  # fmt: skip
    """Return what `read` makes of a text, or of the first answer that it accepts.

    Raises:
        contest.ContestError: the text is not valid.
        NotMade: the input has ended.
    """
    if text is not None:
        return read(text)
    while True:
        try:
            return read(place.answer(question) or default)
        except contest.ContestError as error:
            place.announce(str(error))
        except EOFError:
            raise NotMade("stopped: no competition was made") from None
