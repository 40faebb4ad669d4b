// The page of a study: what options do to outcomes, for whom, and how surely.
import {clipped, difference, differenceUnit, number, percent, plainNumber, scaleFor, signed} from "./format.js";
import {capital, metricName} from "./names.js";
import {say} from "./words.js";
import {choose, el, folded, named, section, table} from "./dom.js";
import {chart, leftMargin, series, verdictColour, verdictMark} from "./charts.js";
import {answer, differenceOf} from "./answer.js";

export const outcomeTitle = (outcome, lang) => capital(metricName(outcome.name, lang));
const directionOf = (outcome, lang) => say(lang, outcome.better);
const most = (values) => Math.max(0, ...values.filter((v) => v !== null && Number.isFinite(v)).map(Math.abs));

// Options by their own label in charts: unique, even where two long names begin alike.
export function shortNames(names, length = 28) {
  const seen = new Map();
  return names.map((name) => {
    let short = clipped(name, length) || "–";
    const count = (seen.get(short) ?? 0) + 1;
    seen.set(short, count);
    if (count > 1) short += " (" + count + ")";
    return short;
  });
}

// Options that a chart has room for: all of them when they are few, else the best of the outcome and the baseline.
export const mostOptions = 12;
export function shownOptions(study, outcome) {
  const all = study.levers.map((_, i) => i);
  if (all.length <= mostOptions + 2) return all;
  const sign = outcome.better === "higher" ? -1 : 1, mean = (i) => outcome.levers[i].mean ?? sign * -Infinity;
  const best = [...all].sort((a, b) => sign * (mean(a) - mean(b)) || a - b).slice(0, mostOptions);
  return all.filter((i) => i === study.baseline || best.includes(i));
}

export function shownNote(study, lang) {
  if (study.levers.length <= mostOptions + 2) return null;
  return el("p", {class: "note", text: say(lang, "shown_of", {k: mostOptions, n: study.levers.length})});
}

// Difference of every option from the baseline for one outcome.
export function differenceChart(study, outcome, lang) {
  const labels = shortNames(study.levers), base = study.levers[study.baseline];
  const scale = scaleFor(outcome.unit, outcome.name, most(outcome.differences.map((d) => d.mean)), lang);
  const shown = shownOptions(study, outcome);
  const rows = outcome.differences.filter((d) => shown.includes(d.lever)).map((d) => ({
    lever: labels[d.lever], mean: d.mean === null ? NaN : d.mean / scale.divide, low: (d.low ?? d.mean) / scale.divide,
    high: (d.high ?? d.mean) / scale.divide, verdict: d.verdict,
    text: `${verdictMark[d.verdict]} ${d.mean === null ? "–" : signed(d.mean / scale.divide)}`,
  })).filter((d) => Number.isFinite(d.mean));
  const title = say(lang, "hero_title", {outcome: outcomeTitle(outcome, lang), base: clipped(base, 40)});
  const alt = rows.map((d) => `${d.lever}: ${d.text}, ${say(lang, d.verdict)}`).join("; ");
  const unit = differenceUnit(scale.unit, lang);
  return chart(lang, "difference-" + outcome.name, title, alt, (width) => ({
    height: Math.max(140, 66 + 34 * rows.length), marginLeft: leftMargin(rows.map((d) => d.lever), width), marginRight: 24,
    x: {label: `${unit ? unit + " · " : ""}${directionOf(outcome, lang)}`, grid: true, nice: true, labelAnchor: "center", labelArrow: "none"},
    y: {label: null, domain: rows.map((d) => d.lever), tickSize: 0},
    marks: [
      window.Plot.ruleX([0], {stroke: "var(--ink)", strokeWidth: 1}),
      window.Plot.ruleY(rows, {y: "lever", x1: "low", x2: "high", stroke: (d) => verdictColour[d.verdict], strokeWidth: 5, strokeOpacity: 0.35,
                        strokeLinecap: "round"}),
      window.Plot.dot(rows, {y: "lever", x: "mean", r: 5.5, stroke: (d) => verdictColour[d.verdict], strokeWidth: 2,
                      fill: (d) => (d.verdict === "better" || d.verdict === "worse" ? verdictColour[d.verdict] : "var(--page)")}),
      window.Plot.text(rows, {y: "lever", x: "mean", text: "text", dy: -13, fill: "var(--ink)", stroke: "var(--page)", strokeWidth: 4, fontSize: 11.5}),
    ],
  }));
}

