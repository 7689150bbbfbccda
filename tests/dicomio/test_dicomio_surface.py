"""The public surface and the errors."""

import pickle

import pytest

import dicomio


@pytest.mark.parametrize(
    "error",
    [
        dicomio.Truncated("a.dcm", "short"),
        dicomio.NoPixels("a.dcm", "none", "look elsewhere"),
    ],
)
def test_errors_cross_processes(error: dicomio.DicomError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_every_syntax_of_pydicom_has_a_decoder() -> None:
    from pydicom.pixels.decoders.base import _PIXEL_DATA_DECODERS

    from dicomio._syntax import PLUGINS

    assert set(PLUGINS) == {str(uid) for uid in _PIXEL_DATA_DECODERS}
    assert dicomio.missing_decoders() == []
