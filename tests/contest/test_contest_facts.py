"""The table of facts: numbers and texts beside the pixels, matched with the images."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import pytest

import contest

Csv = Callable[[str], Path]
IDS = ["b", "a", "c"]


@pytest.fixture
def known(spec: contest.Spec) -> contest.Spec:
    return dataclasses.replace(spec, facts={"depth": "number", "stain": "text"})


def test_facts_follow_the_images(csv: Csv, known: contest.Spec) -> None:
    path = csv("stain,ImageId,depth,note\nH&E, a ,7,x\n 007,b,2.5e2,\nnone,c,NaN,\n")
    facts, notes = contest.read_facts(path, known, IDS)
    assert (list(facts.index), facts.index.name) == (IDS, "image_id")
    assert list(facts.columns) == ["depth", "stain"]
    assert facts["depth"].dtype == "float64"
    assert facts["depth"].tolist()[:2] == [250.0, 7.0]
    assert math.isnan(facts["depth"]["c"])
    assert facts["stain"].tolist()[:2] == ["007", "H&E"]
    assert facts["stain"].isna().tolist() == [False, False, True]
    assert notes == []


def test_images_without_facts_and_facts_without_images_are_told(
    csv: Csv, known: contest.Spec
) -> None:
    path = csv("ImageId,depth,stain\nx,1,s\na,2,s\ny,3,s\n")
    facts, notes = contest.read_facts(path, known, IDS)
    assert facts["depth"].isna().tolist() == [True, False, True]
    assert facts["stain"].isna().tolist() == [True, False, True]
    assert notes == [
        "table.csv lacks 2 of 3 images, first b: their facts are missing values",
        "table.csv has 2 images that are not used, first x",
    ]


def test_a_file_of_other_images_alone_gives_no_facts(csv: Csv, known: contest.Spec) -> None:
    facts, notes = contest.read_facts(csv("ImageId,depth,stain\n"), known, IDS)
    assert facts.isna().all(axis=None)
    assert facts["depth"].dtype == "float64"
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ("a,deep,s\nb,1,s\nc,1_0,\n", ["line 2: depth is 'deep', not a number",
                                       "line 4: depth is '1_0', not a number"]),
        ("a,inf,s\n", ["line 2: depth is 'inf', not a number"]),
        ("a,1,s\nb,1,s\n\na,1,s\n", ["line 5: image a is listed again"]),
        (",1,s\n", ["line 2: ImageId is empty"]),
        ("a,x,s\na,1,s\n", ["line 2: depth is 'x', not a number",
                              "line 3: image a is listed again"]),
    ],
)  # fmt: skip
def test_faulty_rows_are_refused_in_one_line(
    rows: str, faults: list[str], csv: Csv, known: contest.Spec
) -> None:
    path = csv(f"ImageId,depth,stain\n{rows}")
    with pytest.raises(contest.TableError) as caught:
        contest.read_facts(path, known, IDS)
    assert [fault.message for fault in caught.value.faults] == faults
    count = f"{len(faults)} faults: " if len(faults) > 1 else ""
    assert str(caught.value) == f"{path}: {count}{'; '.join(faults)}: correct these rows"


def test_a_column_that_is_not_there_is_named(csv: Csv, known: contest.Spec) -> None:
    with pytest.raises(contest.TableError, match=r"no column stain \(found: ImageId, depth\)"):
        contest.read_facts(csv("ImageId,depth\na,1\n"), known, IDS)


def test_hostile_texts_stay_one_line(csv: Csv, known: contest.Spec) -> None:
    path = csv('ImageId,depth,stain\n"a\nb","1\x1b[2J",s\n"a\nb",1,s\n')
    with pytest.raises(contest.TableError) as caught:
        contest.read_facts(path, known, IDS)
    assert str(caught.value).isprintable()
