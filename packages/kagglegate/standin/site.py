"""State of the stand-in: one competition, its data and its submissions."""

import tempfile
import threading
import time
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kagglegate.standin.faults import Fault
from kagglegate.standin.scoring import Score

FIRST_REF = 40_000_001
SIGNATURE = "X-Goog-Signature=5ec2e75167a7u2e"


class Refused(Exception):
    """A refused request: HTTP status and message."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass
class Posted:
    """A submission to the stand-in."""

    ref: int
    file: Path
    file_name: str
    description: str
    posted: datetime
    ready_at: float
    status: str = "PENDING"
    scores: tuple[float, float] | None = None
    error: str = ""


@dataclass
class Site:
    """The competition of a stand-in; the fields may be changed while the server runs.

    Attributes:
        slug: name of the competition in URLs.
        data: folder of the data files, or a zip that is sent unchanged.
        listing: file name -> size in bytes for ListDataFiles; None lists the files of `data`.
        dataset: ``owner/slug`` of the data set that holds the same files.
        score: function from a submitted file to (public, private) score; a ValueError becomes
            the error of the submission. None leaves submissions pending.
        daily_limit: maximum number of submissions per day (UTC).
        delay: seconds from a submission to its score.
        page_size: maximum number of items on one page of a list.
        datasets: ``owner/slug`` -> the file names of each version.
        kernels: ``owner/slug`` -> the request body of each saved version of a notebook.
        kernel_status: status of every notebook, in Kaggle's terms.
        kernel_output: output file of every notebook; None refuses submissions of notebooks.
    """

    slug: str = "stand-in"
    data: Path | None = None
    score: Score | None = None
    title: str = "A stand-in competition"
    dataset: str = "stand-in/data"
    listing: Mapping[str, int] | None = None
    daily_limit: int = 5
    delay: float = 0.0
    page_size: int = 200
    deadline: str = "2019-09-04T23:59:00.000Z"
    rules_accepted: bool = True
    submissions_disabled: bool = False
    notebooks_only: bool = False
    faults: list[Fault] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    datasets: dict[str, list[list[str]]] = field(default_factory=dict)
    kernels: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    kernel_status: str = "COMPLETE"
    kernel_output: Path | None = None

    def __post_init__(self) -> None:
        self.folder: Path  # exists from `open` to `close`
        self.lock = threading.RLock()
        self._scoring: list[threading.Thread] = []
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def open(self) -> None:
        """Create the folder for uploads; removed by `close` or at the end of the program."""
        self._temporary = tempfile.TemporaryDirectory(prefix="standin-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)

    def settle(self) -> None:
        """Wait until all scores are computed; `delay` may still hide them."""
        for thread in self._scoring:
            thread.join()

    def close(self) -> None:
        """Wait until all scores are computed, then remove the uploads."""
        self.settle()
        if self._temporary is not None:
            self._temporary.cleanup()

    def fault(self, where: str) -> Fault | None:
        """Return the fault of a request, if any, and decrease its `times`."""
        with self.lock:
            for fault in self.faults:
                if fault.where in (where, "*") and fault.times != 0:
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault
        return None

    def require(self, slug: str) -> None:
        """Check that the competition is this one and that its rules are accepted.

        Raises:
            Refused: with status 403 in both cases, as at Kaggle.
        """
        if slug != self.slug or not self.rules_accepted:
            raise Refused(403)

    def files(self) -> dict[str, int]:
        """Return the size in bytes of each data file by name."""
        if self.listing is not None:
            return dict(self.listing)
        if self.data is None:
            return {}
        if self.data.is_dir():
            return {name: path.stat().st_size for name, path in self._paths().items()}
        with zipfile.ZipFile(self.data) as archive:
            return {one.filename: one.file_size for one in archive.infolist() if not one.is_dir()}

    def archive(self) -> Path:
        """Return the zip of all data files, created at the first request."""
        if self.data is not None and self.data.is_file():
            return self.data
        made = self.folder / "data.zip"
        with self.lock:
            if not made.exists():
                with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                    for name, path in self._paths().items():
                        archive.write(path, name)
        return made

    def file(self, name: str) -> Path:
        """Return the path of a data file; other names are refused with status 404."""
        paths = self._paths()
        if name not in paths:
            raise Refused(404)
        return paths[name]

    def counts(self) -> tuple[int, int]:
        """Return the number of submissions of today (UTC) and in total."""
        today = datetime.now(UTC).date()
        return sum(one.posted.date() == today for one in self.posted), len(self.posted)

    def post(self, token: str, description: str, *, notebook: bool = False) -> Posted:
        """Record a submission and start the computation of its score."""
        with self.lock:
            self.may_post(notebook)
            upload = self.folder / "uploads" / Path(token).name
            if not upload.is_file():
                raise Refused(400, "The uploaded file was not found")
            one = Posted(
                ref=FIRST_REF + len(self.posted),
                file=upload,
                file_name=upload.with_suffix(".name").read_text(),
                description=description,
                posted=datetime.now(UTC),
                ready_at=time.monotonic() + self.delay,
            )
            self.posted.append(one)
        if self.score is not None:
            thread = threading.Thread(target=self._score, args=(one, self.score), daemon=True)
            self._scoring.append(thread)
            thread.start()
        return one

    def room_for(self, file_name: str) -> str:
        """Return a new token for the upload of a file."""
        token = f"{uuid.uuid4().hex}.csv"
        (self.folder / "uploads").mkdir(exist_ok=True)
        (self.folder / "uploads" / token).with_suffix(".name").write_text(Path(file_name).name)
        return token

    def describe(self, one: Posted) -> dict[str, Any]:
        """Return a submission in the format of ListSubmissions and GetSubmission."""
        settled = one.status != "PENDING" and time.monotonic() >= one.ready_at
        public, private = one.scores if settled and one.scores else (None, None)
        return {
            "ref": one.ref,
            "date": one.posted.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "description": one.description,
            "errorDescription": one.error if settled else "",
            "fileName": one.file_name,
            "publicScore": "" if public is None else f"{public:.5f}",
            "privateScore": "" if private is None else f"{private:.5f}",
            "status": one.status if settled else "PENDING",
            "url": f"https://www.kaggle.com/submissions/{one.ref}/{one.ref}.raw",
        }

    def may_post(self, notebook: bool = False) -> None:
        """Refuse a submission that the competition does not accept at present."""
        if self.submissions_disabled:
            raise Refused(400, "Submissions are disabled for this competition")
        if self.notebooks_only and not notebook:
            raise Refused(400, "This competition only accepts submissions from notebooks")
        if self.counts()[0] >= self.daily_limit:
            raise Refused(
                400,
                f"Your team has used its daily Submission allowance ({self.daily_limit}) today, "
                "please try again tomorrow UTC",
            )

    def _score(self, one: Posted, score: Score) -> None:
        try:
            one.scores = score(one.file)
            one.status = "COMPLETE"
        except ValueError as error:
            one.error, one.status = str(error), "ERROR"
        except Exception as error:
            self.errors.append(f"score: {type(error).__name__}: {error}")
            one.error, one.status = "Evaluation exception", "ERROR"

    def _paths(self) -> dict[str, Path]:
        if self.data is None:
            return {}
        found = (path for path in sorted(self.data.rglob("*")) if path.is_file())
        return {path.relative_to(self.data).as_posix(): path for path in found}