// Means with intervals, and the samples behind them.
export function levelChart(study, outcome, lang) {
  const labels = shortNames(study.levers);
  const scale = scaleFor(outcome.unit, outcome.name, most(outcome.levers.map((l) => l.mean)), lang);
  const shown = shownOptions(study, outcome);
  const rows = outcome.levers.map((l, i) => ({i, lever: labels[i], mean: l.mean === null ? NaN : l.mean / scale.divide,
                                              low: (l.low ?? l.mean) / scale.divide, high: (l.high ?? l.mean) / scale.divide}))
    .filter((l) => Number.isFinite(l.mean) && shown.includes(l.i));
  const dots = outcome.samples.length * (outcome.samples[0]?.length ?? 0) > 6000 ? [] :
    outcome.samples.flatMap((values, i) => (shown.includes(i) ? values.filter((v) => v !== null).map((v) => ({lever: labels[i], v: v / scale.divide})) : []));
  const alt = rows.map((l) => `${l.lever}: ${number(l.mean)} ${scale.unit}`).join("; ");
  return chart(lang, "outcome-" + outcome.name, outcomeTitle(outcome, lang), alt, (width) => ({
    height: 60 + 24 * rows.length, marginLeft: leftMargin(rows.map((l) => l.lever), width), marginRight: 20,
    x: {label: `${scale.unit ? scale.unit + " · " : ""}${directionOf(outcome, lang)}`, grid: true, nice: true, labelAnchor: "center", labelArrow: "none",
        ticks: width < 420 ? 4 : undefined},
    y: {label: null, domain: rows.map((l) => l.lever), tickSize: 0},
    marks: [
      dots.length ? window.Plot.tickX(dots, {y: "lever", x: "v", stroke: "var(--ink)", strokeOpacity: 0.18, inset: 5}) : null,
      outcome.threshold === null ? null : window.Plot.ruleX([outcome.threshold / scale.divide], {stroke: "var(--worse)", strokeDasharray: "3 3"}),
      window.Plot.ruleY(rows, {y: "lever", x1: "low", x2: "high", stroke: "var(--c1)", strokeWidth: 4, strokeOpacity: 0.45, strokeLinecap: "round"}),
      window.Plot.dot(rows, {y: "lever", x: "mean", fill: "var(--c1)", r: 4.5}),
    ],
  }));
}

// Which option is better for what, at a glance: a table of marks.
function matrix(study, lang) {
  const base = study.levers[study.baseline];
  const scales = new Map(study.outcomes.map((o) => [o, scaleFor(o.unit, o.name, most(o.differences.map((d) => d.mean)), lang)]));
  const head = el("tr", {}, el("th", {scope: "col", text: say(lang, "option")}), study.outcomes.map((o) => {
    const unit = differenceUnit(scales.get(o).unit, lang);
    return el("th", {scope: "col"}, outcomeTitle(o, lang) + (unit ? ` [${unit}]` : ""), el("small", {text: directionOf(o, lang)}));
  }));
  const rows = study.levers.map((lever, i) => el("tr", {}, el("th", {scope: "row"}, named(clipped(lever, 60))),
    study.outcomes.map((o) => {
      const d = differenceOf(o, i);
      if (!d) return el("td", {class: "base", text: i === study.baseline ? say(lang, "baseline") : "–"});
      return el("td", {class: "verdict " + d.verdict, title: say(lang, d.verdict)},
                el("span", {class: "mark", "aria-hidden": true, text: verdictMark[d.verdict]}),
                el("span", {class: "away", text: say(lang, d.verdict) + ": "}),
                el("span", {text: d.mean === null ? "–" : signed(d.mean / scales.get(o).divide)}));
    })));
  const title = say(lang, "who");
  return section("who", title, say(lang, "who_note", {base}),
                 el("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": title},
                    el("table", {class: "matrix"}, el("caption", {class: "away", text: title}), el("thead", {}, head), el("tbody", {}, rows))));
}

function hero(study, lang, state) {
  const room = el("div"), sentences = el("ol", {class: "answer"});
  const draw = () => {
    const outcome = study.outcomes[state.outcome];
    sentences.replaceChildren(...answer(study, outcome, lang).map((text) => el("li", {text})));
    room.replaceChildren(outcome.differences.length ? differenceChart(study, outcome, lang) : levelChart(study, outcome, lang));
  };
  draw();
  const pick = study.outcomes.length > 1 ? choose(say(lang, "outcome"), study.outcomes.map((o) => outcomeTitle(o, lang)), state.outcome, (i) => {
    state.outcome = i;
    draw();
  }) : null;
  return el("section", {id: "answer", "aria-labelledby": "answer-title"},
            el("h2", {id: "answer-title", class: "kicker", text: say(lang, "answer")}), sentences, pick, room, shownNote(study, lang),
            el("p", {class: "note", text: say(lang, "hero_note", {samples: study.samples * study.replicas})}));
}

