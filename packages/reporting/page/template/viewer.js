// The dialog of one image: zoom, table columns, curve, note, and navigation to other images.
class Viewer {
  constructor(gallery) {
    this.gallery = gallery;
    this.dialog = byId("viewer");
    this.zoom = new Zoom(byId("stage"), byId("stage-inner"));
    const buttons = {
      previous: () => this.step(-1), next: () => this.step(1), close: () => this.dialog.close(),
      "zoom-in": () => this.zoom.by(1.5), "zoom-out": () => this.zoom.by(1 / 1.5), "zoom-reset": () => this.zoom.reset(),
    };
    for (const [id, action] of Object.entries(buttons)) byId(id).addEventListener("click", action);
    for (const button of this.dialog.querySelectorAll("[data-layer]")) {
      button.addEventListener("click", () => gallery.toolbar.toggle(button.dataset.layer));
    }
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("close", () => this.#closed());
    byId("note")?.addEventListener("change", () => this.#saveNote());
  }

  open(k) {
    this.place = this.gallery.rows.indexOf(k);
    this.#show(k);
    if (!this.dialog.open) this.dialog.showModal();
    this.zoom.reset();
    byId("next").focus();
  }

  step(by) {
    const { rows } = this.gallery;
    const place = this.place + by;
    if (place < 0 || place >= rows.length) return;
    this.place = place;
    this.#show(rows[place]);
    this.zoom.reset();
  }

  #closed() {
    this.#saveNote();
    this.gallery.refresh();
    const place = this.gallery.rows.indexOf(this.k);
    this.gallery.cards.focus(place < 0 ? 0 : place);
  }

  #show(k) {
    this.k = k;
    this.picture = new Picture(this.gallery, k, true);
    byId("stage-inner").replaceChildren(...this.picture.layers);
    this.picture.load().then(() => byId("stage-inner").replaceChildren(...this.picture.layers));
    setText(byId("viewer-title"), this.gallery.ids[k]);
    setText(byId("place"), `${number(this.place + 1)} of ${number(this.gallery.rows.length)}`);
    byId("previous").disabled = this.place <= 0;
    byId("next").disabled = this.place >= this.gallery.rows.length - 1;
    if (byId("note")) byId("note").value = this.gallery.notes.get(k) ?? "";
    setText(byId("note-state"), "");
    this.redraw();
  }

  redraw() {
    if (this.k === undefined) return;
    const { rule, columns, selection } = this.gallery;
    const outcome = rule.outcome(this.k) ?? "";
    setText(byId("outcome"), outcome);
    byId("outcome").dataset.outcome = outcome;
    const facts = Object.keys(columns).flatMap((name) => [
      make("dt", {}, nameOf(name)), make("dd", { "data-fact": name }, shown(selection.value(name, this.k), isWhole(columns[name]))),
    ]);
    byId("viewer-facts").replaceChildren(...facts);
    byId("viewer-curve").replaceChildren(...(rule.curves ? curveOf(rule, this.k) : []));
    this.picture.update();
  }

  #key(event) {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      ArrowRight: () => this.step(1), j: () => this.step(1), ArrowLeft: () => this.step(-1), k: () => this.step(-1),
      "+": () => this.zoom.by(1.5), "=": () => this.zoom.by(1.5), "-": () => this.zoom.by(1 / 1.5), 0: () => this.zoom.reset(),
      t: () => this.gallery.toolbar.toggle("truth"), d: () => this.gallery.toolbar.toggle("prediction"), m: () => this.gallery.toolbar.toggle("map"),
      o: () => this.gallery.other && this.gallery.toolbar.toggle("other"),
    };
    if (!(event.key in actions)) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  }

  async #saveNote() {
    const box = byId("note");
    const [k, { notes, source }] = [this.k, this.gallery];
    if (!box || box.value === (notes.get(k) ?? "")) return;
    const text = box.value;
    setText(byId("note-state"), "saving …");
    try {
      await source.saveNote(k, text);
      if (text.trim()) notes.set(k, text);
      else notes.delete(k);
      setText(byId("note-state"), "saved");
      this.gallery.refresh();
    } catch (error) {
      setText(byId("note-state"), `not saved: ${error.message}`);
    }
  }
}

