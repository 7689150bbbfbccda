"""The client: one method per question to Kaggle, every error named, every call timed out."""

import time
from pathlib import Path

from jobs import Report, silent
from kagglegate._errors import TRANSIENT
from kagglegate.archives.data_folder import Download
from kagglegate.client import download, submit
from kagglegate.client.download import Source
from kagglegate.client.records import (
    Competition,
    Quota,
    Submission,
    to_competition,
    to_quota,
    to_submission,
)
from kagglegate.client.refusals import Subject
from kagglegate.client.session import Session

MOST_FAILURES = 5  # in a row, while a score is waited for


class Client(Session):
    """Kaggle as this project uses it, on top of the official client; see `Session`."""

    def require_credentials(self) -> None:
        """Raise NoCredentials where a call would; asks nothing of Kaggle."""
        _ = self.credentials

    def competition(self, slug: str) -> Competition:
        """Return the facts of a competition."""
        subject = Subject.competition(slug)
        return to_competition(slug, self.read(subject, "GetCompetition", competition_name=slug))

    def quota(self, slug: str) -> Quota:
        """Return how many submissions were made and how many are left today."""
        subject = Subject.competition(slug)
        return to_quota(self.read(subject, "GetSubmissionLimits", competition_name=slug))

    def submission(self, ref: int) -> Submission:
        """Return one submission by its reference."""
        subject = Subject(f"submission {ref}", "https://www.kaggle.com/submissions")
        return to_submission(self.read(subject, "GetSubmission", ref=ref))

    def submit(
        self, path: str | Path, message: str, slug: str, *, nonce: str | None = None, tries: int = 2
    ) -> Submission:
        """Upload a file as a submission and return it, usually still "pending".

        The nonce (by default the digest of the file and a random part) is added to the message.
        An upload that breaks is tried again. When the reply after a complete upload is lost,
        the nonce is looked for in the list of submissions, several times, and nothing is uploaded
        again, so a lost reply never spends quota twice.

        Raises:
            SubmissionFailed: the upload did not go through; no quota was spent.
            SubmissionUnknown: the reply was lost and the submission is not in the list (yet).
            SubmissionRefused: Kaggle rejected it; see the subclasses.
        """
        return submit.submit(self, Path(path), message, slug, nonce, tries)

    def poll(
        self,
        ref: int,
        timeout: float = 1800.0,
        *,
        pause: float | None = None,
        longest: float = 60.0,
        report: Report = silent,
    ) -> Submission:
        """Ask for a submission until it is scored or refused, or `timeout` seconds are over.

        The pause between two questions grows by half each time, from `pause` (by default
        the client's) to `longest` seconds. Polling continues after a transient error; the fifth in
        a row is raised. Returns the submission as last seen: "complete", "error", or "pending"
        when the time is over.
        """
        end = time.monotonic() + timeout
        pause, asked, failed = self.pause if pause is None else pause, 0, 0
        seen = Submission(ref, "pending")
        while True:
            try:
                seen, failed = self.submission(ref), 0
            except TRANSIENT:
                failed += 1
                if failed == MOST_FAILURES:
                    raise
            asked, left = asked + 1, end - time.monotonic()
            report("waiting for Kaggle's score", int(seen.settled), 1, {"asked": asked})
            if seen.settled or left <= 0:
                return seen
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, longest)

    def download_competition(
        self, slug: str, dest: str | Path, report: Report = silent
    ) -> Download:
        """Download, verify and unpack the data of a competition into the folder `dest`.

        A second call only checks the folder and needs no network; a call after an interruption
        resumes the download.

        Raises:
            Incomplete: the archive is damaged or differs from Kaggle's own list of files.
            UnsafeArchive: the archive must not be unpacked.
        """
        return download.download(self, Source.competition(slug), Path(dest), report)

    def download_dataset(self, name: str, dest: str | Path, report: Report = silent) -> Download:
        """Download a data set, named ``owner/slug``; as `download_competition`."""
        return download.download(self, Source.dataset(name), Path(dest), report)
