import copy
import subprocess
import sys

import contest
import jobs


def test_errors_are_for_the_user_and_in_the_tree() -> None:
    from contest import _errors

    errors = [one for one in vars(contest).values() if isinstance(one, type)]
    errors = [one for one in errors if issubclass(one, Exception)]
    assert len(errors) == 8
    assert all(issubclass(one, contest.ContestError) for one in errors)
    assert issubclass(contest.ContestError, jobs.UserError)
    assert {one.__name__ for one in errors} <= set(str(_errors.__doc__).split())


def test_errors_cross_processes() -> None:
    error = contest.SubmissionError("s.csv", [contest.Fault("bad", "a", 3)], "mend it")
    again = copy.copy(error)  # goes through __reduce__, as crossing a process does
    assert (type(again), str(again), again.faults) == (type(error), str(error), error.faults)
    assert str(error) == "s.csv: bad: mend it"


def test_import_knows_no_competition_and_is_light() -> None:
    code = (
        "import sys, contest; print([m for m in ('competitions', 'ensembling', 'torch', "
        "'lightgbm', 'kaggle') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
