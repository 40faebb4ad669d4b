// The page's own modules, apart from any browser. Run by page.py, which gives the answers of numpy and scipy as JSON on
// stdin, and by hand as: page.py.
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";

const folder = process.argv[2];
const load = (name) => import(new URL(`file://${folder}/${name}.js`));
const {csv, clipped, difference, number, percent, plainNumber, quantity, scaleFor, signed} = await load("format");
const {flipPoint, normalQuantile, quantileOf, ranking, sliderRange, studentQuantile, weigh, weightedMean} = await load("weights");
const {places} = await load("lanes");
const {words, say} = await load("words");
const {answer} = await load("answer");
const {bandRows} = await load("bands");
const {loadCells} = await load("network");
const expected = JSON.parse(readFileSync(0, "utf8"));

const near = (a, b, tolerance, what) => assert.ok(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)), `${what}: ${a} is not ${b}`);
const tests = [];
const test = (name, run) => tests.push([name, run]);

test("weights are those that another solver finds", () => {
  for (const [c, each] of expected.weights.entries()) {
    const found = weigh(each.samples, each.beliefs);
    assert.ok(found.reached, `case ${c}`);
    each.weights.forEach((w, s) => near(found.weights[s], w, 2e-6, `case ${c}, sample ${s}`));
    near(found.effective, each.effective, 1e-5, `case ${c}: effective size`);
    for (const b of each.beliefs)
      near(b.values.reduce((sum, x, s) => sum + x * found.weights[s], 0), b.mean, 1e-7, `case ${c}: believed mean`);
  }
});

test("beliefs that no weights can have are said to be out of reach", () => {
  const values = [1, 2, 3, 4];
  assert.equal(weigh(4, [{values, mean: 4.5}]).reached, false);
  assert.equal(weigh(4, [{values, mean: 2}, {values: values.map((x) => 2 * x), mean: 7}]).reached, false);
  const still = weigh(4, []);
  assert.deepEqual([still.weights, still.effective, still.reached], [[0.25, 0.25, 0.25, 0.25], 4, true]);
});

test("weighted means, their errors, and quantiles", () => {
  for (const each of expected.means) {
    const found = weightedMean(each.values, each.weights);
    near(found.mean, each.mean, 1e-12, "mean");
    near(found.error, each.error, 1e-12, "error");
  }
  for (const [p, degrees, t] of expected.student) near(studentQuantile(p, degrees), t, 1e-8, `t ${p} ${degrees}`);
  for (const [p, z] of expected.normal) near(normalQuantile(p), z, 2e-9, `z ${p}`);
  for (const [values, p, q] of expected.quantiles) near(quantileOf(values, p), q, 1e-12, "quantile");
});

test("bands: a row a stretch, the baseline beside another option, dates where the file has them", () => {
  const quantiles = (x) => [[x, x], [x + 1, x + 1], [x + 2, null], [x + 3, x + 3], [x + 4, x + 4]];
  const bands = {start: "2026-01-01 00:00:00", t: [3600, 7200]}, series = {levers: [quantiles(0), quantiles(10), null]};
  const rows = bandRows(bands, series, 1, 0);
  assert.deepEqual(rows.map((r) => [r.time.toISOString(), r.p05, r.p50, r.p95, r.base]), [["2026-01-01T01:00:00.000Z", 10, 12, 14, 2]]);
  assert.equal(bandRows(bands, series, 0, 0)[0].base, null);
  assert.deepEqual(bandRows(bands, series, 2, 0), []);
  assert.equal(bandRows({...bands, start: ""}, series, 1, 0)[0].time, 3600 / 86400);
});

test("the map of loads goes from the cores down, without cells that have no link", () => {
  const cell = (mean) => ({mean, most: mean, links: 4});
  const map = {of: "leaf", columns: ["0", "1"], rows: [{kind: "host", direction: "up", cells: [cell(0.5), null]},
                                                       {kind: "spine_core", direction: "down", cells: [cell(0.1), cell(0.2)]}]};
  assert.deepEqual(loadCells(map, "en").map((c) => [c.row, c.column, c.mean]),
                   [["spine–core down", "0", 0.1], ["spine–core down", "1", 0.2], ["host up", "0", 0.5]]);
});

test("missing samples are left out and equal levers keep their order", () => {
  const order = ranking([[1, null, 3], [2, 2, 2], [2, 2, 2]], "higher", [1 / 3, 1 / 3, 1 / 3]);
  assert.deepEqual(order.map((r) => r.lever), [0, 1, 2]);
  assert.equal(order[0].mean, 2);
  assert.equal(order[1].decided, false);
});

test("the ranking flips where two lines cross", () => {
  // Outcome x against outcome 3: with one belief, x's weighted mean is the belief itself.
  const x = [1, 1.5, 2, 2.5, 3.5, 4, 5, 6, 6.5, 7];
  const found = flipPoint([x, x.map(() => 3)], "higher", [{values: x, mean: sliderRange(x).rest}], 0);
  near(found.at, 3, 1e-5, "flip");
  assert.equal(found.lever, 1);
  assert.equal(flipPoint([x, x.map(() => 0)], "higher", [{values: x, mean: 4}], 0), null);
});

