"""README and the pages of docs/: their commands, options, settings, files and code exist."""

import importlib
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

import contest
from tests.commands import runnable
from tools.cli.command import COMMON

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text()
         for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))}  # fmt: skip
TEXT = "\n".join(PAGES.values())
FOLDERS = sorted(path.name for path in (ROOT / "packages").iterdir() if path.is_dir())
MOST_LINES = 150
EXPERIMENT_COMMANDS = ("cv", "tune")
PYTHON_PAGES = ("howto/add-competition", "howto/add-features", "howto/look", "howto/packages-alone")


KNOWN = runnable()


def blocks(text: str, language: str) -> Iterator[str]:
    """Yield the fenced blocks of a page in a language."""
    yield from re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shown() -> Iterator[tuple[str, str]]:
    """Yield page and command line of every shell block, without variables set for it."""
    for page, text in PAGES.items():
        indented = (
            re.findall(r"(?:^    [^\n]*\n)+", text, re.MULTILINE) if page == "README.md" else []
        )
        for block in (*blocks(text, "bash"), *indented):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                    words.pop(0)
                if words:
                    yield page, shlex.join(words)
        for line in re.findall(r"(?<!`)`((?:tools|make|python) [^`\n]+)`(?!`)", text):
            yield page, shlex.join(shlex.split(line))


LINES = sorted({line for _, line in shown()})
WHERE = {line: page for page, line in shown()}


def lines(*programs: str) -> list[str]:
    """Return the command lines of some programs."""
    found = [line for line in LINES if line.startswith(tuple(f"{one} " for one in programs))]
    assert found
    return found


def test_the_shell_blocks_start_known_programs_only() -> None:
    programs = {line.split()[0] for line in LINES}
    known = {"tools", "make", "python", "pip", "dask", "accelerate", "export", "source"}
    assert programs <= known


def of_tools(line: str) -> tuple[str, list[str]]:
    """Return the words of the command in a line of `tools`, and what follows them."""
    words = shlex.split(line)
    words = words[words.index("tools") + 1 :]
    for count in (2, 1):
        if " ".join(words[:count]) in KNOWN:
            return " ".join(words[:count]), words[count:]
    return "", words


@pytest.mark.parametrize("line", [*lines("tools"), *lines("accelerate")])
def test_a_command_and_its_options_exist(line: str) -> None:
    name, rest = of_tools(line)
    groups = {words.split()[0] for words in KNOWN}
    if not name:
        assert rest[0] in {"--help", "--install-completion", "COMMAND", *groups}, (
            f"{WHERE[line]} shows `{line}`"
        )
        return
    options = {option for one in KNOWN[name].params for option in one.opts}
    given = {word.partition("=")[0] for word in rest if word.startswith("--")}
    assert given <= options | {"--help"}, f"{WHERE[line]} shows `{line}`"


@pytest.mark.parametrize("line", [one for one in lines("tools", "accelerate")
                                  if of_tools(one)[0] in EXPERIMENT_COMMANDS])  # fmt: skip
def test_an_experiment_takes_the_settings_that_are_shown(line: str) -> None:
    rest = of_tools(line)[1]
    settings = [after for before, after in pairwise(rest) if before == "--set"]
    if not rest or rest[0].isupper():
        return  # a placeholder
    specs = [contest.load(name) for name in contest.names()]
    having = [s for s in specs if rest[0] in contest.experiment_names(s.experiments)]
    if "--competition" in rest:
        having = [s for s in having if s.name == rest[rest.index("--competition") + 1]]
    assert having, f"{WHERE[line]} shows `{line}`"
    for spec in having:
        contest.load_experiment(spec.experiments, rest[0], settings)


@pytest.mark.parametrize("line", lines("make"))
def test_a_target_of_make_exists(line: str) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = [word for word in line.split()[1:] if re.fullmatch(r"[a-z-]+", word)]
    assert set(named[:1]) <= set(targets), f"{WHERE[line]} shows `{line}`"


@pytest.mark.parametrize("line", lines("python"))
def test_a_script_exists(line: str) -> None:
    words = line.split()[1:]
    file = f"{words[1].replace('.', '/')}.py" if words[0] == "-m" else words[0]
    written = file.startswith(("model/", "DIR/", "bundle/"))
    assert written or (ROOT / file).exists(), f"{WHERE[line]} shows `{line}`"


