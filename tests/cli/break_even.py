"""nadc break-even against a crossing worked out by hand, periods as an axis of compare, and results that are kept.

Usage: break_even.py NADC CASE...      (no CASE: all of them)
"""
import csv
import json
import math
import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

NADC = os.path.abspath(sys.argv[1])
STUDIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "studies")
TINY = os.path.join(STUDIES, "tiny.yaml")
KEY = "policy.purchase.rents.box"

# Two boxes of 400,000 USD at 1,000 won, bought or rented by the hour.
STUDY = """name: rent
scenario: base.yaml
levers:
  buy: {}
  rent: {"sites[0].clusters[0].tranches[0].how": rent}
uncertainties:
  policy.purchase.prices.box: {uniform: {low: 300000, high: 500000}}
  policy.purchase.rents.box: {uniform: {low: 1, high: 5}}
design: {samples: 16, replicas: 1, seed: 3}
outcomes:
  - {metric: annual_cost_krw, better: lower}
"""
BASE = """name: base
start: 2026-01-01
horizon: 2 d
catalog:
  nodes:
    box: {gpu: H100, gpus: 8, idle: 1.9 kW, busy: 8 kW, h100e: 1, source: "assumption: for tests"}
sites: [{name: site, clusters: [{name: main, tranches: [{node: box, gpus: 16}]}]}]
workload: {jobs_per_day: 20, classes: {one: {share: 1, gpus: 1, duration: 1 h}}}
policy:
  purchase: {prices: {box: 400000}, rents: {box: 2}, exchange_rate: 1000}
  cost: {discount_rate: 4.5 %, lifetime: 5 y, maintenance: 5 %}
"""


