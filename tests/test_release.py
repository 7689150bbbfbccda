"""The release script, in a small repository of its own."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / ".ci" / "release.py"
CHANGELOG = """\
# Changelog

## next — unreleased

Introduction.

### Group
- A change.

## 0.1.0 — 2026-01-31

- The first.
"""
PROJECT = '[build-system]\nrequires = []\n\n[project]\nname = "x"\nversion = "0.1.0"\n'


class Repository:
    """A repository with the script, a changelog and a pyproject.toml."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".ci").mkdir()
        shutil.copy(SCRIPT, folder / ".ci")
        self.write("CHANGELOG.md", CHANGELOG)
        self.write("pyproject.toml", PROJECT)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "Someone")
        self.git("config", "user.email", "someone@example.org")
        self.commit()

    def git(self, *arguments: str) -> str:
        ran = subprocess.run(
            ["git", *arguments], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return ran.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "work")

    def state(self) -> tuple[str, ...]:
        """Everything that a refused release must not change."""
        files = (self.read("CHANGELOG.md"), self.read("pyproject.toml"))
        return *files, self.git("rev-parse", "HEAD"), self.git("tag"), self.git("status", "--short")

    def release(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", str(self.folder / ".ci" / "release.py"), *arguments]
        return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_release_dates_the_changelog_and_is_tagged(repository: Repository) -> None:
    done = repository.release("0.2.0")
    assert done.returncode == 0, done.stderr
    assert "v0.2.0" in done.stdout
    changelog = repository.read("CHANGELOG.md")
    heading = re.search(r"^## 0\.2\.0 — \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE)
    assert heading is not None
    assert changelog.replace(heading[0], "## next — unreleased") == CHANGELOG
    assert repository.read("pyproject.toml") == PROJECT.replace("0.1.0", "0.2.0")
    assert repository.git("status", "--porcelain") == ""
    assert repository.git("log", "-1", "--format=%s") == "Release 0.2.0"
    assert repository.git("rev-list", "-1", "v0.2.0") == repository.git("rev-parse", "HEAD")
    message = repository.git("tag", "--list", "--format=%(contents)", "v0.2.0")
    assert message == "Release 0.2.0\n\nIntroduction.\n\n### Group\n- A change."


def test_a_dry_run_changes_nothing(repository: Repository) -> None:
    before = repository.state()
    done = repository.release("0.2.0", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "v0.2.0" in done.stdout
    assert "- A change." in done.stdout
    assert "- The first." not in done.stdout
    assert repository.state() == before


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("0.1.0", "not above the last version, 0.1.0"),
        ("0.0.9", "not above the last version, 0.1.0"),
        ("0.2", "not a version"),
        ("v0.2.0", "not a version"),
        ("0.2.0\n", "not a version"),
    ],
)
def test_a_version_must_be_above_the_last(
    repository: Repository, version: str, reason: str
) -> None:
    before = repository.state()
    refused = repository.release(version)
    assert refused.returncode == 1
    assert reason in refused.stderr
    assert repository.state() == before


def test_a_tag_counts_as_a_version(repository: Repository) -> None:
    repository.git("tag", "v0.10.0")
    refused = repository.release("0.9.0")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "not above the last version, 0.10.0" in refused.stderr
    assert repository.release("0.10.1").returncode == 0


@pytest.mark.parametrize("name", ["CHANGELOG.md", "new.txt"])
def test_a_tree_with_changes_is_refused(repository: Repository, name: str) -> None:
    repository.write(name, f"{CHANGELOG}\n- More.\n")
    before = repository.state()
    refused = repository.release("0.2.0")
    assert refused.returncode == 1
    assert "commit or stash" in refused.stderr
    assert repository.state() == before


@pytest.mark.parametrize(
    ("changelog", "reason"),
    [
        ("# Changelog\n\n## next — unreleased\n\n### Group\n\n## 0.1.0 — 2026-01-31\n", "is empty"),
        ("# Changelog\n\n## next — unreleased", "is empty"),
        ("# Changelog\n\n## 0.1.0 — 2026-01-31\n", "has 0 headings"),
        (CHANGELOG + "\n## older — unreleased\n- x\n", "has 2 headings"),
    ],
)
def test_a_changelog_without_changes_is_refused(
    repository: Repository, changelog: str, reason: str
) -> None:
    repository.write("CHANGELOG.md", changelog)
    repository.commit()
    before = repository.state()
    refused = repository.release("0.2.0")
    assert refused.returncode == 1
    assert reason in refused.stderr
    assert repository.state() == before


def test_a_commit_that_a_hook_refuses_leaves_the_files(repository: Repository) -> None:
    hook = repository.folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho a linter >&2\nexit 1\n")
    hook.chmod(0o755)
    before = repository.state()
    refused = repository.release("0.2.0")
    assert refused.returncode == 1
    assert "a linter" in refused.stderr
    assert repository.state() == before


def test_this_project_can_be_released() -> None:
    """Its changelog has one open section with changes, and its version one place."""
    headings = re.findall(r"^## .*$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert sum(heading.endswith("unreleased") for heading in headings) <= 1
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert "version:" not in re.sub("cff-version:", "", (ROOT / "CITATION.cff").read_text())