def test_an_extra_exists() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    for extra in re.findall(r"pip install '\.\[([a-z]+)\]'", TEXT):
        assert re.search(rf"^{extra} = \[", project, re.MULTILINE), extra


@pytest.mark.parametrize("words", KNOWN)
def test_every_command_is_shown(words: str) -> None:
    assert f"tools {words}" in TEXT


def test_every_common_option_stands_in_the_readme() -> None:
    assert [one for one in COMMON if f"`--{one.removeprefix('as_')}`" not in README] == []


def test_every_experiment_that_is_named_exists() -> None:
    known = {one for name in contest.names()
             for one in contest.experiment_names(contest.load(name).experiments)}  # fmt: skip
    named = set(re.findall(r"`((?:unet|unetpp|segformer|lightgbm)(?:_[a-z0-9]+)*)`", TEXT))
    assert named <= known


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= MOST_LINES


def test_the_files_that_the_readme_links_exist() -> None:
    linked = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert linked
    assert [link for link in linked if not (ROOT / link).exists()] == []


def test_every_page_is_in_the_navigation() -> None:
    settings = (ROOT / "mkdocs.yml").read_text() + (ROOT / "docs" / "reference.py").read_text()
    pages = [page.removeprefix("docs/") for page in PAGES if page.startswith("docs/")]
    assert [page for page in pages if page not in settings] == []


def test_the_packages_and_their_drawing_are_shown() -> None:
    page = PAGES["docs/reference/packages.md"]
    assert [package for package in FOLDERS if f"{package}/" not in page] == []
    assert "packages.svg" in page


@pytest.mark.parametrize("script", ["docs/packages.py", "docs/pictures.py"])
def test_the_drawings_are_those_of_the_code(script: str) -> None:
    done = subprocess.run([sys.executable, script, "--check"], cwd=ROOT, capture_output=True)
    assert done.returncode == 0, f"run `python {script}` and look at the drawings"


@pytest.mark.parametrize("page", ["README.md", "docs/results.md"])
def test_the_results_are_those_of_the_experiments(page: str) -> None:
    logs = "\n".join((ROOT / "competitions" / name / "NOTES.md").read_text()
                     for name in contest.names())  # fmt: skip
    rows = re.findall(r"^\|.*`tools (?:cv|blend)[^|]*\|.*$", PAGES[page], re.MULTILINE)
    assert len(rows) >= 7
    for interval in re.findall(r"\((0\.\d+)–(0\.\d+)\)", "\n".join(rows)):
        assert re.search(rf"{interval[0]}(?:–| to ){interval[1]}", logs), interval


@pytest.mark.parametrize("page", PYTHON_PAGES)
def test_the_python_code_of_a_page_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FOLDER").mkdir()
    source = Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes()
    for name in ("FILE", "FOLDER/one.dcm"):
        (tmp_path / name).write_bytes(source)
    code = list(blocks(PAGES[f"docs/{page}.md"], "python"))
    assert code
    (tmp_path / "page.py").write_text("\n".join(code))
    runpy.run_path(str(tmp_path / "page.py"))


@pytest.mark.slow
def test_the_site_is_built_without_warnings_and_loads_nothing_from_elsewhere(
    tmp_path: Path,
) -> None:
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > len(PAGES)
    loads = (
        r'<(?:script|img|iframe|source)[^>]* src="?(?:https?:)?//|'
        r'<link[^>]* rel="?(?:stylesheet|preload|preconnect|icon)[^>]* href="?(?:https?:)?//'
    )
    assert [page.name for page in pages if re.search(loads, page.read_text())] == []
    assert [
        f"{package}.{name}"
        for package in FOLDERS
        for name in importlib.import_module(package).__all__
        if not re.search(rf'id="{package}(?:\.export)*\.{name}"',
                         (tmp_path / f"reference/packages/{package}.html").read_text())
    ] == []  # fmt: skip
    reference = (tmp_path / "reference/commands.html").read_text()
    assert [words for words in KNOWN if f">tools {words}<" not in reference] == []
    sheets = [path.read_text() for path in tmp_path.rglob("*.css")]
    assert not any(re.search(r"url\([\"']?(?:https?:)?//|@import", sheet) for sheet in sheets)
