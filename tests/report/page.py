"""The modules of the report's page, in node, against numpy and scipy.

Usage: page.py FOLDER_OF_MODULES

The weights are found a second time as the least Kullback-Leibler divergence itself, over the weights, by a general
solver under the constraints (scipy's SLSQP); the page solves the dual by Newton's method.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy
    from scipy import optimize, stats
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)


def solve(values, targets):
    """argmin sum w log(w n) under sum w = 1 and values @ w = targets; values of shape (belief, sample)."""
    n = values.shape[1]
    scale = values.std(axis=1, keepdims=True)
    rows = numpy.vstack([numpy.ones(n), (values - numpy.array(targets)[:, None]) / scale])
    aims = numpy.array([1.0] + [0.0] * len(targets))
    found = optimize.minimize(
        lambda w: float(numpy.sum(w * numpy.log(w * n))), numpy.full(n, 1 / n), jac=lambda w: numpy.log(w * n) + 1,
        method="SLSQP", bounds=[(1e-12, 1)] * n, options={"maxiter": 2000, "ftol": 1e-16},
        constraints={"type": "eq", "fun": lambda w: rows @ w - aims, "jac": lambda w: rows})
    assert numpy.abs(rows @ found.x - aims).max() < 1e-9, found
    return found.x


def cases(rng):
    for samples, beliefs in ((8, 1), (16, 2), (30, 3), (24, 1)):
        values = numpy.vstack([rng.normal(5, 2, samples) if i % 2 == 0 else rng.uniform(10, 4000, samples)
                               for i in range(beliefs)])
        targets = [float(v.mean() + 0.5 * v.std() * (-1) ** i) for i, v in enumerate(values)]
        w = solve(values, targets)
        yield {"samples": samples, "beliefs": [{"values": v.tolist(), "mean": t} for v, t in zip(values, targets)],
               "weights": w.tolist(), "effective": float(1 / numpy.sum(w ** 2))}


def mean_case(rng):
    values, weights = rng.normal(3, 1, 20), rng.dirichlet(numpy.ones(20))
    m = numpy.average(values, weights=weights)
    e = 1 / numpy.sum(weights ** 2)
    return {"values": values.tolist(), "weights": weights.tolist(), "mean": float(m),
            "error": float(numpy.sqrt(numpy.sum((weights * (values - m)) ** 2) * e / (e - 1)))}


def day(rng):
    start = numpy.sort(rng.uniform(0, 80000, 200))
    return [{"start": float(a), "end": float(a + b), "gpus": int(g)}
            for a, b, g in zip(start, rng.exponential(9000, 200), rng.choice([1, 8, 64, 512], 200))]


def main():
    node = shutil.which("node")
    if not node:
        print("skipped: node is not installed")
        return 77
    warnings.simplefilter("ignore")  # SLSQP tries weights below 0 on its way
    rng = numpy.random.default_rng(20260117)
    expected = {
        "weights": list(cases(rng)), "means": [mean_case(rng) for _ in range(5)], "days": [day(rng), day(rng)],
        "student": [[p, d, float(stats.t.ppf(p, d))] for p in (0.975, 0.995, 0.9) for d in (1.2, 2, 7, 30.5, 900)],
        "normal": [[p, float(stats.norm.ppf(p))] for p in (0.001, 0.02, 0.3, 0.5, 0.975, 0.9999)],
        "quantiles": [[v, p, float(numpy.quantile(v, p))] for v in ([3.0, 1.0, 2.0], [5.0], [1.0, 9.0, 4.0, 4.0])
                      for p in (0.05, 0.5, 0.95)],
    }
    here = os.path.dirname(os.path.abspath(__file__))
    # As modules: the folder of the sources says nothing of what they are.
    with tempfile.TemporaryDirectory() as folder:
        modules = os.path.join(folder, "page")
        shutil.copytree(sys.argv[1], modules)
        with open(os.path.join(modules, "package.json"), "w", encoding="utf-8") as file:
            file.write('{"type": "module"}')
        done = subprocess.run([node, os.path.join(here, "page_test.mjs"), modules], input=json.dumps(expected), text=True,
                              timeout=120)
    return 1 if done.returncode else 0


sys.exit(main())
