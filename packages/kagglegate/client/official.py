"""The official client, imported late and quietly, with time-outs on all its connections.

Written against kaggle 2.2.5 and kagglesdk 0.1.38. This module alone imports them, inside functions:
`import kaggle` authenticates, so that it prints to stdout, goes online or ends the process,
depending on what it finds. Here it finds a dummy key and an empty folder, and the real credentials
are used afterwards by an instance of our own. The private names used are held by
tests/kagglegate/test_kagglegate_official.py.
"""

import importlib
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter

from kagglegate._errors import UnexpectedReply
from kagglegate.client.credentials import SECRET, Credentials, clean_environment
from kagglegate.client.error_mapping import from_network, from_status, redact
from kagglegate.client.refusals import Subject

Timeout = tuple[float, float]
Result = TypeVar("Result")
Use = Callable[[Any, Any], Result]
"""Takes the official `KaggleApi` and `KaggleClient`; see `Session.call`."""

SERVICES = {"Blob": "blobs.blob", "Kernel": "kernels.kernels", "Dataset": "datasets.dataset"}
"""A word of a name of kagglesdk -> package and service; others are of competitions."""

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


def rpc(method: str, /, **fields: Any) -> Use[Any]:
    """Return a call of `method` ("GetSubmission", …) whose request has these fields."""

    def use(_: Any, services: Any) -> Any:
        package, service = _service(method)
        api = getattr(getattr(services, package), f"{service}_api_client")
        request = message(f"Api{method}Request", **fields)
        return getattr(api, re.sub(r"(?<!^)([A-Z])", r"_\1", method).lower())(request)

    return use


def message(name: str, /, **fields: Any) -> Any:
    """Return a new message of kagglesdk, such as "ApiDatasetNewFile", with these fields."""
    made = sdk_class(name)()
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def sdk_class(name: str) -> Any:
    """Return the class `name` of kagglesdk's remote procedures."""
    package, service = _service(name)
    module = importlib.import_module(f"kagglesdk.{package}.types.{service}_api_service")
    return getattr(module, name)


@contextmanager
def endpoint(url: str) -> Iterator[None]:
    """Let the official client of this process talk to `url` instead of Kaggle."""
    from kagglesdk import kaggle_env

    table, real = kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD
    before, table[real] = table[real], url
    try:
        yield
    finally:
        table[real] = before


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
    given = clean_environment(os.environ)
    with _environment({name: given[name] for name in SECRET if name in given}, (*NOISY, *SECRET)):
        api.authenticate()
    for name in ("username", "key"):  # of kaggle.json
        if isinstance(api.config_values.get(name), str):
            api.config_values[name] = api.config_values[name].strip()
    return api


def _service(name: str) -> tuple[str, str]:
    found = (where for word, where in SERVICES.items() if word in name)
    package, _, service = next(found, "competitions.competition").partition(".")
    return package, service


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
