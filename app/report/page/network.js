// The page of networks: a fabric by tier, what it is made of, and what is left when one thing is down.
import {number, plainNumber, quantity} from "./format.js";
import {say} from "./words.js";
import {el, folded, section, table} from "./dom.js";
import {chart, leftMargin, ramp} from "./charts.js";

const between = [["host", 0, 1], ["leaf_spine", 1, 2], ["spine_core", 2, 3]];

// Tiers from the GPUs up, with what joins them: counts are those of the sizing.
function fabricRows(row) {
  const tiers = [{tier: "GPU", n: row.gpus}, {tier: row.leaves > 0 ? "leaf" : row.ports[0]?.tier ?? "switch", n: row.leaves || row.switches}, {tier: "spine", n: row.spines}, {tier: "core", n: row.cores}].filter((t) => t.n > 0);
  const cables = between.filter(([kind]) => row.cables[kind] > 0).map(([kind, low, high]) => ({kind, low, high, n: row.cables[kind]}));
  for (const kind of ["local", "global"]) if (row.cables[kind] > 0) cables.push({kind, low: 1, high: 1, n: row.cables[kind]});
  return {tiers, cables};
}

function fabricChart(row, lang) {
  const {tiers, cables} = fabricRows(row), most = Math.sqrt(Math.max(...tiers.map((t) => t.n)));
  const bars = tiers.map((t, level) => ({...t, level, half: Math.max(0.03, 0.46 * Math.sqrt(t.n) / most)}));
  const links = cables.flatMap((c) => {
    if (c.low === c.high || !bars[c.high]) return [];
    // As many lines as show the density, never as many as there are cables.
    const lines = Math.max(6, Math.round(60 * Math.sqrt(c.n) / Math.sqrt(Math.max(...cables.map((x) => x.n)))));
    return Array.from({length: lines}, (_, i) => {
      const at = lines > 1 ? 2 * i / (lines - 1) - 1 : 0;
      return {x1: 0.5 + at * bars[c.low].half, y1: c.low, x2: 0.5 + at * bars[c.high].half, y2: c.high};
    });
  });
  const inside = cables.filter((c) => c.low === c.high);
  const alt = [...tiers.map((t) => `${t.tier}: ${number(t.n, 9)}`), ...cables.map((c) => `${c.kind}: ${number(c.n, 9)}`)].join("; ");
  return chart(lang, "fabric", `${row.topology} · ${number(row.gpus, 9)} GPU`, alt, (width) => ({
    height: 70 + 84 * tiers.length, marginLeft: 20, marginRight: 20, x: {axis: null, domain: [0, 1]}, y: {axis: null, domain: [-0.35, tiers.length - 0.45]},
    marks: [
      window.Plot.link(links, {x1: "x1", y1: "y1", x2: "x2", y2: "y2", stroke: "var(--muted)", strokeOpacity: 0.4, strokeWidth: 0.8}),
      window.Plot.rect(bars, {x1: (b) => 0.5 - b.half, x2: (b) => 0.5 + b.half, y1: (b) => b.level - 0.16, y2: (b) => b.level + 0.16, fill: (b) => `var(--c${[8, 1, 3, 4][b.level]})`, rx: 3}),
      window.Plot.text(bars, {x: 0.5, y: "level", text: (b) => `${b.tier} ${number(b.n, 9)}`, fill: "var(--ink)", stroke: "var(--page)", strokeWidth: 5, fontWeight: 600, fontSize: 13}),
      window.Plot.text(cables.filter((c) => c.low !== c.high), {x: 0.5, y: (c) => (c.low + c.high) / 2, text: (c) => `${number(c.n, 9)} × ${c.kind.replace("_", "–")}`, fill: "var(--ink)", stroke: "var(--page)", strokeWidth: 5}),
      window.Plot.text(inside, {x: 0.5, y: (_, i) => 1.28 + 0.17 * i, text: (c) => `${number(c.n, 9)} × ${c.kind}`, fill: "var(--ink)", stroke: "var(--page)", strokeWidth: 5}),
    ],
  }));
}

