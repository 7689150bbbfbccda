"""Downloads the data of a competition or a data set: resumed, verified, unpacked, renamed."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jobs
from jobs import Report
from kagglegate._errors import DataError, Incomplete, NotFound
from kagglegate.archives.data_folder import Download, finished, with_inner_zips, write_manifest
from kagglegate.archives.unpack import some, unpack
from kagglegate.client.fetch import save
from kagglegate.client.official import rpc
from kagglegate.client.refusals import Subject
from kagglegate.client.session import Session

DATASET = re.compile(r"[\w-]+/[\w-]+", re.ASCII)
LONGEST = 100  # characters of a name that are shown


@dataclass(frozen=True)
class Source:
    """Data at Kaggle.

    Attributes:
        subject: names them in messages.
        fields: of both requests.
        archive: the remote procedure that gives one archive of them.
        listing: the one that lists them, in pages.
        files: the field of a page that holds the files.
    """

    subject: Subject
    fields: Mapping[str, str]
    archive: str
    listing: str
    files: str

    @classmethod
    def competition(cls, slug: str) -> "Source":
        """Return the data of a competition."""
        fields = {"competition_name": slug}
        subject = Subject.competition(slug)
        return cls(subject, fields, "DownloadDataFiles", "ListDataFiles", "files")

    @classmethod
    def dataset(cls, name: str) -> "Source":
        """Return a data set.

        Raises:
            NotFound: `name` is not ``owner/slug``, so there is none.
        """
        if not DATASET.fullmatch(name):
            raise NotFound(
                f"{name[:LONGEST]!r} is not the name of a data set at Kaggle: give owner/slug, the "
                "end of its address https://www.kaggle.com/datasets/owner/slug"
            )
        owner, _, slug = name.partition("/")
        fields = {"owner_slug": owner, "dataset_slug": slug}
        subject = Subject.dataset(name)
        return cls(subject, fields, "DownloadDataset", "ListDatasetFiles", "dataset_files")


def download(session: Session, source: Source, dest: Path, report: Report) -> Download:
    """See `Client.download_competition`."""
    done = finished(dest, source.subject.name)
    if done is None:
        with jobs.lock(dest.with_name(f".{dest.name}")):
            # another process may have made it meanwhile
            done = finished(dest, source.subject.name) or _make(session, source, dest, report)
    return with_inner_zips(done, report)


def _make(session: Session, source: Source, dest: Path, report: Report) -> Download:
    pages = session.pages(source.subject, source.listing, **source.fields)
    files = (raw for page in pages for raw in getattr(page, source.files))
    expected = {raw.name: raw.total_bytes for raw in files}
    area = dest.with_name(f".{dest.name}.download")
    archive, resumed = _fetch(session, source, area, report)
    try:
        return _unpack(source.subject, archive, dest, report, expected)
    except DataError:
        if not resumed:
            raise
    # A resumed archive can be corrupt and have the right size: once more, in one piece.
    archive, _ = _fetch(session, source, area, report)
    return _unpack(source.subject, archive, dest, report, expected)


def _fetch(session: Session, source: Source, area: Path, report: Report) -> tuple[Path, bool]:
    """Return the archive and whether it was put together from several pieces."""
    area.mkdir(parents=True, exist_ok=True)
    pieces: list[bool] = []
    request = rpc(source.archive, **source.fields)

    def use(api: Any, services: Any) -> Path:
        with request(api, services) as response:
            return save(response, area, source.subject, session.timeout, report, pieces.append)

    return session.call_with_retries(source.subject, use), any(pieces)


def _unpack(
    subject: Subject, archive: Path, dest: Path, report: Report, expected: Mapping[str, int]
) -> Download:
    with _removing(archive.parent), jobs.writing_folder(dest) as folder:
        files = unpack(archive, folder, report)
        bad = [name for name, size in expected.items() if files.get(name) != size]
        if bad:
            raise Incomplete(
                f"the archive of {subject.name} differs from Kaggle's list of files in "
                f"{some(bad)}: run the same command again"
            )
        write_manifest(folder, subject.name, files)
    return Download(dest, len(files), sum(files.values()), fresh=True)


@contextmanager
def _removing(area: Path) -> Iterator[None]:
    """Remove the archive's folder once it is unpacked or found to be bad, not for other reasons."""
    try:
        yield
    except DataError:
        shutil.rmtree(area)
        raise
    shutil.rmtree(area)
