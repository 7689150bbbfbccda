"""The files of submissions: search by name, and comparison with the ledger."""

from dataclasses import dataclass
from pathlib import Path

import contest
import jobs
import kagglegate
from tools.usecases.workplace import Workplace

CHANGED = "changed since it was submitted"


class NoSuchSubmission(jobs.UserError):
    """No submission, or more than one, has this name."""


class Incomparable(jobs.UserError):
    """A file of a submission is missing or was changed, or the images differ."""


@dataclass(frozen=True)
class Sent:
    """A submission's file and its entry in the ledger; None for a file not yet submitted."""

    path: Path
    entry: kagglegate.Entry | None

    @property
    def name(self) -> str:
        """Return a name by which `find` finds it."""
        return self.entry.id if self.entry else self.path.parent.name


def find(place: Workplace, name: str) -> Sent:
    """Return the submission with this ref, blend, beginning of an id, or part of a folder name.

    Failed submissions are ignored if there are others of the same name.
    """
    every = _every(place)
    for matches in (_has_ref, _is_of_blend, _has_id, _has_folder):
        found = [one for one in every if matches(one, name)]
        alive = [one for one in found if one.entry is None or one.entry.state != "failed"]
        found = alive or found[-1:]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(one.name for one in found)
            raise NoSuchSubmission(
                f"{len(found)} submissions are called {name}: give one of {names}"
            )
    names = ", ".join(one.name for one in every) or "none"
    raise NoSuchSubmission(
        f"no submission is called {name!r}: give a ref, a blend or an id, known: {names}"
    )


def _every(place: Workplace) -> list[Sent]:
    folder = place.paths.submissions
    entries = kagglegate.Ledger(place.paths.ledger).entries()
    sent = [Sent(folder / one.file, one) for one in entries if one.slug == place.spec.slug]
    known = {one.path for one in sent}
    others = [path for path in sorted(folder.glob("*/submission.csv")) if path not in known]
    return sent + [Sent(path, None) for path in others]


def _has_ref(one: Sent, name: str) -> bool:
    return one.entry is not None and name == str(one.entry.ref)


def _is_of_blend(one: Sent, name: str) -> bool:
    return one.entry is not None and one.entry.extra.get("blend") == name


def _has_id(one: Sent, name: str) -> bool:
    return one.entry is not None and bool(name) and one.entry.id.startswith(name)


def _has_folder(one: Sent, name: str) -> bool:
    return bool(name) and name in one.path.parent.name


def state(one: Sent) -> str:
    """Return whether the file exists and is unchanged since it was submitted."""
    if not one.path.exists():
        return "not on this computer"
    same = one.entry is None or kagglegate.file_digest(one.path) == one.entry.digest
    return "unchanged" if same else CHANGED


def masks(place: Workplace, one: Sent) -> contest.Masks:
    """Return the masks of a submission's file, sorted by image id.

    Raises:
        Incomparable: the file is missing or was changed.
    """
    is_now = state(one)
    if one.path.exists() and is_now != CHANGED:
        return contest.read_masks(one.path, place.spec)
    raise Incomparable(f"{one.path} is {is_now}: restore the file, or write it again")
