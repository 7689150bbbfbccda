"""The source folders of a bundle, and the libraries that it names."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import contest
import jobs
from notebooks import BundleError, _sources, other_libraries

ROOT = Path(__file__).parents[2]


def test_every_package_is_copied_whole(tmp_path: Path) -> None:
    _sources.copy_sources(tmp_path / "code")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    copied = {
        path.relative_to(tmp_path / "code").as_posix(): path.read_bytes()
        for path in (tmp_path / "code").rglob("*")
        if path.is_file()
    }
    assert copied == {
        file.relative_to((ROOT / package).parent).as_posix(): file.read_bytes()
        for package in listed
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert f"competitions/{contest.names()[0]}/competition.toml" in copied


def test_the_libraries_of_a_project_that_is_not_installed_are_not_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "PROJECT", "no-such-project")
    with pytest.raises(BundleError, match="no-such-project is not installed"):
        _sources.libraries()


def test_libraries_that_differ_or_are_missing_are_told(tmp_path: Path) -> None:
    listed = tmp_path / "wheels.txt"
    listed.write_text(f"# a==1\nnumpy=={version('numpy')}\npandas==0.1\nno-such-thing==2\n")
    assert other_libraries(listed) == [
        "not installed: no-such-thing==2",
        f"other versions: pandas {version('pandas')} (bundle: 0.1)",
    ]