function outcomesTable(study, lang) {
  const rows = study.outcomes.flatMap((o) => study.levers.map((lever, i) => {
    const e = o.levers[i];
    return {outcome: outcomeTitle(o, lang), name: o.name, unit: o.unit === "1" ? "" : o.unit, lever, mean: e.mean, low: e.low, high: e.high,
            sd: e.sd, n: e.n, bounded: e.bounded, left_out: e.left_out};
  }));
  return table(lang, say(lang, "outcomes"), [
    {key: "outcome", title: say(lang, "outcome")}, {key: "lever", title: say(lang, "option")},
    {key: "mean", title: say(lang, "mean"), number: true}, {key: "low", title: say(lang, "low"), number: true},
    {key: "high", title: say(lang, "high"), number: true}, {key: "unit", title: say(lang, "unit")},
    {key: "n", title: "n", number: true}, {key: "bounded", title: say(lang, "bounded"), number: true},
    {key: "left_out", title: say(lang, "left_out"), number: true},
  ], rows, {file: "outcomes"});
}

function differencesTable(study, lang) {
  const rows = study.outcomes.flatMap((o) => o.differences.map((d) => ({
    outcome: outcomeTitle(o, lang), lever: study.levers[d.lever], mean: d.mean, low: d.low, high: d.high, unit: o.unit === "1" ? "" : o.unit,
    p_better: d.p_better, p_worse: d.p_worse, p_holm: d.p_holm, verdict: d.verdict, n: d.n})));
  const share = (key, title) => ({key, title: say(lang, title), number: true, show: percent});
  return table(lang, say(lang, "differences"), [
    {key: "outcome", title: say(lang, "outcome")}, {key: "lever", title: say(lang, "option")},
    {key: "mean", title: say(lang, "difference"), number: true}, {key: "low", title: say(lang, "low"), number: true},
    {key: "high", title: say(lang, "high"), number: true}, {key: "unit", title: say(lang, "unit")},
    share("p_better", "share_better"), share("p_worse", "share_worse"), {key: "p_holm", title: "p (Holm)", number: true, digits: 2},
    {key: "verdict", title: say(lang, "verdict"), show: (v) => verdictMark[v] + " " + say(lang, v), class: (row) => "verdict " + row.verdict},
    {key: "n", title: say(lang, "pairs"), number: true},
  ], rows, {file: "differences"});
}

// All outcomes in one figure, relative to the baseline's mean.
function relativeChart(study, lang) {
  const labels = shortNames(study.levers);
  const shown = shownOptions(study, study.outcomes[0]);
  const rows = study.outcomes.flatMap((o) => o.differences.filter((d) => d.base && d.mean !== null && shown.includes(d.lever)).map((d) => {
    const of = (x) => 100 * (x ?? d.mean) / Math.abs(d.base);
    return {outcome: outcomeTitle(o, lang), lever: labels[d.lever], mean: of(d.mean), low: of(d.low), high: of(d.high), verdict: d.verdict};
  }));
  if (rows.length === 0) return null;
  const least = Math.min(0, ...rows.map((d) => d.low)), greatest = Math.max(0, ...rows.map((d) => d.high));
  const alt = rows.map((d) => `${d.outcome}, ${d.lever}: ${number(d.mean)} %, ${say(lang, d.verdict)}`).join("; ");
  const levers = labels.filter((_, i) => i !== study.baseline && shown.includes(i));
  return chart(lang, "differences", say(lang, "differences"), alt, (width) => ({
    height: study.outcomes.length * (36 + 20 * levers.length) + 70, marginLeft: leftMargin(levers, width), marginRight: 20, marginTop: 34,
    x: {label: say(lang, "relative"), grid: true, labelAnchor: "center", labelArrow: "none", type: "symlog", constant: 5,
        domain: [least, greatest], ticks: (width < 500 ? [-1000, -100, -10, 0, 10, 100, 1000, 1e4] : [-1000, -300, -100, -30, -10, 0, 10, 30, 100, 300, 1000, 1e4, 1e5]).filter((x) => x >= least && x <= greatest), tickFormat: plainNumber},
    y: {label: null, domain: levers, tickSize: 0}, fy: {label: null, axis: null, padding: 0.24, domain: study.outcomes.map((o) => outcomeTitle(o, lang))},
    marks: [
      window.Plot.ruleX([0], {stroke: "var(--ink)"}),
      window.Plot.text(study.outcomes, {fy: (o) => outcomeTitle(o, lang), text: (o) => `${outcomeTitle(o, lang)} – ${directionOf(o, lang)}`,
                                 frameAnchor: "top-left", dy: -15, fontWeight: 600, fill: "var(--ink)"}),
      window.Plot.ruleY(rows, {fy: "outcome", y: "lever", x1: "low", x2: "high", stroke: (d) => verdictColour[d.verdict], strokeWidth: 4, strokeOpacity: 0.4, strokeLinecap: "round"}),
      window.Plot.dot(rows, {fy: "outcome", y: "lever", x: "mean", r: 4, stroke: (d) => verdictColour[d.verdict], strokeWidth: 2,
                      fill: (d) => (d.verdict === "better" || d.verdict === "worse" ? verdictColour[d.verdict] : "var(--page)")}),
    ],
  }));
}

