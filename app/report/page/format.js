// Numbers as people read them: units that fit, digits that matter, and CSV with every digit.

const shares = /^(utilization|ettr|bid_irr|nobody_bids|target_missed|target_reached)$|_share$/;
const gpuHours = /gpu_hours|h100e_hours/;

// Steps of a unit, greatest last: [from this value on, divide by, English, Korean].
const ladders = {
  s: [[0, 1, "s", "초"], [120, 60, "min", "분"], [7200, 3600, "h", "시간"], [172800, 86400, "days", "일"]],
  "MW hour": [[0, 1, "MWh", "MWh"], [10000, 1e3, "GWh", "GWh"], [1e7, 1e6, "TWh", "TWh"]],
  KRW: [[0, 1, "KRW", "원"], [1e6, 1e6, "million KRW", "백만 원"], [1e9, 1e9, "billion KRW", "억 원"],
        [1e13, 1e12, "trillion KRW", "조 원"]],
};

// How to show values of a unit up to `most` in size: divide by `divide`, then write `unit`.
export function scaleFor(unit, name, most, lang) {
  const ko = lang === "ko";
  name = name.split(" of ")[0];
  if (unit === "1" && shares.test(name)) return {divide: 0.01, unit: "%"};
  if (unit === "1") return {divide: 1, unit: ""};
  if (gpuHours.test(name) && unit === "hour") {
    const base = ko ? "GPU시간" : "GPU-h";
    if (most >= 1e6) return ko ? {divide: 1e4, unit: "만 " + base} : {divide: 1e6, unit: "million " + base};
    return {divide: 1, unit: base};
  }
  const year = unit === "KRW year-1";
  const ladder = ladders[year ? "KRW" : unit];
  if (ladder) {
    let step = ladder[0];
    for (const each of ladder) if (most >= each[0]) step = each;
    let divide = step[1];
    if (ko && step[3] === "억 원") divide = 1e8;
    return {divide, unit: (ko ? step[3] : step[2]) + (year ? (ko ? "/년" : " a year") : "")};
  }
  const plain = {"KRW hour-1": ["KRW/h", "원/시간"], day: ["days", "일"], hour: ["h", "시간"], t: ["t", "톤"], MW: ["MW", "MW"],
                 m3: ["m³", "m³"]}[unit];
  return {divide: 1, unit: plain ? plain[ko ? 1 : 0] : unit};
}

// A number to `digits` significant digits, grouped, with a true minus; whole ones have no point; "–" where there is none.
export function number(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e12 || size < 1e-5) return value.toExponential(digits - 1).replace("e+", "e").replace(/-/g, "−");
  const decimals = Number.isInteger(value) ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  const [whole, part] = Math.abs(value).toFixed(Math.min(decimals, 12)).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const text = part ? grouped + "." + part : grouped;
  return (value < 0 && /[1-9]/.test(text) ? "−" : "") + text;
}

// On an axis: without zeros that say nothing.
export const plainNumber = (value) => (value === 0 ? "0" : number(value, 6).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, ""));

export function signed(value, digits = 3) {
  const text = number(value, digits);
  return value > 0 && Number.isFinite(value) ? "+" + text : text;
}

const spaced = (text, unit) => (unit === "" ? text : text + " " + unit);

export function quantity(value, unit, name, lang, digits = 3) {
  if (value === null || value === undefined) return "–";
  const scale = scaleFor(unit, name, Math.abs(value), lang);
  return spaced(number(value / scale.divide, digits), scale.unit);
}

// A difference: shares differ by points.
export function difference(value, unit, name, lang, digits = 3) {
  if (value === null || value === undefined) return "–";
  const scale = scaleFor(unit, name, Math.abs(value), lang);
  const points = scale.unit === "%" ? (lang === "ko" ? "%p" : "points") : scale.unit;
  return spaced(signed(value / scale.divide, digits), points);
}

export const differenceUnit = (unit, lang) => (unit === "%" ? (lang === "ko" ? "%p" : "points") : unit);

export function percent(p) {
  if (p === null || p === undefined) return "–";
  if (p < 1 && p > 0.995) return "> 99 %";
  if (p > 0 && p < 0.005) return "< 1 %";
  return Math.round(100 * p) + " %";
}

// RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe before it.
export function csv(header, rows) {
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
    let text = String(value);
    if (/^[=+\-@\t\r]/.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  return [header, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

// A name that fits a label: whole characters, never half of a pair; the end tells what was cut.
export function clipped(text, most = 28) {
  const characters = Array.from(String(text));
  return characters.length <= most ? characters.join("") : characters.slice(0, most - 1).join("") + "…";
}
