"""The public surface."""

import cxr.phantom
import jobs


def test_all_is_sorted_and_true() -> None:
    assert list(cxr.phantom.__all__) == sorted(cxr.phantom.__all__)
    assert all(hasattr(cxr.phantom, name) for name in cxr.phantom.__all__)


def test_the_error_is_one_of_the_user() -> None:
    assert issubclass(cxr.phantom.FolderNotEmpty, jobs.UserError)