function scopeChart(study, scope, metric, lang) {
  const labels = shortNames(study.levers), names = shortNames(scope.names);
  const shown = shownOptions(study, study.outcomes[0]);
  const cells = metric.levers.flatMap((row, l) => (shown.includes(l) ? row.map((c, i) => ({...c, lever: labels[l], name: names[i]})) : []))
    .filter((c) => c.verdict && c.difference !== null);
  const scale = scaleFor(metric.unit, metric.name, most(cells.map((c) => c.difference)), lang);
  const rows = cells.map((c) => ({...c, x: c.difference / scale.divide, low: (c.low ?? c.difference) / scale.divide,
                                  high: (c.high ?? c.difference) / scale.divide}));
  const title = `${capital(metricName(metric.name, lang))}: ${say(lang, scope.scope)}`;
  const alt = rows.map((c) => `${c.name}, ${c.lever}: ${difference(c.difference, metric.unit, metric.name, lang)}, ${say(lang, c.verdict)}`).join("; ");
  const levers = labels.filter((_, i) => i !== study.baseline && shown.includes(i));
  const unit = differenceUnit(scale.unit, lang);
  return chart(lang, "by-" + scope.scope, title, alt, (width) => ({
    height: names.length * (36 + 18 * levers.length) + 70, marginLeft: leftMargin(levers, width), marginRight: 20, marginTop: 34,
    x: {label: `${unit ? unit + " · " : ""}${say(lang, metric.better)}`, grid: true, labelAnchor: "center", labelArrow: "none", nice: true, ticks: width < 420 ? 4 : undefined},
    y: {label: null, domain: levers, tickSize: 0}, fy: {label: null, axis: null, padding: 0.26, domain: names},
    marks: [
      window.Plot.ruleX([0], {stroke: "var(--ink)"}),
      window.Plot.text(names, {fy: (n) => n, text: (n) => n, frameAnchor: "top-left", dy: -15, fontWeight: 600, fill: "var(--ink)"}),
      window.Plot.ruleY(rows, {fy: "name", y: "lever", x1: "low", x2: "high", stroke: (d) => verdictColour[d.verdict], strokeWidth: 4, strokeOpacity: 0.4, strokeLinecap: "round"}),
      window.Plot.dot(rows, {fy: "name", y: "lever", x: "x", r: 4, stroke: (d) => verdictColour[d.verdict], strokeWidth: 2,
                      fill: (d) => (d.verdict === "better" || d.verdict === "worse" ? verdictColour[d.verdict] : "var(--page)")}),
    ],
  }));
}

function scopes(study, lang, state) {
  const choices = study.scopes.flatMap((scope) => scope.metrics.map((metric) => ({scope, metric})));
  if (choices.length === 0 || study.levers.length < 2) return null;
  const room = el("div");
  const draw = () => {
    const {scope, metric} = choices[Math.min(state.scope, choices.length - 1)];
    const rows = metric.levers.flatMap((row, l) => row.map((c, i) => ({name: scope.names[i], lever: study.levers[l], ...c})));
    room.replaceChildren(scopeChart(study, scope, metric, lang), folded(say(lang, "table"), table(lang, capital(metricName(metric.name, lang)), [
      {key: "name", title: say(lang, scope.scope)}, {key: "lever", title: say(lang, "option")},
      {key: "mean", title: say(lang, "mean"), number: true, unit: metric.unit === "1" ? "" : metric.unit},
      {key: "difference", title: say(lang, "difference"), number: true}, {key: "low", title: say(lang, "low"), number: true},
      {key: "high", title: say(lang, "high"), number: true},
      {key: "verdict", title: say(lang, "verdict"), show: (v) => (v ? verdictMark[v] + " " + say(lang, v) : say(lang, "baseline"))},
    ], rows, {file: "by-" + scope.scope})));
  };
  draw();
  return section("groups", say(lang, "groups"), say(lang, "scope_note", {base: study.levers[study.baseline]}),
                 choose(say(lang, "show"), choices.map((c) => `${capital(metricName(c.metric.name, lang))} – ${say(lang, c.scope.scope)}`), state.scope, (i) => {
                   state.scope = i;
                   draw();
                 }), room);
}

