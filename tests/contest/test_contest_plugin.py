from pathlib import Path

import pytest

import contest


def test_plugins_are_found() -> None:
    import json

    assert contest.plugin("json:dumps") is json.dumps
    assert contest.module_of("json:dumps") is contest.module_of("json") is json


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("no_such.module:f", "there is no module no_such"),
        ("json.no_such:f", "there is no module json.no_such"),
        ("json:no_such", "json has no function 'no_such'"),
        ("json", "json has no function ''"),
        ("json:__name__", "has no function '__name__'"),
    ],
)
def test_a_wrong_plugin_is_named(reference: str, message: str) -> None:
    with pytest.raises(contest.SpecError, match=message):
        contest.plugin(reference)


def test_a_missing_import_inside_a_plugin_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_plugin.py").write_text("import no_such_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_dependency"):
        contest.plugin("broken_plugin:f")
