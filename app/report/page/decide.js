// Decisions under uncertainty, from what `nadc decide` works out: regret, good enough, the trade-off, what drives the
// outcome, where it goes wrong, what knowing more is worth. Sections that had too little to stand on are not there.
import {number, percent, plainNumber, quantity, scaleFor} from "./format.js";
import {capital, metricName} from "./names.js";
import {say} from "./words.js";
import {choose, el, folded, named, section, table} from "./dom.js";
import {chart, leftMargin} from "./charts.js";
import {mostOptions, shortNames} from "./study.js";

const titleOf = (name, lang) => capital(metricName(name, lang));

// Those that a chart has room for: all when they are few, else the greatest, in their order.
function fewest(rows, value) {
  if (rows.length <= mostOptions + 2) return rows;
  const best = [...rows].sort((a, b) => (value(b) ?? 0) - (value(a) ?? 0)).slice(0, mostOptions);
  return rows.filter((r) => best.includes(r));
}

// How often each option is the best, and its regret in numbers.
function regret(of, outcome, lang) {
  const rows = outcome.by_lever.map((l) => ({lever: l.lever, p_best: l.p_best, mean: l.regret.mean, p90: l.regret.p90, max: l.regret.max}));
  const drawn = fewest(rows, (r) => r.p_best), labels = shortNames(drawn.map((r) => r.lever)), alt = drawn.map((r) => `${r.lever}: ${percent(r.p_best)}`).join("; ");
  const unit = outcome.unit === "1" ? "" : outcome.unit;
  return [
    chart(lang, "p-best", `${titleOf(outcome.name, lang)}: ${say(lang, "p_best")}`, alt, (width) => ({
      height: 60 + 26 * drawn.length, marginLeft: leftMargin(labels, width), marginRight: 48,
      x: {label: "%", labelAnchor: "center", labelArrow: "none", domain: [0, 100], grid: true}, y: {label: null, domain: labels, tickSize: 0},
      marks: [window.Plot.barX(drawn, {y: (_, i) => labels[i], x: (r) => 100 * (r.p_best ?? 0), fill: "var(--c1)", insetTop: 5, insetBottom: 5}),
              window.Plot.text(drawn, {y: (_, i) => labels[i], x: (r) => 100 * (r.p_best ?? 0), text: (r) => percent(r.p_best), textAnchor: "start", dx: 5, fill: "var(--ink)"})],
    })),
    table(lang, `${titleOf(outcome.name, lang)}: ${say(lang, "regret")}`, [
      {key: "lever", title: say(lang, "option")}, {key: "p_best", title: say(lang, "p_best"), number: true, show: percent},
      {key: "mean", title: say(lang, "mean"), number: true, unit}, {key: "p90", title: "90 %", number: true, unit}, {key: "max", title: say(lang, "most"), number: true, unit}],
      rows, {file: "regret"})];
}

function satisficing(of, lang) {
  if (!of.satisficing?.thresholds?.length) return null;
  const rules = of.satisficing.thresholds.map((t) => {
    const unit = of.outcomes.find((o) => o.name === t.outcome)?.unit ?? "1";
    return `${titleOf(t.outcome, lang)} ${t.side === "at_least" ? "≥" : "≤"} ${quantity(t.value, unit, t.outcome, lang)}`;
  });
  const rows = fewest(of.satisficing.by_lever, (r) => r.share), labels = shortNames(rows.map((r) => r.lever));
  const alt = rows.map((r) => `${r.lever}: ${percent(r.share)}`).join("; ");
  return el("div", {}, el("h3", {text: say(lang, "satisficing")}), el("p", {class: "note", text: say(lang, "satisficing_note") + " " + rules.join("; ")}),
    chart(lang, "good-enough", say(lang, "satisficing"), alt, (width) => ({
      height: 60 + 26 * rows.length, marginLeft: leftMargin(labels, width), marginRight: 48,
      x: {label: "%", labelAnchor: "center", labelArrow: "none", domain: [0, 100], grid: true}, y: {label: null, domain: labels, tickSize: 0},
      marks: [window.Plot.ruleY(rows, {y: (_, i) => labels[i], x1: (r) => 100 * r.low, x2: (r) => 100 * r.high, stroke: "var(--c1)", strokeWidth: 5, strokeOpacity: 0.35, strokeLinecap: "round"}),
              window.Plot.dot(rows, {y: (_, i) => labels[i], x: (r) => 100 * r.share, r: 5, fill: "var(--c1)"})],
    })));
}

