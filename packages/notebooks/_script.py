"""Predict the test images with the models of a data set; write submission.csv. All offline.

Run by Kaggle it finds both below /kaggle/input; elsewhere --bundle names the data set, --data
the competition's files, --out the file to write.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

INPUT = Path("/kaggle/input")


def main() -> None:
    """Install the project from the data set, then let it predict."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("submission.csv"))
    options, _ = parser.parse_known_args()  # a notebook has arguments that are not for us
    bundle = options.bundle or attached("bundle.json").parent
    slug = json.loads((bundle / "bundle.json").read_text())["slug"]
    data = options.data or attached(slug)
    with tempfile.TemporaryDirectory() as work:
        install(bundle, Path(work) / "code")
        try:
            from tools.usecases import kernel_run

            kernel_run.run(bundle, data, options.out, Path(work))
        except ModuleNotFoundError as error:
            raise RuntimeError(
                f"this computer lacks {error.name}: add its wheel to the data set, as its "
                "wheels.txt says"
            ) from error


def attached(name: str) -> Path:
    """Return the one file or folder of that name among the inputs."""
    found = [path for depth in ("", "*/", "*/*/", "*/*/*/") for path in INPUT.glob(depth + name)]
    if len(found) != 1:
        raise RuntimeError(
            f"{len(found)} inputs are called {name} below {INPUT}: attach the competition and one "
            "bundle as a data set"
        )
    return found[0]


def install(bundle: Path, code: Path) -> None:
    """Unpack the wheels of the data set for this process and those that it starts."""
    wheels = sorted(map(str, bundle.rglob("*.whl")))
    quiet = ["--quiet", "--disable-pip-version-check", "--no-compile"]
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", *quiet]
    subprocess.run([*command, "--target", str(code), *wheels], check=True)
    sys.path.insert(0, str(code))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(code), *([before] if before else [])])


if __name__ == "__main__":
    main()
