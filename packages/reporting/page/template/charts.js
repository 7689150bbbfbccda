// Charts: Vega-Lite specifications become SVG in the page's own colours and fonts.
const INK = { labelColor: "currentColor", titleColor: "currentColor" };
const CHART_CONFIG = {
  aria: false, // the figure has a name and a text; a thousand marks without one only disturb
  background: "transparent",
  font: "system-ui, sans-serif",
  autosize: { type: "fit-x", contains: "padding" },
  view: { stroke: "transparent" },
  axis: {
    ...INK, labelFontSize: 11, titleFontSize: 12, titleFontWeight: "normal", labelOpacity: 0.85,
    domainColor: "currentColor", domainOpacity: 0.4, tickColor: "currentColor", tickOpacity: 0.4,
    gridColor: "currentColor", gridOpacity: 0.12, titlePadding: 8,
  },
  axisQuantitative: { tickCount: 6 },
  legend: { ...INK, labelFontSize: 12, symbolStrokeWidth: 2, symbolSize: 160, symbolOpacity: 1, rowPadding: 4 },
  text: { color: "currentColor", fontSize: 11 },
  range: { category: Array.from({ length: 7 }, (_, k) => `var(--series-${k + 1})`) },
  bar: { color: "var(--series-1)", opacity: 0.6 },
  point: { color: "var(--series-1)" },
  line: { color: "var(--series-1)" },
};

async function drawCharts() {
  const specs = readJson("charts") ?? {};
  for (const [id, spec] of Object.entries(specs)) {
    await vegaEmbed(byId(id), spec, {
      actions: false, ast: true, renderer: "svg", config: CHART_CONFIG, // ast: no eval, see the policy
      tooltip: { theme: "custom", disableDefaultStyle: true },
    });
    byId(id).removeAttribute("tabindex");
  }
}