// Two outcomes against each other; which options nothing else beats on all outcomes of the set.
function pareto(of, lang) {
  if (!of.pareto || of.pareto.outcomes.length < 2) return null;
  const room = el("div"), names = of.pareto.outcomes, pairs = names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b]));
  const draw = ([a, b]) => {
    const x = of.outcomes.find((o) => o.name === a), y = of.outcomes.find((o) => o.name === b), labels = shortNames(of.levers);
    const scale = (o) => scaleFor(o.unit, o.name, Math.max(...o.by_lever.map((l) => Math.abs(l.mean ?? 0))), lang), sx = scale(x), sy = scale(y);
    const rows = of.levers.map((lever, i) => {
      const p = x.by_lever[i], q = y.by_lever[i], at = (v, m, s) => (v ?? m) / s.divide;
      return {lever: labels[i], x: p.mean / sx.divide, xl: at(p.low, p.mean, sx), xh: at(p.high, p.mean, sx), y: q.mean / sy.divide, yl: at(q.low, q.mean, sy), yh: at(q.high, q.mean, sy),
              held: of.pareto.by_lever[i].in_set === true, p: of.pareto.by_lever[i].p_in_set};
    }).filter((r) => Number.isFinite(r.x) && Number.isFinite(r.y));
    const alt = rows.filter((r) => r.held).map((r) => r.lever).join(", ");
    const axis = (o, s) => `${titleOf(o.name, lang)}${s.unit ? ` [${s.unit}]` : ""} · ${say(lang, o.better === "high" ? "higher" : "lower")}`;
    room.replaceChildren(chart(lang, "pareto", `${titleOf(a, lang)} – ${titleOf(b, lang)}`, alt, () => ({
      height: 380, marginLeft: 60, marginRight: 30, inset: 14, x: {label: axis(x, sx), labelAnchor: "center", labelArrow: "none", grid: true, nice: true, tickFormat: plainNumber},
      y: {label: axis(y, sy), labelArrow: "none", grid: true, nice: true, tickFormat: plainNumber},
      marks: [window.Plot.ruleX(rows, {x: "x", y1: "yl", y2: "yh", stroke: "var(--muted)", strokeOpacity: 0.35}), window.Plot.ruleY(rows, {y: "y", x1: "xl", x2: "xh", stroke: "var(--muted)", strokeOpacity: 0.35}),
              window.Plot.dot(rows, {x: "x", y: "y", r: 6, stroke: "var(--c1)", strokeWidth: 2, fill: (r) => (r.held ? "var(--c1)" : "var(--page)")}),
              window.Plot.text(rows.length > mostOptions + 2 ? rows.filter((r) => r.held) : rows, {x: "x", y: "y", text: "lever", dy: -13, fill: "var(--ink)", stroke: "var(--page)", strokeWidth: 4})],
    })));
  };
  draw(pairs[0]);
  const rows = of.pareto.by_lever.map((l) => ({lever: l.lever, held: l.in_set === null ? "–" : say(lang, l.in_set ? "yes" : "no"), p: l.p_in_set, by: l.dominated_by ?? ""}));
  return el("div", {}, el("h3", {text: say(lang, "pareto")}), el("p", {class: "note", text: say(lang, "pareto_note")}),
    pairs.length > 1 ? choose(say(lang, "show"), pairs.map(([a, b]) => `${titleOf(a, lang)} – ${titleOf(b, lang)}`), 0, (i) => draw(pairs[i])) : null, room,
    folded(say(lang, "table"), table(lang, say(lang, "pareto"), [{key: "lever", title: say(lang, "option")}, {key: "held", title: say(lang, "undominated")},
      {key: "p", title: say(lang, "p_undominated"), number: true, show: percent}, {key: "by", title: say(lang, "dominated_by")}], rows, {file: "pareto"})));
}

// A tornado: the share of the variance that each uncertain quantity explains, greatest on top.
function tornado(of, lang) {
  const list = (of.sensitivity ?? []).filter((s) => s.inputs.length > 0);
  if (list.length === 0) return null;
  const room = el("div");
  const draw = (s) => {
    const rows = s.inputs.slice(0, 12), labels = shortNames(rows.map((r) => r.input)), at = (v) => 100 * Math.max(0, Math.min(1, v));
    const alt = rows.map((r) => `${r.input}: ${percent(r.first)}`).join("; ");
    room.replaceChildren(chart(lang, "tornado", `${titleOf(s.outcome, lang)} – ${s.lever}`, alt, (width) => ({
      height: 60 + 28 * rows.length, marginLeft: leftMargin(labels, width), marginRight: 30,
      x: {label: "%", labelAnchor: "center", labelArrow: "none", domain: [0, 100], grid: true}, y: {label: null, domain: labels, tickSize: 0},
      marks: [window.Plot.barX(rows, {y: (_, i) => labels[i], x: (r) => at(r.first), fill: "var(--c1)", fillOpacity: 0.85, insetTop: 5, insetBottom: 5}),
              window.Plot.ruleY(rows.filter((r) => r.low !== null && r.high !== null), {y: (r) => labels[rows.indexOf(r)], x1: (r) => at(r.low), x2: (r) => at(r.high), stroke: "var(--ink)", strokeWidth: 1.5}),
              window.Plot.ruleX([0])],
    })));
  };
  draw(list[0]);
  return el("div", {}, el("h3", {text: say(lang, "tornado")}), el("p", {class: "note", text: say(lang, "tornado_note")}),
            list.length > 1 ? choose(say(lang, "show"), list.map((s) => `${titleOf(s.outcome, lang)} – ${s.lever}`), 0, (i) => draw(list[i])) : null, room);
}

