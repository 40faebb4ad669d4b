"""nadc decide and compare --by through the built command: every number again with numpy and scipy; hostile inputs.

Usage: decide.py NADC CASE...      (no CASE: all of them)
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
    from scipy import stats
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

NADC = os.path.abspath(sys.argv[1])
STUDIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "studies")
TINY = os.path.join(STUDIES, "tiny.yaml")
JOBS = "workload.jobs_per_day"


def nadc(*arguments, expect=0):
    done = subprocess.run([NADC, *map(str, arguments)], capture_output=True, text=True, timeout=280,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def sweep(name, *arguments, study=TINY, expect=0):
    nadc("sweep", study, "-o", name, "-q", "--format", "csv", *arguments, expect=expect)


def decide(name, *arguments):
    return json.loads(nadc("decide", name, "--format", "json", *arguments).stdout)


def samples(name, metric):
    """(lever, sample), replicas averaged."""
    with h5py.File(name, "r") as file:
        return file[metric][()].mean(axis=2)


def by_name(items, key="lever"):
    return {item[key]: item for item in items}


def agrees():
    """Ranking, regret, thresholds, Pareto set, drivers, boxes, switching values and information, with numpy."""
    sweep("a.h5", "--samples", 48, "--replicas", 2)
    d = decide("a.h5", "--threshold", "wait_mean_s=1000", "--weigh", "utilization=3", "wait_mean_s=1")
    assert d["study"] == "tiny" and d["levers"] == ["small", "large"] and d["too_few"] == [], d["too_few"]
    assert d["futures"] == {"n": 48, "of": "samples", "rows_incomplete": 0}
    values = {name: samples("a.h5", name) for name in ("utilization", "wait_mean_s", "node_failures")}
    gains = {"utilization": values["utilization"], "wait_mean_s": -values["wait_mean_s"],
             "node_failures": -values["node_failures"]}
    assert [o["name"] for o in d["outcomes"]] == [*values, "weighted score"]
    for outcome in d["outcomes"][:3]:
        gain = gains[outcome["name"]]
        regret = gain.max(axis=0) - gain
        best = (regret == 0) / (regret == 0).sum(axis=0)
        for i, lever in enumerate(outcome["by_lever"]):
            assert math.isclose(lever["mean"], values[outcome["name"]][i].mean(), rel_tol=1e-12)
            assert math.isclose(lever["p_best"], best[i].mean(), rel_tol=1e-12)
            for name, number in (("mean", regret[i].mean()), ("p90", numpy.quantile(regret[i], 0.9)),
                                 ("max", regret[i].max())):
                assert math.isclose(lever["regret"][name], number, rel_tol=1e-12, abs_tol=1e-14), (outcome, name)
        order = numpy.argsort(-gain.mean(axis=1), kind="stable")
        assert outcome["order"] == [d["levers"][i] for i in order]
    # The score runs from 0 at the worse of the two means to 1 at the better.
    score = numpy.zeros((2, 48))
    for name, weight in (("utilization", 0.75), ("wait_mean_s", 0.25)):
        mean = gains[name].mean(axis=1)
        score += weight * (gains[name] - mean.min()) / (mean.max() - mean.min())
    for i, lever in enumerate(d["outcomes"][3]["by_lever"]):
        assert math.isclose(lever["mean"], score[i].mean(), rel_tol=1e-9, abs_tol=1e-12)
    # Thresholds: the study's and the command line's.
    holds = (values["utilization"] >= 0.5) & (values["wait_mean_s"] <= 1000)
    for i, lever in enumerate(d["satisficing"]["by_lever"]):
        assert math.isclose(lever["share"], holds[i].mean(), rel_tol=1e-12)
    means = numpy.array([g.mean(axis=1) for g in gains.values()])
    for i, lever in enumerate(d["pareto"]["by_lever"]):
        rival = means[:, 1 - i]
        beaten = (rival >= means[:, i]).all() and (rival > means[:, i]).any()
        assert lever["in_set"] != beaten
        single = [not ((c[:, 1 - i] >= c[:, i]).all() and (c[:, 1 - i] > c[:, i]).any())
                  for c in numpy.array(list(gains.values())).transpose(2, 0, 1)]
        assert math.isclose(lever["share_of_futures"], numpy.mean(single), rel_tol=1e-12)
    with h5py.File("a.h5", "r") as file:
        inputs = {point["name"]: file["point_" + point["name"].replace(".", "_")][0] for point in d["inputs"]}
    assert list(inputs)[0] == JOBS and len(inputs) == 2
    # The rank estimate of Gamboa et al., written anew.
    for entry in d["sensitivity"]:
        if entry["outcome"] not in values:
            continue
        assert entry["method"] == "rank"
        y = values[entry["outcome"]][d["levers"].index(entry["lever"])]
        for found in entry["inputs"]:
            z = y[numpy.argsort(inputs[found["input"]], kind="stable")] - y.mean()
            assert math.isclose(found["first"], (z * numpy.roll(z, -1)).sum() / (z * z).sum(), rel_tol=1e-9)
            assert found["low"] < found["first"] < found["high"]
    # Boxes: coverage, density and quasi-p of what is in them.
    assert d["discovery"]
    for entry in d["discovery"]:
        y = values[entry["outcome"]][d["levers"].index(entry["lever"])]
        miss = y < entry["threshold"] if entry["misses"] == "below" else y > entry["threshold"]
        sides = [(inputs[s["input"]] >= (-math.inf if s["low"] is None else s["low"]))
                 & (inputs[s["input"]] <= (math.inf if s["high"] is None else s["high"])) for s in entry["box"]]
        inside = numpy.logical_and.reduce([numpy.ones(48, bool), *sides])
        assert entry["all_cases"] == miss.sum() and entry["futures"] == inside.sum()
        assert math.isclose(entry["coverage"], (miss & inside).sum() / miss.sum())
        assert math.isclose(entry["density"], miss[inside].mean())
        for k, side in enumerate(entry["box"]):
            without = numpy.logical_and.reduce([numpy.ones(48, bool), *sides[:k], *sides[k + 1:]])
            quasi = stats.binom.sf((miss & inside).sum() - 1, inside.sum(), miss[without].mean())
            assert math.isclose(side["quasi_p"], quasi, rel_tol=1e-9, abs_tol=1e-15), (side, quasi)
    # Re-weighting: the farthest beliefs that were looked at.
    for entry in d["switching"]:
        if entry["outcome"] not in values:
            continue
        y = values[entry["outcome"]]
        diff = y[d["levers"].index(entry["first"])] - y[d["levers"].index(entry["second"])]
        assert math.isclose(entry["difference"], diff.mean(), rel_tol=1e-9)
        for found in entry["inputs"]:
            x = inputs[found["input"]]
            assert math.isclose(found["mean"], x.mean()) and math.isclose(found["sd"], x.std(ddof=1))
            for belief in (found["lowest"], found["highest"], *([found["at"]] if found["at"] else [])):
                tilt = solve_tilt(x, belief["input_mean"])
                w = numpy.exp(tilt * (x - x.mean()))
                assert math.isclose(belief["effective_samples"], w.sum()**2 / (w * w).sum(), rel_tol=1e-4)
                assert math.isclose(belief["difference"], (w * diff).sum() / w.sum(), rel_tol=1e-4,
                                    abs_tol=1e-4 * abs(diff).max())
            assert found["switches"] == (found["at"] is not None) and bool(found["runs"]) != found["switches"]
            assert all(run.startswith("nadc break-even STUDY ") and f"{found['input']}=" in run for run in found["runs"])
    # EVPI is the mean regret of the lever that is chosen.
    for entry in d["voi"]:
        outcome = by_name(d["outcomes"], "name")[entry["outcome"]]
        assert entry["chosen"] == outcome["order"][0]
        assert math.isclose(entry["evpi"], by_name(outcome["by_lever"])[entry["chosen"]]["regret"]["mean"],
                            rel_tol=1e-9, abs_tol=1e-12)
        assert len(entry["inputs"]) == 2 and all(0 <= i["evppi"] <= entry["evpi"] for i in entry["inputs"])
    # The other formats, and sections on request.
    page = nadc("decide", "a.h5").stdout
    for title in ("Ranking", "Satisficing", "Pareto set", "What drives it", "Where it fails", "Where the answer turns",
                  "What knowing more is worth"):
        assert title in page, title
    assert "Ranking" not in nadc("decide", "a.h5", "--section", "voi").stdout
    table = list(csv.DictReader(nadc("decide", "a.h5", "--format", "csv").stdout.splitlines()))
    assert {"ranking", "satisficing", "pareto", "sensitivity", "discovery", "switching", "voi"} == {
        row["section"] for row in table}


def solve_tilt(x, mean):
    low, high = -100 / x.std(), 100 / x.std()
    for _ in range(200):
        middle = 0.5 * (low + high)
        z = middle * (x - x.mean())
        w = numpy.exp(z - z.max())
        low, high = (middle, high) if (w * x).sum() / w.sum() < mean else (low, middle)
    return 0.5 * (low + high)


def pick_freeze():
    """Blocks of d + 2 samples: rows A with one coordinate of B, Jansen's totals, and only A and B count as futures."""
    done = nadc("sweep", TINY, "design.layout=pick-freeze", "--samples", 6, expect=3)
    assert "4 or 8" in done.stderr, done.stderr
    sweep("p.h5", "design.layout=pick-freeze", "--samples", 4 * 40, "--replicas", 1)
    d = decide("p.h5")
    assert d["futures"]["n"] == 80 and d["samples"] == 160
    with h5py.File("p.h5", "r") as file:
        x = numpy.array([file["point_" + p["name"].replace(".", "_")][0] for p in d["inputs"]])
    blocks = x.reshape(2, 40, 4)
    for i in range(2):
        for other in range(2):
            assert (blocks[other, :, 2 + i] == blocks[other, :, int(other == i)]).all()
    for entry in d["sensitivity"]:
        assert entry["method"] == "pick-freeze" and entry["n"] == 40
        y = samples("p.h5", entry["outcome"])[d["levers"].index(entry["lever"])].reshape(40, 4)
        variance = numpy.var(y[:, :2])
        for found in entry["inputs"]:
            i = [p["name"] for p in d["inputs"]].index(found["input"])
            total = 0.5 * ((y[:, 0] - y[:, 2 + i])**2).mean() / variance
            assert math.isclose(found["total"], total, rel_tol=1e-9), (found, total)
            assert found["total_low"] <= found["total"] <= found["total_high"]
    outcome = d["outcomes"][0]
    y = samples("p.h5", outcome["name"])[0].reshape(40, 4)[:, :2]
    assert math.isclose(outcome["by_lever"][0]["mean"], y.mean(), rel_tol=1e-12)


