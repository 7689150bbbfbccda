import pytest

import contest
from contest.spec.load import parse


def test_there_is_a_competition_and_it_loads() -> None:
    assert "siim_acr_pneumothorax" in contest.names()
    spec = contest.load("siim_acr_pneumothorax")
    assert spec.name == "siim_acr_pneumothorax"
    assert (spec.shape, spec.dialect, spec.empty) == ((1024, 1024), "siim", "-1")
    assert spec.metric_name == "Dice"


def test_a_wrong_name_lists_the_right_ones() -> None:
    with pytest.raises(contest.UnknownCompetition, match="mean siim_acr_pneumothorax") as caught:
        contest.load("siim_acr_pneumotorax")
    assert all(name in str(caught.value) for name in contest.names())
    with pytest.raises(contest.UnknownCompetition):
        contest.load("../siim_acr_pneumothorax")


def test_without_the_package_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contest.spec.load.HOME", "no_such_package")
    assert contest.names() == []
    with pytest.raises(contest.UnknownCompetition, match="there are none"):
        contest.load("x")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('title = "Spots"\n', "", "title: it is missing"),
        ('slug = "spots"', "slug = 3", "slug: 3 is not a text"),
        ('slug = "spots"', 'slug = " "', "slug: it is blank"),
        ('title = "Spots"', 'titel = "Spots"', "titel: no such key, did you mean title?"),
        ("shape = [8, 10]", "shape = [8]", r"mask.shape: \[8\], it must be \[height, width\]"),
        ("shape = [8, 10]", "shape = [8, 0]", "mask.shape"),
        ("shape = [8, 10]", "shape = [8, true]", "mask.shape"),
        ('dialect = "siim"', 'dialect = "sim"', "mask.dialect: 'sim' is not an RLE dialect"),
        ('empty = "-1"', 'empty = "0"', "mask.empty: '0', but dialect siim writes '-1'"),
        ("daily_limit = 5", "daily_limit = true", "submission.daily_limit: True is not a whole"),
        ("daily_limit = 5", "daily_limit = 99999999999", "it must be 4294967295 or less"),
        ("daily_limit = 5", "daily_limit = 0", "submission.daily_limit: 0, it must be 1 or more"),
        ("_tolerance = 0.1", "_tolerance = 2", r"positive_share_tolerance: 2, it must be in 0..1"),
        ("n_splits = 5", "n_splits = 1", "folds.n_splits: 1, it must be 2 or more"),
        ("n_splits = 5", "n_splits = 1001", "folds.n_splits: 1001, it must be 1000 or less"),
        ("seed = 0", "seed = 1000000001", "folds.seed: 1000000001, it must be 1000000000 or less"),
        ('["train"]', '["../train"]', "data.train_images: '../train' is not a path inside"),
        ('["train"]', '["/train"]', "data.train_images: '/train' is not a path inside"),
        ('["train"]', "[]", "data.train_images: the list is empty"),
        ('["train"]', '"train"', "data.train_images: 'train' is not a list of paths"),
        ("metric:dice", "metric", "plugins.metric: .* is not module:function"),
        ('metric_name = "Dice"\n', "", "metric_name: it is missing"),
        ("[mask]", "[mask", "it is not TOML"),
    ],
)
def test_each_fault_names_its_key(toml: str, old: str, new: str, fault: str) -> None:
    assert old in toml
    with pytest.raises(contest.SpecError, match=fault) as caught:
        parse(toml.replace(old, new).encode(), "spots")
    assert str(caught.value).startswith("competitions/spots/competition.toml: ")


def test_all_faults_are_reported_together(toml: str) -> None:
    bad = toml.replace("n_splits = 5", "n_splits = 1").replace('slug = "spots"', "slug = 3")
    with pytest.raises(contest.SpecError) as caught:
        parse(bad.encode(), "spots")
    assert [fault.partition(":")[0] for fault in caught.value.faults] == ["slug", "folds.n_splits"]


@pytest.mark.parametrize("content", [b"", b"data = 3", b"[data]\ntrain_images = [3]", b"\xff"])
def test_anything_else_is_a_named_error(content: bytes) -> None:
    with pytest.raises(contest.SpecError):
        parse(content, "spots")
