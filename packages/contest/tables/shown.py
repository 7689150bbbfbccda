"""Texts from other people's files, as a message may repeat them."""

LONGEST = 80


def shown(text: object, longest: int | None = LONGEST) -> str:
    """Return `text` with its control characters escaped, cut after `longest` characters.

    An image id is whatever a table says; a message that holds it stays one line and sends no
    commands to the terminal. Escaped is all that `str.isprintable` refuses: also marks that turn
    the direction of writing, and halves of surrogate pairs.
    """
    text = str(text)
    cut = text if longest is None or len(text) <= longest else f"{text[:longest]}…"
    return "".join(one if one.isprintable() else _escaped(one) for one in cut)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
