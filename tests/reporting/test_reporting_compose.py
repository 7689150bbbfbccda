"""What a report computes itself: tenths, counts, the cells of an audit's page."""

import numpy as np
import pandas as pd
import pytest

from tools.usecases.findings import Audit
from tools.usecases.reports import auditing, deciding, ranking


def test_tenths_hold_equally_many_images_in_order_of_their_probability() -> None:
    p = np.arange(100)[::-1] / 100
    truth = (p >= 0.5).astype(float)
    mean, share = ranking.tenths(truth, p)
    assert mean == pytest.approx(np.arange(10) / 10 + 0.045)
    assert share.tolist() == [0.0] * 5 + [1.0] * 5


def test_few_images_make_fewer_groups() -> None:
    mean, share = ranking.tenths(np.array([1.0, 0.0]), np.array([0.9, 0.2]))
    assert mean.tolist() == [0.2, 0.9]
    assert share.tolist() == [0.0, 1.0]


def test_counts_are_those_of_a_confusion_matrix() -> None:
    table = pd.DataFrame(
        {"positive": [1, 1, 1, 0, 0, 0, 0], "drawn": [1, 0, 0, 1, 0, 0, 0]}, dtype=bool
    )
    assert deciding._counts(table) == {
        "found": 1, "missed": 2, "false alarms": 1, "rightly empty": 3,
    }  # fmt: skip


def test_every_kind_of_finding_has_a_table_and_control_characters_are_shown() -> None:
    found = [
        {"kind": "unreadable", "id": "a\x1b[31m", "row": None, "message": "damaged"},
        {"kind": "unreadable", "id": "b", "row": None, "message": "damaged"},
    ]
    warned = [{"kind": "header", "id": "c", "row": 3, "message": "age 412"}]
    audit = Audit(errors=found, warnings=warned, images={"train": 3}, leakage=None, path="x.csv")
    (section,) = auditing._sections(audit)
    assert [table.title.partition(":")[0] for table in section.tables] == [
        "errors, unreadable",
        "warnings, header",
    ]
    assert "\x1b" not in section.tables[0].rows[0]["image"]
    assert section.tables[1].rows == [{"image": "c", "line": 3, "message": "age 412"}]


def test_an_audit_without_findings_says_so() -> None:
    audit = Audit(errors=[], warnings=[], images={"train": 3}, leakage=None, path="x.csv")
    (section,) = auditing._sections(audit)
    assert section.title == "Nothing was found"
    assert [figure.value for figure in auditing._figures(audit)] == ["0", "0", "3"]
