"""Every fault of the stand-in at every operation, and what must come of it.

`python -m tests.kagglegate.fault_table` prints docs/KAGGLE_FAULTS.md.
"""

from itertools import groupby

RECOVERED = "recovered"
STATUSES = {
    "400": "SubmissionRefused",
    "401": "CredentialsRefused",
    "403": "RulesNotAccepted",
    "404": "NotFound",
}
PASSING = {
    "429": "TooManyRequests",
    "500": "KaggleDown",
    "503": "KaggleDown",
    "reset": "Unreachable",
    "lost": "Unreachable",
    "html": "UnexpectedReply",
    "slow": "TimedOut",
}
OF_STORAGE = ("truncate", "stall", "corrupt", "changed")
FAULTS = (*STATUSES, *PASSING, *OF_STORAGE)

OPERATIONS = {
    "sign in": "IntrospectToken",
    "ask for the competition": "GetCompetition",
    "ask for the quota": "GetSubmissionLimits",
    "list the files": "ListDataFiles",
    "ask for the download": "DownloadDataFiles",
    "fetch the archive": "storage",
    "announce the upload": "StartSubmissionUpload",
    "upload": "upload",
    "record the submission": "CreateSubmission",
    "look for a submission": "ListSubmissions",
    "ask for the score": "GetSubmission",
}
"""What is done -> where the stand-in shows the fault."""

Cell = tuple[str, str]
"""Outcome where the fault comes once, and where it stays: "recovered" or the error's name."""

READING: dict[str, Cell] = {
    **{fault: (error, error) for fault, error in STATUSES.items()},
    **{fault: (RECOVERED, error) for fault, error in PASSING.items()},
}


def always(outcome: str, *faults: str) -> dict[str, Cell]:
    """Return cells whose outcome does not depend on how often the fault comes."""
    return dict.fromkeys(faults, (outcome, outcome))


SENT = [fault for fault in READING if fault != "html"]
TABLE: dict[str, dict[str, Cell]] = {operation: dict(READING) for operation in OPERATIONS}
TABLE["sign in"] |= always("CredentialsRefused", "400", "403", "404")
TABLE["fetch the archive"] |= {
    "truncate": (RECOVERED, "Unreachable"),
    "stall": (RECOVERED, "TimedOut"),
    **always("Incomplete", "corrupt"),
    **always(RECOVERED, "changed"),
}
TABLE["upload"] = {
    **dict.fromkeys(SENT, (RECOVERED, "SubmissionFailed")),
    **always("SubmissionRefused", "html"),
}
TABLE["record the submission"] |= {
    **always("SubmissionUnknown", "500", "503", "reset", "html"),
    **always(RECOVERED, "lost", "slow"),
}
TABLE["look for a submission"] = dict.fromkeys(READING, (RECOVERED, "SubmissionUnknown"))

AFTERWARDS = {
    RECOVERED: "the result is that of a call without the fault; a submission was recorded once",
    "Incomplete": "no data folder; the same command fetches the archive again, in one piece",
    "SubmissionFailed": "no quota spent, the ledger says failed; the same command sends it",
    "SubmissionUnknown": "the ledger says pending and nothing is sent again: `tools submissions "
    "poll` finds it, or says after ten minutes that it was not recorded",
    "any other error": "no data folder (what came is continued), no quota spent, the ledger says "
    "failed, or submitted where only the score was asked for; the message names the remedy, then "
    "the same command does it",
}

HEAD = """\
# What every fault of the network and of Kaggle comes to

Each cell is a test (`tests/kagglegate/test_kagglegate_faults.py`): the real client against the
stand-in, which shows the fault at that request, once and then always. After both, the fault is
taken away, the same command is given again, and the data or the one submission must be there.
This page is written by `python -m tests.kagglegate.fault_table`.

A cell holds the outcome; where two are given, the first is that of a fault that comes once, the
second that of one that stays. The faults: a status; `reset`, the connection breaks before anything
is done; `lost`, all is done and the reply is lost; `html`, a web page with status 200; `slow`,
later than the time-out; and for the archive `truncate`, half of it; `stall`, half of it and then
nothing; `corrupt`, a wrong byte; `changed`, another file when a broken download is resumed.
"""


def page() -> str:
    """Return docs/KAGGLE_FAULTS.md; operations with the same outcomes share a column."""
    by_cells = sorted(TABLE, key=lambda one: (sorted(TABLE[one].items()), one))
    groups = [list(same) for _, same in groupby(by_cells, key=lambda one: TABLE[one])]
    groups.sort(key=lambda group: list(TABLE).index(min(group, key=list(TABLE).index)))
    rows = [["fault", *[", ".join(sorted(group, key=list(TABLE).index)) for group in groups]]]
    rows.append(["---"] * len(rows[0]))
    rows += [[fault, *[_shown(TABLE[group[0]].get(fault)) for group in groups]] for fault in FAULTS]
    table = ["| " + " | ".join(row) + " |" for row in rows]
    after = [f"- **{outcome}**: {text}." for outcome, text in AFTERWARDS.items()]
    return "\n".join([HEAD, *table, "", "What is there afterwards:", "", *after, ""])


def _shown(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return cell[0] if cell[0] == cell[1] else f"{cell[0]} / {cell[1]}"


if __name__ == "__main__":
    print(page(), end="")