// A discovered box drawn on the samples: its first two sides, and which samples miss the threshold.
function boxes(study, of, lang) {
  const list = (of.discovery ?? []).filter((d) => d.box.length > 0);
  if (list.length === 0) return null;
  const room = el("div");
  const draw = (d) => {
    const known = (name) => study.uncertainties.find((u) => u.path === name);
    const sides = d.box.slice(0, 2), first = known(sides[0].input), second = sides[1] ? known(sides[1].input) : null;
    const outcome = study.outcomes.find((o) => o.name === d.outcome), l = study.levers.indexOf(d.lever), unit = outcome?.unit ?? "1";
    const words = d.box.map((s) => `${s.input}: ${s.low === null ? "" : number(s.low, 4) + " ≤"} … ${s.high === null ? "" : "≤ " + number(s.high, 4)}`).join("; ");
    const said = say(lang, "box_says", {coverage: percent(d.coverage), density: percent(d.density), threshold: quantity(d.threshold, unit, d.outcome, lang), all: percent(d.all_cases / d.all_futures)});
    const parts = [el("p", {}, named(`${d.lever}: ${words}`)), el("p", {class: "note", text: said})];
    if (first && outcome?.samples?.[l]) {
      const misses = (y) => (d.misses === "above" ? y > d.threshold : y < d.threshold);
      const rows = outcome.samples[l].map((y, s) => ({x: first.values[s], y: second ? second.values[s] : y, miss: y === null ? null : misses(y)})).filter((r) => r.miss !== null && r.x !== null && r.y !== null);
      const span = (key) => [Math.min(...rows.map((r) => r[key])), Math.max(...rows.map((r) => r[key]))], [x0, x1] = span("x"), [y0, y1] = span("y");
      const box = [{x1: sides[0].low ?? x0, x2: sides[0].high ?? x1, y1: second ? sides[1].low ?? y0 : y0, y2: second ? sides[1].high ?? y1 : y1}];
      parts.push(chart(lang, "box", `${titleOf(d.outcome, lang)} – ${d.lever}`, said, () => ({
        height: 340, marginLeft: 60, inset: 10, x: {label: sides[0].input, labelAnchor: "center", labelArrow: "none", tickFormat: plainNumber},
        y: {label: second ? sides[1].input : titleOf(d.outcome, lang), labelArrow: "none", tickFormat: plainNumber},
        marks: [window.Plot.rect(box, {x1: "x1", x2: "x2", y1: "y1", y2: "y2", fill: "var(--worse-soft)", stroke: "var(--worse)", strokeDasharray: "4 3"}),
                window.Plot.dot(rows, {x: "x", y: "y", symbol: (r) => (r.miss ? "times" : "circle"), stroke: (r) => (r.miss ? "var(--worse)" : "var(--c1)"), r: 4, strokeWidth: 1.8})],
      })));
    }
    room.replaceChildren(...parts);
  };
  draw(list[0]);
  return el("div", {}, el("h3", {text: say(lang, "boxes")}), el("p", {class: "note", text: say(lang, "boxes_note")}),
            list.length > 1 ? choose(say(lang, "show"), list.map((d) => `${titleOf(d.outcome, lang)} – ${d.lever}`), 0, (i) => draw(list[i])) : null, room);
}

function information(of, lang) {
  const rows = (of.voi ?? []).flatMap((v) => [{outcome: titleOf(v.outcome, lang), input: say(lang, "everything"), value: v.evpi, error: v.standard_error, unit: v.unit === "1" ? "" : v.unit},
    ...v.inputs.map((i) => ({outcome: titleOf(v.outcome, lang), input: i.input, value: i.evppi, error: i.standard_error, unit: v.unit === "1" ? "" : v.unit}))]);
  if (rows.length === 0) return null;
  return el("div", {}, el("h3", {text: say(lang, "voi")}), el("p", {class: "note", text: say(lang, "voi_note")}), table(lang, say(lang, "voi"), [
    {key: "outcome", title: say(lang, "outcome")}, {key: "input", title: say(lang, "uncertainty")}, {key: "value", title: say(lang, "value"), number: true},
    {key: "error", title: "±", number: true, digits: 2}, {key: "unit", title: say(lang, "unit")}], rows, {file: "value-of-information"}));
}

export function decideSections(study, lang, state) {
  const of = study.decide;
  if (!of || of.outcomes.length === 0 || of.levers.length < 2) return [];
  const room = el("div");
  const draw = () => room.replaceChildren(...regret(of, of.outcomes[Math.min(state.outcome, of.outcomes.length - 1)], lang));
  draw();
  const parts = [el("h3", {text: say(lang, "regret")}), el("p", {class: "note", text: say(lang, "regret_note")}),
                 choose(say(lang, "outcome"), of.outcomes.map((o) => titleOf(o.name, lang)), Math.min(state.outcome, of.outcomes.length - 1), (i) => {
                   state.outcome = i;
                   draw();
                 }), room, satisficing(of, lang), pareto(of, lang), tornado(of, lang), boxes(study, of, lang), information(of, lang)];
  if (of.too_few.length) parts.push(el("p", {class: "note", text: of.too_few.join(" ")}));
  return [section("decisions", say(lang, "decisions"), null, ...parts.filter((p) => p))];
}