const isWhole = (values) => values.every((value) => value === null || Number.isInteger(value));
const shown = (value, whole) =>
  value === true ? "yes" : value === false ? "no" : typeof value === "string" ? value : number(value, 4, whole);

const CURVE = { width: 255, height: 70 };

function curveOf(rule, k) {
  const { score, area } = rule.curves[k];
  const known = !Number.isNaN(score[rule.threshold]);
  const values = Array.from(known ? score : area).slice(1); // without threshold 0, which all pixels reach
  const most = known ? 1 : Math.max(...values, 1);
  const points = values.map((value, i) => `${i + 1} ${(CURVE.height * (1 - value / most)).toFixed(1)}`);
  const best = values.reduce((top, value, i) => (value > values[top] ? i : top), 0) + 1;
  const text = known
    ? `Score of the mask at threshold ${rule.threshold}: ${score[rule.threshold].toFixed(3)}; best ${score[best].toFixed(3)} at ${best}`
    : `Mask at threshold ${rule.threshold}: ${number(area[rule.threshold])} px`;
  const drawing = makeSvg("svg", { viewBox: `0 -4 ${CURVE.width} ${CURVE.height + 8}`, class: "curve", role: "img", "aria-label": text });
  drawing.append(
    makeSvg("path", { d: `M1 ${CURVE.height}H${CURVE.width}`, class: "curve-axis" }),
    makeSvg("path", { d: `M${points.join("L")}`, class: "curve-line" }),
    makeSvg("path", { d: `M${rule.threshold} 0V${CURVE.height}`, class: "curve-threshold" }),
  );
  return [make("h4", {}, known ? "Score by threshold" : "Mask area by threshold"), drawing, make("p", { class: "note", id: "curve-text" }, text)];
}

const MOST_ZOOM = 12;

class Zoom {
  constructor(stage, inner) {
    this.stage = stage;
    this.inner = inner;
    this.reset();
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.#grab(event));
    stage.addEventListener("pointermove", (event) => this.#drag(event));
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => { this.held = null; });
  }

  reset() {
    [this.scale, this.x, this.y, this.held] = [1, 0, 0, null];
    this.#apply();
  }

  by(factor, x = 0, y = 0) {
    const scale = Math.min(Math.max(this.scale * factor, 1), MOST_ZOOM);
    const change = scale / this.scale; // keeps the point (x, y), relative to the centre, in place
    [this.x, this.y, this.scale] = [x - (x - this.x) * change, y - (y - this.y) * change, scale];
    this.#apply();
  }

  #wheel(event) {
    event.preventDefault();
    const box = this.stage.getBoundingClientRect();
    this.by(1.0015 ** -event.deltaY, event.clientX - box.x - box.width / 2, event.clientY - box.y - box.height / 2);
  }

  #grab(event) {
    if (event.target.closest("button") || this.scale === 1) return;
    this.held = { x: event.clientX - this.x, y: event.clientY - this.y };
    this.stage.setPointerCapture(event.pointerId);
  }

  #drag(event) {
    if (!this.held) return;
    [this.x, this.y] = [event.clientX - this.held.x, event.clientY - this.held.y];
    this.#apply();
  }

  #apply() {
    const room = [this.inner.offsetWidth, this.inner.offsetHeight].map((side) => (side * (this.scale - 1)) / 2);
    this.x = Math.min(Math.max(this.x, -room[0]), room[0]);
    this.y = Math.min(Math.max(this.y, -room[1]), room[1]);
    this.inner.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.stage.dataset.scale = this.scale.toFixed(2);
    setText(byId("zoom-reset"), `${this.scale.toFixed(this.scale === 1 ? 0 : 1)}×`);
  }
}
