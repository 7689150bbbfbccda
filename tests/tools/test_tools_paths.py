from pathlib import Path

import pytest

from tools.paths import Paths

VARIABLES = ("TOOLS_HOME", "TOOLS_DATA", "TOOLS_SUBMISSIONS")


def test_what_is_given_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    plain = Paths.resolve(None, None)
    assert plain == Paths(Path(".artifacts"), None, Path("submissions"))
    for name in VARIABLES:
        monkeypatch.setenv(name, f"/{name}")
    by_environment = Paths.resolve(None, None)
    assert by_environment == Paths(*(Path(f"/{name}") for name in VARIABLES))
    given = Paths.resolve(Path("h"), Path("d"))
    assert (given.home, given.given_data) == (Path("h"), Path("d"))
    monkeypatch.setenv("TOOLS_DATA", "")
    assert Paths.resolve(None, None).given_data is None


def test_everything_but_submissions_lies_under_the_home() -> None:
    paths = Paths(Path("home"), None, Path("submissions"))
    inside = (
        paths.cache, paths.features, paths.folds, paths.runs, paths.blends, paths.tunings,
        paths.downloads,
    )  # fmt: skip
    assert len(set(inside)) == 7
    assert all(path.parent == Path("home") for path in inside)
    assert paths.ledger == Path("submissions/ledger.jsonl")
