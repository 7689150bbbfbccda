// Making elements: text only ever becomes text, never markup.
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
  if (node && node.textContent !== text) node.textContent = text; // a live region speaks on change only
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
