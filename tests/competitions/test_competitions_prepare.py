"""The competition's files, read and matched: what is kept between calls."""

from pathlib import Path

import pandas as pd
import pytest

import contest
import cxr.phantom
import jobs
import rlemask
from competitions.siim_acr_pneumothorax.prepare import facts_of, prepare

SPEC = contest.load("siim_acr_pneumothorax")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw") / "data"
    cxr.phantom.write_dataset(folder, images=6, test=2, seed=3)
    return folder


def test_sound_annotations_are_parsed_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare(data, SPEC, cache=tmp_path)
    assert first.areas.to_dict() == {image_id: mask.area for image_id, mask in first.truth.items()}

    def never(*_: object, **__: object) -> None:
        raise AssertionError("parsed again")

    truth = dict(first.truth)
    with monkeypatch.context() as patch:
        for name in ("parse_column", "parse"):
            patch.setattr(rlemask, name, never)
        again = prepare(data, SPEC, cache=tmp_path)
    assert again.areas.equals(first.areas)
    assert dict(again.truth) == truth
    assert again.digest == first.digest


def test_changed_annotations_are_parsed_again_and_faults_are_never_kept(
    data: Path, tmp_path: Path
) -> None:
    path = data / "train-rle.csv"
    before = path.read_text()
    areas = prepare(data, SPEC, cache=tmp_path).areas
    image_id = areas.index[0]
    try:
        header, *rows = before.splitlines()
        others = [row for row in rows if not row.startswith(image_id)]
        path.write_text("\n".join([header, *others, f"{image_id}, 0 7"]) + "\n")
        assert prepare(data, SPEC, cache=tmp_path).areas[image_id] == 7
        path.write_text("\n".join([header, *others, f"{image_id}, 0 x"]) + "\n")
        for _ in range(2):
            with pytest.raises(contest.AnnotationError, match="token"):
                prepare(data, SPEC, cache=tmp_path)
    finally:
        path.write_text(before)
    assert prepare(data, SPEC, cache=tmp_path).areas.equals(areas)


def test_what_is_kept_appears_whole(data: Path, tmp_path: Path) -> None:
    prepare(data, SPEC, cache=tmp_path)
    (kept,) = tmp_path.glob("areas-*.json")
    assert set(jobs.read_json(kept)["value"]) >= set(
        prepare(data, SPEC, cache=tmp_path).areas.index
    )


def test_ages_that_are_typing_errors_are_unknown() -> None:
    images = pd.DataFrame(
        {
            "format": "dicom",
            "patient_age": pd.array([40, None, 410, 120], dtype="Int64"),
            "patient_sex": "F",
            "view": "PA",
            "pixel_spacing_x": 0.143,
        }
    )
    facts, notes = facts_of(images)
    assert facts["age"].isna().tolist() == [False, True, True, False]
    assert notes == []
