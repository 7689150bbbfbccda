// Selection and order of the images: presets, filters by column, search, sort order.
const PRESETS = [
  { id: "all", name: "All", test: () => true },
  { id: "false-positives", name: "False positives", needs: "outcome", test: (k, g) => g.rule.outcome(k) === "false positive" },
  { id: "misses", name: "Misses (false negatives)", needs: "outcome", test: (k, g) => g.rule.outcome(k) === "false negative" },
  { id: "true-positives", name: "True positives", needs: "outcome", test: (k, g) => g.rule.outcome(k) === "true positive" },
  { id: "worst", name: "Lowest score", needs: "score", sort: ["score", 1], test: (k, g) => g.rule.score[k] !== null },
  { id: "disagreement", name: "Largest disagreement", needs: "disagreement", sort: ["disagreement", -1],
    test: (k, g) => g.columns.disagreement[k] !== null },
  { id: "gains", name: "Higher score", needs: "change", sort: ["change", -1], test: (k, g) => g.columns.change[k] > 0 },
  { id: "losses", name: "Lower score", needs: "change", sort: ["change", 1], test: (k, g) => g.columns.change[k] < 0 },
  { id: "noted", name: "With a note", needs: "notes", test: (k, g) => g.notes.has(k) },
];
const LIVE = { drawn: "drawn", score: "score", area: "area" };

class Selection {
  constructor(gallery) {
    this.gallery = gallery;
    this.clear();
  }

  clear() {
    this.preset = PRESETS[0];
    this.search = "";
    this.filters = new Map(); // column -> predicate of a value
    this.sort = "";
    this.direction = 1;
  }

  value(name, k) {
    return (name in LIVE ? this.gallery.rule[name] : this.gallery.columns[name])[k];
  }

  presets() {
    const { columns, rule } = this.gallery;
    const known = (name) => columns[name]?.some((value) => value !== null) ?? false;
    const there = {
      outcome: known("positive") && (known("drawn") || rule.reported !== null),
      score: known("score") || (known("positive") && rule.reported !== null),
      disagreement: known("disagreement"),
      change: known("change"),
      notes: SETUP.notes,
    };
    return PRESETS.filter((preset) => !preset.needs || there[preset.needs]);
  }

  rows(preset = this.preset) {
    const wanted = this.search.trim().toLowerCase();
    const found = [];
    for (let k = 0; k < this.gallery.ids.length; k += 1) {
      if (!preset.test(k, this.gallery)) continue;
      if (wanted && !this.gallery.ids[k].toLowerCase().includes(wanted)) continue;
      if ([...this.filters].every(([name, test]) => test(this.value(name, k)))) found.push(k);
    }
    return this.sort ? this.#sorted(found) : this.direction < 0 ? found.reverse() : found;
  }

  #sorted(rows) {
    const of = this.sort === "id" ? (k) => this.gallery.ids[k] : (k) => this.value(this.sort, k);
    const keys = new Map(rows.map((k) => [k, of(k)]));
    return rows.sort((a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      if (x === null || y === null) return (x === null) - (y === null) || a - b; // unknown values come last
      return (x < y ? -1 : x > y ? 1 : 0) * this.direction || a - b;
    });
  }
}

const MOST_CHOICES = 60;

class FactFilters {
  constructor(gallery, host) {
    this.gallery = gallery;
    this.host = host;
    for (const [name, values] of Object.entries(gallery.columns)) host.append(this.#filter(name, values, gallery.kinds[name]));
  }

  clear() {
    for (const control of this.host.querySelectorAll("input, select")) control.value = "";
  }

  #filter(name, values, kind) {
    if (kind === "number") return this.#range(name, values.filter((value) => value !== null));
    const choices = [...new Set(values.filter((value) => value !== null))].sort();
    if (kind === "text" && choices.length > MOST_CHOICES) return this.#words(name);
    return this.#choice(name, kind === "truth" ? [true, false] : choices);
  }

  #choice(name, choices) {
    const select = make("select", { "data-fact": name }, make("option", { value: "" }, "any"));
    choices.forEach((value, i) => select.append(make("option", { value: i }, value === true ? "yes" : value === false ? "no" : value)));
    select.append(make("option", { value: "unknown" }, "unknown"));
    select.addEventListener("change", () => {
      const wanted = select.value === "unknown" ? null : choices[select.value];
      this.#set(name, select.value === "" ? null : (value) => value === wanted);
    });
    return make("label", {}, nameOf(name), select);
  }

  #words(name) {
    const input = make("input", { type: "search", "data-fact": name, placeholder: "contains" });
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      this.#set(name, wanted ? (value) => value?.toLowerCase().includes(wanted) : null);
    });
    return make("label", {}, nameOf(name), input);
  }

  #range(name, known) {
    const ends = known.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
    const inputs = ["from", "to"].map((end, i) => make("input", {
      type: "number", step: "any", "data-fact": name, "data-end": end, "aria-label": `${nameOf(name)} ${end}`,
      placeholder: known.length ? number(ends[i], 3) : "",
    }));
    const take = () => {
      const [low, high] = inputs.map((input) => (input.value === "" ? null : Number(input.value)));
      const fits = (value) => value !== null && (low === null || value >= low) && (high === null || value <= high);
      this.#set(name, low === null && high === null ? null : fits);
    };
    for (const input of inputs) input.addEventListener("input", take);
    return make("div", { role: "group", "aria-label": nameOf(name), class: "range" }, make("span", {}, nameOf(name)), make("span", {}, inputs[0], " – ", inputs[1]));
  }

  #set(name, test) {
    const { filters } = this.gallery.selection;
    if (test) filters.set(name, test);
    else filters.delete(name);
    this.gallery.refresh();
  }
}