function degradedChart(row, lang) {
  const list = row.degraded ?? [];
  if (list.length === 0) return null;
  const lost = (d) => 100 * (1 - d.bisection_left), cut = (d) => (d.gpus_cut > 0 ? `${number(d.gpus_cut, 9)} ${say(lang, "gpus_cut")}` : "");
  const alt = list.map((d) => `${d.what}: ${number(lost(d))} %, ${number(d.gpus_cut, 9)} ${say(lang, "gpus_cut")}`).join("; ");
  const said = (d) => [`${number(lost(d), 2)} %`, cut(d)].filter((x) => x).join(" · ");
  return chart(lang, "degraded", `${row.topology}: ${say(lang, "bisection_lost")}`, alt, (width) => ({
    height: 64 + 26 * list.length, marginLeft: leftMargin(list.map((d) => d.what), width), marginRight: leftMargin(list.map(said), width) + 8,
    x: {label: "%", labelAnchor: "center", labelArrow: "none", domain: [0, Math.max(0.01, ...list.map(lost))], nice: true, grid: true, tickFormat: plainNumber, ticks: 4},
    y: {label: null, domain: list.map((d) => d.what), tickSize: 0},
    marks: [window.Plot.barX(list, {y: "what", x: lost, fill: "var(--c2)", insetTop: 4, insetBottom: 4}),
            window.Plot.text(list, {y: "what", x: lost, text: said, textAnchor: "start", dx: 5, fill: "var(--ink)"})],
  }));
}

// Cells of the map: a row for every kind of cable and direction, from the cores down to the hosts.
export function loadCells(map, lang) {
  const order = ["spine_core", "leaf_spine", "host", "global", "local"];
  const rows = [...map.rows].sort((a, b) => order.indexOf(a.kind.replace("-", "_")) - order.indexOf(b.kind.replace("-", "_")));
  return rows.flatMap((row) => row.cells.map((cell, i) => ({row: `${row.kind.replace("_", "–")} ${say(lang, row.direction === "down" ? "down_way" : row.direction)}`, column: map.columns[i], ...cell})))
    .filter((c) => c.links > 0);
}

function loadChart(row, what, lang) {
  const {map, pattern, routing} = row.load, cells = loadCells(map, lang), rows = [...new Set(cells.map((c) => c.row))];
  const title = say(lang, "load_title", {topology: row.topology, what: say(lang, what === "mean" ? "mean_of" : "most_of"), pattern, routing});
  const range = (name) => cells.filter((c) => c.row === name).map((c) => 100 * c[what]);
  const alt = rows.map((name) => `${name}: ${number(Math.min(...range(name)))} – ${number(Math.max(...range(name)))} %`).join("; ");
  return chart(lang, "load-" + what, title, alt, (width) => {
    const every = Math.ceil(map.columns.length * 34 / Math.max(100, width - 150));
    return {
      height: 74 + 30 * rows.length, marginLeft: leftMargin(rows, width), marginRight: 12, padding: 0,
      x: {type: "band", domain: map.columns, label: say(lang, map.of === "group" ? "column_group" : "column_leaf"), labelAnchor: "center", labelArrow: "none", tickSize: 0,
          ticks: map.columns.filter((_, i) => i % every === 0)},
      y: {type: "band", domain: rows, label: null, tickSize: 0}, color: {type: "linear", domain: [0, 1], interpolate: ramp()},
      marks: [window.Plot.cell(cells, {x: "column", y: "row", fill: what, inset: 0.5,
                                       title: (c) => `${c.row}, ${c.column}: ${say(lang, "mean_of")} ${number(100 * c.mean)} %, ${say(lang, "most_of")} ${number(100 * c.most)} %, ${number(c.links, 9)} ${say(lang, "links")}`})],
    };
  });
}

function loads(page, lang) {
  const given = page.rows.filter((r) => r.load), drawn = given.filter((r) => r.load.map).slice(0, 6);
  if (given.length === 0) return null;
  const left = given.filter((r) => !r.load.map && r.load.why).map((r) => el("p", {class: "note"}, `${r.topology}: ${r.load.why}`));
  const cells = drawn.flatMap((r) => loadCells(r.load.map, lang).map((c) => ({topology: r.topology, ...c})));
  const share = (key, title) => ({key, title: say(lang, title), number: true, show: (v) => number(100 * v) + " %"});
  return section("loads", say(lang, "loads"), say(lang, "loads_note"), ...left,
    ...drawn.map((r) => el("div", {class: "grid"}, loadChart(r, "mean", lang), loadChart(r, "most", lang))),
    drawn.length ? el("p", {class: "ramp"}, el("span", {text: "0 %"}), el("i"), el("span", {text: "100 %"})) : null,
    drawn.length ? folded(say(lang, "table"), table(lang, say(lang, "loads"), [{key: "topology", title: say(lang, "topology")}, {key: "row", title: say(lang, "direction")},
      {key: "column", title: say(lang, drawn[0].load.map.of === "group" ? "column_group" : "column_leaf")}, {key: "links", title: say(lang, "links"), number: true, digits: 9}, share("mean", "mean_of"), share("most", "most_of")],
      cells, {file: "loads"})) : null);
}

