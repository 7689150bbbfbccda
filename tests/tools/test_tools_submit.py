"""From a blend to Kaggle: everything is said before, nothing is sent that should not be."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import contest
import jobs
import rlemask
from ensembling import Blend, BlendStore
from kagglegate import Client, Ledger, standin
from tests.blends import blend
from tools.console import submissions as page
from tools.paths import Paths
from tools.usecases.ensemble import blending
from tools.usecases.submission import submission_files, submissions, submit

SPEC = contest.load("siim_acr_pneumothorax")
IDS = [f"i{n}" for n in range(8)]


@dataclass
class Place:
    """The part of a workplace that a delivery needs; keeps what is said and asked."""

    paths: Paths
    answer: bool = True
    spec: contest.Spec = SPEC
    report: jobs.Report = jobs.silent
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    masks: dict[str, str] = field(default_factory=lambda: dict.fromkeys(IDS, "-1"))

    @property
    def dataset(self) -> SimpleNamespace:
        """Only what a submission must list."""
        return SimpleNamespace(sample_ids=IDS)

    @property
    def blends(self) -> BlendStore:
        """In the home."""
        return BlendStore(self.paths.blends, self.spec.name)

    def open_blend(self, name: str) -> Blend:
        """Return a blend."""
        return self.blends.open(name, lambda: None)[0]

    def say(self, text: str) -> None:
        """Keep it."""
        self.said.append(text)

    def ask(self, text: str) -> bool:
        """Keep it and give the answer."""
        self.asked.append(text)
        return self.answer


def parsed(texts: dict[str, str]) -> dict[str, rlemask.Runs]:
    return {one: rlemask.parse(text, SPEC.shape, SPEC.dialect) for one, text in texts.items()}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A place with the blends "first" and "second"."""
    made = Place(Paths(tmp_path / "home", None, tmp_path / "submissions"))
    for name in ("first", "second"):
        made.blends.save(blend(name=name, competition=SPEC.name), pd.DataFrame({"score": [0.8]}))
    monkeypatch.setattr(blending, "test_masks", lambda place, _: parsed(place.masks))
    return made


@pytest.fixture
def server() -> Iterator[standin.Server]:
    """The competition at a stand-in, over since long."""
    site = standin.Site(SPEC.slug, score=lambda _: (0.75, 0.65))
    with standin.Server(site) as running:
        yield running
    assert site.errors == []


@pytest.fixture
def client(server: standin.Server) -> Iterator[Client]:
    """The real client."""
    ours = Client(timeout=(5.0, 5.0), retries=1, pause=0.002)
    with standin.connect(server, ours) as connected:
        yield connected


def test_a_person_reads_what_is_sent_before_it_is(
    place: Place, client: Client, server: standin.Server
) -> None:
    place.masks["i3"] = "5 2"
    result = submit.submit(place, "first", wait=True, client=client)
    (text,) = place.asked
    for said in (
        f"to be submitted to {SPEC.slug}:", "first, CV 0.8000 (0.7000–0.9000)",
        "8 rows, 1 with a mask", str(result.path), "first CV 0.8000", "5 of 5 left, reset at",
        "00:00 UTC",
        "warning  12.5% of the images get a mask, but 0.0% were expected",
        "warning  a late submission: the deadline was 2019-09-04",
    ):  # fmt: skip
        assert said in text
    assert (result.status, result.ref) == ("complete", server.site.posted[0].ref)
    names = list(asdict(result))
    at = names.index("score_honest")
    assert names[at : at + 4] == ["score_honest", "interval", "public_score", "private_score"]


def test_no_is_no(place: Place, client: Client, server: standin.Server) -> None:
    place.answer = False
    with pytest.raises(submit.NotSubmitted, match="stopped: nothing was submitted"):
        submit.submit(place, "first", client=client)
    assert server.count("StartSubmissionUpload") == 0
    assert not place.paths.ledger.exists()


def test_yes_asks_nothing_and_says_the_same(place: Place, client: Client) -> None:
    assert submit.submit(place, "first", yes=True, client=client).status == "submitted"
    assert place.asked == []
    assert any(text.startswith("to be submitted to") for text in place.said)


def test_a_dry_run_asks_nobody(place: Place, client: Client, server: standin.Server) -> None:
    result = submit.submit(place, "first", dry_run=True, client=client)
    assert (result.status, result.rows) == ("dry run", 8)
    assert (place.asked, server.requests) == ([], [])


