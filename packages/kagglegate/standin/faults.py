"""The faults that a stand-in server can simulate."""

from dataclasses import dataclass

STATUS = {
    400: ("FAILED_PRECONDITION", "The request cannot be carried out"),
    401: ("UNAUTHENTICATED", "Unauthenticated"),
    403: ("PERMISSION_DENIED", "You must accept this competition's rules before you can continue"),
    404: ("NOT_FOUND", "Not found"),
    429: ("RESOURCE_EXHAUSTED", "Too many requests"),
    500: ("INTERNAL", "Internal error"),
    503: ("UNAVAILABLE", "The service is unavailable"),
}
DAMAGES = ("truncate", "stall", "corrupt", "changed")
LONGEST, MOST_TIMES = 86_400, 1_000_000
"""Most seconds of a delay, and most requests that fail."""
KINDS = ("reset", "lost", "html", "slow", *DAMAGES, *map(str, STATUS))


@dataclass
class Fault:
    """A simulated fault.

    Attributes:
        where: the method, such as "CreateSubmission", "storage" (downloads), "upload", or "*"
            (all requests).
        kind: an HTTP status as text; "reset" (the connection is closed before the request is
            processed), "lost" (the request is processed and the reply is lost), "html" (a web page
            with status 200), "slow" (a reply after `seconds`); for storage also "truncate" (half
            of the body), "stall" (half of the body, the rest after `seconds`), "corrupt" (the
            middle byte is changed) and "changed" (a different ETag, as of a new file).
        times: number of requests that fail; None for all.
        message: error message of the reply; by default the usual message of the status.
        seconds: delay of "slow" and "stall", and the Retry-After of a refusal.
    """

    where: str
    kind: str
    times: int | None = 1
    message: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        if not 0 <= self.seconds <= LONGEST:
            raise ValueError(f"seconds must lie in 0..{LONGEST}, not {self.seconds}")
        if self.times is not None and not 0 <= self.times <= MOST_TIMES:
            raise ValueError(f"times must lie in 0..{MOST_TIMES}")

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Return the fault ``WHERE:KIND[:TIMES[:SECONDS]]``; TIMES may be "always"."""
        where, _, rest = text.partition(":")
        kind, times, seconds = [*rest.split(":"), *("1", "0")[rest.count(":") :]][:3]
        try:
            return cls(where, kind, None if times == "always" else int(times), "", float(seconds))
        except ValueError as error:
            shown = text if len(text) <= 60 else f"{text[:60]}…"
            raise ValueError(f"{shown!r} is not WHERE:KIND[:TIMES[:SECONDS]]: {error}") from None


def error_body(code: int, message: str = "") -> dict[str, object]:
    """Return the JSON body of a refused request, nested as in Kaggle's replies."""
    status, usual = STATUS.get(code, ("UNKNOWN", "Unknown"))
    return {"error": {"code": code, "message": message or usual, "status": status}}