function sizing(page, lang) {
  const n = (key, title, more = {}) => ({key, title: say(lang, title), number: true, digits: 9, ...more});
  const rows = page.rows.map((r) => ({...r, all_cables: Object.values(r.cables).reduce((a, b) => a + b, 0), fits_text: say(lang, r.fits ? "yes" : "no"), said: [r.why, r.note].filter((x) => x).join("; ")}));
  return section("sizing", say(lang, "sizing"), null, table(lang, say(lang, "sizing"), [
    {key: "topology", title: say(lang, "topology")}, n("gpus", "gpus"), n("switches", "switches"), n("all_cables", "cables"), n("optics", "optics"),
    n("bisection_tbps", "bisection", {unit: "Tbit/s", digits: 5}), n("injection_tbps", "injection", {unit: "Tbit/s", digits: 5}), n("power_kw", "net_power", {unit: "kW", digits: 4}),
    n("cost_krw", "net_cost", {show: (v) => (v === null ? say(lang, "no_price") : quantity(v, "KRW", "", lang))}), n("most_gpus", "most_gpus"),
    {key: "fits_text", title: say(lang, "fits")}, {key: "said", title: say(lang, "note"), class: () => "wide"}], rows, {file: "sizing"}));
}

export const networkFacts = (page, lang) => [say(lang, "network"), ...page.rows.slice(0, 1).map((r) => `GPU ${number(r.gpus, 9)}`)];

export function networkSections(page, lang) {
  const drawable = page.rows.filter((r) => r.fits && r.switches > 0);
  const words = (text) => text.replaceAll("_", " ");
  const media = page.rows.flatMap((r) => r.media.map((m) => ({topology: r.topology, ...m, tier: m.tier.replace("_", "–"), medium: words(m.medium)})));
  const ports = page.rows.flatMap((r) => r.ports.map((p) => ({topology: r.topology, ...p})));
  const degraded = page.rows.flatMap((r) => (r.degraded ?? []).map((d) => ({topology: r.topology, ...d})));
  const n = (key, title, digits = 9) => ({key, title: say(lang, title), number: true, digits});
  const topology = {key: "topology", title: say(lang, "topology")};
  return [
    drawable.length ? section("fabric", say(lang, "fabric"), say(lang, "fabric_note"), el("div", {class: drawable.length > 1 ? "grid" : null}, drawable.slice(0, 6).map((r) => fabricChart(r, lang)))) : null,
    loads(page, lang),
    sizing(page, lang),
    degraded.length ? section("degraded", say(lang, "degraded"), null, el("div", {class: "grid"}, drawable.slice(0, 6).map((r) => degradedChart(r, lang))), folded(say(lang, "table"), table(lang, say(lang, "degraded"), [topology, {key: "what", title: say(lang, "what")},
      n("gpus_cut", "gpus_cut"), n("gpus_slowed", "gpus_slowed"), {key: "bisection_left", title: say(lang, "bisection_left"), number: true, show: (v) => number(100 * v, 5) + " %"}], degraded, {file: "degraded"}))) : null,
    media.length || ports.length ? section("cables", say(lang, "cables"), null,
      media.length ? table(lang, say(lang, "cables"), [topology, {key: "tier", title: say(lang, "tier")}, {key: "medium", title: say(lang, "medium")}, n("count", "count"), n("mean_m", "mean_m", 4)], media, {file: "cables"}) : null,
      ports.length ? table(lang, say(lang, "ports"), [topology, {key: "tier", title: say(lang, "tier")}, n("switches", "switches"), n("used", "used"), n("left", "ports_left")], ports, {file: "ports"}) : null) : null,
  ];
}
