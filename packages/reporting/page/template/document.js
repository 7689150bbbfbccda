// The document: creation of elements, light and dark theme, copying of the command, charts.
const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function makeSvg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

function press(button, on) {
  button.setAttribute("aria-pressed", String(on));
}

function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text; // screen readers announce every assignment
}

const isTyping = (target) =>
  target.closest?.("textarea, select, input:not([type=range])") !== null;

function number(value, digits = 4, whole = Number.isInteger(value)) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (whole) return value.toLocaleString("en");
  if (value === 0) return value.toFixed(digits);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e4 ? value.toFixed(digits) : value.toPrecision(digits);
}

const dark = matchMedia("(prefers-color-scheme: dark)");

function startTheme() {
  const button = byId("theme");
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const show = () => setText(button, isDark() ? "Light" : "Dark");
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    show();
  });
  dark.addEventListener("change", show);
  show();
}

function startCopy() {
  byId("copy")?.addEventListener("click", async () => {
    const command = byId("command");
    try {
      await navigator.clipboard.writeText(command.textContent);
      setText(byId("copied"), "copied");
    } catch {
      getSelection().selectAllChildren(command); // some browsers deny clipboard access to local files
      setText(byId("copied"), "selected: copy with the keyboard");
    }
  });
}

const INK = { labelColor: "currentColor", titleColor: "currentColor" };
const CHART_CONFIG = {
  aria: false, // the figure has a title and a description; no labels of single marks
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
      actions: false, ast: true, renderer: "svg", config: CHART_CONFIG, // ast: without eval, which the content security policy forbids
      tooltip: { theme: "custom", disableDefaultStyle: true },
    });
    byId(id).removeAttribute("tabindex");
  }
}
