"""Draws which package imports which as docs/packages.svg, from the code; prints its size.

    python docs/packages.py          writes the drawing
    python docs/packages.py --check  exits with 1 where it is not the code's
    python docs/packages.py --sizes  prints the figures only

Rows are the layers of the contract in pyproject.toml. An arrow leads from a package to one that it
imports; those that follow from others are left out (the transitive reduction), and so are those to
`jobs`, which nearly every package imports: it is the bar at the bottom.
"""

import ast
import statistics
import sys
import tomllib
from itertools import chain
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
DRAWING = ROOT / "docs" / "packages.svg"
BOX, HEIGHT, GAP, ROW = 118, 34, 16, 78
"""Pixels: size of a box, between boxes, from row to row."""

BASE = "jobs"

Graph = dict[str, set[str]]


def layers() -> list[list[str]]:
    """Return the packages of each layer, the highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = settings["tool"]["importlinter"]["contracts"][0]
    return [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]


def imports(packages: list[str]) -> Graph:
    """Return what each package imports directly, of these packages."""
    sys.path[:0] = [str(ROOT / "packages"), str(ROOT)]
    graph = grimp.build_graph(*packages)
    return {
        one: {
            imported.partition(".")[0]
            for module in {one, *graph.find_descendants(one)}
            for imported in graph.find_modules_directly_imported_by(module)
        }
        - {one}
        for one in packages
    }


def reduced(graph: Graph) -> Graph:
    """Return the graph without the arrows that follow from others."""

    def reach(one: str) -> set[str]:
        return graph[one] | set(chain.from_iterable(reach(other) for other in graph[one]))

    return {
        one: below - set(chain.from_iterable(reach(other) for other in below))
        for one, below in graph.items()
    }


def drawing(rows: list[list[str]], graph: Graph) -> str:
    """Return the drawing as SVG."""
    rows = [[name for name in row if name != BASE] for row in rows]
    width = max(len(row) for row in rows) * (BOX + GAP) + GAP
    place = {}
    for number, row in enumerate(rows):
        left = (width - len(row) * (BOX + GAP) + GAP) / 2
        for k, name in enumerate(row):
            place[name] = (left + k * (BOX + GAP), GAP + number * ROW)
    bottom = GAP + len(rows) * ROW
    height = bottom + HEIGHT + GAP
    arrows = [
        _arrow(place[one], place[other])
        for one in sorted(graph)
        for other in sorted(graph[one] - {BASE})
    ]
    boxes = [_box(name, *place[name]) for name in sorted(place)]
    boxes.append(_box(BASE, GAP, bottom, width - 2 * GAP))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="sans-serif" font-size="13">',
            "<title>Which package imports which</title>",
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            *arrows,
            *boxes,
            "</svg>\n",
        ]
    )


def _box(name: str, x: float, y: float, width: float = BOX) -> str:
    return (
        f'<rect x="{x:.0f}" y="{y}" width="{width}" height="{HEIGHT}" rx="6" fill="#eef3f8" '
        f'stroke="#33567a"/><text x="{x + width / 2:.0f}" y="{y + HEIGHT / 2 + 5:.0f}" '
        f'text-anchor="middle" fill="#12283d">{name}</text>'
    )


def _arrow(start: tuple[float, int], end: tuple[float, int]) -> str:
    x1, y1 = start[0] + BOX / 2, start[1] + HEIGHT
    x2, y2 = end[0] + BOX / 2, end[1]
    middle = (y1 + y2) / 2
    return (
        f'<path d="M{x1:.0f} {y1} C{x1:.0f} {middle:.0f} {x2:.0f} {middle:.0f} {x2:.0f} {y2}" '
        'fill="none" stroke="#8aa4bd"/>'
        f'<circle cx="{x2:.0f}" cy="{y2}" r="3" fill="#33567a"/>'
    )


def sizes() -> dict[str, int]:
    """Return figures of the code: files, lines, lengths of modules and functions."""
    files = [path for folder in ("packages", "tools", "competitions")
             for path in sorted((ROOT / folder).rglob("*.py"))]  # fmt: skip
    lines = {path: len(path.read_text().splitlines()) for path in files}
    modules = [count for path, count in lines.items() if path.name != "__init__.py"]
    functions = [_code(node) for path in files for node in ast.walk(ast.parse(path.read_text()))
                 if isinstance(node, ast.FunctionDef)]  # fmt: skip
    return {
        "files": len(files),
        "lines": sum(lines.values()),
        "median module": int(statistics.median(modules)),
        "longest module": max(modules),
        "longest function": max(functions),
        "functions above 40 lines": sum(count > 40 for count in functions),
    }


def _code(function: ast.FunctionDef) -> int:
    """Return the lines of a function from its name to its end, without its docstring."""
    assert function.end_lineno is not None
    first = function.body[0]
    documented = ast.get_docstring(function) is not None and first.end_lineno is not None
    text = first.end_lineno - first.lineno + 1 if documented and first.end_lineno else 0
    return function.end_lineno - function.lineno + 1 - text


def main() -> None:
    """Write or check the drawing."""
    rows = layers()
    graph = imports(sorted(chain.from_iterable(rows)))
    text = drawing(rows, reduced(graph))
    if "--check" in sys.argv[1:]:
        sys.exit(0 if DRAWING.exists() and DRAWING.read_text() == text else 1)
    if "--sizes" not in sys.argv[1:]:
        DRAWING.write_text(text)
    for name, value in sizes().items():
        print(f"{name}: {value}")
    print(f"arrows between packages: {sum(map(len, graph.values()))}")


if __name__ == "__main__":
    main()
