// Jobs of a run: how long they waited, and one day of them as blocks.
import {number, percent, plainNumber, quantity, scaleFor} from "./format.js";
import {say} from "./words.js";
import {el, folded, section, table} from "./dom.js";
import {chart, leftMargin, series} from "./charts.js";
import {places} from "./lanes.js";
import {shortNames} from "./study.js";

function waitChart(lang, name, title, list) {
  const scale = scaleFor("s", "", Math.max(...list.map((r) => r.p99)), lang), labels = shortNames(list.map((r) => r.name));
  const rows = list.flatMap((r, i) => [["median", r.p50], ["q90", r.p90], ["q99", r.p99]].map(([key, v]) => ({name: labels[i], key: say(lang, key), v: v / scale.divide})));
  const alt = list.map((r) => `${r.name}: ${say(lang, "median")} ${quantity(r.p50, "s", "", lang)}, 90 % ${quantity(r.p90, "s", "", lang)}, 99 % ${quantity(r.p99, "s", "", lang)}`).join("; ");
  return chart(lang, name, title, alt, (width) => ({
    height: 70 + 30 * list.length, marginLeft: leftMargin(labels, width), marginRight: 24,
    x: {label: `${scale.unit} (log)`, labelAnchor: "center", labelArrow: "none", type: "symlog", constant: Math.max(1e-3, 60 / scale.divide), grid: true, tickFormat: plainNumber,
        ticks: [0, 0.1, 1, 10, 100, 1000, 1e4].filter((x) => x <= Math.max(...rows.map((r) => r.v)) * 1.3)},
    y: {label: null, domain: labels, tickSize: 0},
    color: {domain: [say(lang, "median"), say(lang, "q90"), say(lang, "q99")], range: ["var(--c1)", "var(--c5)", "var(--c2)"]}, symbol: {legend: true, domain: [say(lang, "median"), say(lang, "q90"), say(lang, "q99")]},
    marks: [window.Plot.ruleY(list, {y: (_, i) => labels[i], x1: (r) => r.p50 / scale.divide, x2: (r) => r.p99 / scale.divide, stroke: "var(--line)", strokeWidth: 5, strokeLinecap: "round"}),
            window.Plot.dot(rows, {y: "name", x: "v", stroke: "key", symbol: "key", fill: "key", r: 4.5})],
  }));
}

function waitTable(lang, title, list, file) {
  const wait = (key, text) => ({key, title: text, unit: "s", number: true});
  return table(lang, title, [{key: "name", title}, {key: "jobs", title: say(lang, "jobs"), number: true, digits: 9}, {key: "waiting", title: say(lang, "waiting"), number: true, digits: 9},
                             wait("mean", say(lang, "mean")), wait("p50", say(lang, "median")), wait("p90", "90 %"), wait("p99", "99 %")], list, {file});
}

function day(run, lang) {
  const of = run.jobs.day;
  if (of.rows.length === 0) return null;
  const from = of.day * 86400, to = from + 86400, groups = shortNames(run.group?.names ?? []);
  const jobs = of.rows.map(([start, end, gpus, group, klass, outcome, stops]) => ({start: Math.max(start, from), end: Math.min(end, to), gpus, group: groups[group] ?? "–", klass, outcome, stops}));
  const at = places(jobs), top = Math.max(...jobs.map((j, i) => at[i] + j.gpus));
  const blocks = jobs.map((j, i) => ({...j, x1: (j.start - from) / 3600, x2: (j.end - from) / 3600, y1: at[i], y2: at[i] + j.gpus}));
  const names = groups.filter((g) => blocks.some((b) => b.group === g));
  const note = say(lang, "day_note", {day: of.day + 1, shown: number(of.rows.length, 9), jobs: number(of.jobs, 9), share: percent(of.shown_share)});
  return section("day", say(lang, "day"), note, chart(lang, "day", say(lang, "day"), note, (width) => ({
    height: Math.min(540, 0.6 * width + 160), marginLeft: 56, marginRight: 12,
    x: {label: say(lang, "hour_of_day"), labelAnchor: "center", labelArrow: "none", domain: [0, 24], ticks: width < 500 ? [0, 6, 12, 18, 24] : [0, 3, 6, 9, 12, 15, 18, 21, 24]},
    y: {label: say(lang, "gpus"), labelArrow: "none", domain: [0, top], grid: true, tickFormat: plainNumber},
    color: {domain: names, range: series, legend: true},
    marks: [window.Plot.rect(blocks, {x1: "x1", x2: "x2", y1: "y1", y2: "y2", fill: "group", fillOpacity: (_, i) => (i % 2 ? 0.95 : 0.75), insetRight: 0.5,
                                      title: (b) => `${b.group}: ${number(b.gpus, 9)} ${say(lang, "gpus")}, ${number(b.x1)}–${number(b.x2)} h`})],
  })));
}

export function jobSections(run, lang) {
  if (!run.jobs) return [section("waits", say(lang, "waits"), say(lang, "no_jobs"))];
  return [section("waits", say(lang, "waits"), say(lang, "waits_note"), el("div", {class: "grid"},
            waitChart(lang, "waits-by-size", say(lang, "by_size"), run.jobs.waits_by_size), waitChart(lang, "waits-by-group", say(lang, "by_group"), run.jobs.waits_by_group)),
            folded(say(lang, "table"), el("div", {}, waitTable(lang, say(lang, "by_size"), run.jobs.waits_by_size, "waits-by-size"),
                                          waitTable(lang, say(lang, "by_group"), run.jobs.waits_by_group, "waits-by-group")))),
          day(run, lang)];
}
