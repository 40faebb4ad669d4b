// Sliders for what is uncertain: the stored samples are weighed anew, and the ranking follows at once.
import {number, quantity, scaleFor} from "./format.js";
import {metricName} from "./names.js";
import {say} from "./words.js";
import {button, choose, el, section, table} from "./dom.js";
import {chart, leftMargin, series} from "./charts.js";
import {flipPoint, ranking, sliderRange, weigh} from "./weights.js";
import {mostOptions, outcomeTitle, shortNames} from "./study.js";

const mostSliders = 6, fewestToTurn = 20;  // samples

// The uncertainties that matter most for the outcome: by the correlation of ranks with it, over all options.
export function mainUncertainties(study, outcome) {
  const ranks = (values) => {
    const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
    const rank = [];
    order.forEach((i, r) => (rank[i] = r));
    return rank;
  };
  const correlation = (x, y) => {
    const known = x.map((_, i) => i).filter((i) => x[i] !== null && y[i] !== null);
    if (known.length < 4) return 0;
    const a = ranks(known.map((i) => x[i])), b = ranks(known.map((i) => y[i])), middle = (known.length - 1) / 2;
    let ab = 0, aa = 0;
    for (let i = 0; i < a.length; ++i) ab += (a[i] - middle) * (b[i] - middle), aa += (a[i] - middle) ** 2;
    return ab / aa;
  };
  return study.uncertainties.map((u, i) => ({i, u, weight: outcome.samples.reduce((most, values) => Math.max(most, Math.abs(correlation(u.values, values))), 0)}))
    .filter((each) => new Set(each.u.values.filter((v) => v !== null)).size > 1)
    .sort((a, b) => b.weight - a.weight || a.i - b.i).slice(0, mostSliders);
}

