// Which images are shown, in which order: preset, filters by fact, search, sort.
const PRESETS = [
  { id: "all", name: "All", test: () => true },
  { id: "false-positives", name: "False positives", needs: "verdict", test: (k, g) => g.rule.verdict(k) === "false positive" },
  { id: "misses", name: "Misses", needs: "verdict", test: (k, g) => g.rule.verdict(k) === "miss" },
  { id: "hits", name: "Hits", needs: "verdict", test: (k, g) => g.rule.verdict(k) === "hit" },
  { id: "worst", name: "Worst score", needs: "score", sort: ["score", 1], test: (k, g) => g.rule.score[k] !== null },
  { id: "disagreement", name: "Largest disagreement", needs: "disagreement", sort: ["disagreement", -1],
    test: (k, g) => g.columns.disagreement[k] !== null },
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
    this.filters = new Map(); // column -> test of a value
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
      verdict: known("positive") && (known("drawn") || rule.decided !== null),
      score: known("score") || (known("positive") && rule.decided !== null),
      disagreement: known("disagreement"),
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
      if (x === null || y === null) return (x === null) - (y === null) || a - b; // unknown comes last
      return (x < y ? -1 : x > y ? 1 : 0) * this.direction || a - b;
    });
  }
}
