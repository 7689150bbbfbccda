"""The function that the notebook of a bundle calls: predict, blend, check, write."""

import shutil
from functools import partial
from pathlib import Path

import jobs
import notebooks
from tools.paths import Paths
from tools.usecases import submit
from tools.usecases.workplace import Workplace


def run(bundle: Path, data: Path, out: Path, work: Path) -> submit.Submission:
    """Write the submission of a bundle's blend, as `tools submit --dry-run` does.

    Args:
        bundle: the data set made by `tools kernel build`; may be read-only.
        data: the competition's files; only the test images and the sample submission are read.
        out: the CSV file to write.
        work: a folder for all other output, with a writable copy of the bundle's ``home``.
    """
    about = jobs.read_json(bundle / "bundle.json")
    for line in notebooks.other_libraries(bundle / "wheels.txt"):
        print(line)
    paths = Paths(work / "home", data, work / "submissions")
    say = partial(print, flush=True)
    with jobs.PlainProgress(say) as progress:
        place = Workplace(paths, about["competition"], progress.report, say, test_only=True)
        jobs.write_json(place.accepted_path, {str(data.resolve()): about["accepted"]})
        written = submit.write(place, place.open_blend(about["blend"]))
    with jobs.writing(out) as temporary:
        shutil.copyfile(written.path, temporary)
    for warning in written.warnings:
        print(f"warning: {warning}")
    print(f"{out}: {written.rows} rows, {written.positives} with a mask")
    return written
