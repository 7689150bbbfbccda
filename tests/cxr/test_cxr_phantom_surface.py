"""The public surface."""

import cxr.phantom
import jobs


def test_all_is_sorted_and_true() -> None:
    assert list(cxr.phantom.__all__) == sorted(cxr.phantom.__all__)
    assert all(hasattr(cxr.phantom, name) for name in cxr.phantom.__all__)


def test_errors_share_a_base() -> None:
    assert issubclass(cxr.phantom.FolderNotEmpty, cxr.phantom.PhantomError)
    assert issubclass(cxr.phantom.PhantomError, jobs.UserError)
