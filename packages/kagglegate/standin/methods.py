"""The remote procedures of the stand-in.

Each takes a `Call` and returns a JSON body or the URL of a redirect.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kagglegate.standin.site import SIGNATURE, Refused, Site

Body = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A request: site, URL, token and user name of the server, JSON body of the request."""

    site: Site
    base: str
    token: str
    username: str
    body: Body


def introspect_token(call: Call) -> Body:
    """Return the user of a token, or that the token is not active."""
    if call.body.get("token") != call.token:
        return {"active": False}
    return {"active": True, "username": call.username, "userId": 1}


def get_competition(call: Call) -> Body:
    """Return the properties of the competition, also before its rules are accepted."""
    site = call.site
    if call.body.get("competitionName") != site.slug:
        raise Refused(404, "Competition not found")
    return {
        "id": 1,
        "ref": f"https://www.kaggle.com/competitions/{site.slug}",
        "title": site.title,
        "deadline": site.deadline,
        "maxDailySubmissions": site.daily_limit,
        "submissionsDisabled": site.submissions_disabled,
        "isKernelsSubmissionsOnly": site.notebooks_only,
        "userHasEntered": site.rules_accepted,
    }


def list_data_files(call: Call) -> Body:
    """Return one page of the data files."""
    return _page(call, "files", [
        {"name": name, "totalBytes": size, "creationDate": "2019-06-21T00:00:00.000Z"}
        for name, size in call.site.files().items()
    ])  # fmt: skip


def list_dataset_files(call: Call) -> Body:
    """Return one page of the files of the data set."""
    _require_dataset(call)
    return _page(call, "datasetFiles", [
        {"name": name, "totalBytes": size} for name, size in call.site.files().items()
    ])  # fmt: skip


def get_dataset_metadata(call: Call) -> Body:
    """Return the licence of the data set, requested by the command line before a download."""
    _require_dataset(call)
    return {"info": {"licenses": [{"name": "CC0-1.0"}]}}


def download_data_files(call: Call) -> str:
    """Return the URL of the zip of all data files."""
    return f"{call.base}/storage/archive/{call.site.slug}.zip?{SIGNATURE}"


def download_data_file(call: Call) -> str:
    """Return the URL of one data file."""
    return _file_url(call)


def download_dataset(call: Call) -> str:
    """Return the URL of the zip of the data set, or of one of its files."""
    _require_dataset(call)
    if call.body.get("fileName"):
        return _file_url(call)
    slug = call.site.dataset.split("/")[1]
    return f"{call.base}/storage/archive/{slug}.zip?{SIGNATURE}"


def start_submission_upload(call: Call) -> Body:
    """Return the token and URL for the upload of a submission file."""
    call.site.may_post()
    token = call.site.room_for(str(call.body.get("fileName", "submission.csv")))
    return {"token": token, "createUrl": f"{call.base}/upload/{token}?{SIGNATURE}"}


def create_submission(call: Call) -> Body:
    """Submit an uploaded file."""
    tokens = str(call.body.get("blobFileTokens", ""))
    one = call.site.post(tokens, str(call.body.get("submissionDescription", "")))
    return {"message": f"Successfully submitted to {call.site.title}", "ref": one.ref}


def get_submission(call: Call) -> Body:
    """Return the submission with the requested reference."""
    for one in call.site.posted:
        if one.ref == call.body.get("ref"):
            return call.site.describe(one)
    raise Refused(404, "Submission not found")


def list_submissions(call: Call) -> Body:
    """Return one page of the submissions, newest first."""
    newest = [call.site.describe(one) for one in reversed(call.site.posted)]
    return _page(call, "submissions", newest)


def get_submission_limits(call: Call) -> Body:
    """Return the number of submissions of today and in total, and those left today."""
    today, total = call.site.counts()
    left = max(0, call.site.daily_limit - today)
    return {"numToday": today, "numTotal": total, "numAllowedNow": left, "limitedByTotal": False}


def _file_url(call: Call) -> str:
    name = str(call.body.get("fileName", ""))
    call.site.file(name)
    return f"{call.base}/storage/files/{quote(name)}?{SIGNATURE}"


def _page(call: Call, name: str, items: list[Body]) -> Body:
    size = min(int(call.body.get("pageSize") or 20), call.site.page_size)
    start = int(call.body.get("pageToken") or 0)
    start = start or size * (int(call.body.get("page") or 1) - 1)
    more = start + size < len(items)
    return {name: items[start : start + size], "nextPageToken": str(start + size) if more else ""}


def _require_dataset(call: Call) -> None:
    if f"{call.body.get('ownerSlug')}/{call.body.get('datasetSlug')}" != call.site.dataset:
        raise Refused(403, "Permission 'datasets.get' was denied")


COMPETITIONS = "competitions.CompetitionApiService"
DATASETS = "datasets.DatasetApiService"
OPEN = ("GetCompetition", "GetSubmission")
"""Procedures of competitions that are available before the rules are accepted."""
METHODS: dict[tuple[str, str], Callable[[Call], Body | str]] = {
    ("security.OAuthService", "IntrospectToken"): introspect_token,
    (COMPETITIONS, "GetCompetition"): get_competition,
    (COMPETITIONS, "ListDataFiles"): list_data_files,
    (COMPETITIONS, "DownloadDataFiles"): download_data_files,
    (COMPETITIONS, "DownloadDataFile"): download_data_file,
    (COMPETITIONS, "StartSubmissionUpload"): start_submission_upload,
    (COMPETITIONS, "CreateSubmission"): create_submission,
    (COMPETITIONS, "GetSubmission"): get_submission,
    (COMPETITIONS, "ListSubmissions"): list_submissions,
    (COMPETITIONS, "GetSubmissionLimits"): get_submission_limits,
    (DATASETS, "ListDatasetFiles"): list_dataset_files,
    (DATASETS, "GetDatasetMetadata"): get_dataset_metadata,
    (DATASETS, "DownloadDataset"): download_dataset,
}
