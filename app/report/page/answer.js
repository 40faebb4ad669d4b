// The answer of a study in three sentences, from its numbers alone. What is not decided is said to be so.
import {difference, quantity} from "./format.js";
import {metricName} from "./names.js";
import {say} from "./words.js";

const between = (lang, d, outcome) => ({
  difference: difference(d.mean ?? d.difference, outcome.unit, outcome.name, lang),
  low: difference(d.low, outcome.unit, outcome.name, lang),
  high: difference(d.high, outcome.unit, outcome.name, lang),
});

export const differenceOf = (outcome, lever) => outcome.differences.find((d) => d.lever === lever);

// The option that the answer speaks of: the one with the best mean for the outcome.
export const bestLever = (outcome) => outcome.chosen ?? 0;

function first(study, outcome, lang) {
  const best = bestLever(outcome), estimate = outcome.levers[best];
  const put = {
    outcome: metricName(outcome.name, lang),
    best: study.levers[best],
    base: study.levers[study.baseline],
    n: study.levers.length,
    k: (outcome.may_be_best ?? []).length,
    value: quantity(estimate.mean, outcome.unit, outcome.name, lang),
    low: quantity(estimate.low, outcome.unit, outcome.name, lang),
    high: quantity(estimate.high, outcome.unit, outcome.name, lang),
  };
  if (study.levers.length === 1) return say(lang, "one_option", put);
  if (outcome.differences.every((d) => d.verdict === "equal")) return say(lang, "best_tie", put);
  const decided = (outcome.may_be_best ?? []).length === 1;
  let text = say(lang, decided ? "best_decided" : "best_open", put);
  const d = differenceOf(outcome, best);
  const known = d && d.low !== null && d.high !== null;
  text += " " + (d ? say(lang, known ? "against" : "against_one", {...put, ...between(lang, d, outcome), verdict: say(lang, d.verdict)})
                   : say(lang, "is_base", put));
  return text;
}

function second(study, outcome, lang) {
  const best = bestLever(outcome);
  if (best === study.baseline) {
    // Seen from the baseline: another that is worse is one in its favour.
    const all = study.outcomes.flatMap((o) => o.differences);
    const count = (verdict) => all.filter((d) => d.verdict === verdict).length;
    return say(lang, "trade_base", {n: all.length, w: count("worse"), l: count("better"),
                                    u: count("undecided") + count("equal")});
  }
  const by = {better: [], worse: [], undecided: [], equal: []};
  for (const other of study.outcomes) {
    if (other === outcome) continue;
    const d = differenceOf(other, best);
    if (!d) continue;
    const shown = d.verdict === "better" || d.verdict === "worse"
      ? " (" + difference(d.mean, other.unit, other.name, lang) + ")" : "";
    by[d.verdict].push(metricName(other.name, lang) + shown);
  }
  const list = [["better", "trade_better"], ["worse", "trade_worse"], ["undecided", "trade_open"], ["equal", "trade_equal"]]
    .filter(([verdict]) => by[verdict].length > 0)
    .map(([verdict, key]) => say(lang, key, {list: by[verdict].join(", ")}));
  return say(lang, "trade", {base: study.levers[study.baseline], list: list.join("; ")});
}

function third(study, outcome, lang) {
  const best = bestLever(outcome), scope = (study.scopes ?? []).find((s) => s.metrics.length > 0);
  const rests = say(lang, "rests", {a: study.assumptions.length, u: study.uncertainties.length});
  if (!scope || best === study.baseline) return rests;
  const metric = scope.metrics.find((m) => m.name === outcome.name) ?? scope.metrics[0];
  const cells = metric.levers[best].map((cell, i) => ({...cell, name: scope.names[i]})).filter((c) => c.verdict);
  const decided = cells.filter((c) => c.verdict === "better" || c.verdict === "worse");
  const put = {scope: say(lang, scope.scope), metric: metricName(metric.name, lang)};
  if (decided.length === 0) return say(lang, "groups_none", put);
  const most = decided.reduce((a, b) => (Math.abs(b.difference) > Math.abs(a.difference) ? b : a));
  const won = decided.filter((c) => c.verdict === "better").length;
  Object.assign(put, {
    most: most.name,
    value: put.metric + " " + difference(most.difference, metric.unit, metric.name, lang),
    won, lost: decided.length - won, open: cells.length - decided.length,
  });
  const all = decided.length === cells.length && (won === 0 || won === cells.length);
  if (all) return say(lang, "groups_all", {...put, verb: say(lang, won ? "gains" : "loses")});
  return say(lang, "groups_mixed", {...put, value: difference(most.difference, metric.unit, metric.name, lang)});
}

export function answer(study, outcome, lang) {
  return [first(study, outcome, lang), second(study, outcome, lang), third(study, outcome, lang)];
}
