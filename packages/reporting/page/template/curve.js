// The small curve beside one image: its score at every cut, with the present one marked.
const CURVE = { width: 255, height: 70 };

function curveOf(rule, k) {
  const { score, area } = rule.curves[k];
  const known = !Number.isNaN(score[rule.cut]);
  const values = Array.from(known ? score : area).slice(1); // level 0 is everything
  const most = known ? 1 : Math.max(...values, 1);
  const points = values.map((value, i) => `${i + 1} ${(CURVE.height * (1 - value / most)).toFixed(1)}`);
  const best = values.reduce((top, value, i) => (value > values[top] ? i : top), 0) + 1;
  const text = known
    ? `Score of the mask at cut ${rule.cut}: ${score[rule.cut].toFixed(3)}; best ${score[best].toFixed(3)} at ${best}`
    : `Mask at cut ${rule.cut}: ${number(area[rule.cut])} px`;
  const drawing = makeSvg("svg", { viewBox: `0 -4 ${CURVE.width} ${CURVE.height + 8}`, class: "curve", role: "img", "aria-label": text });
  drawing.append(
    makeSvg("path", { d: `M1 ${CURVE.height}H${CURVE.width}`, class: "curve-axis" }),
    makeSvg("path", { d: `M${points.join("L")}`, class: "curve-line" }),
    makeSvg("path", { d: `M${rule.cut} 0V${CURVE.height}`, class: "curve-cut" }),
  );
  return [make("h4", {}, known ? "Score by cut" : "Mask area by cut"), drawing, make("p", { class: "note", id: "curve-text" }, text)];
}
