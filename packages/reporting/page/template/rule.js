// The rule: which images get a mask and what they score, as decided or at the sliders' place.
class Rule {
  constructor(gallery) {
    this.count = gallery.ids.length;
    this.columns = gallery.columns;
    this.decided = gallery.rule;
    this.curves = null;
    this.positive = gallery.columns.positive ?? Array(this.count).fill(null);
    this.reset();
  }

  reset() {
    this.live = false;
    this.cut = this.decided?.cut ?? 128;
    this.minArea = this.decided?.min_area ?? 0;
    this.gate = this.decided?.gate ?? 0;
    this.evaluate();
  }

  // As reporting.Rule: a mask where more than minArea pixels reach the cut and p is at least the gate.
  evaluate() {
    if (!this.live || !this.curves) {
      this.drawn = this.columns.drawn ?? Array(this.count).fill(null);
      this.score = this.columns.score ?? Array(this.count).fill(null);
      this.area = this.columns.area ?? Array(this.count).fill(null);
      return;
    }
    const { p } = this.columns;
    this.area = this.curves.map((curve) => curve.area[this.cut]);
    this.drawn = this.area.map((area, k) => area > this.minArea && (this.gate === 0 || p?.[k] >= this.gate));
    this.score = this.drawn.map((drawn, k) => this.#scoreOf(k, drawn));
    this.area = this.area.map((area, k) => (this.drawn[k] ? area : 0));
  }

  #scoreOf(k, drawn) {
    if (this.positive[k] === null) return null;
    // Without a mask every metric gives 1 where the truth is empty too, else 0.
    const score = drawn ? this.curves[k].score[this.cut] : this.positive[k] ? 0 : 1;
    return Number.isNaN(score) ? null : score;
  }

  // What is found where is known of both the truth and the prediction; null otherwise.
  verdict(k) {
    if (this.drawn[k] === null || this.positive[k] === null) return null;
    if (this.positive[k]) return this.drawn[k] ? "hit" : "miss";
    return this.drawn[k] ? "false positive" : "clear";
  }

  tally(rows) {
    const sums = { images: rows.length, masks: 0, scored: 0, score: 0, falsePositives: 0, misses: 0 };
    for (const k of rows) {
      const verdict = this.verdict(k);
      if (this.drawn[k]) sums.masks += 1;
      if (verdict === "false positive") sums.falsePositives += 1;
      if (verdict === "miss") sums.misses += 1;
      if (this.score[k] !== null) { sums.scored += 1; sums.score += this.score[k]; }
    }
    return { ...sums, score: sums.scored ? sums.score / sums.scored : null };
  }
}
