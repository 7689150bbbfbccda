"""What was accepted is listed, taken back, found again when repaired, and never everything."""

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import contest
import jobs
from contest.spec.load import parse
from tests.contest.conftest import TOML
from tests.contest.test_contest_prepare import annotate, write
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace
from tools.usecases.prepare.audit import Accepted, NotAccepted, accepted, audit

MODULE = "accepted_spots"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Workplace]:
    """Training images a to d and test images y and z; a new workplace for each command."""
    module = ModuleType(MODULE)
    module.locate, module.prepare = contest.locate, contest.prepare_folder  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, MODULE, module)
    spec = dataclasses.replace(parse(TOML.encode(), "spots"), prepare=f"{MODULE}:prepare")
    monkeypatch.setattr(contest, "load", {"spots": spec}.__getitem__)
    data = tmp_path / "data"
    for seed, name in enumerate("abcd"):
        write(data / "train" / f"{name}.png", seed)
    for seed, name in enumerate("yz"):
        write(data / "test" / f"{name}.png", 10 + seed)
    annotate(data, spec, "abcd")
    (data / "sample.csv").write_text("ImageId,EncodedPixels\ny,-1\nz,-1\n")
    paths = Paths(tmp_path / "home", data, tmp_path / "submissions")
    return lambda: Workplace(paths, "spots")


Place = Callable[[], Workplace]


def no_image(path: Path) -> None:
    path.write_bytes(b"no image")


def no_pixels(path: Path) -> None:
    """The header stays whole: only decoding finds it."""
    path.write_bytes(path.read_bytes()[:-30])


def no_file(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [no_image, no_pixels, no_file])
@pytest.mark.parametrize("name", ["train/b", "test/z"])
def test_a_repaired_image_is_found_and_taken_back(
    name: str, damage: Callable[[Path], None], place: Place, tmp_path: Path
) -> None:
    path, image_id = tmp_path / "data" / f"{name}.png", name[-1]
    whole = path.read_bytes()
    damage(path)
    found = audit(place(), accept=True)
    assert (found.errors, found.accepted) == ([], [image_id])
    assert accepted(place()).images == [image_id]
    assert image_id not in [*place().dataset.train.index, *place().dataset.test.index]
    assert [one.kind for one in audit(place()).warnings if one.kind == "accepted"] == []
    path.write_bytes(whole)
    again = [one for one in audit(place()).warnings if one.kind == "accepted"]
    assert [one.id for one in again] == [image_id]
    assert "tools data accepted --withdraw ID" in again[0].meaning
    back = accepted(place(), [image_id])
    assert (back.images, back.withdrawn) == ([], [image_id])
    assert audit(place()).errors == []
    assert image_id in [*place().dataset.train.index, *place().dataset.test.index]


def test_all_are_taken_back_at_once(place: Place, tmp_path: Path) -> None:
    for name in "ab":
        no_image(tmp_path / "data" / "train" / f"{name}.png")
    audit(place(), accept=True)
    assert accepted(place(), withdraw_all=True).withdrawn == ["a", "b"]
    result = accepted(place())
    assert result == Accepted(tmp_path / "data", tmp_path / "home" / "accepted.json", [], [])
    assert len(audit(place()).errors) == 2


def test_what_was_not_accepted_cannot_be_taken_back(place: Place, tmp_path: Path) -> None:
    no_image(tmp_path / "data" / "train" / "a.png")
    audit(place(), accept=True)
    with pytest.raises(NotAccepted, match=r"x\\n: not left out of .*see `tools data accepted`"):
        accepted(place(), ["a", "x\n"])
    assert accepted(place()).images == ["a"]


@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize("damage", [no_image, no_file])
def test_everything_is_not_accepted(
    part: str, damage: Callable[[Path], None], place: Place, tmp_path: Path
) -> None:
    files = sorted((tmp_path / "data" / part).iterdir())
    write(tmp_path / "data" / part / "spare.png", 99)  # in no table
    for path in files:
        damage(path)
    with pytest.raises(NotAccepted, match=f"nothing was accepted: .*no {part} image would be left"):
        audit(place(), accept=True)
    assert accepted(place()).images == []
    audit(place())


def test_ids_of_another_kind_are_not_all_accepted(place: Place, tmp_path: Path) -> None:
    table = tmp_path / "data" / "train.csv"
    table.write_text("ImageId,EncodedPixels\na.x,-1\nb.x,-1\nc.x,-1\nd.x,-1\n")
    with pytest.raises(NotAccepted, match="correct the data or the ids in the tables"):
        audit(place(), accept=True)


@pytest.mark.parametrize("part", ["train", "test"])
def test_data_of_which_everything_was_accepted_before_are_refused(
    part: str, place: Place, tmp_path: Path
) -> None:
    """As a home of an older version may have it; the remedy helps."""
    one = place()
    ids = [path.stem for path in (tmp_path / "data" / part).iterdir()]
    for image_id in ids:
        no_image(tmp_path / "data" / part / f"{image_id}.png")
    write(tmp_path / "data" / part / "spare.png", 99)
    jobs.write_json(one.accepted_path, {str((tmp_path / "data").resolve()): ids})
    with pytest.raises(contest.DataError, match="take them back with `tools data accepted --w"):
        _ = one.dataset
    for seed, image_id in enumerate(ids):
        write(tmp_path / "data" / part / f"{image_id}.png", 40 + seed)
    accepted(place(), withdraw_all=True)
    assert len(place().dataset.train) == 4
