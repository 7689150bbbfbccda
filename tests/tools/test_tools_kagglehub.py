"""Data that kagglehub keeps, and inputs of a notebook, are found without being named."""

from pathlib import Path

import pytest

import contest
from tests.competitions import _sources as sources
from tests.competitions._sources import Chests
from tools.paths import Paths, kagglehub_folders
from tools.usecases.context.workplace import NoData, Workplace
from tools.usecases.start.doctor import doctor

SPEC = contest.load("siim_acr_pneumothorax")
FIRST, SECOND = SPEC.mirrors[0], SPEC.mirrors[2]


@pytest.fixture(scope="module")
def chests(tmp_path_factory: pytest.TempPathFactory) -> Chests:
    return sources.draw(tmp_path_factory.mktemp("drawn") / "data", images=4, test=2, seed=1)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """kagglehub's cache of a user; nothing else is set."""
    for name in ("TOOLS_DATA", "KAGGLEHUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    return tmp_path / "user" / ".cache" / "kagglehub"


def version(cache: Path, mirror: str, number: int = 1) -> Path:
    return cache / "datasets" / mirror / "versions" / str(number)


def workplace(tmp_path: Path, said: list[str], data: Path | None = None) -> Workplace:
    return Workplace(Paths.resolve(tmp_path / "home", data), say=said.append)


def test_folders_come_in_their_order_and_the_newest_version(cache: Path) -> None:
    assert kagglehub_folders(SPEC.slug, SPEC.mirrors) == []
    for folder in (
        version(cache, SECOND), version(cache, FIRST, 9), version(cache, FIRST, 10),
        cache / "competitions" / SPEC.slug, cache / "datasets" / FIRST / "versions" / "old",
        version(cache, "somebody/else"),
    ):  # fmt: skip
        folder.mkdir(parents=True)
        (folder / "file").touch()
    version(cache, SPEC.mirrors[1]).mkdir(parents=True)
    assert kagglehub_folders(SPEC.slug, SPEC.mirrors) == [
        cache / "competitions" / SPEC.slug, version(cache, FIRST, 10), version(cache, SECOND),
    ]  # fmt: skip


def test_the_first_whole_folder_is_used_and_named(
    cache: Path, chests: Chests, tmp_path: Path
) -> None:
    sources.stage_2(chests, cache / "competitions" / SPEC.slug)
    sources.vbookshelf(chests, version(cache, SECOND, 2))
    said: list[str] = []
    place = workplace(tmp_path, said)
    checks = {check.check: check for check in doctor(place).checks}
    wanted = version(cache, SECOND, 2)
    assert checks["data"].state == "ok"
    assert checks["data"].detail == f"{wanted}: 4 training and 2 test images"
    assert [line for line in said if "kagglehub" in line] == [
        f"data: {wanted}, from the cache of kagglehub"
    ]


def test_a_part_alone_is_better_than_nothing(cache: Path, chests: Chests, tmp_path: Path) -> None:
    files = cache / "competitions" / SPEC.slug
    sources.stage_2(chests, files)
    place = workplace(tmp_path, [])
    assert place.data == files
    with pytest.raises(contest.DataError, match="lacks train images"):
        _ = place.dataset
    test = Workplace(place.paths, test_only=True)
    assert len(test.dataset.test) == 2


def test_another_cache_folder(
    cache: Path, chests: Chests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources.pictures(chests, version(tmp_path / "large disk", FIRST))
    nothing = Workplace(Paths.resolve(tmp_path / "home", None), SPEC.name)
    with pytest.raises(NoData, match="no data folder is given"):
        _ = nothing.data
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "large disk"))
    assert workplace(tmp_path, []).data == version(tmp_path / "large disk", FIRST)


@pytest.mark.parametrize(
    "place",
    [f"competitions/{SPEC.slug}", SPEC.slug, f"datasets/{FIRST}", FIRST.partition("/")[2]],
)
def test_inputs_of_a_notebook_come_before_the_cache(
    cache: Path, chests: Chests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr("tools.paths.KAGGLE_INPUT", tmp_path / "input")
    sources.pictures(chests, version(cache, SECOND))
    sources.pictures(chests, tmp_path / "input" / place)
    said: list[str] = []
    made = workplace(tmp_path, said)
    assert made.spec == SPEC, "the competition of the inputs"
    assert made.data == tmp_path / "input" / place
    assert said == [f"data: {tmp_path / 'input' / place}, an input of this notebook"]


def test_inputs_say_which_competition_is_meant(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.paths.KAGGLE_INPUT", tmp_path / "input")
    salt = contest.load("tgs_salt")
    (tmp_path / "input" / "competitions" / salt.slug).mkdir(parents=True)
    (tmp_path / "input" / "competitions" / salt.slug / "train.csv").touch()
    assert workplace(tmp_path, []).spec == salt


def test_what_is_named_or_downloaded_comes_first(
    cache: Path, chests: Chests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources.pictures(chests, version(cache, FIRST))
    said: list[str] = []
    assert workplace(tmp_path, said).data == version(cache, FIRST)
    downloaded = tmp_path / "home" / "data" / SPEC.name
    downloaded.mkdir(parents=True)
    (downloaded / "train-rle.csv").touch()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "train-rle.csv").touch()
    said.clear()
    assert workplace(tmp_path, said).data == downloaded
    assert workplace(tmp_path, said, tmp_path / "mine").data == tmp_path / "mine"
    monkeypatch.setenv("TOOLS_DATA", str(tmp_path / "mine"))
    assert workplace(tmp_path, said).data == tmp_path / "mine"
    monkeypatch.delenv("TOOLS_DATA")
    with pytest.raises(NoData, match="nowhere does not exist"):
        _ = workplace(tmp_path, said, tmp_path / "nowhere").data
    assert said == []
