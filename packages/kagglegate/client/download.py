"""Downloads the data of a competition or a data set: resumed, verified, unpacked, renamed."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from jobs import Report
from kagglegate._errors import DataError, Incomplete
from kagglegate.archives.archive import some, unpack
from kagglegate.archives.folder import Download, finished, write_manifest
from kagglegate.client.fetch import save
from kagglegate.client.records import DataFile
from kagglegate.client.refusals import Subject

if TYPE_CHECKING:
    from kagglegate.client.client import Client

Request = Callable[[Any], Any]


def competition(client: "Client", slug: str, dest: Path, report: Report) -> Download:
    """See `Client.download_competition`."""

    def request(services: Any) -> Any:
        from kagglesdk.competitions.types.competition_api_service import (
            ApiDownloadDataFilesRequest,
        )

        asked = ApiDownloadDataFilesRequest()
        asked.competition_name = slug
        return services.competitions.competition_api_client.download_data_files(asked)

    return _download(
        client, Subject.competition(slug), dest, report, request, lambda: client.list_files(slug)
    )


def dataset(client: "Client", name: str, dest: Path, report: Report) -> Download:
    """See `Client.download_dataset`."""
    owner, _, slug = name.partition("/")
    if not owner or not slug or "/" in slug:
        raise ValueError(f"a data set is named owner/slug, not {name!r}")

    def request(services: Any) -> Any:
        from kagglesdk.datasets.types.dataset_api_service import ApiDownloadDatasetRequest

        asked = ApiDownloadDatasetRequest()
        asked.owner_slug, asked.dataset_slug = owner, slug
        return services.datasets.dataset_api_client.download_dataset(asked)

    return _download(
        client,
        Subject.dataset(name),
        dest,
        report,
        request,
        lambda: client.list_dataset_files(name),
    )


def _download(
    client: "Client",
    subject: Subject,
    dest: Path,
    report: Report,
    request: Request,
    listing: Callable[[], list[DataFile]],
) -> Download:
    done = finished(dest, subject.name)
    if done is not None:
        return done
    with jobs.lock(dest.with_name(f".{dest.name}")):
        done = finished(dest, subject.name)  # another process may have made it meanwhile
        return done or _make(client, subject, dest, report, request, listing())


def _make(
    client: "Client",
    subject: Subject,
    dest: Path,
    report: Report,
    request: Request,
    expected: list[DataFile],
) -> Download:
    area = dest.with_name(f".{dest.name}.download")
    archive, resumed = _fetch(client, subject, area, report, request)
    try:
        return _unpack(subject, archive, dest, report, expected)
    except DataError:
        if not resumed:
            raise
    # A resumed archive can be corrupt and have the right size: once more, in one piece.
    archive, _ = _fetch(client, subject, area, report, request)
    return _unpack(subject, archive, dest, report, expected)


def _fetch(
    client: "Client", subject: Subject, area: Path, report: Report, request: Request
) -> tuple[Path, bool]:
    """Return the archive and whether it was put together from several pieces."""
    area.mkdir(parents=True, exist_ok=True)
    pieces: list[bool] = []

    def use(_: Any, services: Any) -> Path:
        with request(services) as response:
            return save(response, area, subject, client.timeout, report, pieces.append)

    return client.patiently(lambda: client.call(subject, use)), any(pieces)


def _unpack(
    subject: Subject, archive: Path, dest: Path, report: Report, expected: Iterable[DataFile]
) -> Download:
    with _used_up(archive.parent), jobs.writing_folder(dest) as folder:
        files = unpack(archive, folder, report)
        bad = [one.name for one in expected if files.get(one.name) != one.size]
        if bad:
            raise Incomplete(
                f"the archive of {subject.name} differs from Kaggle's list of files in "
                f"{some(bad)}: run the same command again"
            )
        write_manifest(folder, subject.name, files)
    return Download(dest, len(files), sum(files.values()), fresh=True)


@contextmanager
def _used_up(area: Path) -> Iterator[None]:
    """Remove the archive's folder once it is unpacked or found to be bad, not for other reasons."""
    try:
        yield
    except DataError:
        shutil.rmtree(area)
        raise
    shutil.rmtree(area)