def test_everything_that_stands_in_the_way_is_said_at_once(
    place: Place, client: Client, server: standin.Server
) -> None:
    server.site.submissions_disabled = server.site.notebooks_only = True
    server.site.daily_limit = 0
    del place.masks["i0"]
    place.masks |= {"other": "-1"}
    with pytest.raises(submit.NotSubmitted) as caught:
        submit.submit(place, "first", yes=True, client=client)
    line = str(caught.value)
    assert line.startswith("nothing was submitted, 4 reasons: ")
    for said in (
        "image i0 is missing", "image other is not in the sample",
        "takes no submissions any more", "takes notebooks only", "are used up", "midnight UTC",
    ):  # fmt: skip
        assert said in line
    assert "\n" not in line
    assert server.site.posted == []
    assert not place.paths.ledger.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rules_accepted": False}, f"open https://www.kaggle.com/competitions/{SPEC.slug}/rules"),
        ({"slug": "another"}, "check its slug"),
        ({"daily_limit": 0}, "the count starts again at midnight UTC"),
    ],
)
def test_one_reason_is_one_line_with_its_remedy(
    place: Place, client: Client, server: standin.Server, change: dict[str, object], said: str
) -> None:
    for name, value in change.items():
        setattr(server.site, name, value)
    with pytest.raises(submit.NotSubmitted, match=r"^nothing was submitted: ") as caught:
        submit.submit(place, "first", yes=True, client=client)
    assert str(caught.value).count(said) == 1
    assert not place.paths.ledger.exists()


def test_a_network_that_is_down_is_one_reason(
    place: Place, client: Client, server: standin.Server
) -> None:
    client.quota(SPEC.slug)
    server.fail("*", "reset", times=None)
    del place.masks["i0"]
    with pytest.raises(submit.NotSubmitted, match=r"2 reasons: .*i0 is missing.*cannot be reached"):
        submit.submit(place, "first", yes=True, client=client)


def test_the_same_file_is_not_sent_again_and_nobody_is_asked(
    place: Place, client: Client, server: standin.Server
) -> None:
    first = submit.submit(place, "first", yes=True, wait=True, client=client)
    server.site.daily_limit = 0
    again = submit.submit(place, "second", client=client)
    assert again.ref == first.ref
    assert f"as submission {first.ref}: not submitted again" in again.warnings[-1]
    assert place.asked == []
    assert len(server.site.posted) == 1


def test_the_same_file_from_another_computer_is_refused(
    place: Place, client: Client, server: standin.Server
) -> None:
    ref = submit.submit(place, "first", yes=True, wait=True, client=client).ref
    place.paths.ledger.unlink()
    with pytest.raises(submit.NotSubmitted, match=f"same file already, as submission {ref}"):
        submit.submit(place, "first", yes=True, client=client)
    server.site.posted[0].status = "ERROR"
    assert submit.submit(place, "first", yes=True, client=client).status == "submitted"


def three(place: Place, client: Client, server: standin.Server) -> list[submit.Submission]:
    """Send first, second, and first again with another mask."""
    results = [submit.submit(place, "first", yes=True, client=client)]
    place.masks |= {"i1": "10 5", "i2": "0 3"}
    results.append(submit.submit(place, "second", yes=True, client=client))
    place.masks |= {"i1": "12 5", "i2": "-1"}
    results.append(submit.submit(place, "first", yes=True, wait=True, client=client))
    return results


def test_the_ledger_is_read_by_a_person(
    place: Place, client: Client, server: standin.Server
) -> None:
    assert page.text(submissions.submissions(place)) == "no submissions yet"
    one, two, _ = three(place, client, server)
    table = submissions.submissions(place)
    scores = [(row["public_score"], row["public_minus_cv"]) for row in table.submissions]
    assert scores == [(None, None), (None, None), (0.75, pytest.approx(-0.05))]
    assert table.warnings == [
        f"the private score 0.6500 of first (ref {server.site.posted[2].ref}) lies below the "
        "interval of its CV, 0.7000–0.9000"
    ]
    lines = page.text(table).splitlines()
    assert lines[0].split()[:3] == ["submitted", "blend", "CV"]
    assert "0.8000 (0.700–0.900)  0.7500  -0.0500  0.6500   -0.1500  complete" in lines[3]
    assert lines[-1].startswith("warning: ")
    shown = submissions.show(place, str(one.ref))
    assert [event["event"] for event in shown.history["events"]] == ["pending", "submitted"]
    assert (shown.history["file_is"], shown.blend["runs"]) == ("unchanged", ["r"])
    assert submissions.show(place, "second").row["ref"] == two.ref
    assert submissions.show(place, shown.row["id"][:6]).row["ref"] == one.ref


