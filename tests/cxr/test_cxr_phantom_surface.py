"""The public surface."""

import cxrphantom
import jobs


def test_all_is_sorted_and_true() -> None:
    assert list(cxrphantom.__all__) == sorted(cxrphantom.__all__)
    assert all(hasattr(cxrphantom, name) for name in cxrphantom.__all__)


def test_errors_share_a_base() -> None:
    assert issubclass(cxrphantom.FolderNotEmpty, cxrphantom.PhantomError)
    assert issubclass(cxrphantom.PhantomError, jobs.UserError)
