"""A real Dask cluster for the tests of the engine."""

from collections.abc import Iterator

import pytest

import jobs
from tests.dask_cluster import DaskCluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Two workers of one thread."""
    started = DaskCluster(tmp_path_factory.mktemp("cluster"))
    try:
        started.add_worker()
        started.add_worker()
        started.wait_for(2)
        yield started
    finally:
        started.close()


@pytest.fixture
def dask(cluster: DaskCluster) -> Iterator[None]:
    with jobs.engine("dask", cluster.address):
        yield
