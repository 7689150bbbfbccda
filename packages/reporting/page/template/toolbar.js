// The controls above the gallery: presets, search, sort order, layers, sliders of the rule, results.
const NAMES = {
  positive: "positive", p: "probability", drawn: "mask predicted", score: "score", true_area: "true area",
  area: "mask area", disagreement: "disagreement",
};
const nameOf = (column) => NAMES[column] ?? column;
const SHARES = ["score", "sensitivity", "specificity"];
const LAYERS = { truth: "without-truth", prediction: "without-prediction", other: "without-other", map: "with-map" };

class Toolbar {
  constructor(gallery) {
    this.gallery = gallery;
    this.#presets();
    this.#finding();
    this.#layers();
    this.facts = new FactFilters(gallery, byId("facts"));
    if (gallery.rule.reported) this.sliders = new Sliders(gallery);
    const more = byId("more");
    more.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      more.open = false;
      more.firstElementChild.focus();
    });
    document.addEventListener("pointerdown", (event) => { if (!more.contains(event.target)) more.open = false; });
    byId("clear").addEventListener("click", () => this.clear());
  }

  #presets() {
    const { selection } = this.gallery;
    this.presets = selection.presets().map((preset) => {
      const count = make("span", { class: "badge" });
      const button = make("button", { type: "button", "data-preset": preset.id, onclick: () => this.#take(preset) }, preset.name, " ", count);
      byId("presets").append(button);
      return { preset, button, count };
    });
  }

  #take(preset) {
    const { selection } = this.gallery;
    if (preset.sort) [selection.sort, selection.direction] = preset.sort;
    else if (selection.preset.sort) [selection.sort, selection.direction] = ["", 1];
    selection.preset = preset;
    this.gallery.refresh();
  }

  #finding() {
    const { selection, columns } = this.gallery;
    const sort = byId("sort");
    sort.append(make("option", { value: "" }, "order of the table"), make("option", { value: "id" }, "id"));
    for (const name of Object.keys(columns)) sort.append(make("option", { value: name }, nameOf(name)));
    sort.addEventListener("change", () => { selection.sort = sort.value; this.gallery.refresh(); });
    byId("direction").addEventListener("click", () => { selection.direction *= -1; this.gallery.refresh(); });
    byId("search").addEventListener("input", (event) => { selection.search = event.target.value; this.gallery.refresh(); });
  }

  #layers() {
    for (const layer of Object.keys(LAYERS)) {
      byId(`show-${layer}`)?.addEventListener("click", () => this.toggle(layer));
    }
  }

  toggle(layer) {
    const on = document.body.classList.toggle(LAYERS[layer]) === LAYERS[layer].startsWith("with-");
    for (const button of document.querySelectorAll(`#show-${layer}, [data-layer=${layer}]`)) press(button, on);
    this.gallery.redraw();
  }

  clear() {
    this.gallery.selection.clear();
    this.facts.clear();
    byId("search").value = "";
    this.gallery.refresh();
  }

  update(rows) {
    const { selection, ids } = this.gallery;
    for (const { preset, button, count } of this.presets) {
      press(button, preset === selection.preset);
      setText(count, number(selection.rows(preset).length));
    }
    byId("sort").value = selection.sort;
    setText(byId("direction"), selection.direction > 0 ? "Ascending" : "Descending");
    setText(byId("more-count"), selection.filters.size ? `(${selection.filters.size})` : "");
    setText(byId("count"), `${number(rows.length)} of ${number(ids.length)} images`);
    byId("none").hidden = rows.length > 0;
    this.read(rows);
  }

  // Shows the results of the current rule on the selected images and on all images.
  read(rows) {
    const { rule, ids } = this.gallery;
    if (!rule.reported) return;
    this.sliders.show();
    const scopes = [["shown", "These images", rule.tally(rows)], ["all", "All images", rule.tally(ids.map((_, k) => k))]];
    this.readout ??= readoutTable(rule.positive.some((value) => value !== null));
    for (const [scope, , tally] of scopes) {
      for (const [name, cell] of Object.entries(this.readout[scope])) {
        cell.dataset.value = String(tally[name]);
        setText(cell, number(tally[name], 4, !SHARES.includes(name)));
      }
    }
  }
}

function readoutTable(truthKnown) {
  const columns = { images: "images", masks: "masks" };
  if (truthKnown) Object.assign(columns, { score: "score", sensitivity: "sensitivity", specificity: "specificity", falsePositives: "false positives", misses: "misses" });
  const cells = { shown: {}, all: {} };
  const row = (scope, title) => make("tr", {}, make("th", { scope: "row" }, title), ...Object.keys(columns).map((name) => {
    cells[scope][name] = make("td", { "data-scope": scope, "data-name": name });
    return cells[scope][name];
  }));
  const head = make("tr", {}, make("td"), ...Object.values(columns).map((name) => make("th", { scope: "col" }, name)));
  byId("readout").append(make("table", { class: "readout" },
    make("caption", { class: "unseen" }, "Results of the current rule"),
    make("thead", {}, head), make("tbody", {}, row("shown", "These"), row("all", "All"))));
  return cells;
}
