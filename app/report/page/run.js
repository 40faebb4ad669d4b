// The page of a run: what the machine did over time, and where its hours and its money went.
import {number, percent, plainNumber, quantity, scaleFor} from "./format.js";
import {capital, metricName} from "./names.js";
import {say} from "./words.js";
import {button, el, folded, section, table} from "./dom.js";
import {chart, leftMargin, ramp, redrawAll, series} from "./charts.js";
import {jobSections} from "./jobs.js";

const metricOf = (run, name) => run.metrics.find((m) => m.name === name);
const valueOf = (run, name) => metricOf(run, name)?.value ?? 0;

const shownFacts = ["utilization", "gpu_hours_delivered", "ettr", "wait_mean_s", "wait_p90_s", "jobs_completed", "waits_censored", "node_failures",
                    "job_interruptions", "facility_energy_mwh", "facility_power_peak_mw", "cost_per_gpu_hour_krw", "carbon_tco2e"];

function facts(run, lang) {
  const tiles = shownFacts.map((name) => metricOf(run, name)).filter((m) => m && m.value !== null);
  return section("facts", say(lang, "run_facts"), null, el("dl", {class: "facts"}, tiles.map((m) =>
    el("div", {title: m.help}, el("dt", {text: capital(metricName(m.name, lang))}),
       el("dd", {"data-metric": m.name, "data-value": m.value, text: quantity(m.value, m.unit, m.name, lang)})))));
}

// GPU-hours delivered to the site, each in one of these; they come to the whole.
export function hoursSpent(run) {
  const held = valueOf(run, "gpu_hours_held"), useful = valueOf(run, "gpu_hours_delivered"), lost = valueOf(run, "gpu_hours_lost");
  const power = valueOf(run, "stranded_gpu_hours_power"), access = valueOf(run, "stranded_gpu_hours_access"), spare = valueOf(run, "gpu_hours_spare");
  const idle = valueOf(run, "gpu_hours_idle");
  return [["useful", Math.min(useful, held)], ["hours_other", Math.max(0, held - useful - lost)], ["lost", lost], ["idle_power", power], ["idle_access", access],
          ["idle_spare", spare], ["idle", Math.max(0, idle - power - access - spare)], ["down", valueOf(run, "gpu_hours_down")]]
    .map(([key, value]) => ({key, value}));
}

function whereHours(run, lang) {
  const rows = hoursSpent(run).filter((r) => r.value > 0), all = rows.reduce((sum, r) => sum + r.value, 0);
  if (!(all > 0)) return null;
  const scale = scaleFor("hour", "gpu_hours", all, lang), label = (r) => say(lang, r.key);
  const colours = {useful: "var(--c1)", hours_other: "var(--c6)", lost: "var(--c2)", idle_power: "var(--c5)", idle_access: "var(--c4)", idle_spare: "var(--c7)",
                   idle: "var(--line)", down: "var(--c8)"};
  const alt = rows.map((r) => `${label(r)}: ${percent(r.value / all)}`).join("; ");
  return section("hours", say(lang, "where_hours"), say(lang, "where_note"),
    chart(lang, "gpu-hours", say(lang, "where_hours"), alt, (width) => ({
      height: 54 + 30 * rows.length, marginLeft: leftMargin(rows.map(label), width), marginRight: 56,
      x: {label: scale.unit, labelAnchor: "center", labelArrow: "none", grid: true, nice: true, ticks: width < 500 ? 3 : undefined},
      y: {label: null, domain: rows.map(label), tickSize: 0},
      marks: [window.Plot.barX(rows, {y: label, x: (r) => r.value / scale.divide, fill: (r) => colours[r.key], insetTop: 4, insetBottom: 4}),
              window.Plot.text(rows, {y: label, x: (r) => r.value / scale.divide, text: (r) => `${number(100 * r.value / all)} %`, textAnchor: "start", dx: 6, fill: "var(--ink)"})],
    })),
    folded(say(lang, "table"), table(lang, say(lang, "where_hours"), [
      {key: "name", title: say(lang, "name")}, {key: "value", title: "GPU-h", number: true}, {key: "share", title: say(lang, "share"), number: true, show: (v) => number(100 * v) + " %"}],
      rows.map((r) => ({name: label(r), value: r.value, share: r.value / all})), {file: "gpu-hours"})));
}

// Points of a column within the time shown, and one on either side so that lines reach the edges.
export function within(column, from, to) {
  const first = Math.max(0, column.t.findIndex((t) => t >= from) - 1);
  let last = column.t.findIndex((t) => t > to);
  last = last < 0 ? column.t.length - 1 : last;
  const rows = [];
  for (let i = first; i <= last; ++i) if (column.v[i] !== null) rows.push({t: column.t[i], v: column.v[i], name: column.name});
  return rows;
}

