"""Faulty and unusual files of the TGS competition: what is refused, and what counts."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import contest
import crossval
import imagefeatures
from competitions.tgs_salt.experiments import SIDE
from competitions.tgs_salt.prepare import locate, prepare
from tests.competitions import _salt as salt
from tests.competitions._salt import SPEC

PIXELS = SIDE * SIDE


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return salt.draw(tmp_path_factory.mktemp("salt") / "data", images=10, test=5)


@pytest.fixture
def data(drawn: Path, tmp_path: Path) -> Path:
    return salt.copy(drawn, tmp_path / "data")


@pytest.fixture
def prepared(data: Path, tmp_path: Path) -> Callable[[], contest.Dataset]:
    return lambda: prepare(data, SPEC, cache=tmp_path / "cache")


@pytest.fixture
def audited(data: Path, tmp_path: Path) -> Callable[[], contest.Audit]:
    where = {name: tmp_path / name for name in ("cache", "folds", "runs")}
    return lambda: contest.audit_data(locate(data, SPEC), SPEC, **where)


Prepared = Callable[[], contest.Dataset]
Audited = Callable[[], contest.Audit]


def told(findings: list[contest.Finding], kind: str) -> dict[str, str]:
    return {one.id: one.message for one in findings if one.kind == kind}


def refused(run: Callable[[], object], error: type[contest.ContestError]) -> contest.ContestError:
    with pytest.raises(error) as caught:
        run()
    assert "\n" not in str(caught.value)
    return caught.value


def test_images_without_a_depth_have_missing_values(data: Path, prepared: Prepared) -> None:
    known = salt.rows(data / "depths.csv")
    lost = [salt.ids(data)[3], salt.ids(data, "test")[0]]
    salt.write_rows(data / "depths.csv", [pair for pair in known if pair[0] not in lost])
    dataset = prepared()
    assert sorted(dataset.facts.index[dataset.facts["z"].isna()]) == sorted(lost)
    (note,) = dataset.notes
    first = next(one for one in [*dataset.train.index, *dataset.test.index] if one in lost)
    assert note == (
        f"depths.csv lacks 2 of 15 images, first {first}: their facts are missing values"
    )
    features = imagefeatures.Facts("depth", {"z": ()}).table(dataset.facts)
    assert sorted(features.index[features["z"].isna()]) == sorted(lost)


def test_faults_of_depths_are_all_named_with_their_lines(data: Path, prepared: Prepared) -> None:
    path = data / "depths.csv"
    (a, _), (b, _), (c, _), *others = salt.rows(path)
    salt.write_rows(path, [(a, "deep"), (b, "12,5"), (c, ""), ("", "7"), *others])
    fault = refused(prepared, contest.TableError)
    assert str(fault) == (
        f"{path}: line 3 has more fields than the header: write each row as the header says"
    )
    salt.write_rows(path, [(a, "deep"), (b, "1e999"), (c, ""), ("", "7"), *others, (a, "3")])
    fault = refused(prepared, contest.TableError)
    assert isinstance(fault, contest.TableError)
    assert str(fault).startswith(f"{path}: 4 faults: ")
    assert {one.message for one in fault.faults} == {
        "line 2: z is 'deep', not a number",
        "line 3: z is '1e999', not a number",
        "line 5: id is empty",
        f"line {len(others) + 6}: image {a} is listed again",
    }
    of_each_kind = [one for one in fault.faults if "1e999" not in one.message]
    assert all(one.message in str(fault) for one in of_each_kind)
    assert "; and 1 more" in str(fault)


def test_rows_without_picture_are_refused_and_pictures_without_row_left_out(
    data: Path, prepared: Prepared, audited: Audited
) -> None:
    path = data / "train.csv"
    first, *others = salt.rows(path)
    salt.write_rows(path, [*others, ("ghost", ""), ("1e5", "1 1")])
    line = str(refused(prepared, contest.DataError))
    assert line.startswith("2 annotated images have no readable file, first 1e5, ghost: ")
    found = audited()
    assert told(found.errors, "no file") == dict.fromkeys(
        ["ghost", "1e5"], "annotated, but has no file"
    )
    assert found.acceptable == {"ghost", "1e5"}
    salt.write_rows(path, others)
    dataset = prepared()
    assert first[0] not in dataset.train.index
    note = f"1 training images have no annotation row and are left out, first {first[0]}"
    unused = f"depths.csv has 1 images that are not used, first {first[0]}"
    assert list(dataset.notes) == [note, unused]


def positive(data: Path) -> str:
    return next(image_id for image_id, text in salt.rows(data / "train.csv") if text)


def test_the_table_counts_where_a_mask_picture_contradicts_it(
    data: Path, prepared: Prepared, audited: Audited
) -> None:
    before, image_id = prepared(), positive(data)
    picture = data / "train" / "masks" / f"{image_id}.png"
    levels = cv2.imread(str(picture), cv2.IMREAD_UNCHANGED)
    assert levels.dtype == np.uint16
    assert cv2.imwrite(str(picture), np.zeros_like(levels, np.uint8))
    found = audited()
    area = before.areas[image_id]
    assert told(found.warnings, "mask picture") == {
        image_id: f"{image_id}: {area:,} pixels differ from its mask picture"
    }
    assert found.errors == []
    after = prepared()
    assert after.areas.equals(before.areas)
    assert after.digest == before.digest


def test_the_depth_of_the_mask_pictures_is_told(audited: Audited, prepared: Prepared) -> None:
    empty = int((prepared().areas == 0).sum())
    message = told(audited().warnings, "bit depth")[""]
    assert message.startswith(f"{empty} of 8 bits, first ")
    assert message.endswith("; the depth alone tells which masks are empty")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{PIXELS} 2", "token 1"),
        (f"{PIXELS + 1} 1", "token 1"),
        ("1 20 40", "token 3"),
        ("0 5", "token 1"),
        ("1 0", "token 2"),
        ("5 3 4 1", "token 3"),
        ("1 x", "token 2"),
        ("1.5 2", "token 1"),
    ],
)
def test_a_faulty_run_is_named_by_line_image_and_token(
    text: str, fault: str, data: Path, prepared: Prepared
) -> None:
    path = data / "train.csv"
    (image_id, _), *others = salt.rows(path)
    salt.write_rows(path, [(image_id, text), *others])
    line = str(refused(prepared, contest.AnnotationError))
    assert line.startswith(f"{path}: line 2, image {image_id}, ")
    assert fault in line


def test_all_faults_of_the_annotations_are_collected(
    data: Path, prepared: Prepared, audited: Audited
) -> None:
    path = data / "train.csv"
    names = [image_id for image_id, _ in salt.rows(path)]
    texts = ["1 2 3", "9999999 1", "x 1", f"{PIXELS} 1", "1 1 1 1"]
    faulty = zip(names[:5], texts, strict=True)
    salt.write_rows(path, [*faulty, ("", "1 1"), *salt.rows(path)[5:]])
    error = refused(prepared, contest.AnnotationError)
    assert isinstance(error, contest.AnnotationError)
    assert [one.row for one in error.faults] == [2, 3, 4, 6, 7]
    assert [one.row for one in audited().errors if one.kind == "annotation"] == [2, 3, 4, 6, 7]


def test_the_last_pixel_may_be_salt(data: Path, prepared: Prepared) -> None:
    path = data / "train.csv"
    (a, _), (b, _), *others = salt.rows(path)
    salt.write_rows(path, [(a, f"{PIXELS} 1"), (b, f"1 {PIXELS}"), *others])
    truth = prepared().truth
    assert (truth[a].area, truth[b].area) == (1, PIXELS)
    assert truth[a].mask()[-1, -1] == 1


def test_masks_of_the_sample_are_not_read_as_truth(data: Path, prepared: Prepared) -> None:
    path = data / "sample_submission.csv"
    assert {text for _, text in salt.rows(path)} == {"1 1"}
    before = prepared()
    salt.change(path, lambda image_id, _: (image_id, "no mask at all"))
    after = prepared()
    assert list(after.sample_ids) == list(before.sample_ids)
    assert after.digest == before.digest
    assert set(after.truth) == set(salt.ids(data))


def test_an_empty_submission_has_blank_cells(
    data: Path, prepared: Prepared, tmp_path: Path
) -> None:
    ids = list(prepared().sample_ids)
    path = tmp_path / "submission.csv"
    assert contest.write_submission(pd.Series("", index=ids), ids, SPEC, path) == []
    assert path.read_text() == "id,rle_mask\n" + "".join(f"{one},\n" for one in ids)
    scored = contest.score(SPEC, path, data / "test-truth.csv")
    empty = sum(not text for _, text in salt.rows(data / "test-truth.csv"))
    assert scored.score == empty / len(ids)
    given = contest.score(SPEC, data / "sample_submission.csv", data / "test-truth.csv")
    assert given.score == 0, "one pixel is no empty mask"


def test_the_text_of_an_empty_mask_is_blank_and_nothing_else(
    data: Path, prepared: Prepared, tmp_path: Path
) -> None:
    first, *others = prepared().sample_ids
    texts = pd.Series("", index=[first, *others])
    texts[first] = "-1"
    path = tmp_path / "submission.csv"
    with pytest.raises(contest.SubmissionError, match="the text is -1, leave it blank"):
        contest.write_submission(texts, [first, *others], SPEC, path)
    assert not path.exists()


def test_ids_that_look_like_numbers_stay_texts(
    data: Path, prepared: Prepared, audited: Audited, tmp_path: Path
) -> None:
    salt.odd(data)
    dataset = prepared()
    both = [*dataset.train.index, *dataset.test.index]
    assert set(salt.ODD) <= set(both)
    assert all(type(one) is str for one in both)
    for known in (dataset.truth, dataset.areas.index, dataset.train.index):
        assert sorted(known) == salt.ids(data)
    assert list(dataset.sample_ids) == [one for one, _ in salt.rows(data / "sample_submission.csv")]
    depths = {one: float(cell) for one, cell in salt.rows(data / "depths.csv")}
    assert dataset.facts["z"].to_dict() == depths
    assert list(dataset.notes) == []
    assert {one.kind for one in audited().warnings} <= {"bit depth", "stripes", "constant"}
    assert audited().errors == []
    folds = crossval.make_folds(dataset.areas, n_splits=2, seed=0)
    again = crossval.read_folds(crossval.write_folds(folds, tmp_path / "folds"))
    assert again.to_dict() == folds.to_dict()
    assert sorted(again.index) == salt.ids(data)
    texts = contest.encoded(contest.read_masks(data / "test-truth.csv", SPEC), SPEC)
    contest.write_submission(texts, dataset.sample_ids, SPEC, tmp_path / "submission.csv")
    assert (tmp_path / "submission.csv").read_text() == (data / "test-truth.csv").read_text()


def test_ids_that_are_one_number_stay_different_images(data: Path, prepared: Prepared) -> None:
    first, second, third = salt.ids(data)[:3]
    salt.rename(data, {first: "1e1", second: "10", third: "010"})
    dataset = prepared()
    assert {"1e1", "10", "010"} <= set(dataset.truth)
    assert len(dataset.train) == 10