def hostile():
    """One lever, one sample, few samples, constant and missing outcomes, failed rows, a damaged file, wrong words."""
    sweep("one.h5", "--samples", 24, "--replicas", 1, "--levers", "small")
    d = decide("one.h5")
    assert d["levers"] == ["small"] and d["pareto"] is None and d["switching"] == [] and d["voi"] == []
    assert d["outcomes"][0]["by_lever"][0]["p_best"] == 1 and d["sensitivity"]
    sweep("two.h5", "--samples", 24, "--replicas", 1)
    d = decide("two.h5")
    assert d["voi"] and all(entry["inputs"] == [] for entry in d["voi"]) and "single inputs" in d["too_few"][-1]

    sweep("single.h5", "--samples", 1, "--replicas", 12)
    d = decide("single.h5")
    assert d["futures"] == {"n": 12, "of": "replicas", "rows_incomplete": 0} and d["sensitivity"] == []
    assert any("one sample" in sentence for sentence in d["too_few"])
    sweep("lonely.h5", "--samples", 1, "--replicas", 1)
    assert "Too few" in nadc("decide", "lonely.h5").stdout

    sweep("few.h5", "--samples", 3)
    d = decide("few.h5")
    assert "3 samples: too few" in d["too_few"][0] and d["sensitivity"] == d["discovery"] == d["voi"] == []
    page = nadc("decide", "few.h5").stdout
    assert "too few to say" in page and "±" not in page

    # Nothing fails: a constant outcome. Nothing is co-invested: an outcome without any value.
    sweep("flat.h5", "--samples", 24, "--replicas", 1, "reliability.hazard.constant.rate=0")
    d = decide("flat.h5", "--outcome", "node_failures", "tax_forgone_per_gpu_krw")
    flat, none = d["outcomes"]
    assert [lever["p_best"] for lever in flat["by_lever"]] == [0.5, 0.5] and flat["by_lever"][0]["regret"]["max"] == 0
    assert none["order"] == [] and none["by_lever"][0]["mean"] is None and none["futures"] == 0
    assert d["sensitivity"] == d["discovery"] == d["switching"] == []
    assert d["pareto"]["outcomes"] == ["node_failures"] and all(lever["in_set"] for lever in d["pareto"]["by_lever"])
    assert "no value under any lever" in nadc("decide", "flat.h5", "--outcome", "tax_forgone_per_gpu_krw").stdout

    study = open(TINY).read().replace("scenario: tiny-base.yaml", f"scenario: {STUDIES}/tiny-base.yaml")
    failing = "  workload.classes.train.failed: {uniform: {low: 0.1, high: 0.7}}\n"
    open("failing.yaml", "w").write(study.replace("uncertainties:\n", "uncertainties:\n" + failing))
    sweep("f.h5", "workload.classes.train.cancelled=0.5", "--samples", 48, "--replicas", 1, study="failing.yaml", expect=4)
    with h5py.File("f.h5", "r") as file:
        failed = (file["row_state"][()] != 1).sum()
    done = nadc("decide", "f.h5", "--format", "json")
    d = json.loads(done.stdout)
    assert failed > 0 and d["futures"]["rows_incomplete"] == failed and f"{failed} rows" in done.stderr
    assert d["outcomes"][0]["futures"] + d["outcomes"][0]["left_out"] == 48 and d["outcomes"][0]["left_out"] == failed / 2

    raw = bytearray(open("one.h5", "rb").read())
    raw[len(raw) // 2] ^= 4
    open("bad.h5", "wb").write(raw)
    assert "bad.h5" in nadc("decide", "bad.h5", expect=3).stderr
    nadc("decide", "absent.h5", expect=3)
    for wrong in (("--outcome", "utilisation"), ("--outcome", "wait_mean_s@nobody"), ("--weigh", "utilization"),
                  ("--weigh", "utilization=-1"), ("--weigh", "utilization=1", "utilization=2"),
                  ("--threshold", "utilization=nan"), ("--threshold", "ettr=0.5"), ("--section", "all")):
        nadc("decide", "few.h5", *wrong, expect=2)
    assert "did you mean utilization" in nadc("decide", "few.h5", "--outcome", "utilisation", expect=2).stderr
    nadc("decide", "few.h5", "--all", "--format", "json", expect=2)


def for_whom():
    """compare --by group and class, outcomes of a group in a study: differences against numpy, winners and losers."""
    sweep("a.h5", "--samples", 16)
    out = json.loads(nadc("compare", "a.h5", "--by", "group", "--format", "json").stdout)
    with h5py.File("a.h5", "r") as file:
        groups = [g.decode() for g in file["group"][()]]
        waits, columns = file["group_wait_mean_s"][()], [c.decode() for c in file["class"][()]]
    assert list(out["outcomes"]) == [f"wait_mean_s of {g}" for g in groups]
    for g, group in enumerate(groups):
        entry = out["outcomes"][f"wait_mean_s of {group}"]["differences"]["large"]
        assert math.isclose(entry["mean"], numpy.nanmean(numpy.nanmean(waits[1, :, :, g] - waits[0, :, :, g], axis=1)))
        assert group in out["winners_and_losers"]["large"]["wait_mean_s"][entry["verdict"]]
    page = nadc("compare", "a.h5", "--by", "class").stdout
    assert all(name in page for name in columns) and "wins" in page
    nadc("compare", "a.h5", "--by", "domain", expect=2)
    nadc("compare", "a.h5", "--by", "group", "--outcome", "node_failures", expect=2)
    nadc("compare", "a.h5", "--by", "group", "--csv", "flat")
    table = list(csv.DictReader(open("flat/outcomes.csv")))
    assert math.isclose(float(table[0][f"wait_mean_s@{groups[0]}"]), waits[0, 0, 0, 0])

    study = open(TINY).read().replace("scenario: tiny-base.yaml", f"scenario: {STUDIES}/tiny-base.yaml")
    open("whom.yaml", "w").write(study + "  - {metric: wait_mean_s, of: startup, better: lower, threshold: 600}\n")
    done = nadc("sweep", "whom.yaml", "-o", "w.h5", "--samples", 16)
    assert "wait_mean_s of startup: see nadc compare" in done.stderr
    d = decide("w.h5")
    assert [o["name"] for o in d["outcomes"]][-1] == "wait_mean_s of startup"
    with h5py.File("w.h5", "r") as file:
        wait = file["group_wait_mean_s"][()][:, :, :, groups.index("startup")].mean(axis=2)
    assert math.isclose(d["outcomes"][-1]["by_lever"][0]["mean"], wait[0].mean())
    each = by_name(d["satisficing"]["by_lever"])["small"]["each"]
    assert math.isclose(each[-1]["share"], (wait[0] <= 600).mean())
    for wrong in (("startup", "startups"), ("wait_mean_s, of", "node_failures, of")):
        open("wrong.yaml", "w").write(open("whom.yaml").read().replace("of: startup", "of: " + wrong[1])
                                      if wrong[0] == "startup" else open("whom.yaml").read().replace(*wrong))
        nadc("sweep", "wrong.yaml", "--samples", 1, expect=3)
    nadc("sweep", "whom.yaml", "design.replicas=30", "design.stopping.half_width=0.5", expect=3)


def variants():
    """A grid of named variants is the same study as its levers written out."""
    base = open(TINY).read().replace("scenario: tiny-base.yaml", f"scenario: {STUDIES}/tiny-base.yaml")
    head, tail = base.split("levers:")[0], base[base.index("uncertainties:"):]
    open("grid.yaml", "w").write(head + """grid:
  size: {small: {fleet.gpus: 64}, large: {fleet.gpus: 96}}
  queue: {fifo: {}, easy-off: {scheduler.backfill: none}}
""" + tail)
    open("flat.yaml", "w").write(head + """levers:
  small-fifo: {fleet.gpus: 64}
  small-easy-off: {fleet.gpus: 64, scheduler.backfill: none}
  large-fifo: {fleet.gpus: 96}
  large-easy-off: {fleet.gpus: 96, scheduler.backfill: none}
""" + tail)
    sweep("grid.h5", "--samples", 2, study="grid.yaml")
    sweep("flat.h5", "--samples", 2, study="flat.yaml")
    with h5py.File("grid.h5", "r") as a, h5py.File("flat.h5", "r") as b:
        assert (a["lever"][()] == b["lever"][()]).all() and (a["state_hash"][()] == b["state_hash"][()]).all()
    # Few samples: means without intervals, and a line that says so.
    done = nadc("sweep", "grid.yaml", "--samples", 2)
    assert "±" not in done.stdout and "too few to say" in done.stderr
    assert "±" in nadc("sweep", "grid.yaml", "--samples", 16, "--replicas", 1).stdout
    open("wrong.yaml", "w").write(head + "grid: {size: {small: 64}}\n" + tail)
    assert "grid.size.small" in nadc("sweep", "wrong.yaml", expect=3).stderr


def units():
    """--units: 64 and 96 GPUs are 8 and 12 boxes at 400,000 USD and 1,422.16 won: 4.551 and 6.826 billion, 45.51 and 68.26
    hundred million won. JSON keeps won and seconds."""
    study = [TINY, "+policy.purchase.prices={box: 400000}", "--samples", 12, "--replicas", 1]
    outcomes = "outcomes=[{metric: capex_krw, better: lower}, {metric: wait_mean_s, better: lower}]"
    nadc("sweep", *study, outcomes, "-o", "u.h5", "-q")
    mean = samples("u.h5", "wait_mean_s").mean(axis=1)
    name, seconds = next(scale for scale in (("day", 86400), ("hour", 3600), ("min", 60), ("s", 1)) if mean.max() >= scale[1])
    for people, unit, small, large in (("billions", "billion KRW", "4.551", "6.826"), ("korean", "억원", "45.51", "68.26"),
                                       ("plain", "KRW", "4,551,000,000", "6,826,000,000")):
        for command in (["sweep", *study, outcomes], ["compare", "u.h5"], ["decide", "u.h5", "--section", "ranking"]):
            text = nadc(*command, "--units", people).stdout
            assert f"capex_krw [{unit}]" in text and small in text, (command, people, text)
            assert large in text or command[0] == "decide", (command, people, text)
            assert people == "plain" or f"wait_mean_s [{name}]" in text, (name, text)
        assert people == "plain" or f"{2 * 4e5 * 2 * 1422.16:.0f}" not in nadc("compare", "u.h5", "--units", people).stdout
    # 8 and 12 boxes at 400,000 USD, whatever the rate; at 1,600 won for a euro 4.551 billion won are 2.844 million.
    for command in (["sweep", *study, outcomes], ["compare", "u.h5"], ["decide", "u.h5", "--section", "ranking"]):
        done = nadc(*command, "--units", "billions", "--currency", "USD")
        assert "capex_krw [million USD]" in done.stdout and "3.200" in done.stdout, (command, done.stdout)
        assert "1,422.16 KRW (policy.purchase.exchange_rate of the scenario)" in done.stdout + done.stderr, (command, done)
        text = nadc(*command, "--units", "billions", "--currency", "EUR=1600").stdout
        assert "capex_krw [million EUR]" in text and "2.844" in text, (command, text)
    for wrong in ("usd", "EUR", "EUR=0", "EUR=x", "KRW", "=5", "KRW=3"):
        nadc("compare", "u.h5", "--currency", wrong, expect=2)
    nadc("compare", "u.h5", "--currency", "USD", "--format", "json", expect=2)
    nadc("compare", "u.h5", "--currency", "USD", "--units", "korean", expect=2)
    text = nadc("compare", "u.h5", "--units", "billions").stdout
    assert "higher than small by 2.28 billion KRW (+50 %)" in text, text
    d = decide("u.h5")
    assert "KRW" in (outcome.get("unit") for outcome in d["outcomes"]), d["outcomes"]
    assert "--units" in nadc("decide", "u.h5", "--units", "plain", "--format", "json", expect=2).stderr


CASES = [agrees, pick_freeze, hostile, for_whom, variants, units]


def main():
    names = sys.argv[2:]
    for case in CASES:
        if names and case.__name__ not in names:
            continue
        home = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                case()
            finally:
                os.chdir(home)
        print("ok:", case.__name__)
    return 0


if __name__ == "__main__":
    sys.exit(main())