// What was drawn against what came out.
function samples(study, lang, state) {
  if (study.uncertainties.length === 0) return null;
  const room = el("div");
  const draw = () => {
    const outcome = study.outcomes[state.outcome], u = study.uncertainties[state.uncertainty];
    if (outcome.samples.length === 0) {
      room.replaceChildren(el("p", {class: "note", text: say(lang, "no_samples")}));
      return;
    }
    const shown = shownOptions(study, outcome), labelOf = shortNames(study.levers), labels = labelOf.filter((_, i) => shown.includes(i));
    const scale = scaleFor(outcome.unit, outcome.name, most(outcome.levers.map((l) => l.mean)), lang);
    let rows = outcome.samples.flatMap((values, l) => !shown.includes(l) ? [] : values.map((y, s) => ({lever: labelOf[l], x: u.values[s], y: y === null ? null : y / scale.divide})))
      .filter((d) => d.x !== null && d.y !== null);
    const every = Math.ceil(rows.length / 4000);
    rows = rows.filter((_, i) => i % every === 0);
    room.replaceChildren(chart(lang, "samples", `${outcomeTitle(outcome, lang)} – ${u.path}`, say(lang, "samples_note"), (width) => ({
      height: 360, marginLeft: 56, marginBottom: 44,
      x: {label: u.path + (u.unit === "1" ? "" : ` [${u.unit}]`), labelAnchor: "center", labelArrow: "none", nice: true, ticks: width < 420 ? 4 : undefined},
      y: {label: outcomeTitle(outcome, lang) + (scale.unit ? ` [${scale.unit}]` : ""), grid: true, nice: true},
      color: {domain: labels, range: labels.map((_, i) => series[i % series.length])},
      symbol: {legend: true, domain: labels},
      marks: [window.Plot.dot(rows, {x: "x", y: "y", stroke: "lever", symbol: "lever", r: 3.5, strokeWidth: 1.5, strokeOpacity: 0.8})],
    })));
  };
  draw();
  return section("samples", say(lang, "samples"), say(lang, "samples_note"),
                 choose(say(lang, "outcome"), study.outcomes.map((o) => outcomeTitle(o, lang)), state.outcome, (i) => {
                   state.outcome = i;
                   draw();
                 }),
                 choose(say(lang, "uncertainty"), study.uncertainties.map((u) => u.path), state.uncertainty, (i) => {
                   state.uncertainty = i;
                   draw();
                 }), room);
}

export function studyFacts(study, lang) {
  return [say(lang, "study"), say(lang, "levers_n", {n: study.levers.length}), say(lang, study.replicas === 1 ? "worlds_1" : "worlds", {s: study.samples, r: study.replicas})];
}

// between: sections that stand after who wins and who loses.
export function studySections(study, lang, state, between) {
  const warnings = [];
  if (study.incomplete_rows > 0) warnings.push(say(lang, "rows_incomplete", {n: number(study.incomplete_rows)}));
  if (study.pairing_problem) warnings.push(study.pairing_problem);
  const several = study.levers.length > 1;
  const outcomes = section("outcomes", say(lang, "outcomes"), say(lang, "outcomes_note", {n: study.samples}),
                           el("div", {class: "grid"}, study.outcomes.map((o) => levelChart(study, o, lang))),
                           folded(say(lang, "table"), outcomesTable(study, lang)));
  const differences = several ? section("differences", say(lang, "differences"), say(lang, "differences_note", {base: study.levers[study.baseline]}),
                                        relativeChart(study, lang), folded(say(lang, "table"), differencesTable(study, lang))) : null;
  return [hero(study, lang, state), warnings.length ? el("p", {class: "warning", role: "note", text: warnings.join(" ")}) : null,
          several ? matrix(study, lang) : null, ...between, differences, outcomes, scopes(study, lang, state), samples(study, lang, state)];
}
