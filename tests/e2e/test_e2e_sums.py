"""The counts in every table of a run, a blend and a report add up to those of the data."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import crossval
import jobs
import reporting
from tests.e2e.conftest import CHESTS, Call, done
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace
from tools.usecases.look.subjects import find
from tools.usecases.submission.submissions import submissions

COUNTS = ("images", "positives")


@pytest.fixture(scope="module")
def place(worked: Path, synthetic: Path) -> Workplace:
    return Workplace(Paths.resolve(worked, synthetic), CHESTS)


@pytest.fixture(scope="module")
def known(place: Workplace) -> dict[str, int]:
    labels = place.dataset.labels
    return {"images": len(labels), "positives": int(labels.sum())}


def check(rows: Sequence[Mapping[str, Any]], known: Mapping[str, int], where: str) -> int:
    """Compare the sums over rows, by kind where there are kinds; return the number of sums."""
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        for count in COUNTS:
            if count in row:
                sums[str(row.get("kind", "")), count] += row[count]
    for (kind, count), found in sums.items():
        total = known["positives"] if kind == "mask area" else known[count]
        assert found == total, f"{where}: {kind} {count} add up to {found} of {total}"
    return len(sums)


def tables(value: Any, path: str = "") -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Return all lists of rows in a JSON value, with their places."""
    if isinstance(value, Mapping):
        return [one for name, part in value.items() for one in tables(part, f"{path}.{name}")]
    if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        return [(path, value)]
    return []


def test_tables_of_runs_and_blends_add_up(
    place: Workplace, worked: Path, known: dict[str, int]
) -> None:
    records = {run.name: run.metrics() for run in place.runs}
    records["blend"] = jobs.read_json(worked / "blends" / CHESTS / "both.json")
    for name, record in records.items():
        checked = {path: check(rows, known, f"{name}{path}") for path, rows in tables(record)}
        assert sum(checked.values()) >= 9, checked
    blend = records["blend"]
    assert {count: blend[count] for count in COUNTS} == known
    assert blend["positives"] / blend["images"] == pytest.approx(1 - blend["score_empty"])


def test_what_a_fold_was_trained_on_is_the_rest(place: Workplace, known: dict[str, int]) -> None:
    net = crossval.open_run(place.paths.runs, "unet_tiny")
    for row in net.metrics()["folds"]:
        assert row["training_images"] == known["images"] - row["images"]
        assert row["training_positives"] == known["positives"] - row["positives"]


@pytest.mark.parametrize("name", ["lightgbm", "unet_tiny", "both"])
def test_tables_of_a_report_add_up(name: str, place: Workplace, known: dict[str, int]) -> None:
    page = reporting.report_page(find(place, name), submissions(place))
    found = [table for section in page.sections for table in section.tables]
    sums = [check(table.rows, known, f"{name}, {table.title}") for table in found]
    assert sum(sums) >= 4, [table.title for table in found]
    matrices = [
        chart.spec for section in page.sections for chart in section.charts
        if chart.title == "Confusion matrix by subgroup"
    ]  # fmt: skip
    assert len(matrices) == 1
    for spec in matrices:
        cells: defaultdict[str, int] = defaultdict(int)
        for cell in spec["data"]["values"]:
            kind = cell["row"].partition(" ")[0]
            cells[kind] += int(cell["value"])
        assert set(cells.values()) == {known["images"]}


def test_folds_and_frame_add_up(
    call: Call, worked: Path, synthetic: Path, known: dict[str, int]
) -> None:
    where = ("--data", synthetic, "--home", worked)
    assert check(done("folds", "--folds", 3, *where)["folds"], known, "folds") == 2
    frame = done("data", "frame", *where)
    assert (frame["train"], frame["train"] + frame["test"]) == (known["images"], frame["rows"])
