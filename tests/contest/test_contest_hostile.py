"""Ids that would like to be paths, commands or a flood are ids; messages stay one line."""

from collections.abc import Callable
from pathlib import Path

import pytest

import contest
from contest.tables.annotations import scan_annotations

Csv = Callable[[str], Path]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1.2.276.0.7230010.3.1.4.8323329.5797", "1.2.276.0.7230010.3.1.4.8323329.5797"),
        ("Grüße 胸部", "Grüße 胸部"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("nul\0, \x1b[31mred\x1b[0m", "nul\\x00, \\x1b[31mred\\x1b[0m"),
        ("turn\u202eed", "turn\\u202eed"),
        ("half\ud800", "half\\ud800"),
        ("x" * 1_000_000, "x" * 80 + "…"),
        (7, "7"),
    ],
)
def test_what_a_message_repeats_is_one_short_harmless_line(text: object, wanted: str) -> None:
    assert contest.shown(text) == wanted
    assert contest.shown(text).isprintable()


def test_nothing_is_cut_on_demand() -> None:
    assert contest.shown("\n" * 200, None) == "\\n" * 200


HOSTILE = [
    "../../etc/passwd", "/etc/passwd", "a\\..\\b", "nul\0byte", "two\nlines", "\x1b[2Jgone",
    "x" * 100_000, "=1+1", "-1", "nan", "~", "$HOME", "%2e%2e%2f", ".", "..",
]  # fmt: skip


@pytest.mark.parametrize("image_id", HOSTILE)
def test_a_hostile_id_is_an_id_and_its_message_one_harmless_line(
    image_id: str, csv: Csv, spec: contest.Spec
) -> None:
    path = csv(f'ImageId,EncodedPixels\n"{image_id}",1 x\n')
    table, _ = scan_annotations(path, spec)
    assert list(table["image_id"]) == [image_id]
    with pytest.raises(contest.AnnotationError) as caught:
        contest.read_annotations(path, spec)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
    sample = csv(f'ImageId\n"{image_id}"\n"{image_id}"\n')
    with pytest.raises(contest.SubmissionError, match="is listed more than once") as caught:
        contest.read_sample(sample, spec)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
