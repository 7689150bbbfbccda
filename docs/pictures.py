"""Draws the pictures of the documentation as docs/pictures/*.svg.

python docs/pictures.py          writes the drawings
python docs/pictures.py --check  exits with 1 where one is not what this script draws
"""

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

FOLDER = Path(__file__).parent / "pictures"
INK, PALE, LINE = "#12283d", "#eef3f8", "#33567a"
BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#8aa4bd"
PURPLE, SKY = "#cc79a7", "#56b4e9"

Point = tuple[float, float]


def svg(title: str, width: int, height: int, parts: Iterable[str]) -> str:
    """Return a drawing with a white background."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="sans-serif" font-size="13">',
            f"<title>{title}</title>",
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            *parts,
            "</svg>\n",
        ]
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", fill: str = INK,
         size: int = 13, bold: bool = False) -> str:  # fmt: skip
    """Return one line of text; `y` is its baseline."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{fill}" '
        f'font-size="{size}"{weight}>{words}</text>'
    )


def box(x: float, y: float, width: float, height: float, words: Sequence[str] = (), *,
        fill: str = PALE, stroke: str = LINE, ink: str = INK) -> str:  # fmt: skip
    """Return a rectangle with centred lines of text."""
    first = y + height / 2 + 4.5 - 8 * (len(words) - 1)
    lines = [
        text(x + width / 2, first + 16 * k, line, anchor="middle", fill=ink)
        for k, line in enumerate(words)
    ]
    shape = (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" '
        f'fill="{fill}" stroke="{stroke}"/>'
    )
    return "".join([shape, *lines])


def path(points: Iterable[Point], stroke: str, *, width: float = 2, dashed: bool = False,
         fill: str = "none") -> str:  # fmt: skip
    """Return a polyline, filled if `fill` is a colour."""
    steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<path d="M{steps}" fill="{fill}" stroke="{stroke}" stroke-width="{width}"{dashes}/>'


def arrow(start: Point, end: Point) -> str:
    """Return a line with a head at its end."""
    (x1, y1), (x2, y2) = start, end
    turn = math.atan2(y2 - y1, x2 - x1)
    sides = [
        (x2 - 8 * math.cos(turn + side), y2 - 8 * math.sin(turn + side)) for side in (0.45, -0.45)
    ]
    return path([start, end], LINE, width=1.5) + path([sides[0], end, sides[1]], LINE, fill=LINE)


def data_flow() -> str:
    """Return the way from image files to the ledger."""
    places = {
        "files": (15, 20, ("image files",)),
        "frame": (165, 20, ("data frame", "a row per image")),
        "cache": (325, 20, ("pixel cache", "uint8, on disk")),
        "features": (485, 20, ("features", "by family")),
        "trees": (645, 20, ("cv lightgbm", "probabilities")),
        "truth": (15, 120, ("annotations,", "groups")),
        "folds": (165, 120, ("folds", "grouped, seeded")),
        "batches": (485, 120, ("batches", "augmented")),
        "nets": (645, 120, ("cv unet_…", "probability maps")),
        "blend": (325, 220, ("blend", "honest score")),
        "submit": (485, 220, ("submit", "checked")),
        "ledger": (645, 220, ("ledger", "CV and board")),
    }
    width, height = 130, 50
    parts = [box(x, y, width, height, words) for x, y, words in places.values()]

    def right(one: str, other: str) -> str:
        (x1, y1, _), (x2, y2, _) = places[one], places[other]
        return arrow((x1 + width, y1 + height / 2), (x2 - 2, y2 + height / 2))

    pairs = ("files frame", "frame cache", "cache features", "features trees", "truth folds",
             "folds batches", "batches nets", "blend submit", "submit ledger")  # fmt: skip
    parts += [right(*pair.split()) for pair in pairs]
    parts.append(arrow((455, 60), (520, 118)))
    parts += [
        path([(775, 45), (788, 45), (788, 192), (390, 192)], LINE, width=1.5),
        path([(775, 145), (788, 145)], LINE, width=1.5),
        arrow((390, 192), (390, 218)),
        text(600, 186, "runs: out-of-fold and test predictions", anchor="middle"),
    ]
    return svg("From image files to the ledger", 805, 285, parts)


PATIENTS = {"A": BLUE, "B": ORANGE, "C": GREEN, "D": PURPLE, "E": RED, "F": SKY}


