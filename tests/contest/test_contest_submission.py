from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import contest

Csv = Callable[[str | bytes], Path]
IDS = ["a", "b", "c"]


def table(*rows: tuple[object, object]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["image_id", "rle"], dtype=object)
    return frame.set_axis(range(2, len(frame) + 2))


GOOD = (("a", "-1"), ("b", "1 2"), ("c", "-1"))


def test_a_good_submission_has_no_faults(spec: contest.Spec) -> None:
    assert contest.check(table(*GOOD), IDS, spec) == []
    assert contest.check(table(*GOOD), IDS, spec, expected_positive_share=0.3) == []


@pytest.mark.parametrize(
    ("rows", "messages"),
    [
        (GOOD[:2], ["2 rows, but the sample has 3", "image c is missing"]),
        (
            (*GOOD, ("b", "1 2")),
            ["4 rows, but the sample has 3", "image b is listed more than once"],
        ),
        (
            (*GOOD[:2], ("d", "-1")),
            ["image c is missing", "image d is not in the sample"],
        ),
        (
            (*GOOD[:2], ("c", "")),
            ["line 4, image c: the text is blank, write -1 for an empty mask"],
        ),
        ((*GOOD[:2], ("c", np.nan)), ["line 4, image c: nan is not a text"]),
        ((*GOOD[:2], ("c", -1)), ["line 4, image c: -1 is not a text"]),
    ],
)
def test_each_fault_is_named(
    rows: tuple[tuple[str, object], ...], messages: list[str], spec: contest.Spec
) -> None:
    faults = contest.check(table(*rows), IDS, spec)
    assert [fault.message for fault in faults] == messages
    assert {fault.level for fault in faults} == {"error"}


@pytest.mark.parametrize("rle", ["1", "1 2 x", "70 20", "0 0", "1 -2", "1,2"])
def test_texts_that_are_no_masks_are_named_with_their_place(rle: str, spec: contest.Spec) -> None:
    faults = contest.check(table(*GOOD[:2], ("c", rle)), IDS, spec)
    assert faults
    assert all(fault.message.startswith("line 4, image c, token ") for fault in faults)


def test_missing_columns_are_named(spec: contest.Spec) -> None:
    faults = contest.check(pd.DataFrame({"id": ["a"]}), IDS, spec)
    assert [fault.message for fault in faults] == [
        "no column image_id (found: id)",
        "no column rle (found: id)",
    ]


def test_order_and_share_are_warnings(spec: contest.Spec) -> None:
    faults = contest.check(table(*GOOD[::-1]), IDS, spec, expected_positive_share=0.9)
    assert [(fault.level, fault.message) for fault in faults] == [
        ("warning", "the rows are not in the order of the sample"),
        ("warning", "33.3% of the images get a mask, but 90.0% were expected"),
    ]


def test_it_is_written_in_the_order_of_the_sample(spec: contest.Spec, tmp_path: Path) -> None:
    path = tmp_path / "new" / "submission.csv"
    rles = pd.Series({"c": "-1", "a": "1 2", "b": "3 4"})
    assert contest.write_submission(rles, IDS, spec, path) == []
    assert path.read_bytes() == b"ImageId,EncodedPixels\na,1 2\nb,3 4\nc,-1\n"
    back = contest.read_submission(path, spec)
    assert dict(zip(back["image_id"], back["rle"], strict=True)) == rles.to_dict()
    assert contest.check(back, IDS, spec) == []


def test_warnings_come_back_and_do_not_stop_it(spec: contest.Spec, tmp_path: Path) -> None:
    rles = pd.Series("-1", index=IDS)
    path = tmp_path / "s.csv"
    faults = contest.write_submission(rles, IDS, spec, path, expected_positive_share=0.5)
    assert [fault.level for fault in faults] == ["warning"]
    assert path.exists()


def test_errors_leave_the_file_as_it_was(spec: contest.Spec, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("before")
    rles = pd.Series({"a": "1 x", "b": "-1", "d": "-1"})
    with pytest.raises(contest.SubmissionError) as caught:
        contest.write_submission(rles, IDS, spec, path)
    assert len(caught.value.faults) == 3
    assert all(fault.message in str(caught.value) for fault in caught.value.faults)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_one_fault_of_every_kind_is_shown(spec: contest.Spec, tmp_path: Path) -> None:
    """Many of one kind do not hide the others."""
    rles = pd.Series({f"x{n}": "1" for n in range(9)} | {"a": "", "b": 1}, dtype=object)
    with pytest.raises(contest.SubmissionError) as caught:
        contest.write_submission(rles, IDS, spec, tmp_path / "s.csv")
    line = str(caught.value)
    for said in ("11 rows", "c is missing", "x0 is not in", "is not a text", "is blank", "token 1"):
        assert line.count(said) == 1
    assert f"{len(caught.value.faults)} faults: " in line
    assert f"; and {len(caught.value.faults) - 6} more" in line


def test_doubled_ids_are_refused(spec: contest.Spec, tmp_path: Path) -> None:
    rles = pd.Series(["-1"] * 4, index=["a", "b", "c", "c"])
    with pytest.raises(contest.SubmissionError, match="image c is listed more than once"):
        contest.write_submission(rles, IDS, spec, tmp_path / "s.csv")


def test_the_sample_is_read_in_order(csv: Csv, spec: contest.Spec) -> None:
    assert contest.read_sample(csv("ImageId,EncodedPixels\nb,-1\na, \n"), spec) == ["b", "a"]
    assert contest.read_sample(csv(" ImageId\nb\n"), spec) == ["b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("ImageId\na\nb\na\n", "image a is listed more than once"),
        ("ImageId,EncodedPixels\na,-1\n,-1\n", "line 3: ImageId is empty"),
        ("ImageId\n", "it lists no image"),
        ("Id\na\n", "no column ImageId"),
    ],
)
def test_a_faulty_sample_is_refused(
    content: str, message: str, csv: Csv, spec: contest.Spec
) -> None:
    with pytest.raises(contest.SubmissionError, match=message):
        contest.read_sample(csv(content), spec)
