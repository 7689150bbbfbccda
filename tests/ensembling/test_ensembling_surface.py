import copy

import ensembling
import jobs


def test_errors_are_for_the_user_and_cross_processes() -> None:
    error = ensembling.InputError(["a", "b"])
    again = copy.copy(error)  # goes through __reduce__, as crossing a process does
    assert (str(again), again.faults) == (str(error), ["a", "b"])
    assert isinstance(error, jobs.UserError)


def test_many_faults_make_a_short_message() -> None:
    assert str(ensembling.InputError([f"f{k}" for k in range(9)])).endswith("f4; and 4 more")
