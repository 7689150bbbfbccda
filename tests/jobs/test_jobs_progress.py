"""Progress in a log: a line at least every minute, without a report too, and nothing after it."""

import re
import threading

from jobs import PlainProgress
from jobs._progress import EVERY

LINE = re.compile(r"\[\d+:\d\d:\d\d\] ")


class Log:
    """What was written, with a way to wait for it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.written = threading.Event()

    def write(self, line: str) -> None:
        self.lines.append(line)
        self.written.set()

    def wait(self) -> str:
        self.written.clear()
        assert self.written.wait(20)
        return self.lines[-1]


def test_a_line_comes_at_least_every_minute() -> None:
    assert EVERY <= 60


def test_the_latest_state_is_written_again_and_again() -> None:
    log = Log()
    with PlainProgress(log.write, every=0.02) as progress:
        assert log.wait().endswith("] working")
        for done in range(4):
            progress.report("fold 0: train", done, 4, {"loss": 0.51234, "images_per_s": 31.0})
        log.wait()
        assert log.wait().endswith("] fold 0: train 3/4, loss 0.5123, images_per_s 31")
    assert all(LINE.match(line) and line.isprintable() for line in log.lines)


def test_short_work_is_silent_and_stopped_work_too() -> None:
    log = Log()
    with PlainProgress(log.write, every=30) as progress:
        progress.report("x", 1, 1, {})
    with PlainProgress(log.write, every=0.02) as progress:
        progress.stop()
        assert not log.written.wait(0.2)
    assert log.lines == []


def test_a_log_that_nobody_reads_any_more_stops_the_lines_and_not_the_work() -> None:
    tried = threading.Event()

    def broken(_: str) -> None:
        tried.set()
        raise BrokenPipeError

    with PlainProgress(broken, every=0.02):
        assert tried.wait(20)
