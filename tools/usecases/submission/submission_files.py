"""The files of submissions: search by name, and comparison with the ledger."""

from dataclasses import dataclass
from pathlib import Path

import contest
import jobs
import kagglegate
from tools.usecases.context.workplace import Workplace

CHANGED = "changed since it was submitted"


class NoSuchSubmission(jobs.UserError):
    """No submission, or more than one, has this name."""


class Incomparable(jobs.UserError):
    """A file of a submission is missing or was changed, or the images differ."""


@dataclass(frozen=True)
class SubmissionFile:
    """A submission's file and its entry in the ledger; None for a file not yet submitted."""

    path: Path
    entry: kagglegate.Entry | None

    @property
    def name(self) -> str:
        """Return a name by which `find` finds it."""
        return self.entry.id if self.entry else self.path.parent.name


def find(place: Workplace, name: str) -> SubmissionFile:
    """Return the submission with this ref, blend, beginning of an id, or part of a folder name.

    Failed submissions are ignored if there are others of the same name.
    """
    every = _every(place)
    submitted = [(one, one.entry) for one in every if one.entry is not None]
    for found in (
        [one for one, entry in submitted if name == str(entry.ref)],
        [one for one, entry in submitted if name == entry.extra.get("blend")],
        [one for one, entry in submitted if name and entry.id.startswith(name)],
        [one for one in every if name and name in one.path.parent.name],
    ):
        alive = [one for one in found if one.entry is None or one.entry.state != "failed"]
        chosen = alive or found[-1:]
        if len(chosen) == 1:
            return chosen[0]
        if chosen:
            names = ", ".join(one.name for one in chosen)
            raise NoSuchSubmission(
                f"{len(chosen)} submissions are called {name}: give one of {names}"
            )
    names = ", ".join(one.name for one in every) or "none"
    raise NoSuchSubmission(
        f"no submission is called {name!r}: give a ref, a blend or an id, known: {names}"
    )


def _every(place: Workplace) -> list[SubmissionFile]:
    folder = place.paths.submissions
    entries = kagglegate.Ledger(place.paths.ledger).entries()
    known = {folder / one.file for one in entries}
    others = [path for path in sorted(folder.glob("*/submission.csv")) if path not in known]
    return [
        *[SubmissionFile(folder / one.file, one) for one in entries if one.slug == place.spec.slug],
        *[SubmissionFile(path, None) for path in others if _is_of(path, place.spec.name)],
    ]


def _is_of(path: Path, competition: str) -> bool:
    """Return whether a file that was not submitted may be of the competition."""
    blend = path.with_name("blend.json")
    its = jobs.read_json(blend).get("competition") if blend.exists() else None
    return its in (None, "", competition)


def state(one: SubmissionFile) -> str:
    """Return whether the file exists and is unchanged since it was submitted."""
    if not one.path.exists():
        return "not on this computer"
    same = one.entry is None or kagglegate.file_digest(one.path) == one.entry.digest
    return "unchanged" if same else CHANGED


def masks(place: Workplace, one: SubmissionFile) -> contest.Masks:
    """Return the masks of a submission's file, sorted by image id.

    Raises:
        Incomparable: the file is missing or was changed.
    """
    is_now = state(one)
    if one.path.exists() and is_now != CHANGED:
        return contest.read_masks(one.path, place.spec)
    raise Incomparable(f"{one.path} is {is_now}: restore the file, or write it again")
