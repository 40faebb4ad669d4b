// Beliefs that can be moved: stored samples weighed anew.
//
// A belief says what the mean of an uncertain quantity is. Of all weights that have these means, those nearest to equal
// ones are taken (least Kullback–Leibler divergence: Csiszár 1975, Annals of Probability 3): w(s) ∝ exp(Σ λ(j) z(j, s)),
// z standardised, λ by Newton's method on the convex dual log Σ exp(λ · (z − τ)). The effective sample size is
// (Σ w)² / Σ w² (Kish 1965). Nothing is simulated again: a belief outside of what was sampled cannot be had.

const finite = (x) => typeof x === "number" && Number.isFinite(x);

function moments(values) {
  const known = values.filter(finite);
  const mean = known.reduce((a, b) => a + b, 0) / known.length;
  const variance = known.reduce((a, b) => a + (b - mean) ** 2, 0) / known.length;
  return {mean, sd: Math.sqrt(variance), n: known.length};
}

// Solves the symmetric positive system a x = b in place (Cholesky); a little is added to the diagonal.
function solve(a, b) {
  const n = b.length;
  const l = a.map((row) => row.slice());
  for (let i = 0; i < n; ++i) l[i][i] += 1e-12;
  for (let j = 0; j < n; ++j) {
    for (let k = 0; k < j; ++k) for (let i = j; i < n; ++i) l[i][j] -= l[i][k] * l[j][k];
    const root = Math.sqrt(Math.max(l[j][j], 1e-300));
    for (let i = j; i < n; ++i) l[i][j] /= root;
  }
  const x = b.slice();
  for (let i = 0; i < n; ++i) {
    for (let k = 0; k < i; ++k) x[i] -= l[i][k] * x[k];
    x[i] /= l[i][i];
  }
  for (let i = n - 1; i >= 0; --i) {
    for (let k = i + 1; k < n; ++k) x[i] -= l[k][i] * x[k];
    x[i] /= l[i][i];
  }
  return x;
}

// beliefs: [{values: by sample, mean}]. Gives {weights (of sum 1), effective, reached}; `reached` is false where no
// weights of these samples have all the means.
export function weigh(samples, beliefs) {
  const equal = new Array(samples).fill(1 / samples);
  const active = beliefs.map((b) => ({values: b.values, target: b.mean, ...moments(b.values)})).filter((b) => b.sd > 0);
  if (active.length === 0) return {weights: equal, effective: samples, reached: true};
  const z = active.map((b) => b.values.map((x) => (finite(x) ? (x - b.mean) / b.sd : 0)));
  const tau = active.map((b) => (b.target - b.mean) / b.sd);
  const at = (lambda) => {
    const exponents = equal.map((_, s) => lambda.reduce((sum, l, j) => sum + l * (z[j][s] - tau[j]), 0));
    const most = Math.max(...exponents);
    const raw = exponents.map((e) => Math.exp(e - most));
    const total = raw.reduce((a, b) => a + b, 0);
    return {value: most + Math.log(total), weights: raw.map((r) => r / total)};
  };
  const means = (weights) => z.map((row, j) => row.reduce((sum, x, s) => sum + weights[s] * x, 0) - tau[j]);
  let lambda = active.map(() => 0);
  let now = at(lambda);
  let off = means(now.weights);
  for (let round = 0; round < 200 && Math.max(...off.map(Math.abs)) > 1e-11; ++round) {
    const spread = z.map((a, i) => z.map((b, j) =>
      a.reduce((sum, x, s) => sum + now.weights[s] * (x - tau[i] - off[i]) * (b[s] - tau[j] - off[j]), 0)));
    const step = solve(spread, off);
    const slope = step.reduce((sum, d, j) => sum + d * off[j], 0);
    let size = 1, next = null;
    for (let halving = 0; halving < 60; ++halving, size /= 2) {
      next = at(lambda.map((l, j) => l - size * step[j]));
      if (next.value <= now.value - 1e-4 * size * slope + 1e-15) break;
    }
    lambda = lambda.map((l, j) => l - size * step[j]);
    if (lambda.some((l) => !Number.isFinite(l) || Math.abs(l) > 1e3)) break;
    now = next;
    off = means(now.weights);
  }
  const effective = 1 / now.weights.reduce((sum, w) => sum + w * w, 0);
  return {weights: now.weights, effective, reached: Math.max(...off.map(Math.abs)) < 1e-6};
}

// Weighted mean and its standard error √(Σ w² (x − m)²) · √(e / (e − 1)), e the effective size; samples without a value
// are left out.
export function weightedMean(values, weights) {
  let total = 0, squares = 0, sum = 0;
  for (let s = 0; s < values.length; ++s) {
    if (!finite(values[s])) continue;
    total += weights[s];
    squares += weights[s] ** 2;
    sum += weights[s] * values[s];
  }
  if (!(total > 0)) return {mean: NaN, error: NaN, effective: 0};
  const mean = sum / total, effective = total ** 2 / squares;
  let spread = 0;
  for (let s = 0; s < values.length; ++s) if (finite(values[s])) spread += (weights[s] * (values[s] - mean)) ** 2;
  const error = effective > 1.0001 ? Math.sqrt(spread) / total * Math.sqrt(effective / (effective - 1)) : Infinity;
  return {mean, error, effective};
}

