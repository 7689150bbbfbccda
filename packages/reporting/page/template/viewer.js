// One image in a dialog: all its facts, its curve, its note, and the steps to the next one.
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
    const verdict = rule.verdict(this.k) ?? "";
    setText(byId("verdict"), verdict);
    byId("verdict").dataset.verdict = verdict;
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
