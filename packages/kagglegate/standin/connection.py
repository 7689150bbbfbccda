"""Connects the official client, unpatched, to a stand-in: in this process or in another one."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kagglegate.client.client import Client
from kagglegate.client.official import endpoint
from kagglegate.standin.server import Server

PAUSE = 0.1  # seconds; a local server answers at once
NOWHERE = "http://127.0.0.1:1"
PREFIXES = ("KAGGLE_", "VERBOSE")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def environment(
    server: Server, home: str | Path, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment of a subprocess whose Kaggle client talks to the stand-in only.

    Works for the `kaggle` command line as for this package. `base` (by default the environment
    of this process) loses everything about Kaggle and proxies; https goes nowhere, so that
    nothing can reach the real site.

    Args:
        home: an empty folder that the client may take for the home directory.
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
    """Point this process's Kaggle client at the stand-in for the block; yields a `Client`.

    What is changed is put back at the end: one entry of a table of kagglesdk (a private name,
    held by a test) and the environment, which meanwhile has the stand-in's token and nothing
    else about Kaggle. For one thread at a time.
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