// Quantile of the standard normal distribution (Acklam's rational approximation, |relative error| < 1.2e-9).
export function normalQuantile(p) {
  const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
             2.506628277459239];
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
  const c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
             2.938163982698783];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
  const poly = (list, x) => list.reduce((sum, k) => sum * x + k, 0);
  if (p > 0.97575) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return poly(c, q) / (poly(d, q) * q + 1);
  }
  const q = p - 0.5, r = q * q;
  return poly(a, r) * q / (poly(b, r) * r + 1);
}

// Quantile of Student's distribution with real degrees of freedom > 1: bisection on its distribution function.
export function studentQuantile(p, degrees) {
  if (!(degrees > 0)) return Infinity;
  if (degrees > 1e6) return normalQuantile(p);
  let low = 0, high = 1e6;
  for (let i = 0; i < 200 && high - low > 1e-12 * Math.max(1, low); ++i) {
    const middle = (low + high) / 2;
    if (studentUpper(middle, degrees) > 1 - p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function logGamma(x) {  // Lanczos, g = 7
  const c = [0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
             12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];
  let sum = c[0];
  for (let i = 1; i < 9; ++i) sum += c[i] / (x - 1 + i);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

// P(T > t), t ≥ 0, by the continued fraction of the incomplete beta function (Lentz's method).
function studentUpper(t, n) {
  const x = n / (n + t * t), a = n / 2, b = 0.5;
  const beta = (u, p, q) => {
    const front = Math.exp(logGamma(p + q) - logGamma(p) - logGamma(q) + p * Math.log(u) + q * Math.log1p(-u)) / p;
    let c = 1, d = 1 / Math.max(1e-300, 1 - (p + q) * u / (p + 1)), f = d;
    for (let m = 1; m < 500; ++m) {
      const even = m * (q - m) * u / ((p + 2 * m - 1) * (p + 2 * m));
      d = 1 / (1 + even * d), c = 1 + even / c, f *= d * c;
      const odd = -(p + m) * (p + q + m) * u / ((p + 2 * m) * (p + 2 * m + 1));
      d = 1 / (1 + odd * d), c = 1 + odd / c;
      f *= d * c;
      if (Math.abs(d * c - 1) < 1e-15) break;
    }
    return front * f;
  };
  if (t === 0) return 0.5;
  return 0.5 * (x < (a + 1) / (a + b + 2) ? beta(x, a, b) : 1 - beta(1 - x, b, a));
}

// Levers by their weighted means, best first: [{lever, mean, low, high, decided}]. `decided`: the paired difference to
// the first has an interval without 0, at 95 % for all comparisons together (Bonferroni).
export function ranking(samplesByLever, better, weights) {
  const sign = better === "higher" ? -1 : 1;
  const list = samplesByLever.map((values, lever) => {
    const m = weightedMean(values, weights);
    const half = m.effective > 1 ? studentQuantile(0.975, m.effective - 1) * m.error : Infinity;
    return {lever, mean: m.mean, low: m.mean - half, high: m.mean + half, decided: false};
  });
  list.sort((a, b) => (Number.isNaN(a.mean) - Number.isNaN(b.mean)) || sign * (a.mean - b.mean) || a.lever - b.lever);
  const first = samplesByLever[list[0].lever], level = 1 - 0.025 / Math.max(1, list.length - 1);
  for (const each of list.slice(1)) {
    const d = weightedMean(samplesByLever[each.lever].map((x, s) => (finite(x) && finite(first[s]) ? x - first[s] : NaN)),
                           weights);
    const half = d.effective > 1 ? studentQuantile(level, d.effective - 1) * d.error : Infinity;
    each.decided = Math.abs(d.mean) > half;
  }
  return list;
}

export function quantileOf(values, p) {
  const sorted = values.filter(finite).sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const at = p * (sorted.length - 1), low = Math.floor(at), high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

// What a slider can say: from the 5 % to the 95 % quantile of the samples; its rest is their mean.
export function sliderRange(values) {
  return {low: quantileOf(values, 0.05), high: quantileOf(values, 0.95), rest: moments(values).mean};
}

// Where, as belief j moves over its range and the others stay, the best lever changes: the nearest point to where the
// slider stands, {at, lever}, or null where none does.
export function flipPoint(samplesByLever, better, beliefs, j) {
  const range = sliderRange(beliefs[j].values), here = beliefs[j].mean;
  const best = (mean) => {
    const moved = beliefs.map((b, i) => (i === j ? {...b, mean} : b));
    const w = weigh(samplesByLever[0].length, moved.filter((b, i) => i === j || b.moved));
    return w.reached ? ranking(samplesByLever, better, w.weights)[0].lever : null;
  };
  const now = best(here);
  let found = null;
  for (const end of [range.low, range.high]) {
    let last = here;
    for (let i = 1; i <= 20; ++i) {
      const next = here + (end - here) * i / 20, there = best(next);
      if (there === null) break;
      if (there !== now) {
        let same = last, other = next, lever = there;
        for (let k = 0; k < 25; ++k) {
          const middle = (same + other) / 2, at = best(middle);
          if (at === now) same = middle;
          else other = middle, lever = at;
        }
        if (!found || Math.abs(other - here) < Math.abs(found.at - here)) found = {at: other, lever};
        break;
      }
      last = next;
    }
  }
  return found;
}
