"""What a report is about: a run, a blend or a submission, and the predictions behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jobs
from tools.usecases import blend_store, blending, picture, submission_files
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import crossval
    import ensembling
    import rlemask


class UnknownSubject(jobs.UserError):
    """There is no run, blend or submission of that name."""


@dataclass(frozen=True)
class Subject:
    """Something that predicted masks, with what it says of every image.

    Attributes:
        kind: "run", "blend" or "submission".
        name: of it.
        part: "train" or "test", the images.
        ids: of the images, in order.
        record: of the blend; {} where it is not known.
        runs: the members.
        members: their predictions of the images.
        decided: mask of every image; None where that was not computed.
        judged: honest score and decision of every image (columns fold, score, predicted); None
            where there is no blend, and for test images.
    """

    kind: str
    name: str
    part: str
    ids: list[str]
    record: dict[str, Any]
    runs: Sequence["crossval.Run"]
    members: Sequence["ensembling.Member"]
    decided: "Mapping[str, rlemask.Runs] | None" = None
    judged: "pd.DataFrame | None" = None

    @cached_property
    def blend(self) -> "ensembling.Blend | None":
        """The rule and its weights; None where they are not known."""
        import ensembling

        return ensembling.Blend.from_dict(self.record) if self.record else None

    @property
    def mapped(self) -> "list[tuple[ensembling.Member, float]]":
        """The members whose maps are blended, with their weights; alone, a run counts whole."""
        weights = self.blend.weights if self.blend else {one.name: 1.0 for one in self.members}
        return [
            (one, weights[one.name])
            for one in self.members
            if one.maps is not None and weights.get(one.name, 0) > 0
        ]

    @cached_property
    def p(self) -> "pd.Series | None":
        """The probability of a lesion that the gate looks at; None where nothing is known."""
        import ensembling

        if not self.members:
            return None
        if self.blend is None:
            return self.members[0].p.loc[self.ids]
        return ensembling.probabilities(self.blend, self.members, self.ids)


def find(place: Workplace, name: str, *, decide: bool = True) -> Subject:
    """Return the blend, else the run, else the submission that is called so.

    Args:
        place: with the data.
        name: of it; "best" is the best blend.
        decide: compute the mask of every image, and judge a run as if it were submitted alone.

    Raises:
        UnknownSubject: nothing is called so; the message lists what there is.
    """
    import crossval

    blends = sorted(path.stem for path in place.paths.blends.glob("*.json"))
    if name == blend_store.BEST or name in blends:
        record = blend_store.open_blend(place, name)
        return _trained(place, "blend", record, blend_store.judged_images(place, record), decide)
    runs = [run.name for run in crossval.list_runs(place.paths.runs)]
    if name and any(known.startswith(name) for known in runs):
        return _of_run(place, crossval.open_run(place.paths.runs, name), decide)
    try:
        return _of_submission(place, submission_files.find(place, name))
    except submission_files.NoSuchSubmission as error:
        kinds = {"blends": [*blends, blend_store.BEST] if blends else [], "runs": runs}
        known = "; ".join(f"{kind} {', '.join(names)}" for kind, names in kinds.items() if names)
        raise UnknownSubject(
            f"{name!r} is no blend and no run (there are {known or 'none yet'}), and {error}"
        ) from None


def _of_run(place: Workplace, run: "crossval.Run", decide: bool) -> Subject:
    if decide:
        return _trained(place, "run", *blending.judge(place, [run], run.name), decide)
    blending.check_data(place, [run])
    member = blending.oof_member(run, run.oof())
    return Subject("run", run.name, "train", list(place.dataset.train.index), {}, [run], [member])


def _of_submission(place: Workplace, one: submission_files.Sent) -> Subject:
    """Return a submission; with soft maps where its runs and their test predictions are here."""
    import crossval

    masks = submission_files.masks(place, one)
    path = one.path.with_name("blend.json")
    record: dict[str, Any] = jobs.read_json(path) if path.exists() else {}
    here = {run.name: run for run in crossval.list_runs(place.paths.runs)}
    runs = [here[name] for name in record.get("runs", []) if name in here]
    key = crossval.test_key(place.dataset.test["digest"])
    whole = len(runs) == len(record.get("runs", [])) and all(
        run.test(key) is not None for run in runs
    )
    members = [blending.test_member(place, run) for run in runs] if whole else []
    ids = [image_id for image_id in place.dataset.test.index if image_id in masks]
    return Subject("submission", one.name, "test", ids, record, runs, members, masks)


def _trained(
    place: Workplace, kind: str, record: dict[str, Any], judged: "pd.DataFrame", decide: bool
) -> Subject:
    import crossval

    runs = [crossval.open_run(place.paths.runs, name) for name in record["runs"]]
    blending.check_data(place, runs)
    members = [blending.oof_member(run, run.oof()) for run in runs]
    ids = list(place.dataset.train.index)
    decided = picture.oof_masks(place, record) if decide else None
    return Subject(kind, record["blend"], "train", ids, record, runs, members, decided, judged)
