"""Connection of the unpatched official client to a stand-in, in this or another process."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kagglegate.client.client import Client
from kagglegate.client.official import endpoint
from kagglegate.standin.server import Server

PAUSE = 0.1  # seconds between two requests for a status; a local server replies at once
NOWHERE = "http://127.0.0.1:1"
PREFIXES = ("KAGGLE_", "VERBOSE")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def environment(
    server: Server, home: str | Path, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment of a subprocess whose Kaggle client connects to the stand-in only.

    Valid for the `kaggle` command line and for this package. HTTPS requests are sent to a closed
    port, so none reaches kaggle.com.

    Args:
        home: an empty folder, used as the home directory.
        base: environment to start from, by default that of this process; its Kaggle and proxy
            variables are removed.
    """
    kept = _stripped(os.environ if base is None else base)
    home = str(home)
    return {
        **kept,
        "HOME": home,
        "USERPROFILE": home,
        "KAGGLE_CONFIG_DIR": home,
        "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
        "KAGGLE_API_TOKEN": server.token,
        "HTTP_PROXY": server.url,
        "http_proxy": server.url,
        "HTTPS_PROXY": NOWHERE,
        "https_proxy": NOWHERE,
    }


@contextmanager
def connect(server: Server, client: Client | None = None) -> Iterator[Client]:
    """Yield a `Client` that is connected to the stand-in while the block runs.

    Within the block, the environment of this process holds the stand-in's token and no other
    Kaggle variable, and one entry of a private table of kagglesdk is replaced (a test checks that
    it exists). Both are restored at the end. Not thread-safe.
    """
    before = dict(os.environ)
    ours = {"KAGGLE_API_TOKEN": server.token, "HTTPS_PROXY": NOWHERE, "NO_PROXY": "127.0.0.1"}
    with endpoint(server.url):
        _replace({**_stripped(before), **ours})
        try:
            yield client or Client(pause=PAUSE)
        finally:
            _replace(before)


def _stripped(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in variables.items()
        if not name.upper().startswith(PREFIXES) and name.lower() not in PROXIES
    }


def _replace(variables: Mapping[str, str]) -> None:
    for name in set(os.environ) - set(variables):
        del os.environ[name]
    os.environ.update(variables)
