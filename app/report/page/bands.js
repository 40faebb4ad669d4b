// Series of a study over time: quantile bands over its samples and replicas, of one option beside the baseline's median.
import {number, plainNumber} from "./format.js";
import {capital, metricName} from "./names.js";
import {say} from "./words.js";
import {choose, el, folded, section, table} from "./dom.js";
import {chart} from "./charts.js";

// One row a stretch: its time, the quantiles, and the baseline's median; stretches without a value are left out.
export function bandRows(bands, series, lever, baseline) {
  const of = series.levers[lever], base = series.levers[baseline], origin = Date.parse(bands.start.replace(" ", "T") + "Z");
  if (!of) return [];
  return bands.t.map((t, i) => ({time: Number.isFinite(origin) ? new Date(origin + 1000 * t) : t / 86400, p05: of[0][i], p25: of[1][i], p50: of[2][i], p75: of[3][i],
                                 p95: of[4][i], base: base && lever !== baseline ? base[2][i] : null})).filter((r) => r.p50 !== null);
}

function bandChart(study, series, lever, lang) {
  const rows = bandRows(study.bands, series, lever, study.baseline), unit = series.unit === "1" ? "" : series.unit;
  const title = `${capital(metricName(series.name, lang))}${unit ? ` [${unit}]` : ""}: ${study.levers[lever]}`;
  const medians = rows.map((r) => r.p50), dated = rows[0]?.time instanceof Date;
  const alt = `${say(lang, "median")}: ${number(Math.min(...medians))} – ${number(Math.max(...medians))} ${unit}`;
  const based = rows.filter((r) => r.base !== null);
  const band = (low, high, opacity) => window.Plot.areaY(rows, {x: "time", y1: low, y2: high, fill: "var(--c1)", fillOpacity: opacity});
  return chart(lang, "bands", title, alt, (width) => ({
    height: 300, marginLeft: 56, marginRight: 16,
    x: {type: dated ? "utc" : "linear", label: dated ? null : "d", ticks: width < 500 ? 4 : undefined},
    y: {label: null, grid: true, nice: true, zero: true, tickFormat: plainNumber, ticks: 6},
    marks: [band("p05", "p95", 0.16), band("p25", "p75", 0.3), window.Plot.lineY(rows, {x: "time", y: "p50", stroke: "var(--c1)", strokeWidth: 2}),
            based.length ? window.Plot.lineY(based, {x: "time", y: "base", stroke: "var(--ink)", strokeWidth: 1.5, strokeDasharray: "4 3"}) : null,
            window.Plot.ruleY([0], {stroke: "var(--muted)"})],
  }));
}

function bandTable(study, series, lever, lang) {
  const rows = bandRows(study.bands, series, lever, study.baseline).map((r) => ({...r, time: r.time instanceof Date ? r.time.toISOString().slice(0, 16).replace("T", " ") : number(r.time, 4)}));
  const unit = series.unit === "1" ? "" : series.unit, column = (key, title) => ({key, title, unit, number: true});
  return table(lang, `${capital(metricName(series.name, lang))}: ${study.levers[lever]}`, [{key: "time", title: say(lang, "stretch")}, column("p05", "5 %"), column("p25", "25 %"),
    column("p50", say(lang, "median")), column("p75", "75 %"), column("p95", "95 %")], rows, {file: "bands"});
}

export function bandSection(study, lang, state) {
  const all = (study.bands?.series ?? []).filter((s) => s.levers.some((l) => l && l[4].some((v) => v)));
  if (all.length === 0) return null;
  state.series ??= 0;
  state.banded ??= study.levers.length > 1 ? (study.baseline === 0 ? 1 : 0) : 0;
  const room = el("div");
  const draw = () => {
    const series = all[Math.min(state.series, all.length - 1)];
    if (!series.levers[state.banded]) return room.replaceChildren(el("p", {class: "note", text: say(lang, "no_bands")}));
    room.replaceChildren(bandChart(study, series, state.banded, lang), folded(say(lang, "table"), bandTable(study, series, state.banded, lang)));
  };
  draw();
  const pick = (key, label, names) => choose(say(lang, label), names, state[key], (i) => {
    state[key] = i;
    draw();
  });
  const note = say(lang, "bands_note", {n: study.bands.t.length, base: study.levers[study.baseline]}) + (study.bands.every > 1 ? " " + say(lang, "bands_every", {k: study.bands.every}) : "");
  return section("bands", say(lang, "bands"), note, pick("series", "show", all.map((s) => capital(metricName(s.name, lang)))),
                 study.levers.length > 1 ? pick("banded", "option", study.levers) : null, room);
}
