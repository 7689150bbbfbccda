"""The files of submissions: found by name, and whether they still are what was sent."""

from dataclasses import dataclass
from pathlib import Path

import contest
import jobs
import kagglegate
from tools.usecases.workplace import Workplace


class NoSuchSubmission(jobs.UserError):
    """No submission, or more than one, is called so."""


class Incomparable(jobs.UserError):
    """A file of a submission is not here or not what was sent, or the images differ."""


@dataclass(frozen=True)
class Sent:
    """A submission's file, and its entry in the ledger; None for a file that was only written."""

    path: Path
    entry: kagglegate.Entry | None

    @property
    def name(self) -> str:
        """Return a name that finds it again."""
        return self.entry.id if self.entry else self.path.parent.name


def find(place: Workplace, name: str) -> Sent:
    """Return the submission with this ref, blend name, beginning of an id, or part of a folder.

    Deliveries that failed give way to others of the same name.
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
                f"{len(found)} submissions are called {name}: take one of {names}"
            )
    names = ", ".join(one.name for one in every) or "none"
    raise NoSuchSubmission(
        f"no submission is called {name!r}: give a ref, a blend or an id of {names}"
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
    """Return whether the file is here and still the one that was sent."""
    if not one.path.exists():
        return "not on this computer"
    same = one.entry is None or kagglegate.file_digest(one.path) == one.entry.digest
    return "as it was sent" if same else "changed since it was sent"


def masks(place: Workplace, one: Sent) -> contest.Masks:
    """Return the masks of a submission's file, sorted by image id.

    Raises:
        Incomparable: the file is not here, or not what was sent.
    """
    is_now = state(one)
    if one.path.exists() and is_now != "changed since it was sent":
        return contest.read_masks(one.path, place.spec)
    raise Incomparable(f"{one.path} is {is_now}: get the file back, or write it again")