const panels = [["occupancy", ["ts_gpus_in_service", "ts_gpus_busy", "ts_gpus_down", "ts_gpus_dark", "ts_gpus_spare"], "GPU"],
                ["queue", ["ts_jobs_running", "ts_jobs_waiting"], ""], ["power", ["ts_it_power_mw"], "MW"]];

function timeline(run, lang, state) {
  if (!run.series) return section("timeline", say(lang, "timeline"), say(lang, "no_series"));
  const all = run.series, end = (all.samples - 1) * all.every_s, origin = Date.parse(all.start.replace(" ", "T") + "Z");
  const dated = Number.isFinite(origin), place = (t) => (dated ? new Date(origin + 1000 * t) : t / 86400);
  const seconds = (x) => (dated ? (x.getTime() - origin) / 1000 : x * 86400);
  state.zoom ??= [0, end];
  const show = (from, to) => {
    const wide = Math.max(4 * all.every_s, to - from);
    const start = Math.min(Math.max(0, from), Math.max(0, end - wide));
    state.zoom = [start, Math.min(end, start + wide)];
    redrawAll();
  };
  const charts = panels.map(([key, names, unit]) => {
    const columns = names.map((name) => all.columns.find((c) => c.name === name)).filter((c) => c && c.v.some((v) => v));
    if (columns.length === 0) return null;
    const label = (name) => metricName(name, lang), domain = columns.map((c) => label(c.name));
    const alt = columns.map((c) => `${label(c.name)}: ${number(Math.min(...c.v))} – ${number(Math.max(...c.v))} ${unit}`).join("; ");
    return chart(lang, key, say(lang, key), alt, (width) => {
      const [from, to] = state.zoom, rows = columns.flatMap((c) => within(c, from, to).map((d) => ({...d, x: place(d.t), label: label(c.name)})));
      return {
        height: 210, marginLeft: 56, marginRight: 16, marginTop: 12, clip: true,
        x: {type: dated ? "utc" : "linear", domain: [place(from), place(to)], label: dated ? null : "d", ticks: width < 500 ? 4 : undefined},
        y: {label: null, grid: true, nice: true, zero: true, tickFormat: plainNumber, ticks: 5},
        color: {domain, range: series, legend: columns.length > 1},
        marks: [key === "power" ? window.Plot.areaY(rows, {x: "x", y: "v", fill: "var(--c1)", fillOpacity: 0.12, curve: "step-after"}) : null,
                window.Plot.lineY(rows, {x: "x", y: "v", stroke: "label", strokeWidth: 1.3, curve: "step-after"}), window.Plot.ruleY([0], {stroke: "var(--muted)"})],
      };
    }, {after: (svg, node) => draggable(svg, node.scale("x"), (a, b) => show(seconds(a), seconds(b)))});
  }).filter((c) => c);
  const moved = (share) => () => {
    const [from, to] = state.zoom, by = share * (to - from);
    show(from + by, to + by);
  };
  return section("timeline", say(lang, "timeline"), say(lang, "timeline_note"), el("div", {class: "zoom"},
    button(say(lang, "whole"), () => show(0, end)), button(say(lang, "zoom_in"), () => {
      const [from, to] = state.zoom;
      show(from + (to - from) / 4, to - (to - from) / 4);
    }), button("← " + say(lang, "earlier"), moved(-0.5)), button(say(lang, "later") + " →", moved(0.5))), ...charts);
}

// A stretch dragged across the chart is looked at closer.
function draggable(svg, scale, act) {
  const make = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);
  const [left, right] = scale.range, box = make("rect");
  box.setAttribute("fill", "var(--accent)");
  box.setAttribute("fill-opacity", "0.15");
  box.setAttribute("y", "0");
  box.setAttribute("height", svg.getAttribute("height"));
  const at = (event) => Math.min(right, Math.max(left, (event.clientX - svg.getBoundingClientRect().left) * svg.viewBox.baseVal.width / svg.clientWidth));
  let from = null;
  svg.style.cursor = "crosshair";
  svg.style.touchAction = "pan-y";
  svg.addEventListener("pointerdown", (event) => {
    from = at(event);
    svg.setPointerCapture(event.pointerId);
    svg.append(box);
    box.setAttribute("width", "0");
  });
  svg.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const to = at(event);
    box.setAttribute("x", Math.min(from, to));
    box.setAttribute("width", Math.abs(to - from));
  });
  const stop = (event) => {
    if (from === null) return;
    const to = at(event), start = from;
    from = null;
    box.remove();
    if (event.type === "pointerup" && Math.abs(to - start) > 6) act(scale.invert(Math.min(start, to)), scale.invert(Math.max(start, to)));
  };
  svg.addEventListener("pointerup", stop);
  svg.addEventListener("pointercancel", stop);
}

