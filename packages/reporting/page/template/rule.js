// The rule: masks and scores of the images, as reported or by the values of the sliders.
class Rule {
  constructor(gallery) {
    this.count = gallery.ids.length;
    this.columns = gallery.columns;
    this.reported = gallery.rule;
    this.curves = null;
    this.positive = gallery.columns.positive ?? Array(this.count).fill(null);
    this.reset();
  }

  reset() {
    this.live = false;
    this.threshold = this.reported?.threshold ?? 128;
    this.minArea = this.reported?.min_area ?? 0;
    this.gate = this.reported?.gate ?? 0;
    this.evaluate();
  }

  // Like reporting.Rule: a mask if more than minArea pixels reach the threshold and p reaches the gate.
  evaluate() {
    if (!this.live || !this.curves) {
      this.drawn = this.columns.drawn ?? Array(this.count).fill(null);
      this.score = this.columns.score ?? Array(this.count).fill(null);
      this.area = this.columns.area ?? Array(this.count).fill(null);
      return;
    }
    const { p } = this.columns;
    this.area = this.curves.map((curve) => curve.area[this.threshold]);
    this.drawn = this.area.map((area, k) => area > this.minArea && (this.gate === 0 || p?.[k] >= this.gate));
    this.score = this.drawn.map((drawn, k) => this.#scoreOf(k, drawn));
    this.area = this.area.map((area, k) => (this.drawn[k] ? area : 0));
  }

  #scoreOf(k, drawn) {
    if (this.positive[k] === null) return null;
    // Without a mask every metric is 1 if the true mask is empty, else 0.
    const score = drawn ? this.curves[k].score[this.threshold] : this.positive[k] ? 0 : 1;
    return Number.isNaN(score) ? null : score;
  }

  // Returns the cell of the confusion matrix; null if truth or prediction is unknown.
  outcome(k) {
    if (this.drawn[k] === null || this.positive[k] === null) return null;
    if (this.positive[k]) return this.drawn[k] ? "true positive" : "false negative";
    return this.drawn[k] ? "false positive" : "true negative";
  }

  tally(rows) {
    const counts = { "true positive": 0, "false negative": 0, "false positive": 0, "true negative": 0 };
    const known = rows.filter((k) => this.score[k] !== null);
    for (const k of rows.filter((row) => this.outcome(row) !== null)) counts[this.outcome(k)] += 1;
    const share = (part, rest) => (part + rest ? part / (part + rest) : null);
    return {
      images: rows.length,
      masks: rows.filter((k) => this.drawn[k]).length,
      score: known.length ? known.reduce((sum, k) => sum + this.score[k], 0) / known.length : null,
      sensitivity: share(counts["true positive"], counts["false negative"]),
      specificity: share(counts["true negative"], counts["false positive"]),
      falsePositives: counts["false positive"],
      misses: counts["false negative"],
    };
  }
}

const SHARE_OF_AREA = 0.01; // maximum of the slider of the minimum area, or 8 times the rule's value if larger

class Sliders {
  constructor(gallery) {
    this.gallery = gallery;
    const { rule, shape } = gallery;
    this.inputs = { threshold: byId("threshold"), minArea: byId("area"), gate: byId("gate") };
    this.inputs.minArea.max = Math.max(8 * rule.minArea, Math.round(shape[0] * shape[1] * SHARE_OF_AREA));
    if (!gallery.columns.p) this.inputs.gate.closest("label").hidden = true;
    for (const [name, input] of Object.entries(this.inputs)) {
      input.addEventListener("input", () => this.move(name, Number(input.value)));
      input.addEventListener("change", () => gallery.refresh());
    }
    byId("viewer-threshold").addEventListener("input", (event) => this.move("threshold", Number(event.target.value)));
    byId("reported").addEventListener("click", () => { rule.reset(); gallery.refresh(); });
    this.show();
  }

  // Shows masks by the sliders instead of the reported masks; resolves when they are drawn.
  async move(name, value) {
    const { gallery } = this;
    gallery.rule[name] = value;
    this.show();
    await gallery.needCurves();
    if (!gallery.rule.curves) return;
    gallery.rule.live = true;
    gallery.rule.evaluate();
    gallery.redraw();
  }

  show() {
    const { rule } = this.gallery;
    for (const [name, input] of Object.entries(this.inputs)) {
      if (Number(input.value) !== rule[name]) input.value = rule[name];
    }
    byId("viewer-threshold").value = rule.threshold;
    const probability = (rule.threshold / 255).toFixed(2);
    setText(byId("threshold-value"), `${rule.threshold} (p ≥ ${probability})`);
    setText(byId("area-value"), `${number(rule.minArea)} px`);
    setText(byId("gate-value"), rule.gate.toFixed(3));
    for (const input of [this.inputs.threshold, byId("viewer-threshold")]) {
      input.setAttribute("aria-valuetext", `threshold ${rule.threshold}, probability ${probability}`);
    }
    this.inputs.minArea.setAttribute("aria-valuetext", `${rule.minArea} pixels`);
    press(byId("reported"), !rule.live);
  }
}
