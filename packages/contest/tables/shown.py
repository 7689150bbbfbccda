"""Texts from data files in messages."""

LONGEST = 80


def shown(text: object, longest: int | None = LONGEST) -> str:
    """Return `text` with its control characters escaped, cut after `longest` characters.

    An image id can be any text; escaped, it keeps a message on one line and cannot send commands
    to the terminal. All characters are escaped that `str.isprintable` rejects, including marks of
    the direction of writing and unpaired surrogates.
    """
    text = str(text)
    cut = text if longest is None or len(text) <= longest else f"{text[:longest]}…"
    return "".join(one if one.isprintable() else _escaped(one) for one in cut)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
