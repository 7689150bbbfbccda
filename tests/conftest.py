"""Settings of all tests."""

import signal
import sys

import pytest
from hypothesis import settings

from tests import processor

SLOW_FIXTURES = {"browser", "cluster", "graph_folder"}
"""A test that asks for one of them is slow: a Chromium, a Dask cluster, networks as ONNX."""

# How long an example takes says more about the machine than about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# A job in the background of a shell ignores Ctrl-C, and so would every process that a test starts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests run as on another machine."""
    group = parser.getgroup("processor", "which processor the tests have")
    group.addoption("--threads", type=int, default=1, help="threads of each process")
    group.addoption("--vectors", choices=["all", "avx2"], default="all", help="vector units")
    group.addoption("--auto", choices=["none", "bf16"], default="none", help="what amp=auto means")


def pytest_configure(config: pytest.Config) -> None:
    """Set what libraries read when they are imported."""
    vectors = config.getoption("vectors")
    if vectors != "all" and not (
        config.getoption("numprocesses") or hasattr(config, "workerinput")
    ):
        raise pytest.UsageError("--vectors needs --numprocesses: numpy is imported here already")
    processor.choose(config.getoption("threads"), vectors, config.getoption("auto"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow by its fixtures.

    Begin with what takes long, so that no worker is left alone with it at the end.
    """
    for item in items:
        if SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
    items.sort(
        key=lambda item: "e2e" not in item.path.parts and not item.get_closest_marker("slow")
    )


def pytest_sessionfinish() -> None:
    """Write what coverage has counted: a process that is slow to end is killed by xdist."""
    coverage = sys.modules.get("coverage")
    measured = coverage and coverage.Coverage.current()
    if measured:
        measured.stop()
        measured.save()