test("numbers are written as people read them", () => {
  const cases = [[0, "0"], [1234567, "1,234,567"], [1234.5678, "1,235"], [-0.04567, "−0.0457"], [0.1, "0.100"], [5, "5"], [null, "–"], [NaN, "–"],
                 [Infinity, "∞"], [-1e-9, "−1.00e−9"], [123456.7, "123,457"], [2.5e13, "2.50e13"], [-0.00004, "−0.0000400"], [999.96, "1,000"]];
  for (const [value, text] of cases) assert.equal(number(value), text);
  assert.equal(plainNumber(10), "10");
  assert.equal(plainNumber(0.5), "0.5");
  assert.equal(signed(2.5), "+2.50");
  assert.equal(signed(-2.5), "−2.50");
  assert.equal(percent(0.999), "> 99 %");
  assert.equal(percent(0.001), "< 1 %");
  assert.equal(percent(1), "100 %");
  assert.equal(quantity(0.8123, "1", "utilization", "en"), "81.2 %");
  assert.equal(quantity(90000, "s", "wait_mean_s", "en"), "25 h");
  assert.equal(quantity(200000, "s", "wait_mean_s", "ko"), "2.31 일");
  assert.equal(quantity(3.2e12, "KRW", "capex_krw", "ko"), "32,000 억 원");
  assert.equal(quantity(3.3e11, "KRW year-1", "annual_cost_krw", "en"), "330 billion KRW a year");
  assert.equal(difference(0.021, "1", "utilization", "en"), "+2.10 points");
  assert.deepEqual(scaleFor("MW hour", "facility_energy_mwh", 25000, "en"), {divide: 1000, unit: "GWh"});
});

test("CSV keeps every digit, quotes what it must, and gives no formulas", () => {
  const value = 0.1 + 0.2;
  const text = csv(["a", 'b "c"'], [[value, "x,y"], [null, "=1+1"], [-2, 'say "no"\nplease'], [NaN, "@cmd"]]);
  assert.equal(text, 'a,"b ""c"""\n0.30000000000000004,"x,y"\n,\'=1+1\n-2,"say ""no""\nplease"\n,\'@cmd\n');
});

test("names are cut between characters", () => {
  assert.equal(clipped("가나다라", 3), "가나…");
  assert.equal(clipped("😀😀😀😀", 3), "😀😀…");
  assert.equal(clipped("x".repeat(10000)).length, 28);
});

test("no two jobs hold one place", () => {
  for (const jobs of expected.days) {
    const from = places(jobs);
    for (let i = 0; i < jobs.length; ++i)
      for (let k = 0; k < i; ++k)
        if (jobs[i].start < jobs[k].end && jobs[k].start < jobs[i].end)
          assert.ok(from[i] >= from[k] + jobs[k].gpus || from[k] >= from[i] + jobs[i].gpus, `jobs ${i} and ${k}`);
  }
});

test("both languages say the same things with the same gaps", () => {
  assert.deepEqual(Object.keys(words.ko).sort(), Object.keys(words.en).sort());
  const gaps = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
  for (const key of Object.keys(words.en)) assert.deepEqual(gaps(words.ko[key]), gaps(words.en[key]), key);
  assert.equal(say("en", "levers_n", {n: "$&{n}"}), "$&{n} options");
});

test("the answer says what is decided and what is not", () => {
  const levers = (...means) => means.map((mean) => ({mean, low: mean - 0.1, high: mean + 0.1}));
  const study = {
    levers: ["small", "large"], baseline: 0, assumptions: ["a", "b"], uncertainties: [{}], scopes: [],
    outcomes: [
      {name: "utilization", unit: "1", better: "higher", levers: levers(0.5, 0.7), chosen: 1, may_be_best: [1],
       differences: [{lever: 1, mean: 0.2, low: 0.1, high: 0.3, verdict: "better"}]},
      {name: "wait_mean_s", unit: "s", better: "lower", levers: levers(3600, 7200), chosen: 0, may_be_best: [0, 1],
       differences: [{lever: 1, mean: 3600, low: -10, high: 7210, verdict: "undecided"}]},
    ],
  };
  const [first, second, third] = answer(study, study.outcomes[0], "en");
  assert.equal(first, "“large” is best for utilisation: 70 %; with 95 % confidence no other of the 2 options is better. " +
                      "Against “small” that is +20 points (95 % +10 points to +30 points): better.");
  assert.equal(second, "On the other outcomes, against “small”: not decided on mean wait.");
  assert.equal(third, "The result rests on 2 assumptions and samples 1 uncertain quantities.");
  assert.match(answer(study, study.outcomes[1], "en")[0], /^Not decided: 2 of 2 options may have the best mean wait/);
  study.outcomes[0].differences[0].low = null;
  assert.match(answer(study, study.outcomes[0], "en")[0], /that is \+20 points, with too few worlds for an interval: better\.$/);
  assert.match(answer(study, study.outcomes[1], "ko")[0], /아직 판정할 수 없습니다/);
});

let failed = 0;
for (const [name, run] of tests) {
  try {
    run();
    console.log("ok", name);
  } catch (error) {
    failed += 1;
    console.log("FAILED", name, "\n ", error.message);
  }
}
process.exit(failed ? 1 : 0);
