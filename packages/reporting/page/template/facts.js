// A filter for every column: choices for texts and truths, from–to for numbers.
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
    select.append(make("option", { value: "unknown" }, "not known"));
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
