// Start of the page: gallery, keyboard shortcuts, and the message if the page fails to load.
class Gallery {
  static async open(source) {
    const gallery = new Gallery();
    gallery.source = source;
    Object.assign(gallery, await source.gallery()); // ids, columns, kinds, shape, other, rule
    gallery.rule = new Rule(gallery);
    gallery.maps = new Maps(source);
    const places = new Map(gallery.ids.map((id, k) => [id, k]));
    const notes = Object.entries(await source.notes()).filter(([id]) => places.has(id));
    gallery.notes = new Map(notes.map(([id, text]) => [places.get(id), text]));
    gallery.selection = new Selection(gallery);
    gallery.rows = [];
    gallery.cards = new Cards(gallery);
    gallery.viewer = new Viewer(gallery);
    gallery.toolbar = new Toolbar(gallery);
    gallery.refresh();
    if (!source.lazy) await gallery.needCurves();
    return gallery;
  }

  // Selects and sorts the images again, then redraws everything.
  refresh() {
    this.rule.evaluate();
    this.rows = this.selection.rows();
    this.cards.render();
    this.toolbar.update(this.rows);
    if (this.viewer.dialog.open) this.viewer.redraw();
  }

  // Redraws masks and numbers without changing the selection of images and their order.
  redraw() {
    this.cards.redraw();
    this.toolbar.read(this.rows);
    if (this.viewer.dialog.open) this.viewer.redraw();
  }

  // Curves are large and expensive to compute, so they are requested once, on first use.
  needCurves() {
    const progress = (done, of) => setText(byId("count"), `reading probability maps: ${number(done)} of ${number(of)}`);
    this.curvesAsked ??= this.source.curves(progress).then(
      (curves) => { this.rule.curves = curves; this.toolbar.update(this.rows); },
      (error) => { setText(byId("count"), `the probability maps could not be read: ${error.message}`); this.curvesAsked = null; },
    );
    return this.curvesAsked;
  }
}

function startKeys(gallery) {
  const actions = {
    j: () => gallery.cards.step(1), ArrowRight: () => gallery.cards.step(1),
    k: () => gallery.cards.step(-1), ArrowLeft: () => gallery.cards.step(-1),
    "[": () => gallery.cards.turn(gallery.cards.page - 1), "]": () => gallery.cards.turn(gallery.cards.page + 1),
    t: () => gallery.toolbar.toggle("truth"), d: () => gallery.toolbar.toggle("prediction"), m: () => gallery.toolbar.toggle("map"),
    o: () => gallery.other && gallery.toolbar.toggle("other"),
    "/": () => byId("search").focus(), "?": () => byId("help").showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (byId("help").open || (byId("viewer").open && event.key !== "?")) return;
    if (event.key.startsWith("Arrow") && event.target.closest("input, [role=region], nav")) return;
    if (!(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  });
  byId("help-open").addEventListener("click", () => byId("help").showModal());
}

async function start() {
  startTheme();
  startCopy();
  if (SETUP.gallery) {
    const gallery = await Gallery.open(SETUP.remote ? new RemoteSource() : new EmbeddedSource());
    startKeys(gallery);
  }
  await drawCharts();
  document.documentElement.dataset.ready = "true";
}

start().catch((error) => {
  byId("main").prepend(make("p", { class: "notice", role: "alert" }, `This page could not be displayed: ${error.message}`));
  throw error;
});
