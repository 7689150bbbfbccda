"""The public surface and the package's promises."""

import ast
from pathlib import Path

import jobs
import segmenters


def test_errors_share_one_base():
    from segmenters import _errors

    found = [e for e in vars(_errors).values() if isinstance(e, type)]
    assert len(found) > 5
    assert all(issubclass(e, segmenters.SegmenterError) for e in found)
    assert issubclass(segmenters.SegmenterError, jobs.UserError)


def test_no_pickle_is_ever_read_or_written():
    for path in Path(segmenters.__file__).parent.glob("*.py"):
        calls = {
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call)
        }
        assert not calls & {"torch.save", "torch.load", "pickle.load", "pickle.loads", "eval"}
