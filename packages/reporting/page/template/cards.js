// The cards of one page of images; pictures are loaded when they approach the visible area.
const PER_PAGE = 120;

class Cards {
  constructor(gallery) {
    this.gallery = gallery;
    this.host = byId("cards");
    this.page = 0;
    this.cards = [];
    this.near = new IntersectionObserver((entries) => this.#meet(entries), { rootMargin: "600px 0px" });
    this.pagers = ["pager", "pager-below"].map((id) => new Pager(byId(id), (page) => this.turn(page)));
    addEventListener("beforeprint", () => this.cards.forEach((card) => card.picture.load()));
  }

  get pages() { return Math.max(1, Math.ceil(this.gallery.rows.length / PER_PAGE)); }

  turn(page) {
    this.page = Math.min(Math.max(page, 0), this.pages - 1);
    this.render();
    byId("images").scrollIntoView();
  }

  render() {
    this.page = Math.min(this.page, this.pages - 1);
    const wanted = this.gallery.rows.slice(this.page * PER_PAGE, (this.page + 1) * PER_PAGE);
    for (const pager of this.pagers) pager.show(this.page, this.pages);
    if (wanted.length !== this.cards.length || wanted.some((k, i) => k !== this.cards[i].k)) this.#replace(wanted);
    this.redraw();
  }

  // Cards of images that remain on the page are reused with their pictures.
  #replace(wanted) {
    const before = new Map(this.cards.map((card) => [card.k, card]));
    this.near.disconnect();
    this.cards = wanted.map((k) => before.get(k) ?? new Card(this.gallery, k));
    this.host.replaceChildren(...this.cards.map((card) => card.node));
    for (const card of this.cards) this.near.observe(card.node);
  }

  #meet(entries) {
    for (const { target, isIntersecting } of entries) {
      const card = this.cards.find(({ node }) => node === target);
      if (!card) continue;
      card.isNear = isIntersecting;
      if (isIntersecting) card.picture.load().then(() => card.redraw());
    }
  }

  redraw() {
    for (const card of this.cards) card.redraw();
  }

  // Moves the focus to the image at a position in the list; changes the page if necessary.
  focus(place) {
    if (place < 0 || place >= this.gallery.rows.length) return;
    const page = Math.floor(place / PER_PAGE);
    if (page !== this.page) { this.page = page; this.render(); }
    this.cards[place % PER_PAGE].button.focus();
  }

  focusedPlace() {
    const at = this.cards.findIndex(({ node }) => node.contains(document.activeElement));
    return at < 0 ? null : this.page * PER_PAGE + at;
  }

  step(by) {
    const place = this.focusedPlace();
    this.focus(place === null ? this.page * PER_PAGE : place + by);
  }
}

class Card {
  constructor(gallery, k) {
    this.gallery = gallery;
    this.k = k;
    this.picture = new Picture(gallery, k, false);
    this.outcome = make("span", { class: "outcome" });
    this.figures = make("span", { class: "card-figures" });
    this.note = make("span", { class: "has-note", hidden: true }, "note");
    const id = gallery.ids[k];
    this.button = make("button", { type: "button", class: "picture", "aria-label": `Open ${id}`, onclick: () => gallery.viewer.open(k) }, ...this.picture.layers);
    this.node = make("li", { class: "card", "data-k": k }, this.button,
      make("p", { class: "card-id", title: id }, shortened(id)),
      make("p", { class: "card-line" }, this.outcome, this.figures, this.note));
  }

  redraw() {
    const { rule, columns, notes } = this.gallery;
    const outcome = rule.outcome(this.k) ?? (rule.positive[this.k] === null ? "" : rule.positive[this.k] ? "positive" : "negative");
    setText(this.outcome, outcome);
    this.outcome.dataset.outcome = outcome;
    const figures = [];
    if (columns.p && columns.p[this.k] !== null) figures.push(`p ${columns.p[this.k].toFixed(2)}`);
    if (rule.score[this.k] !== null) figures.push(`score ${rule.score[this.k].toFixed(2)}`);
    setText(this.figures, figures.join(" · "));
    this.note.hidden = !notes.has(this.k);
    if (this.isNear) this.picture.update();
  }
}

// Ids of a data set often differ only at the end, so both ends are shown.
const shortened = (id) => (id.length <= 28 ? id : `${id.slice(0, 7)}…${id.slice(-18)}`);

class Pager {
  constructor(node, turn) {
    this.before = make("button", { type: "button", "aria-label": "Previous page", onclick: () => turn(this.page - 1) }, "‹");
    this.after = make("button", { type: "button", "aria-label": "Next page", onclick: () => turn(this.page + 1) }, "›");
    this.text = make("span");
    this.node = node;
    node.append(this.before, this.text, this.after);
  }

  show(page, pages) {
    this.page = page;
    this.node.hidden = pages < 2;
    setText(this.text, `page ${page + 1} of ${pages}`);
    this.before.disabled = page === 0;
    this.after.disabled = page === pages - 1;
  }
}