def folds() -> str:
    """Return random folds beside grouped ones."""
    parts: list[str] = []
    shown = (
        ("Random folds: patients A, B and C lie in two folds", ("AABC", "ABDD", "CFEE"), "ABC"),
        ("Grouped folds: every patient lies in one fold", ("AAAF", "BBDD", "CCEE"), ""),
    )
    for k, (title, kinds, split) in enumerate(shown):
        top = 20 + 130 * k
        parts.append(text(20, top + 8, title, bold=True))
        for fold, patients in enumerate(kinds):
            left = 20 + 210 * fold
            parts.append(box(left, top + 20, 195, 70))
            parts.append(text(left + 97, top + 84, f"fold {fold}", anchor="middle"))
            parts += _images(left + 12, top + 28, patients, split)
    return svg("Random and grouped folds", 650, 265, parts)


def _images(left: float, top: float, patients: str, split: str) -> Iterable[str]:
    for k, patient in enumerate(patients):
        stroke = "#000000" if patient in split else "#ffffff"
        yield (
            f'<rect x="{left + 44 * k}" y="{top}" width="36" height="36" rx="3" '
            f'fill="{PATIENTS[patient]}" stroke="{stroke}" stroke-width="2.5"/>'
        )
        yield text(left + 44 * k + 18, top + 24, patient, anchor="middle", fill="#ffffff",
                   size=16, bold=True)  # fmt: skip


def triplet() -> str:
    """Return a line through two probability maps, with the three numbers of the rule."""
    wide = [(2.2, 1.2, 0.55), (4.6, 1.0, 0.97), (6.0, 1.1, 0.55)]
    small = [(3.0, 0.7, 0.35), (6.6, 0.42, 0.9)]
    parts = _profile(20, "Long enough above top: a mask", wide, mask=True)
    parts += _profile(400, "Too short above top: no mask", small, mask=False)
    parts.append(text(20, 256, "red: what lies above top, compared with the minimum area; "
                      "green: the mask, what lies above bottom", size=12))  # fmt: skip
    return svg("The three numbers of the triplet rule", 770, 270, parts)


def _profile(left: float, title: str, peaks: Sequence[tuple[float, float, float]], *,
             mask: bool) -> list[str]:  # fmt: skip
    base, high, unit = 200.0, 140.0, 35.0
    xs = [k / 20 for k in range(181)]
    ys = [max(h * math.exp(-(((x - c) / w) ** 2)) for c, w, h in peaks) for x in xs]
    curve = [(left + 10 + unit * x, base - high * y) for x, y in zip(xs, ys, strict=True)]
    parts = [text(left, 24, title, bold=True), path(curve, BLUE)]
    for name, level, color in (("top", 0.75, RED), ("bottom", 0.3, GREEN)):
        y = base - high * level
        parts.append(path([(left + 10, y), (left + 325, y)], color, width=1.2, dashed=True))
        parts.append(text(left + 328, y - 4, name, anchor="end", fill=color))
    parts.append(path([(left + 10, base), (left + 325, base)], INK, width=1))
    parts += _spans(curve, base - high * 0.75, base + 12, RED)
    parts += _spans(curve, base - high * 0.3, base + 26, GREEN) if mask else []
    return parts


def _spans(curve: Sequence[Point], level: float, y: float, color: str) -> list[str]:
    """Return a bar at `y` under every part of the curve that is above the level."""
    parts, start = [], None
    for x, height in [*curve, (curve[-1][0], level + 1)]:
        if height <= level and start is None:
            start = x
        elif height > level and start is not None:
            parts.append(path([(start, y), (x, y)], color, width=7))
            start = None
    return parts


