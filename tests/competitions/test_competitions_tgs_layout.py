"""Every layout in which people have the TGS images is recognised, found and matched."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import contest
import kagglegate
from competitions.tgs_salt.prepare import locate, prepare
from tests.competitions import _salt as salt
from tests.competitions._salt import SPEC

CSV = ("train.csv", "depths.csv", "sample_submission.csv")
ALL = "train images, test images, annotations, masks, sample submission, facts"

Build = Callable[[Path, Path], None]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return salt.draw(tmp_path_factory.mktemp("salt") / "data", images=6, test=3)


@pytest.fixture(scope="module")
def expected(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> contest.Dataset:
    return prepare(drawn, SPEC, cache=tmp_path_factory.mktemp("cache"))


def tables(data: Path, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for name in CSV:
        shutil.copy(data / name, to / name)


def parts(data: Path, to: Path, **places: str) -> None:
    """Copy the folders train_images, masks and test_images to other places, and the tables."""
    tables(data, to)
    given = {"train_images": "train/images", "masks": "train/masks", "test_images": "test/images"}
    for part, source in given.items():
        shutil.copytree(data / source, to / places.get(part, source))


def higher(data: Path, to: Path) -> None:
    parts(data, to, train_images="images", masks="masks")


def by_kind(data: Path, to: Path) -> None:
    parts(data, to, train_images="images/train", masks="masks/train", test_images="images/test")


def flat(data: Path, to: Path) -> None:
    parts(data, to, train_images="train", masks="masks", test_images="test")


def zipped(folder: Path, to: Path) -> None:
    """Write a zip of the files below a folder."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(to, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))


def zips(data: Path, to: Path) -> None:
    """Make what Kaggle ships: train.zip, test.zip, three tables."""
    tables(data, to)
    for part in ("train", "test"):
        zipped(data / part, to / f"{part}.zip")


def zips_in_a_zip(data: Path, to: Path) -> None:
    zips(data, to.with_name("inside"))
    zipped(to.with_name("inside"), to / "tgs-salt-identification-challenge.zip")


def one_zip(data: Path, to: Path) -> None:
    parts(data, to.with_name("inside"))
    zipped(to.with_name("inside"), to / "competition_data.zip")


def one_zip_and_tables(data: Path, to: Path) -> None:
    parts(data, to.with_name("inside") / "competition_data")
    zipped(to.with_name("inside"), to / "competition_data.zip")
    tables(data, to)


def both_zips(data: Path, to: Path) -> None:
    """Make all files of the competition's page, which has everything twice."""
    one_zip_and_tables(data, to)
    zips(data, to)


def deep(data: Path, to: Path) -> None:
    parts(data, to / "datasets" / "owner" / "tgs" / "versions" / "2" / "competition_data")


LAYOUTS: dict[str, tuple[Build, str]] = {
    "unpacked": (parts, ALL),
    "images and masks one level higher": (higher, ALL),
    "by kind": (by_kind, ALL),
    "flat": (flat, ALL),
    "zips and tables": (zips, ALL),
    "zips in a zip": (zips_in_a_zip, ALL),
    "competition_data.zip": (one_zip, ALL),
    "competition_data.zip and tables": (
        one_zip_and_tables,
        f"competition_data/competition_data/ as root, {ALL}",
    ),
    "all zips": (both_zips, ALL),
    "cache of kagglehub": (
        deep,
        f"datasets/owner/tgs/versions/2/competition_data/ as root, {ALL}",
    ),
}


def found(root: Path) -> Path:
    """Return the folder that the commands use for a folder or zip given by the user."""
    return kagglegate.adopt(root).path


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_recognised_and_read(
    name: str, drawn: Path, expected: contest.Dataset, tmp_path: Path
) -> None:
    build, words = LAYOUTS[name]
    build(drawn, tmp_path / "given")
    root = found(tmp_path / "given")
    assert contest.describe(root, SPEC) == {
        "layout": words,
        "train_images": 6,
        "test_images": 3,
        "lacks": [],
    }
    layout = locate(root, SPEC)
    assert layout.annotations is not None
    assert layout.annotations.name == "train.csv", "the table is the truth"
    data = prepare(root, SPEC, cache=tmp_path / "cache")
    assert data.digest == expected.digest
    assert data.areas.equals(expected.areas)
    assert data.facts.equals(expected.facts)
    assert (data.sample_ids, data.notes) == (expected.sample_ids, [])
    assert list(data.test["digest"]) == list(expected.test["digest"])
    assert prepare(found(tmp_path / "given"), SPEC, cache=tmp_path / "cache").digest == data.digest


def test_the_test_images_alone_can_be_predicted(drawn: Path, tmp_path: Path) -> None:
    shutil.copytree(drawn / "test", tmp_path / "test")
    for name in CSV[1:]:
        shutil.copy(drawn / name, tmp_path / name)
    described = contest.describe(tmp_path, SPEC)
    assert described["layout"] == "test images, sample submission, facts"
    assert described["lacks"] == ["train images", "annotations", "masks"]
    data = prepare(tmp_path, SPEC, cache=tmp_path / "cache", test_only=True)
    assert sorted(data.sample_ids) == salt.ids(drawn, "test")
    with pytest.raises(contest.DataError, match=r"lacks train images \(train/images or "):
        locate(tmp_path, SPEC)


def test_without_the_table_the_mask_pictures_are_the_truth(
    drawn: Path, expected: contest.Dataset, tmp_path: Path
) -> None:
    """Whatever their bit depth."""
    data = salt.copy(drawn, tmp_path / "data")
    (data / "train.csv").unlink()
    assert contest.describe(data, SPEC)["lacks"] == ["annotations"]
    made = prepare(data, SPEC, cache=tmp_path / "cache")
    assert made.areas.to_dict() == expected.areas.to_dict()
    assert dict(made.truth) == dict(expected.truth)


def test_without_depths_the_facts_are_unknown(
    drawn: Path, expected: contest.Dataset, tmp_path: Path
) -> None:
    data = salt.copy(drawn, tmp_path / "data")
    (data / "depths.csv").unlink()
    assert contest.describe(data, SPEC)["lacks"] == ["facts"]
    made = prepare(data, SPEC, cache=tmp_path / "cache")
    assert made.digest == expected.digest
    assert list(made.facts.columns) == []
