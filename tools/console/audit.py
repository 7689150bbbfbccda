"""Text of an audit: counts, examples of each kind of finding, folds and files."""

import re
from collections.abc import Iterator

import contest
from tools.usecases.prepare.audit import WrittenAudit

EXAMPLES = 2
"""Findings of each kind that are shown; the written table has all."""
LONG_WORD, LONG_LINE = 64, 300
"""Characters after which a word (a path) and a line are shortened."""


def text(audit: WrittenAudit) -> str:
    """Return the summary; texts of the data are escaped and shortened."""
    images = ", ".join(f"{part} {count:,}" for part, count in audit.images.items())
    lines = [f"images: {images}", *_findings(audit, "errors"), *_findings(audit, "warnings")]
    if audit.leakage is not None and audit.leakage.made is not None:
        lines.append(f"current folds: {audit.leakage.made.text}")
    if audit.leakage is not None and audit.leakage.random is not None:
        lines.append(f"random folds, for comparison: {audit.leakage.random.text}")
    if audit.accepted:
        lines.append(f"accepted: {len(audit.accepted):,} images are left out")
    lines.append(f"all findings: {audit.path}")
    return "\n".join([*lines, *([f"page: {audit.page}"] if audit.page else [])])


def _findings(audit: WrittenAudit, severity: contest.Severity) -> Iterator[str]:
    kinds = audit.by_kind(severity)
    count = sum(map(len, kinds.values()))
    yield f"{severity}: {count:,}" if count else f"{severity}: none"
    for kind, members in kinds.items():
        yield f"  {kind} ({len(members):,}): {members[0].meaning}"
        yield from (f"    {_line(one)}" for one in members[:EXAMPLES])
        if len(members) > EXAMPLES:
            yield f"    … and {len(members) - EXAMPLES:,} more"


def _line(one: contest.Finding) -> str:
    """Return a finding in one line: id, line of the table and message, none of them twice."""
    image_id, message = contest.shown(one.id), contest.shown(one.message, None)
    where = [] if not image_id or f"image {image_id}" in message else [image_id]
    if one.row and not message.startswith("line"):
        where.append(f"line {one.row}")
    message = re.sub(rf"\S{{{LONG_WORD + 1},}}", _without_middle, message)
    line = f"{', '.join(where)}: {message}" if where else message
    return line if len(line) <= LONG_LINE else f"{line[:LONG_LINE]}…"


def _without_middle(word: re.Match[str]) -> str:
    return f"{word[0][: LONG_WORD // 3]}…{word[0][-LONG_WORD // 2 :]}"