def test_the_reason_why_kaggle_could_not_score_is_said_everywhere(
    place: Place, client: Client, server: standin.Server
) -> None:
    def refused(_: Path) -> tuple[float, float]:
        raise ValueError("Evaluation exception:\n  row 3 has\tno mask. " + "Long. " * 40)

    server.site.score = refused
    reason = "Evaluation exception: row 3 has no mask. " + ("Long. " * 40).strip()
    with pytest.raises(submit.NotScored) as caught:
        submit.submit(place, "first", yes=True, wait=True, client=client)
    (entry,) = Ledger(place.paths.ledger).entries()
    assert str(caught.value) == (
        f"Kaggle could not score submission {entry.ref} ({entry.file}): {reason}; see "
        f"https://www.kaggle.com/competitions/{SPEC.slug}/submissions, correct it and submit again"
    )
    assert (entry.state, entry.error) == ("error", reason)
    place.masks["i1"] = "10 5"
    server.site.score = lambda _: (_ for _ in ()).throw(ValueError(""))
    other = submit.submit(place, "second", yes=True, client=client)
    assert (other.status, other.error) == ("submitted", "")
    server.site.settle()
    table = submissions.submissions(place, poll=True)
    assert [row["error"] for row in table.submissions] == [reason, "Kaggle gives no reason"]
    lines = page.text(table).splitlines()
    assert lines[3] == f"error of {entry.ref}: {reason}"
    assert lines[4] == f"error of {other.ref}: Kaggle gives no reason"
    assert max(map(len, lines[:3])) < 200, "reasons do not widen the table"
    assert submissions.show(place, str(entry.ref)).row["error"] == reason


def test_names_that_fit_none_or_several(
    place: Place, client: Client, server: standin.Server
) -> None:
    with pytest.raises(submission_files.NoSuchSubmission, match="known: none"):
        submission_files.find(place, "first")
    three(place, client, server)
    ids = [entry.id for entry in Ledger(place.paths.ledger).entries()]
    with pytest.raises(submission_files.NoSuchSubmission, match=f"give one of {ids[0]}, {ids[2]}"):
        submission_files.find(place, "first")
    with pytest.raises(submission_files.NoSuchSubmission, match=f"'third'.* known: {ids[0]}"):
        submissions.show(place, "third")


def test_what_failed_gives_way_to_what_was_sent(
    place: Place, client: Client, server: standin.Server
) -> None:
    server.fail("CreateSubmission", "400")
    with pytest.raises(jobs.UserError):
        submit.submit(place, "first", yes=True, client=client)
    assert submissions.show(place, "first").row["status"] == "failed"
    submit.submit(place, "first", yes=True, client=client)
    assert submissions.show(place, "first").row["status"] == "submitted"


def test_the_difference_in_images_and_pixels(
    place: Place, client: Client, server: standin.Server
) -> None:
    one, two, three_ = three(place, client, server)
    found = submissions.diff(place, str(two.ref), str(three_.ref))
    assert (found.images, found.changed_images) == (8, 2)
    assert (found.gained, found.lost) == (0, 1)
    assert (found.pixels_a, found.pixels_b) == (8, 5)
    assert found.changed_pixels == 2 + 2 + 3, "i1 moved by two, i2 went"
    assert found.most_changed == [
        submissions.Changed("i1", a=5, b=5, changed=4),
        submissions.Changed("i2", a=3, b=0, changed=3),
    ]
    dry = submit.submit(place, "second", dry_run=True, client=client)
    same = submissions.diff(place, dry.path.parent.name, str(three_.ref))
    assert (same.changed_images, same.most_changed) == (0, [])
    assert submissions.diff(place, str(one.ref), "second").gained == 2


def test_a_file_that_is_gone_or_changed_is_not_compared(
    place: Place, client: Client, server: standin.Server
) -> None:
    one, two, _ = (str(result.path) for result in three(place, client, server))
    Path(one).write_text(Path(one).read_text().replace("-1", "3 4"))
    Path(two).unlink()
    refs = [str(posted.ref) for posted in server.site.posted]
    with pytest.raises(submission_files.Incomparable, match="is changed since it was submitted"):
        submissions.diff(place, refs[0], refs[2])
    with pytest.raises(submission_files.Incomparable, match="is not on this computer"):
        submissions.diff(place, refs[1], refs[2])
    assert submissions.show(place, refs[1]).history["file_is"] == "not on this computer"
