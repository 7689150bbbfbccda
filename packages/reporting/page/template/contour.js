// Where a soft map crosses a level: marching squares on the bilinear surface, as an SVG path.

// Segments of a cell by which corners are inside (8 upper left, 4 upper right, 2 lower right, 1 lower
// left), from edge to edge (Top, Right, Bottom, Left), the inside always on the same hand, so that
// every crossing is left exactly once and segments chain into closed lines.
const SEGMENTS = [
  "", "BL", "RB", "RL", "TR", "TRBL", "TB", "TL", "LT", "BT", "LTRB", "RT", "LR", "BR", "LB", "",
];

function contour(map, cut, [height, width]) {
  const level = cut - 0.5; // level `cut` itself is inside
  const { levels, width: columns, height: rows } = map;
  const at = (i, j) => (i < 0 || j < 0 || i >= rows || j >= columns ? 0 : levels[i * columns + j]);
  const place = (i, j) => `${tenth(((j + 0.5) * width) / columns, width)} ${tenth(((i + 0.5) * height) / rows, height)}`;
  const follows = new Map();
  for (let i = -1; i < rows; i += 1) {
    for (let j = -1; j < columns; j += 1) {
      const inside = (at(i, j) > level) * 8 + (at(i, j + 1) > level) * 4 + (at(i + 1, j + 1) > level) * 2 + (at(i + 1, j) > level);
      const edges = SEGMENTS[inside];
      for (let s = 0; s < edges.length; s += 2) follows.set(edge(edges[s], i, j), edge(edges[s + 1], i, j));
    }
  }
  // An edge is named by its first corner and whether it goes right ("h") or down ("v").
  const crossing = (name) => {
    const [kind, i, j] = [name[0], ...name.slice(1).split(",").map(Number)];
    const [a, b] = [at(i, j), kind === "h" ? at(i, j + 1) : at(i + 1, j)];
    const share = (level - a) / (b - a);
    return kind === "h" ? place(i, j + share) : place(i + share, j);
  };
  let path = "";
  while (follows.size) {
    let [name] = follows.keys();
    const line = [];
    while (follows.has(name)) {
      line.push(crossing(name));
      const next = follows.get(name);
      follows.delete(name);
      name = next;
    }
    path += `M${line.join("L")}Z`;
  }
  return path;
}

function edge(side, i, j) {
  if (side === "T") return `h${i},${j}`;
  if (side === "B") return `h${i + 1},${j}`;
  return side === "L" ? `v${i},${j}` : `v${i},${j + 1}`;
}

const tenth = (value, most) => Math.round(Math.min(Math.max(value, 0), most) * 10) / 10;
