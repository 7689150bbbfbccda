"""A folder becomes a private data set of Kaggle, or a new version of one."""

import json
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobs import Report, silent
from kagglegate._errors import DataError, KaggleError, NotFound, RulesNotAccepted, TimedOut
from kagglegate.client.client import Client
from kagglegate.client.error_mapping import redact
from kagglegate.client.official import Use, message, rpc, sdk_class
from kagglegate.client.refusals import Subject

METADATA = "dataset-metadata.json"


def push_dataset(
    client: Client, folder: str | Path, notes: str, *, timeout: float = 1800.0,
    report: Report = silent,
) -> str:  # fmt: skip
    """Make the folder a private data set, or a new version of it; return its ``owner/slug``.

    ``dataset-metadata.json`` names it. Folders are uploaded as zips, which Kaggle unpacks. All
    files are there before a version is made of them, and it is ready when this returns.

    Raises:
        DataError: the folder or its metadata are unusable, or Kaggle could not process the files.
        TimedOut: Kaggle still processes them after `timeout` seconds.
    """
    folder = Path(folder)
    about = read_metadata(folder / METADATA, ("id", "title", "licenses"))
    name = str(about["id"])
    subject = Subject.dataset(name)
    tokens = []
    with tempfile.TemporaryDirectory() as packed:
        paths = list(_sendable(folder, Path(packed)))
        for done, path in enumerate(paths, start=1):
            tokens.append(_upload(client, subject, path))
            report("upload", done, len(paths), {})
    new = _dataset_state(client, name) is None
    reply = client.call(subject, _making(about, notes, tokens, new=new))
    if reply.error:
        raise KaggleError(f"Kaggle refuses the data set {name}: {redact(reply.error)}")
    _wait_until_ready(client, name, timeout)
    return name


def read_metadata(path: Path, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return the JSON of a metadata file after a check of the keys that are needed.

    Raises:
        DataError: it is missing or incomplete.
    """
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}): build the bundle again") from None
    missing = [key for key in keys if not isinstance(about, dict) or not about.get(key)]
    if missing or str(about["id"]).count("/") != 1:
        wrong = f"lacks {', '.join(missing)}" if missing else "has no id of the form owner/slug"
        raise DataError(f"{path} {wrong}: build the bundle again")
    return dict(about)


def _sendable(folder: Path, packed: Path) -> Iterator[Path]:
    """Yield the files to upload; a folder becomes a zip, stored: weights do not compress."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            target = packed / f"{path.name}.zip"
            with zipfile.ZipFile(target, "w") as archive:
                for file in sorted(one for one in path.rglob("*") if one.is_file()):
                    archive.write(file, file.relative_to(path))
            yield target
        elif path.name != METADATA:
            yield path


def _upload(client: Client, subject: Subject, path: Path) -> str:
    """Upload a file and return the name under which Kaggle keeps it until it is used."""

    def use(api: Any, services: Any) -> str:
        facts = path.stat()
        place = rpc(
            "StartBlobUpload",
            type=sdk_class("ApiBlobType").DATASET,
            name=path.name,
            content_length=facts.st_size,
            last_modified_epoch_seconds=int(facts.st_mtime),
        )(api, services)
        api.upload_complete(str(path), place.create_url, quiet=True)
        if api.upload_error is not None:
            raise api.upload_error
        return str(place.token)

    return client.call_with_retries(subject, use)


def _making(about: dict[str, Any], notes: str, tokens: list[str], *, new: bool) -> Use[Any]:
    """Return the call that makes the data set of uploaded files, or a new version of it."""
    owner, _, slug = str(about["id"]).partition("/")
    files = [message("ApiDatasetNewFile", token=token) for token in tokens]
    if not new:
        body = message("ApiCreateDatasetVersionRequestBody", version_notes=notes, files=files)
        return rpc("CreateDatasetVersion", owner_slug=owner, dataset_slug=slug, body=body)
    return rpc(
        "CreateDataset",
        owner_slug=owner,
        slug=slug,
        title=about["title"],
        license_name=about["licenses"][0]["name"],
        is_private=True,
        files=files,
    )


def _dataset_state(client: Client, name: str) -> str | None:
    """Return the state of the latest version, None where there is no such data set of ours."""
    owner, _, slug = name.partition("/")
    fields = {"owner_slug": owner, "dataset_slug": slug}
    try:
        reply = client.read(Subject.dataset(name), "GetDatasetStatus", **fields)
    except (NotFound, RulesNotAccepted):  # Kaggle does not tell the two apart
        return None
    return str(reply.status.name).lower()


def _wait_until_ready(client: Client, name: str, timeout: float) -> None:
    end, pause = time.monotonic() + timeout, client.pause
    while (state := _dataset_state(client, name)) != "ready":
        if state in ("failed", "deleted"):
            raise DataError(f"Kaggle could not process the files of the data set {name}: {state}")
        if time.monotonic() >= end:
            raise TimedOut(
                f"Kaggle still processes the data set {name} ({state}): run the same command again "
                "in some minutes"
            )
        time.sleep(pause)
        pause = min(pause * 1.5, 30.0)
