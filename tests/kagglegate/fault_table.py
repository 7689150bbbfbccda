"""Every fault of the stand-in at every operation, with the expected outcome.

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
"""Operation -> the request at which the stand-in produces the fault."""

Cell = tuple[str, str]
"""Outcomes of a fault that occurs once and of one that persists: "recovered" or an error."""

READING: dict[str, Cell] = {
    **{fault: (error, error) for fault, error in STATUSES.items()},
    **{fault: (RECOVERED, error) for fault, error in PASSING.items()},
}


def always(outcome: str, *faults: str) -> dict[str, Cell]:
    """Return cells whose outcome does not depend on how often the fault occurs."""
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
    RECOVERED: "the same result as without the fault; a submission is recorded once",
    "Incomplete": "no data folder; the repeated command downloads the whole archive again",
    "SubmissionFailed": "no submission of the quota used, state failed in the ledger; the repeated "
    "command submits it",
    "SubmissionUnknown": "state pending in the ledger, nothing is submitted again: `tools "
    "submissions poll` finds the submission, or reports after ten minutes that it was not recorded",
    "any other error": "no data folder (a partial download is resumed), no submission of the quota "
    "used, state failed in the ledger, or submitted if only the request for the score failed; the "
    "message says what to do, then the repeated command succeeds",
}

HEAD = """\
# Effects of network and Kaggle faults

Each cell is a test (`tests/kagglegate/test_kagglegate_faults.py`): the real client against the
local stand-in, which produces the fault at that request, first once, then every time. After each
the fault is removed and the command repeated; then the data, or exactly one submission, must exist.
This page is written by `python -m tests.kagglegate.fault_table`.

A cell is the outcome: a result (recovered) or an error. Where two are given, the first is for a
fault that occurs once, the second for one that persists. The faults: an HTTP status; `reset`, the
connection is closed before the request is processed; `lost`, the request is processed and the reply
is lost; `html`, a web page with status 200; `slow`, a reply after the time-out. For the archive
only: `truncate`, half of it; `stall`, half of it, then no more data; `corrupt`, a wrong byte;
`changed`, a different file when an interrupted download is resumed.
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
    return "\n".join([HEAD, *table, "", "State afterwards:", "", *after, ""])


def _shown(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return cell[0] if cell[0] == cell[1] else f"{cell[0]} / {cell[1]}"


if __name__ == "__main__":
    print(page(), end="")
