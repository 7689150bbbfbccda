// Pictures and their layers: image, probability map, true, predicted and compared outline.
const KEPT_MAPS = 400;

class Maps {
  constructor(source) {
    this.source = source;
    this.kept = new Map();
  }

  // Returns the probability map of image k as { width, height, levels }, or null; cached (LRU).
  get(k) {
    const found = this.kept.get(k) ?? this.#decode(k);
    this.kept.delete(k);
    this.kept.set(k, found);
    if (this.kept.size > KEPT_MAPS) this.kept.delete(this.kept.keys().next().value);
    return found;
  }

  async #decode(k) {
    const blob = await this.source.map(k);
    if (blob === null) return null;
    const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const levels = Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
    return { width: bitmap.width, height: bitmap.height, levels };
  }
}

function paintMap(canvas, map) {
  canvas.width = map.width;
  canvas.height = map.height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(map.width, map.height);
  map.levels.forEach((level, i) => {
    const share = level / 255; // from violet to pink, with increasing opacity
    picture.data.set([120 + 135 * share, 60 + 50 * share, 210 - 40 * share, 185 * share], 4 * i);
  });
  context.putImageData(picture, 0, 0);
}

class Picture {
  constructor(gallery, k, large) {
    this.gallery = gallery;
    this.k = k;
    this.large = large;
    const [height, width] = gallery.shape;
    this.image = make("img", { alt: "", draggable: "false" });
    this.canvas = make("canvas", { class: "map", "aria-hidden": "true" });
    this.truth = makeSvg("path", { class: "truth" });
    this.prediction = makeSvg("path", { class: "prediction" });
    this.other = makeSvg("path", { class: "other" });
    const drawing = makeSvg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", preserveAspectRatio: "none" });
    drawing.append(this.truth, this.other, this.prediction);
    this.layers = [this.image, this.canvas, drawing];
    this.loaded = null;
  }

  load() {
    this.loaded ??= this.#load().catch(() => this.#replaceImage("could not be read"));
    return this.loaded;
  }

  #replaceImage(text) {
    const words = make("span", { class: "no-picture" }, text);
    this.layers[0].replaceWith(words);
    this.layers[0] = words;
  }

  async #load() {
    const { source } = this.gallery;
    const address = source.image(this.k, this.large);
    this.image.addEventListener("error", () => this.#replaceImage("could not be read"));
    if (address) this.image.src = address;
    else this.#replaceImage("no picture in this file");
    this.shapes = await source.outlines(this.k);
    this.truth.setAttribute("d", this.shapes.truth ?? "");
    this.other.setAttribute("d", this.shapes.other ?? "");
    await this.update();
  }

  async update() {
    if (!this.shapes) return;
    const { rule, maps } = this.gallery;
    if (document.body.classList.contains("with-map")) await this.#paint();
    if (!rule.live) {
      this.prediction.setAttribute("d", this.shapes.prediction ?? "");
      return;
    }
    const map = rule.drawn[this.k] ? await maps.get(this.k) : null;
    this.prediction.setAttribute("d", map ? contour(map, rule.threshold, this.gallery.shape) : "");
  }

  async #paint() {
    if (this.painted) return;
    this.painted = true;
    const map = await this.gallery.maps.get(this.k);
    if (map) paintMap(this.canvas, map);
  }
}

// Marching squares: segments of a cell by the sum of its inner corners (8 upper left, 4 upper right,
// 2 lower right, 1 lower left), each from edge to edge (Top, Right, Bottom, Left). The inside is
// always on the same side, so that segments form closed lines.
const SEGMENTS = [
  "", "BL", "RB", "RL", "TR", "TRBL", "TB", "TL", "LT", "BT", "LTRB", "RT", "LR", "BR", "LB", "",
];

// Returns the outline of the pixels that reach a threshold as an SVG path, by marching squares with
// linear interpolation.
function contour(map, threshold, [height, width]) {
  const level = threshold - 0.5; // pixels equal to the threshold are inside
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
  // The key of an edge is its direction, right ("h") or down ("v"), and its first corner.
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
