"""The public names, what importing costs, and machines where nothing can be cached."""

import os
import subprocess
import sys
from pathlib import Path


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, check=True, env=os.environ | environment,
    )  # fmt: skip
    return done.stdout.strip()


def test_importing_does_not_import_numba() -> None:
    assert run("import rlemask, sys; print('numba' in sys.modules)") == "False"


def test_the_cache_goes_where_it_is_told(tmp_path: Path) -> None:
    code = "import rlemask; print(rlemask.decode('5 3').sum())"
    assert run(code, NUMBA_CACHE_DIR=str(tmp_path)) == "3"
    assert list(tmp_path.rglob("*.nbi"))
