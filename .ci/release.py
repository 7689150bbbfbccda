"""Make a release: date the changelog, set the version, commit and tag. Nothing is pushed.

python .ci/release.py VERSION [--dry-run]

The section of CHANGELOG.md whose heading ends with "unreleased" becomes that of the version; its
text is the message of the tag. The version stands in pyproject.toml alone, from where the installed
package has it.
"""

import argparse
import datetime
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG, PROJECT = "CHANGELOG.md", "pyproject.toml"
NUMBERS = re.compile(r"\d+\.\d+\.\d+")
OPEN = re.compile(r"^## .*\bunreleased[ \t]*$", re.IGNORECASE | re.MULTILINE)
HEADING = re.compile(r"^## ", re.MULTILINE)
DATED = re.compile(r"^## (\d+\.\d+\.\d+) — \d{4}-\d{2}-\d{2}[ \t]*$", re.MULTILINE)
VERSION = re.compile(r'^(\[project\]\n(?:(?!\[).*\n)*?version = ")[^"]*(")', re.MULTILINE)


class Refused(Exception):
    """The release cannot be made; the message is one line."""


@dataclass(frozen=True)
class Release:
    """A release: the section of the changelog without its heading, and both files as they become.

    Attributes:
        files: text by name.
    """

    version: str
    notes: str
    files: dict[str, str]


def plan(version: str, today: datetime.date) -> Release:
    """Return what the release changes.

    Raises:
        Refused: with the reason.
    """
    if not NUMBERS.fullmatch(version):
        raise Refused(f"{version!r} is not a version: give three numbers, such as 0.2.0")
    if _git("status", "--porcelain"):
        raise Refused("the working tree has changes: commit or stash them")
    changelog = (ROOT / CHANGELOG).read_text(encoding="utf-8")
    released = [tag[1:] for tag in _git("tag", "--list", "v*").split() if NUMBERS.fullmatch(tag, 1)]
    last = max([*released, *DATED.findall(changelog)], key=_numbers, default="")
    if last and _numbers(version) <= _numbers(last):
        raise Refused(f"{version} is not above the last version, {last}")
    dated, notes = _dated(changelog, f"## {version} — {today.isoformat()}")
    project, count = VERSION.subn(
        rf"\g<1>{version}\g<2>", (ROOT / PROJECT).read_text(encoding="utf-8")
    )
    if count != 1 or tomllib.loads(project)["project"]["version"] != version:
        raise Refused(f"{PROJECT} has no version in [project]: write one there")
    return Release(version, notes, {CHANGELOG: dated, PROJECT: project})


def make(release: Release) -> None:
    """Write, commit and tag a release; if git refuses the commit, the files are as before.

    Raises:
        Refused: git refuses it, as a hook does.
    """
    for name, text in release.files.items():
        (ROOT / name).write_text(text, encoding="utf-8")
    title = f"Release {release.version}"
    try:
        _git("commit", "--quiet", "--message", title, "--", *release.files)
    except Refused:
        _git("checkout", "HEAD", "--", *release.files)
        raise
    message = f"{title}\n\n{release.notes}"
    _git("tag", "--annotate", "--cleanup=verbatim", "--message", message, f"v{release.version}")


def _dated(changelog: str, heading: str) -> tuple[str, str]:
    """Return the changelog with `heading` for the open section, and the text of that section."""
    opened = list(OPEN.finditer(changelog))
    if len(opened) != 1:
        raise Refused(f"{CHANGELOG} has {len(opened)} headings '## … unreleased', it must have one")
    start = opened[0].end()
    following = HEADING.search(changelog, start)
    notes = changelog[start : following.start() if following else None].strip()
    if not any(line.strip() and not line.startswith("#") for line in notes.splitlines()):
        raise Refused(f"{CHANGELOG}: the section of the release is empty: say what has changed")
    return changelog[: opened[0].start()] + heading + changelog[start:], notes


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")[:3]))


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"git {arguments[0]}: {' '.join((done.stderr or done.stdout).split())}")
    return done.stdout.strip()


def main() -> int:
    """Make or show a release; exit code 1 if it is refused."""
    parser = argparse.ArgumentParser(
        description="Date the changelog, set the version, commit, tag."
    )
    parser.add_argument("version", help="three numbers, such as 0.2.0")
    parser.add_argument("--dry-run", action="store_true", help="change nothing, show the release")
    options = parser.parse_args()
    try:
        release = plan(options.version, datetime.date.today())
        if not options.dry_run:
            make(release)
    except Refused as reason:
        print(f"release: {reason}", file=sys.stderr)
        return 1
    if options.dry_run:
        print(f"would commit and tag v{release.version}:\n\n{release.notes}")
    else:
        print(f"committed and tagged v{release.version}: `git push --follow-tags` publishes it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
