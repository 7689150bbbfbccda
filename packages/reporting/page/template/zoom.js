// Zoom and pan of the large picture: wheel, keys and buttons; drag to move.
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
    const change = scale / this.scale; // the point (x, y) from the middle stays where it is
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
