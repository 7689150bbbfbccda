"""The table of an experiment's families: those of facts that the data lack, and what is told."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

import jobs
from imagefeatures import BadFacts, Facts, Grid, table_of

HEADER = Facts("header", {"age": (), "sex": ("F", "M"), "view": ("PA", "AP"), "spacing": ()})
DEPTH = Facts("depth", {"z": ()})
KNOWN = (Grid(), HEADER, DEPTH)


class Source(NamedTuple):
    """Images of one size and their facts."""

    images: Any
    facts: pd.DataFrame
    features: Path
    report: Any = jobs.silent

    def stack(self, side: int) -> Any:
        return self.images


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")


def table(source: Source, *names: str) -> pd.DataFrame:
    return table_of(KNOWN)(source, 32, names)


@pytest.mark.parametrize("columns", [[], ["view"], ["sex", "z"]])
def test_families_of_facts_that_the_data_lack_are_left_out(
    stack: Any, facts: pd.DataFrame, tmp_path: Path, columns: list[str]
) -> None:
    known = facts.assign(z=1.0)[columns]
    found = table(Source(stack, known, tmp_path), "grid", "header", "depth")
    families = {name.partition("_")[0] for name in found}
    header = bool({"view", "sex"} & set(columns))
    assert families == {"grid"} | ({"header"} if header else set()) | (
        {"depth"} if "z" in columns else set()
    )


@pytest.mark.parametrize("columns", [[], ["view"]])
@pytest.mark.parametrize("names", [["depth"], ["header"], ["depth", "header"]])
def test_the_remedy_helps_where_no_family_would_remain(
    stack: Any, facts: pd.DataFrame, tmp_path: Path, names: list[str], columns: list[str]
) -> None:
    source = Source(stack, facts[columns], tmp_path)
    if columns and "header" in names:
        assert list(table(source, *names)), "there is a column of the header"
        return
    with pytest.raises(BadFacts, match="the data have none of the facts") as raised:
        table(source, *names)
    remedy = re.search(r"or set families=([\w,]+)$", str(raised.value))
    assert remedy is not None
    usable = remedy[1].split(",")
    assert usable == ["grid", *(["header"] if columns else [])]
    families = {name.partition("_")[0] for name in table(source, *usable)}
    assert families == set(usable)
