// The sliders of the rule; moving one leaves the decided masks for those of the soft maps.
const SHARE_OF_AREA = 0.01; // the area slider reaches a hundredth of the picture, or far past the rule's

class Sliders {
  constructor(gallery) {
    this.gallery = gallery;
    const { rule, shape } = gallery;
    this.inputs = { cut: byId("cut"), minArea: byId("area"), gate: byId("gate") };
    this.inputs.minArea.max = Math.max(8 * rule.minArea, Math.round(shape[0] * shape[1] * SHARE_OF_AREA));
    if (!gallery.columns.p) this.inputs.gate.closest("label").hidden = true;
    for (const [name, input] of Object.entries(this.inputs)) {
      input.addEventListener("input", () => this.move(name, Number(input.value)));
      input.addEventListener("change", () => gallery.refresh());
    }
    byId("viewer-cut").addEventListener("input", (event) => this.move("cut", Number(event.target.value)));
    byId("as-decided").addEventListener("click", () => { rule.reset(); gallery.refresh(); });
    this.show();
  }

  // Returns when masks and numbers are those of the new place.
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
    byId("viewer-cut").value = rule.cut;
    const probability = (rule.cut / 255).toFixed(2);
    setText(byId("cut-value"), `${rule.cut} (p ≥ ${probability})`);
    setText(byId("area-value"), `${number(rule.minArea)} px`);
    setText(byId("gate-value"), rule.gate.toFixed(3));
    for (const input of [this.inputs.cut, byId("viewer-cut")]) {
      input.setAttribute("aria-valuetext", `level ${rule.cut}, probability ${probability}`);
    }
    this.inputs.minArea.setAttribute("aria-valuetext", `${rule.minArea} pixels`);
    press(byId("as-decided"), !rule.live);
  }
}
