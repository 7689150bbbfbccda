"""Annotation rows that overlap or contradict each other."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import contest
import rlemask
from contest.audit.overlaps import Overlap, contradictory_rows, overlapping_rows
from contest.spec.load import parse
from contest.tables.annotations import scan_annotations
from contest.tables.submission import scan_sample
from tests.contest.conftest import TOML

SPEC = parse(TOML.encode(), "spots")
MASKS = st.lists(
    hnp.arrays(np.uint8, SPEC.shape, elements=st.integers(0, 1)), min_size=1, max_size=5
)


def table_of(rows: list[tuple[str, str]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["image_id", "rle"])
    return table.set_axis(pd.RangeIndex(2, len(table) + 2))


@given(MASKS)
def test_pixels_and_rows_are_those_of_the_drawn_masks(masks: list[np.ndarray]) -> None:
    table = table_of([("a", rlemask.encode(mask)) for mask in masks] + [("b", "1 2")])
    covered = np.sum(masks, axis=0) > 1
    lines = tuple(2 + k for k, mask in enumerate(masks) if (mask[covered] > 0).any())
    wanted = [Overlap("a", lines, int(covered.sum()))] if covered.any() else []
    assert overlapping_rows(table, SPEC) == wanted


def test_only_the_rows_that_overlap_are_named() -> None:
    table = table_of([("a", "0 10"), ("b", "0 10"), ("a", "20 5"), ("a", "5 10"), ("c", "-1")])
    assert overlapping_rows(table, SPEC) == [("a", (2, 5), 5)]


def test_a_row_that_is_there_twice_overlaps_itself() -> None:
    table = table_of([("a", "0 10"), ("a", "0 10"), ("b", "-1"), ("b", "-1")])
    assert overlapping_rows(table, SPEC) == [("a", (2, 3), 10)]


def test_empty_and_not_is_a_contradiction() -> None:
    rows = [("a", "0 10"), ("b", "-1"), ("a", "-1"), ("b", ""), ("c", "1 2"), ("c", "9 9")]
    assert contradictory_rows(table_of(rows), SPEC) == [("a", (2, 4))]


def test_the_real_rows(siim_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(gzip.decompress((siim_data / "stage-1-train-rle.csv.gz").read_bytes()))
    spec = contest.load("siim_acr_pneumothorax")
    table, faults = scan_annotations(path, spec)
    assert faults == []
    assert table["image_id"].value_counts().gt(1).sum() == 624
    found = overlapping_rows(table, spec)
    assert len(found) == 183
    assert contradictory_rows(table, spec) == []
    lines = path.read_text().splitlines()
    for one in found:
        rows = [lines[row - 1] for row in one.rows]
        assert all(row.startswith(one.image_id) for row in rows)
        masks = [rlemask.decode(row.split(",")[1]) for row in rows]
        assert (np.sum(masks, axis=0, dtype=np.uint8) > 1).sum() == one.pixels > 0


def test_lines_are_those_of_the_file_even_after_quoted_line_breaks(
    csv: Callable[[str], Path], spec: contest.Spec
) -> None:
    content = 'ImageId,EncodedPixels\n"a\nb\nc",-1\nd,1 x\n'
    table, faults = scan_annotations(csv(content), spec)
    assert list(table.index) == [2, 5]
    assert list(table["image_id"]) == ["a\nb\nc", "d"]
    assert [fault.row for fault in faults] == [5]


def test_a_scan_keeps_the_faulty_rows(csv: Callable[[str], Path], spec: contest.Spec) -> None:
    table, faults = scan_annotations(csv("ImageId,EncodedPixels\na,1 x\n,1 2\nb,\n"), spec)
    assert list(table.itertuples(name=None)) == [(2, "a", "1 x"), (3, "", "1 2"), (4, "b", "-1")]
    assert [fault.row for fault in faults] == [2, 3]


def test_a_sample_is_scanned_with_its_lines(csv: Callable[[str], Path], spec: contest.Spec) -> None:
    ids, faults = scan_sample(csv("ImageId,x\nb,1\na,1\nb,1\nb,1\n,1\n"), spec)
    assert ids.to_dict() == {2: "b", 3: "a", 4: "b", 5: "b", 6: ""}
    assert [(fault.image_id, fault.row) for fault in faults] == [("b", 4), ("b", 5), ("", 6)]