export function beliefs(study, lang, state) {
  const usable = study.outcomes.map((o, i) => ({o, i})).filter(({o}) => o.samples.length > 0);
  if (usable.length === 0 || study.uncertainties.length === 0 || study.samples < 4 || study.levers.length < 2) return null;
  state.means ??= {};  // by path: what is believed
  const room = el("div", {class: "beliefs"});
  const labels = shortNames(study.levers);

  function build() {
    const {o: outcome} = usable.find(({i}) => i === state.outcome) ?? usable[0];
    const main = mainUncertainties(study, outcome);
    if (main.length === 0) return;
    const shown = main.map((each) => ({...each, range: sliderRange(each.u.values)}));
    const current = () => shown.map(({u, range}) => ({values: u.values, mean: state.means[u.path] ?? range.rest, moved: u.path in state.means}));
    const status = el("p", {class: "effective", role: "status"}), list = el("ol", {class: "ranking"});
    const sliders = shown.map(({u, range}, j) => {
      const digits = 4, unit = u.unit === "1" ? "" : " " + u.unit;
      const said = el("output", {}), flip = el("p", {class: "flip"});
      const step = (range.high - range.low) / 200;
      const input = el("input", {type: "range", min: range.low, max: range.high, step, value: state.means[u.path] ?? range.rest, "data-path": u.path,
                                 "aria-label": `${u.path}: ${say(lang, "believed")}`, oninput: () => {
        state.means[u.path] = Number(input.value);
        update();
      }});
      const show = () => {
        const value = state.means[u.path] ?? range.rest;
        said.textContent = number(value, digits) + unit;
        input.setAttribute("aria-valuetext", said.textContent);
        // As few as this turn with what happened to be drawn along: nadc decide says nothing either.
        const enough = study.samples >= fewestToTurn;
        const at = enough ? flipPoint(outcome.samples, outcome.better, current(), j) : null;
        flip.textContent = !enough ? say(lang, "few_to_turn", {n: fewestToTurn}) : at ? say(lang, "flips", {lever: study.levers[at.lever], value: number(at.at, digits) + unit}) : say(lang, "no_flip");
        flip.classList.toggle("found", at !== null);
        flip.dataset.at = at ? at.at : "";
      };
      return {show, node: el("div", {class: "slider"}, el("div", {class: "over"}, el("bdi", {class: "name", text: u.path}), said), input,
                             el("p", {class: "studied", text: say(lang, "studied", {value: number(range.rest, digits) + unit})}), flip)};
    });
    const most = Math.max(...outcome.levers.map((l) => Math.abs(l.mean ?? 0)));
    const scale = scaleFor(outcome.unit, outcome.name, most, lang);
    let order = [];
    const bars = chart(lang, "beliefs", say(lang, "ranking_title", {outcome: outcomeTitle(outcome, lang)}), "", (width) => ({
      height: 60 + 30 * order.length, marginLeft: leftMargin(labels, width), marginRight: 20,
      x: {label: `${scale.unit ? scale.unit + " · " : ""}${say(lang, outcome.better)}`, grid: true, nice: true, labelAnchor: "center", labelArrow: "none", ticks: width < 420 ? 4 : undefined},
      y: {label: null, domain: order.map((r) => labels[r.lever]), tickSize: 0},
      marks: [
        window.Plot.ruleY(order, {y: (r) => labels[r.lever], x1: (r) => bounded(r.low, r.mean) / scale.divide, x2: (r) => bounded(r.high, r.mean) / scale.divide,
                           stroke: "var(--c1)", strokeWidth: 5, strokeOpacity: 0.35, strokeLinecap: "round"}),
        window.Plot.dot(order, {y: (r) => labels[r.lever], x: (r) => r.mean / scale.divide, r: 5, fill: (_, i) => (i === 0 ? "var(--better)" : "var(--c1)")}),
        window.Plot.tickX(outcome.levers.map((l, i) => ({m: l.mean, i})).filter((l) => order.some((r) => r.lever === l.i)), {y: (l) => labels[l.i], x: (l) => l.m / scale.divide, stroke: "var(--muted)", strokeDasharray: "2 2"}),
      ],
    }), {id: "belief-chart"});
    // What was never below 0 has no interval below it, a share none above 1; without an interval there is the mean alone.
    const all = outcome.samples.flat();
    const least = all.some((x) => x < 0) ? -Infinity : 0, greatest = outcome.unit === "1" && all.every((x) => !(x > 1)) ? 1 : Infinity;
    const bounded = (x, mean) => (Number.isFinite(x) ? Math.min(Math.max(x, least), greatest) : mean);
    function update() {
      const moved = current().filter((b) => b.moved);
      const w = weigh(study.samples, moved);
      order = ranking(outcome.samples, outcome.better, w.weights).filter((r) => Number.isFinite(r.mean)).slice(0, mostOptions + 2);
      status.textContent = `${say(lang, "effective")}: ${number(w.effective)} ${say(lang, "of")} ${study.samples}. ` +
        (w.reached ? (w.effective < 8 ? say(lang, "few") : "") : say(lang, "not_reached"));
      status.dataset.effective = w.effective;
      status.classList.toggle("weak", !w.reached || w.effective < 8);
      list.replaceChildren(...order.map((r, i) => el("li", {"data-lever": study.levers[r.lever], "data-mean": r.mean},
        el("bdi", {class: "name", text: study.levers[r.lever]}), " ", el("b", {text: quantity(r.mean, outcome.unit, outcome.name, lang)}), " ",
        i === 0 ? null : el("small", {text: say(lang, r.decided ? "decided_first" : "open_first")}))));
      sliders.forEach((s) => s.show());
      bars.redraw();
    }
    room.replaceChildren(
      el("div", {class: "sliders"}, sliders.map((s) => s.node), button(say(lang, "reset"), () => {
        state.means = {};
        build();
      }, {class: "reset"})),
      el("div", {class: "outcome"}, status, list, bars));
    update();
  }
  build();
  return section("beliefs", say(lang, "beliefs"), say(lang, "beliefs_note") + (study.samples < 100 ? " " + say(lang, "beliefs_few") : ""),
                 choose(say(lang, "outcome"), usable.map(({o}) => outcomeTitle(o, lang)), Math.max(0, usable.findIndex(({i}) => i === state.outcome)), (k) => {
                   state.outcome = usable[k].i;
                   build();
                 }), room);
}
