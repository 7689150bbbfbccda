"""Raw files -> train and test frames, matched with annotations, patients and the sample file."""

import json
import os
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

import pandas as pd

import contest
import imagestack
import jobs
from competitions.siim_acr_pneumothorax.layout import describe as describe

AREAS_VERSION = 1
"""Of what is kept of the annotations."""
TRAINING = {"train_images", "annotations", "patients"}


class PrepareError(jobs.UserError):
    """The raw files are incomplete or unreadable; all faults are in the message."""


def prepare(
    root: Path,
    spec: contest.Spec,
    *,
    cache: Path,
    accepted: Set[str] = frozenset(),
    report: jobs.Report = jobs.silent,
    test_only: bool = False,
) -> contest.Dataset:
    """Find and match the competition's files.

    Training images without annotation are left out with a note, as 37 are in the original
    stage 1. Everything else that does not match is refused unless its id is in `accepted`.

    Args:
        root: the unpacked data folder.
        cache: where header frames are kept between calls.
        accepted: image ids that may be unreadable or missing.
        test_only: leave the training files unread; they may be missing.

    Raises:
        PrepareError, contest.AnnotationError: with all faults.
    """
    found = locate(root, spec, test_only=test_only)
    frames = {}
    for part in ("test_images",) if test_only else ("train_images", "test_images"):
        frames[part], faults = cached_frame(found[part], cache, report)
        _refuse_unreadable(found[part], faults, accepted)
    frames.setdefault("train_images", frames["test_images"].iloc[:0])
    masks, areas = _annotated(None if test_only else found["annotations"], spec, cache)
    sample_ids = contest.read_sample(found["sample_submission"], spec)
    _refuse_missing(masks.keys() - frames["train_images"].index, accepted, "annotated images")
    _refuse_missing(set(sample_ids) - set(frames["test_images"].index), accepted, "test images")
    usable = {part: frame[~frame.index.isin(list(accepted))] for part, frame in frames.items()}
    train = usable["train_images"].loc[lambda frame: frame.index.isin(list(masks))]
    ids = list(train.index)
    truth = masks.only(ids, spec)
    return contest.Dataset(
        root=root,
        train_folder=found.get("train_images", root),
        test_folder=found["test_images"],
        train=train,
        test=usable["test_images"].loc[[i for i in sample_ids if i in usable["test_images"].index]],
        truth=truth,
        digest=truth.digest(dict(train["digest"])),
        areas=_areas(areas, ids),
        patients=None if test_only else _patients(found.get("patients"), ids, spec),
        sample_ids=sample_ids,
        notes=_notes(usable["train_images"].index.difference(ids), accepted),
    )


def locate(root: Path, spec: contest.Spec, *, test_only: bool = False) -> dict[str, Path]:
    """Return where each part of the data lies; the patient table may be absent.

    With `test_only` everything that training needs may be absent too.

    Raises:
        PrepareError: names everything that is missing and the places looked at.
    """
    found, missing = {}, []
    for part, candidates in spec.data.items():
        hits = [root / candidate for candidate in candidates if (root / candidate).exists()]
        if hits:
            found[part] = hits[0]
        elif part not in (TRAINING if test_only else {"patients"}):
            missing.append(f"{part.replace('_', ' ')} ({' or '.join(candidates)})")
    if missing:
        raise PrepareError(f"{root} lacks {'; '.join(missing)}: point --data at the data folder")
    return found


def cached_frame(
    folder: Path, cache: Path, report: jobs.Report = jobs.silent
) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """Return the header frame of `folder` and the faults of its unreadable files.

    Kept in `cache` as long as no file's name, size or time changes.
    """
    stem = cache / f"frame-v{imagestack.TABLE_VERSION}-{jobs.digest(_listing(folder))}"
    table, faults = stem.with_suffix(".parquet"), stem.with_suffix(".json")
    if not (table.exists() and faults.exists()):
        frame = imagestack.read_table(folder, on_fault="skip", report=report)
        found = [
            {
                "id": Path(fault.path).stem,
                "file": str(fault.path),
                "kind": fault.kind,
                "message": fault.message,
            }
            for fault in frame.attrs.pop("faults")
        ]
        jobs.write_text(faults, json.dumps(found))
        with jobs.writing(table) as temporary:
            frame.to_parquet(temporary)
    return pd.read_parquet(table), jobs.read_json(faults)


def _listing(folder: Path) -> bytes:
    """Return name, size and time of every file; no name holds a zero byte."""
    files = jobs.files_below(folder)
    return b"".join(
        b"%b\0%d\0%d\0" % (os.fsencode(one.name), one.size, one.modified) for one in files
    )


def _refuse_unreadable(folder: Path, faults: Sequence[dict[str, str]], accepted: Set[str]) -> None:
    left = [fault for fault in faults if fault["id"] not in accepted]
    if left:
        named = "; ".join(fault["message"] for fault in left[:3])
        raise PrepareError(
            f"{len(left)} file(s) under {folder} cannot be read: {named}"
            f"{'; …' if len(left) > 3 else ''}: replace them, or see `tools data audit` and "
            "leave them out with its --accept"
        )


def _refuse_missing(missing: Set[str], accepted: Set[str], what: str) -> None:
    left = sorted(set(missing) - accepted)
    if left:
        first = ", ".join(contest.shown(image_id) for image_id in left[:3])
        raise PrepareError(
            f"{len(left)} {what} have no readable file, first {first}: complete the data, "
            "or see `tools data audit` and go on without them with its --accept"
        )


def _annotated(
    path: Path | None, spec: contest.Spec, cache: Path
) -> tuple[contest.Masks, dict[str, int]]:
    """Return the mask and the lesion area of every annotated image, sorted by id.

    The areas are kept in `cache` once all texts of the file were found sound, so that they need
    not be parsed again. No path, no image.
    """
    if path is None:
        return contest.Masks({}, spec), {}
    form = [AREAS_VERSION, list(spec.shape), spec.dialect, spec.columns.image_id, spec.columns.rle]
    kept = cache / f"areas-{jobs.digest(path.read_bytes(), form)}.json"
    masks = contest.read_masks(path, spec, parse=not kept.exists())
    if not kept.exists():
        jobs.write_json(kept, {image_id: mask.area for image_id, mask in masks.items()})
    return masks, jobs.read_json(kept)


def _areas(areas: Mapping[str, int], ids: Sequence[str]) -> pd.Series:
    values = [areas[image_id] for image_id in ids]
    return pd.Series(values, index=pd.Index(ids, name="image_id"), name="area", dtype="int64")


def _patients(path: Path | None, ids: Sequence[str], spec: contest.Spec) -> pd.Series | None:
    if path is None:
        return None
    patients = contest.read_patients(path, spec)
    missing = [image_id for image_id in ids if image_id not in patients.index]
    if missing:
        raise PrepareError(
            f"{path} gives no patient for {len(missing)} training images, first "
            f"{contest.shown(missing[0])}: complete it, or remove it to make folds without patients"
        )
    return patients.loc[list(ids)]


def _notes(unannotated: pd.Index, accepted: Set[str]) -> list[str]:
    notes = []
    if len(unannotated):
        notes.append(
            f"{len(unannotated)} training images have no annotation row and are left out, "
            f"first {contest.shown(unannotated[0])}"
        )
    if accepted:
        notes.append(f"{len(accepted)} images are left out as the audit was told to accept")
    return notes
