"""A real Dask cluster for the tests of the engine."""

from collections.abc import Iterator

import pytest

import jobs
from tests.dask_cluster import DaskCluster, two_workers


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with two_workers(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture
def dask(cluster: DaskCluster) -> Iterator[None]:
    with jobs.engine("dask", cluster.address):
        yield
