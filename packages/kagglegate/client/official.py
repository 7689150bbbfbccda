"""The official client, imported late and quietly, with time-outs on all its connections.

Written against kaggle 2.2.4 and kagglesdk 0.1.37. `import kaggle` authenticates at import: it
prints to stdout, goes online or raises, depending on what it finds. Here it finds a dummy key
and an empty folder, and the real credentials are used afterwards by an instance of our own.
The private names used are held by tests/kagglegate/test_kagglegate_official.py.
"""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from kagglegate._errors import UnexpectedReply
from kagglegate.client.boundary import from_network, from_status, redact
from kagglegate.client.credentials import Credentials
from kagglegate.client.refusals import Subject

Timeout = tuple[float, float]
ENVIRONMENTS = ("PROD", "LOCALHOST")
NOISY = ("VERBOSE", "VERBOSE_OUTPUT")  # print Authorization headers
_importing = threading.Lock()


class TimeoutAdapter(HTTPAdapter):
    """Gives every request without a time-out of its own the one of the adapter, in seconds."""

    def __init__(self, timeout: Timeout) -> None:
        self._timeout = timeout
        super().__init__()

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Send the request; see `requests.adapters.HTTPAdapter.send`."""
        kwargs["timeout"] = kwargs.get("timeout") or self._timeout
        return super().send(request, *args, **kwargs)


def with_timeout(session: requests.Session, timeout: Timeout) -> requests.Session:
    """Return `session` after mounting the time-out on it."""
    for prefix in ("https://", "http://"):
        session.mount(prefix, TimeoutAdapter(timeout))
    return session


def load() -> Any:
    """Return the module `kaggle.api.kaggle_api_extended`, imported without side effects."""
    with _importing, tempfile.TemporaryDirectory() as empty:
        dummy = {
            "KAGGLE_API_TOKEN": os.devnull,
            "KAGGLE_USERNAME": "nobody",
            "KAGGLE_KEY": "none",
            "KAGGLE_CONFIG_DIR": empty,
        }
        with _environment(dummy, (*NOISY, "KAGGLE_KERNEL_RUN_TYPE")), redirect_stdout(StringIO()):
            from kaggle.api import kaggle_api_extended
    return kaggle_api_extended


def connect(credentials: Credentials, timeout: Timeout) -> Any:
    """Return an authenticated `KaggleApi` whose connections have time-outs.

    Call it inside `naming_errors`. A token is verified online; a key is not, before its first
    use.
    """
    _check_environment()
    module = load()
    api = _quiet_api(module)(timeout)
    if credentials.config is not None:
        api.config_dir, api.config = str(credentials.config.parent), str(credentials.config)
    with _environment({}, NOISY):
        api.authenticate()
    return api


def _quiet_api(module: Any) -> Any:
    class QuietApi(module.KaggleApi):
        """The official client; its connections have time-outs, its uploads give a reason."""

        def __init__(self, timeout: Timeout) -> None:
            super().__init__()
            self.timeout = timeout
            self.uploaded = False
            self.upload_error: Exception | None = None

        def build_kaggle_client(self) -> Any:
            client = super().build_kaggle_client()
            http = client.http_client()
            http._init_session()
            with_timeout(http._session, self.timeout)
            return client

        def upload_complete(self, path: str, url: str, quiet: bool, resume: bool = False) -> int:
            """Send the file; the client's own way has no time-out and retries for minutes."""
            self.uploaded, self.upload_error = False, _put(path, url, self.timeout)
            result = module.ResumableUploadResult
            self.uploaded = self.upload_error is None
            return int(result.COMPLETE if self.uploaded else result.FAILED)

    return QuietApi


def _put(path: str, url: str, timeout: Timeout) -> Exception | None:
    """Send the body of the file to a signed URL; return what went wrong."""
    subject = Subject(f"the upload of {os.path.basename(path)}", "https://www.kaggle.com")
    try:
        with with_timeout(requests.Session(), timeout) as session, open(path, "rb") as body:
            response = session.put(url, data=body)
    except requests.RequestException as error:
        return from_network(subject, error)
    if response.status_code in (200, 201):
        return None
    return from_status(subject, response, f"status {response.status_code}")


def _check_environment() -> None:
    """Refuse a misspelt environment, which the client takes for the real site."""
    name = os.environ.get("KAGGLE_API_ENVIRONMENT", "PROD")
    if name not in ENVIRONMENTS:
        raise UnexpectedReply(
            f"KAGGLE_API_ENVIRONMENT={redact(name)} is none of {', '.join(ENVIRONMENTS)}: unset it"
        )


@contextmanager
def _environment(values: dict[str, str], without: tuple[str, ...] = ()) -> Iterator[None]:
    names = {*values, *without}
    before = {name: os.environ[name] for name in names if name in os.environ}
    for name in without:
        os.environ.pop(name, None)
    os.environ.update(values)
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)