function powerClock(run, lang) {
  const months = run.series?.power;
  if (!months?.length) return null;
  const cells = months.flatMap((m) => m.by_hour.map((v, hour) => ({month: m.month, hour, v}))).filter((c) => c.v !== null);
  const values = cells.map((c) => c.v), alt = `${number(Math.min(...values))} – ${number(Math.max(...values))} MW`;
  return section("power-clock", say(lang, "power_clock"), say(lang, "power_clock_note"),
    chart(lang, "power-clock", say(lang, "power_clock"), alt, (width) => ({
      height: 70 + 26 * months.length, marginLeft: 64, padding: 0,
      x: {type: "band", label: say(lang, "hour_of_day"), labelAnchor: "center", labelArrow: "none", tickSize: 0, ticks: width < 500 ? [0, 6, 12, 18] : undefined, domain: [...Array(24).keys()]},
      y: {type: "band", label: null, domain: months.map((m) => m.month), tickSize: 0}, color: {type: "linear", interpolate: ramp()},
      marks: [window.Plot.cell(cells, {x: "hour", y: "month", fill: "v", inset: 0.5, title: (c) => `${c.month} ${c.hour} h: ${number(c.v)} MW`})],
    })),
    el("p", {class: "ramp"}, el("span", {text: number(Math.min(...values)) + " MW"}), el("i"), el("span", {text: number(Math.max(...values)) + " MW"})),
    folded(say(lang, "table"), table(lang, say(lang, "power_clock"), [{key: "month", title: say(lang, "period")},
      {key: "integral_h", title: "MWh (IT)", number: true}], months, {file: "energy-by-month"})));
}

function costs(run, lang) {
  const wanted = ["annual_cost_krw", "public_annual_cost_krw", "private_annual_cost_krw", "capital_charge_krw", "opex_krw", "energy_cost_krw", "cost_per_gpu_hour_krw", "carbon_tco2e",
                  "embodied_tco2e", "water_m3"];
  const failures = ["node_failures", "outages", "job_interruptions", "jobs_preempted", "jobs_failed", "jobs_dropped", "gpu_hours_lost", "gpu_hours_down", "ettr"];
  const rows = (names) => names.map((name) => metricOf(run, name)).filter((m) => m && m.value !== null)
    .map((m) => ({name: capital(metricName(m.name, lang)), value: m.value, shown: quantity(m.value, m.unit, m.name, lang), help: m.help}));
  const list = (title, names) => el("div", {}, el("h3", {text: say(lang, title)}), el("dl", {class: "provenance"}, rows(names).flatMap((r) =>
    [el("dt", {text: r.name, title: r.help}), el("dd", {text: r.shown})])));
  return section("costs", `${say(lang, "failures")} · ${say(lang, "cost")}`, null, el("div", {class: "grid"}, list("failures", failures), list("cost", wanted)));
}

function everything(run, lang) {
  const parts = [folded(say(lang, "all_metrics"), table(lang, say(lang, "all_metrics"), [
    {key: "name", title: say(lang, "metric")}, {key: "value", title: say(lang, "value"), number: true}, {key: "unit", title: say(lang, "unit"), show: (u) => (u === "1" ? "" : u)},
    {key: "help", title: say(lang, "help")}], run.metrics, {file: "metrics"}))];
  for (const axis of ["group", "domain", "class", "period"]) {
    const of = run[axis];
    if (!of || of.names.length < (axis === "period" ? 2 : 1)) continue;
    const rows = of.metrics.filter((m) => m.values.some((v) => v)).map((m) => ({name: m.name, unit: m.unit === "1" ? "" : m.unit, ...Object.fromEntries(m.values.map((v, i) => ["v" + i, v]))}));
    parts.push(folded(capital(say(lang, axis)), table(lang, capital(say(lang, axis)), [{key: "name", title: say(lang, "metric")},
      ...of.names.map((name, i) => ({key: "v" + i, title: name, number: true})), {key: "unit", title: say(lang, "unit")}], rows, {file: "by-" + axis})));
  }
  return section("all", say(lang, "all_metrics"), null, ...parts);
}

export const runFacts = (run, lang) => [say(lang, "run"), `${say(lang, "gpus")} ${number(valueOf(run, "gpus_installed_end"), 6)}`,
                                        ...(run.measured_h ? [quantity(run.measured_h * 3600, "s", "", lang)] : [])];

export function runSections(run, lang, state) {
  return [facts(run, lang), timeline(run, lang, state), whereHours(run, lang), ...jobSections(run, lang), powerClock(run, lang), costs(run, lang), everything(run, lang)];
}