def search() -> str:
    """Return the search for one pair of levels: gains in the order of area, and their sum."""
    gains = [0.9, 0.8, 0.85, -0.4, 0.7, 0.6, -0.5, 0.55, -0.7, -0.8, 0.3, -0.9, -0.6, -0.9]
    left, base, step = 40.0, 190.0, 44.0
    sums = [sum(gains[: k + 1]) for k in range(len(gains))]
    best = max(range(len(gains)), key=lambda k: sums[k])
    parts = [text(20, 24, "One pair of top and bottom: images in the order of their area above top",
                  bold=True)]  # fmt: skip
    for k, gain in enumerate(gains):
        height = 42 * gain
        parts.append(
            f'<rect x="{left + step * k:g}" y="{base - max(height, 0):.1f}" width="26" '
            f'height="{abs(height):.1f}" fill="{GREEN if gain > 0 else RED}"/>'
        )
    line = [(left + 13 + step * k, base - 32 * total) for k, total in enumerate(sums)]
    line = [(x, y + 5) for x, y in line]
    x = line[best][0] + step / 2
    parts += [
        path([(left - 15, base), (left + step * len(gains), base)], INK, width=1),
        path(line, BLUE),
        path([(x, 45), (x, 245)], INK, width=1.2, dashed=True),
        text(x - 8, 242, "these get a mask", anchor="end"),
        text(x + 8, 242, "these get none: the minimum area lies here"),
        text(x - 8, line[best][1] - 12, "largest sum", anchor="end", fill=BLUE),
        text(20, 272, "bars: score of the image with a mask minus its score without one; "
             "blue: their sum from the left", size=12),
    ]  # fmt: skip
    return svg("Exact search for the minimum area", 690, 284, parts)


def nested() -> str:
    """Return the folds of nested cross-validation."""
    parts = [text(20, 24, "The rule is fitted and chosen on four folds and scored on the fifth",
                  bold=True)]  # fmt: skip
    for row in range(5):
        top = 42 + 42 * row
        for fold in range(5):
            scored = fold == row
            words = ("scored",) if scored else ("fitted",)
            parts.append(box(20 + 88 * fold, top, 82, 32, words, fill=ORANGE if scored else PALE))
        parts.append(arrow((465, top + 16), (505, top + 16)))
        parts.append(text(512, top + 20, f"scores of fold {row}"))
    parts += [
        path([(615, 42), (625, 42), (625, 242), (615, 242)], LINE, width=1.5),
        text(634, 140, "their mean:"),
        text(634, 158, "honest score", bold=True),
        text(20, 275, "In sample, for comparison: fitted and scored on all five; too high."),
    ]
    return svg("Nested cross-validation", 740, 290, parts)


KNOWN_IMAGES, KNOWN_WIDTH = 1000, (0.833 - 0.771) / 2
"""Half of the 95 % interval of `tools cv unet_lite_256` on the 1,000 real images of SIIM-ACR."""


def leaderboard() -> str:
    """Return the half width of the interval of a score by the number of its images."""
    left, base, width, high = 60.0, 220.0, 560.0, 170.0

    def place(images: float) -> Point:
        x = left + width * (math.log10(images) - 2) / 2
        return x, base - high * KNOWN_WIDTH * math.sqrt(KNOWN_IMAGES / images) / 0.1

    parts = [text(20, 24, "How far a score may lie from the true one (half of its 95 % interval)",
                  bold=True)]  # fmt: skip
    for level in range(6):
        y = base - high * level / 5
        parts.append(path([(left, y), (left + width, y)], "#d7e0e9", width=1))
        parts.append(text(left - 8, y + 4, f"{level / 50:.2f}", anchor="end"))
    for images in (100, 300, 1000, 3000, 10000):
        x = place(images)[0]
        parts.append(text(x, base + 18, f"{images:,}", anchor="middle"))
        parts.append(path([(x, base), (x, base + 4)], INK, width=1))
    parts.append(path([place(100 * 1.05**k) for k in range(95)], BLUE))
    x, y = place(KNOWN_IMAGES)
    parts += [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{BLUE}"/>',
        text(x + 8, y - 8, "measured: ±0.031 on 1,000 images"),
        text(left + width / 2, base + 40, "number of scored images", anchor="middle"),
    ]
    return svg("Width of the interval by the number of images", 650, 270, parts)


PICTURES: dict[str, Callable[[], str]] = {
    "data-flow": data_flow,
    "folds": folds,
    "triplet": triplet,
    "search": search,
    "nested": nested,
    "leaderboard": leaderboard,
}


def main() -> None:
    """Write or check the drawings."""
    drawn = {FOLDER / f"{name}.svg": draw() for name, draw in PICTURES.items()}
    if "--check" in sys.argv[1:]:
        sys.exit(0 if all(p.exists() and p.read_text() == one for p, one in drawn.items()) else 1)
    for path_, one in drawn.items():
        path_.write_text(one)


if __name__ == "__main__":
    main()