def nadc(*arguments, expect=0):
    done = subprocess.run([NADC, *map(str, arguments)], capture_output=True, text=True, timeout=280,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def write_study():
    open("base.yaml", "w").write(BASE)
    open("rent.yaml", "w").write(STUDY)


def search(*arguments):
    return json.loads(nadc("break-even", "rent.yaml", *arguments, "--format", "json").stdout)


def annuity(rate, years):
    return rate / (1 - (1 + rate) ** -years)


def crossing(prices):
    """Rent a GPU-hour that costs what buying does: price · (annuity + maintenance) / (8 GPUs · 8,760 h)."""
    return numpy.mean(prices) * (annuity(0.045, 5) + 0.05) / (8 * 8760)


def closed_form():
    """With a price that is known, all worlds agree: 400,000 · (0.22779164 + 0.05) / 70,080 = 1.585569 USD."""
    write_study()
    found = search(f"{KEY}=1..3", "policy.purchase.prices.box=400000", "--within", 0.01)
    assert abs(crossing([400000]) - 1.585569) < 1e-6
    (change,) = found["changes"]
    assert change["low"] <= crossing([400000]) <= change["high"] and change["high"] - change["low"] <= 0.01, change
    assert change["decided_below"] == change["low"] and change["decided_above"] == change["high"], change
    # 5 values of the grid, and 0.5 halved six times.
    assert len(found["values"]) == 11, found["values"]
    for value in found["values"]:
        # Won: 2 nodes · 1,000; below the crossing renting is cheaper, so buying less renting is above 0.
        hand = 2 * 1000 * (400000 * (annuity(0.045, 5) + 0.05) - value["value"] * 8 * 8760)
        assert math.isclose(value["difference"], hand, rel_tol=1e-3, abs_tol=1000), (value, hand)
        assert value["verdict"] == ("second is better" if value["value"] < crossing([400000]) else "first is better")
    assert "It is decided (95 %) at both." in found["sentences"][0], found["sentences"]


def uncertain():
    """With prices that are sampled the means cross where the mean price says, and the interval decides farther out."""
    write_study()
    found = search(f"{KEY}=1..3", "--within", 0.02, "--keep", "kept")
    files = sorted(os.listdir("kept"))
    assert f"{KEY}=1.5.h5" in files and len(files) == len(found["values"])
    with h5py.File(f"kept/{KEY}=1.5.h5", "r") as file:
        prices = file["point_policy_purchase_prices_box"][0]
        assert "point_policy_purchase_rents_box" not in file, "held at the value"
    (change,) = found["changes"]
    assert change["low"] <= crossing(prices) <= change["high"] <= change["low"] + 0.02
    for value in found["values"]:
        differences = 2 * 1000 * (prices * (annuity(0.045, 5) + 0.05) - value["value"] * 8 * 8760)
        assert math.isclose(value["difference"], differences.mean(), rel_tol=1e-3, abs_tol=1000)
        low, high = value["ci95"]
        assert low < value["difference"] < high and value["pairs"] == 16
        assert (value["verdict"] == "undecided") == (low <= 0 <= high), value
    decided = [v["value"] for v in found["values"] if v["verdict"] != "undecided"]
    assert change["decided_below"] == max(v for v in decided if v <= change["low"]) < change["low"]
    assert change["decided_above"] == min(v for v in decided if v >= change["high"]) > change["high"]
    # What is there is not run again; what is gone is made as it was.
    times = {name: os.stat(f"kept/{name}").st_mtime_ns for name in files}
    os.remove(f"kept/{files[3]}")
    assert search(f"{KEY}=1..3", "--within", 0.02, "--keep", "kept") == found
    assert [name for name in files if os.stat(f"kept/{name}").st_mtime_ns != times[name]] == [files[3]]
    assert search(f"{KEY}=1..3", "--within", 0.02) == found
    # Another study in the same folder is no answer.
    assert "another sweep" in nadc("break-even", "rent.yaml", f"{KEY}=1..3", "horizon=3 d", "--keep", "kept",
                                   expect=3).stderr


def hostile():
    """No change in the range; steps; units; what cannot be searched."""
    write_study()
    found = search(f"{KEY}=3..5", "--points", 3)
    assert found["changes"] == [] and [v["value"] for v in found["values"]] == [3, 4, 5]
    assert "no change of places at 3 values" in found["sentences"][0] and "buy is better throughout" in found["sentences"][0]
    found = search(f"{KEY}=1..3", "--step", 0.25, "--points", 2)
    (change,) = found["changes"]
    assert (change["low"], change["high"]) == (1.5, 1.75) and "No value between" in found["sentences"][0]
    # One world has no interval, and says so; a lifetime in years.
    text = nadc("break-even", "rent.yaml", "policy.cost.lifetime=3 y..9 y", f"{KEY}=1.6", "policy.purchase.prices.box=400000",
                "--samples", 1, "--within", 0.1).stdout
    assert "of one world" in text and "on neither side" in text, text
    with_table = list(csv.DictReader(nadc("break-even", "rent.yaml", f"{KEY}=1..3", "--points", 2, "--within", 1,
                                          "--format", "csv").stdout.splitlines()))
    assert {row["verdict"] for row in with_table} <= {"first is better", "second is better", "undecided"}
    for wrong in (f"{KEY}=3..1", f"{KEY}=1", KEY, f"{KEY}=a..b", "policy.cost.lifetime=1 y..2 d", f"{KEY}=1..nan", "=1..2"):
        nadc("break-even", "rent.yaml", wrong, expect=2)
    nadc("break-even", "rent.yaml", "policy.purchase.rent.box=1..3", expect=3)
    nadc("break-even", "rent.yaml", f"{KEY}=1..3", "--levers", "buy", expect=2)
    nadc("break-even", "rent.yaml", f"{KEY}=1..3", "--levers", "buy,lease", expect=2)
    nadc("break-even", "rent.yaml", f"{KEY}=1..3", "--outcome", "annual_cost", expect=2)
    nadc("break-even", "rent.yaml", f"{KEY}=1..3", "--outcome", "tax_forgone_per_gpu_krw", expect=3)
    nadc("break-even", "base.yaml", f"{KEY}=1..3", expect=2)


def periods():
    """compare --by period, alone and beside groups, and its columns: against numpy."""
    nadc("sweep", TINY, "start=2026-01-30", "horizon=4 d", "outputs.by=month", "--samples", 16, "-o", "p.h5", "-q")
    out = json.loads(nadc("compare", "p.h5", "--by", "period", "--outcome", "wait_mean_s", "gpu_hours_idle",
                          "--format", "json").stdout)
    with h5py.File("p.h5", "r") as file:
        labels = [label.decode() for label in file["period"][()]]
        values = {name: file["period_" + name][()] for name in ("wait_mean_s", "gpu_hours_idle")}
        groups = [g.decode() for g in file["group"][()]]
    assert len(labels) == 2 and labels[0] == "2026-02-01", labels
    assert list(out["outcomes"]) == [f"{name} of {label}" for name in values for label in labels]
    for name, cells in values.items():
        for p, label in enumerate(labels):
            entry = out["outcomes"][f"{name} of {label}"]["differences"]["large"]
            assert math.isclose(entry["mean"], (cells[1, :, :, p] - cells[0, :, :, p]).mean(), rel_tol=1e-9)
            assert label in out["winners_and_losers"]["large"][name][entry["verdict"]]
    text = nadc("compare", "p.h5", "--by", "group,period", "--csv", "flat").stdout
    assert "group, period" in text and all(name in text for name in labels + groups)
    table = list(csv.DictReader(open("flat/outcomes.csv")))
    for name, cells in values.items():
        assert math.isclose(float(table[0][f"{name}@{labels[1]}"]), cells[0, 0, 0, 1], rel_tol=1e-12)
    assert f"wait_mean_s@{groups[0]}" in table[0]
    d = json.loads(nadc("decide", "p.h5", "--outcome", f"wait_mean_s@{labels[0]}", "--format", "json").stdout)
    assert math.isclose(d["outcomes"][0]["by_lever"][0]["mean"], values["wait_mean_s"][0, :, :, 0].mean(), rel_tol=1e-9)
    nadc("sweep", TINY, "--samples", 2, "-o", "whole.h5", "-q")
    assert "outputs.by=month" in nadc("compare", "whole.h5", "--by", "period", expect=2).stderr
    nadc("compare", "p.h5", "--by", "week", expect=2)
    nadc("compare", "p.h5", "--by", "period", "--outcome", "bid_irr", expect=2)
    assert "nadc explain metrics" in nadc("compare", "p.h5", "--outcome", "zzzzzzzzzzzz", expect=2).stderr


def kept():
    """Finished results of another study are replaced only with --overwrite; those of the same study, and what scripts do
    with --resume and --extend, as ever."""
    sweep = ["sweep", TINY, "-q", "--replicas", 1]
    nadc(*sweep, "--samples", 2, "-o", "k.h5")
    before = open("k.h5", "rb").read()
    for other in (["--samples", 3], ["--samples", 2, "design.seed=8"], ["--samples", 2, "horizon=2 d"],
                  ["--samples", 2, "--levers", "small"]):
        stderr = nadc(*sweep, *other, "-o", "k.h5", expect=2).stderr
        assert "will not overwrite" in stderr and "--overwrite" in stderr, stderr
    write_study()
    assert 'another study, "tiny"' in nadc("sweep", "rent.yaml", "--samples", 2, "-o", "k.h5", expect=2).stderr
    assert "will not overwrite a sweep" in nadc("run", TINY, "-o", "k.h5", expect=2).stderr
    assert open("k.h5", "rb").read() == before and not os.path.exists("k.h5.part")
    assert "same study" in nadc("sweep", TINY, "--replicas", 1, "--samples", 2, "-o", "k.h5").stderr
    nadc(*sweep, "--samples", 2, "--resume", "-o", "k.h5")
    assert "--overwrite" in nadc(*sweep, "--samples", 3, "--resume", "-o", "k.h5", expect=3).stderr
    nadc(*sweep, "--samples", 3, "--extend", "k.h5", "-o", "k.h5")
    nadc(*sweep, "--samples", 2, "--overwrite", "-o", "k.h5")
    nadc(*sweep, "--samples", 2, "--overwrite", expect=2)
    nadc(*sweep, "--samples", 2, "--overwrite", "--resume", "-o", "k.h5", expect=2)
    nadc("run", TINY, "-o", "r.h5", "-q")
    assert 'replaces results of "tiny, lever small"' in nadc("run", "rent.yaml", "-o", "r.h5").stderr
    nadc(*sweep, "--samples", 2, "-o", "r.h5", expect=2)


CASES = {f.__name__: f for f in (closed_form, uncertain, hostile, periods, kept)}

if __name__ == "__main__":
    for name in sys.argv[2:] or CASES:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            CASES[name]()
            print(f"{name}: {CASES[name].__doc__.splitlines()[0]}")
            os.chdir("/")
