// Pictures with their layers: image, soft map, true outline, predicted outline at any cut.
const KEPT_MAPS = 400;

class Maps {
  constructor(source) {
    this.source = source;
    this.kept = new Map();
  }

  // The soft map of image k as { width, height, levels }, or null; the last few hundred stay decoded.
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
    const share = level / 255; // from violet to pink, ever less translucent; neither is an outline's
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
    this.canvas = make("canvas", { class: "soft", "aria-hidden": "true" });
    this.truth = makeSvg("path", { class: "truth" });
    this.prediction = makeSvg("path", { class: "prediction" });
    const drawing = makeSvg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", preserveAspectRatio: "none" });
    drawing.append(this.truth, this.prediction);
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
    await this.update();
  }

  async update() {
    if (!this.shapes) return;
    const { rule, maps } = this.gallery;
    if (document.body.classList.contains("with-map")) await this.#paint();
    if (!rule.live) {
      this.prediction.setAttribute("d", this.shapes.decided ?? "");
      return;
    }
    const map = rule.drawn[this.k] ? await maps.get(this.k) : null;
    this.prediction.setAttribute("d", map ? contour(map, rule.cut, this.gallery.shape) : "");
  }

  async #paint() {
    if (this.painted) return;
    this.painted = true;
    const map = await this.gallery.maps.get(this.k);
    if (map) paintMap(this.canvas, map);
  }
}
