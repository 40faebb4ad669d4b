"""Sweeps through the built command: however rows are made, split, interrupted, resumed or extended, they are the same.

Usage: sweep.py NADC CASE...      (no CASE: all of them)
"""
import csv
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

try:
    import h5py
    import numpy
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

NADC = os.path.abspath(sys.argv[1])
STUDIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "studies")
TINY = os.path.join(STUDIES, "tiny.yaml")
SHIPPED = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "scenarios", "studies")
# Long enough to be interrupted: a second or so on one thread.
LONGER = [TINY, "horizon=40 d", "--samples", "60", "--replicas", "3", "--device", "serial"]


def nadc(*arguments, expect=0, **more):
    done = subprocess.run([NADC, *map(str, arguments)], capture_output=True, text=True, timeout=240,
                          stdin=subprocess.DEVNULL, **more)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def sweep(*arguments, **more):
    return nadc("sweep", *arguments, **more)


def values(path):
    """All variables of a results file as bytes, by name."""
    with h5py.File(path, "r") as file:
        return {name: (item.shape, item[()].tobytes() if item.dtype.kind in "fi" else tuple(item[()].ravel()))
                for name, item in file.items() if isinstance(item, h5py.Dataset)}


def same(a, b, but=()):
    x, y = values(a), values(b)
    assert set(x) == set(y), set(x) ^ set(y)
    different = [name for name in x if x[name] != y[name] and name not in but]
    assert not different, (a, b, different)


def rows(path):
    """{(lever name, sample, replica): {metric: value}}, site metrics only."""
    with h5py.File(path, "r") as file:
        levers = [name.decode() if isinstance(name, bytes) else name for name in file["lever"][()]]
        names = [name for name, item in file.items()
                 if isinstance(item, h5py.Dataset) and item.ndim == 3 and item.dtype == float]
        shape = file["row_state"].shape
        assert (file["row_state"][()] == 1).all()
        table = {name: file[name][()] for name in names}
        return {(levers[i], s, r): {name: table[name][i, s, r] for name in names}
                for i in range(shape[0]) for s in range(shape[1]) for r in range(shape[2])}


def check_interval(entry, values, quantile):
    """Student's half-width (t quantile given), and no less where the values look skewed (G1 above half its error)."""
    n, half = len(values), (entry["ci95"][1] - entry["ci95"][0]) / 2
    student = quantile * values.std(ddof=1) / n**0.5
    d = values - values.mean()
    g1 = (d**3).mean() / (d**2).mean()**1.5 * (n * (n - 1))**0.5 / (n - 2)
    if abs(g1) <= 0.5 * (6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))**0.5:
        assert abs(half - student) < 1e-5 * max(1, student), (half, student)
    else:
        assert student * (1 - 1e-5) <= half < 5 * student, (half, student)


def devices():
    """Those of this build."""
    tried = {name: subprocess.run([NADC, "sweep", TINY, "--samples", "1", "--replicas", "1", "--device", name],
                                  capture_output=True, timeout=60).returncode for name in ("serial", "omp", "tbb")}
    return [name for name, code in tried.items() if code == 0]


def run_equals_row():
    """nadc run --lever --sample --replica is row (lever, sample, replica), bit for bit; JSON against HDF5."""
    sweep(TINY, "-o", "a.h5")
    with h5py.File("a.h5", "r") as file:
        groups = [g.decode() for g in file["group"][()]]
        classes = [c.decode() for c in file["class"][()]]
        levers = [name.decode() for name in file["lever"][()]]
        for lever, sample, replica in [("small", 0, 0), ("large", 0, 0), ("small", 3, 2), ("large", 2, 1)]:
            one = json.loads(nadc("run", TINY, "--lever", lever, "--sample", sample, "--replica", replica, "--format",
                                  "json").stdout)
            at = (levers.index(lever), sample, replica)
            compared = 0

            def equal(name, index, number):
                nonlocal compared
                stored = file[name][index]
                assert (number is None and not numpy.isfinite(stored)) or stored == number, (name, index, stored, number)
                compared += 1

            for name, number in one["metrics"].items():
                equal(name, at, number)
            for g, group in enumerate(groups):
                for name, number in one["groups"][group].items():
                    equal("group_" + name, (*at, g), number)
            for c, klass in enumerate(classes):
                for name, number in one["classes"][klass].items():
                    equal("class_" + name, (*at, c), number)
            assert file["state_hash"][at] == int(one["hash"], 16) & (2**53 - 1)
            assert compared > 80


def threads_and_devices():
    """Serial, OpenMP and TBB with one and two threads give the same bytes."""
    sweep(TINY, "-o", "serial.h5", "--device", "serial")
    for device in ("omp", "tbb"):
        for threads in (1, 2):
            done = subprocess.run([NADC, "sweep", TINY, "-o", "x.h5", "--device", device, "--threads", str(threads)],
                                  capture_output=True, text=True, timeout=120)
            if done.returncode == 2 and "no tbb here" in done.stderr:
                continue
            assert done.returncode == 0, done.stderr
            same("serial.h5", "x.h5")
    sweep(TINY, "--device", "abacus", expect=2)
    sweep(TINY, "--device", "serial", "--threads", 2, expect=2)


def shards():
    """One, three and seven shards, merged in any order, give what one run gives."""
    sweep(TINY, "-o", "whole.h5")
    for count in (1, 3, 7):
        parts = []
        for i in range(1, count + 1):
            parts.append(f"part-{count}-{i}.h5")
            sweep(TINY, "--shard", f"{i}/{count}", "-o", parts[-1])
        random.Random(count).shuffle(parts)
        nadc("merge", "-o", "merged.h5", *parts)
        same("whole.h5", "merged.h5")
    # A finished shard is left as it is.
    before = os.stat("part-3-1.h5").st_mtime_ns
    assert "finished already" in sweep(TINY, "--shard", "1/3", "-o", "part-3-1.h5", "--resume").stderr
    assert os.stat("part-3-1.h5").st_mtime_ns == before
    # What is missing is named; --partial writes the rest.
    gone = nadc("merge", "-o", "gap.h5", "part-3-1.h5", "part-3-3.h5", expect=4)
    assert "missing" in gone.stderr and "sample" in gone.stderr and not os.path.exists("gap.h5"), gone.stderr
    nadc("merge", "-o", "gap.h5", "part-3-1.h5", "part-3-3.h5", "--partial", expect=4)
    with h5py.File("gap.h5", "r") as file:
        assert (file["row_state"][()] == 0).sum() == 8
    # A merged file with gaps is filled by a resumed sweep.
    sweep(TINY, "-o", "gap.h5", "--resume")
    same("whole.h5", "gap.h5")
    # A damaged shard is named.
    shutil.copy("part-3-2.h5", "bad.h5")
    with h5py.File("bad.h5", "r+") as file:
        file["utilization"][1] = 0.123
    assert "bad.h5" in nadc("merge", "-o", "no.h5", "part-3-1.h5", "bad.h5", "part-3-3.h5", expect=4).stderr
    for wrong in ("0/3", "4/3", "x", "1/", "1/99"):
        sweep(TINY, "--shard", wrong, "-o", "w.h5", expect=2)
        assert not glob.glob("w.h5*")
    sweep(TINY, "--shard", "1/3", expect=2)


def killed_and_resumed():
    """kill -9 at random moments, then --resume until it ends: the same as at once."""
    sweep(*LONGER, "-o", "whole.h5")
    pick = random.Random(5)
    kills = 0
    for attempt in range(80):
        process = subprocess.Popen([NADC, "sweep", *LONGER, "-o", "killed.h5", "--resume", "-q"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=pick.uniform(0.02, 0.5) + 0.002 * attempt**2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
            continue
        assert process.returncode == 0
        break
    else:
        raise AssertionError("never ended")
    assert kills > 0, "too fast to be killed"
    same("whole.h5", "killed.h5")
    assert not os.path.exists("killed.h5.part")


def interrupted():
    """SIGINT and SIGTERM leave a part to resume, and exit code 130."""
    sweep(*LONGER, "-o", "whole.h5")
    stops = 0
    for number in (signal.SIGINT, signal.SIGTERM):
        process = subprocess.Popen([NADC, "sweep", *LONGER, "-o", "part.h5", "--resume"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        for _ in range(2000):
            if os.path.exists("part.h5.part") or process.poll() is not None:
                break
            time.sleep(0.005)
        time.sleep(0.1)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        if process.returncode == 0:
            continue
        assert process.returncode == 130, (process.returncode, errors)
        assert "--resume" in errors
        assert not os.path.exists("part.h5") and os.path.exists("part.h5.part")
        stops += 1
    assert stops > 0
    sweep(*LONGER, "-o", "part.h5", expect=2) if os.path.exists("part.h5.part") else None
    # Another study, seed or size is refused.
    if os.path.exists("part.h5.part"):
        for change in (["design.seed=8"], ["horizon=41 d"], ["design.sampling=random"], ["--levers", "small"]):
            refused = sweep(*LONGER, *change, "-o", "part.h5", "--resume", expect=3)
            assert "cannot resume" in refused.stderr, refused.stderr
    sweep(*LONGER, "-o", "part.h5", "--resume")
    same("whole.h5", "part.h5")


def data_changed():
    """A trace that changed under its name is another study."""
    jobs()
    study = [os.path.join(STUDIES, "trace.yaml"), "workload.trace=jobs.csv"]
    sweep(*study, "-o", "t1.h5", "--shard", "1/2")
    with open("jobs.csv", "a") as file:
        file.write("900,18000,1,600\n")
    sweep(*study, "-o", "t2.h5", "--shard", "2/2")
    assert "another study" in nadc("merge", "-o", "t.h5", "t1.h5", "t2.h5", expect=3).stderr


def extended():
    """A study with more samples, replicas or levers takes what is finished, and equals the study run at once."""
    sweep(TINY, "-o", "a.h5")
    bigger = [TINY, "--samples", "9", "--replicas", "5"]
    sweep(*bigger, "-o", "at-once.h5")
    done = sweep(*bigger, "-o", "b.h5", "--extend", "a.h5", "--format", "json")
    engine = json.loads(done.stdout)["engine"]
    assert engine["replicas_found"] == 24 and engine["replicas"] == 2 * 9 * 5 - 24, engine
    same("at-once.h5", "b.h5")
    # In place.
    sweep(*bigger, "-o", "a.h5", "--extend", "a.h5")
    same("at-once.h5", "a.h5")
    # A lever inside the fleet that the others span, put before them.
    text = open(TINY).read().replace("levers:\n", "levers:\n  medium: {fleet.gpus: 80}\n")
    text = text.replace("scenario: tiny-base.yaml", f"scenario: {STUDIES}/tiny-base.yaml")
    open("three.yaml", "w").write(text)
    sweep("three.yaml", "-o", "three.h5")
    sweep(TINY, "-o", "two.h5")
    engine = json.loads(sweep("three.yaml", "-o", "grown.h5", "--extend", "two.h5", "--format", "json").stdout)["engine"]
    assert engine["replicas_found"] == 24 and engine["replicas"] == 12, engine
    same("three.h5", "grown.h5")
    # A lever with more nodes changes every history: refused, and nothing is left behind.
    open("four.yaml", "w").write(text.replace("fleet.gpus: 80", "fleet.gpus: 200"))
    refused = sweep("four.yaml", "-o", "four.h5", "--extend", "two.h5", expect=3)
    assert "cannot extend" in refused.stderr and not glob.glob("four.h5*"), refused.stderr
    # A Latin hypercube has its size.
    sweep(TINY, "design.sampling=lhs", "-o", "lhs.h5")
    refused = sweep(TINY, "design.sampling=lhs", "--samples", "9", "-o", "lhs9.h5", "--extend", "lhs.h5", expect=3)
    assert "Latin hypercube" in refused.stderr and not glob.glob("lhs9.h5*")
    more = sweep(TINY, "design.sampling=lhs", "--replicas", "4", "-o", "lhs4.h5", "--extend", "lhs.h5", "--format", "json")
    assert json.loads(more.stdout)["engine"]["replicas_found"] == 24
    sweep(TINY, "design.seed=8", "-o", "s.h5", "--extend", "two.h5", expect=3)


def stopping():
    """The stopping rule gives the same rows however the sweep is made, and is refused with shards."""
    study = [TINY, "+design.stopping={half_width: 0.1, min_replicas: 4, batch: 3, watch: values}",
             "--replicas", "60", "outcomes=[{metric: utilization}]"]
    done = json.loads(sweep(*study, "-o", "a.h5", "--format", "json").stdout)
    used = done["replicas"]
    assert 4 <= used < 60 and (used - 4) % 3 == 0, used
    with h5py.File("a.h5", "r") as file:
        states = file["row_state"][()]
        assert (states[:, :, :used] == 1).all() and (states[:, :, used:] == 3).all()
        means = file["utilization"][:, :, :used].mean(axis=1)  # (lever, replica)
    t = {n: x for n, x in ((4, 3.182), (7, 2.447), (10, 2.262), (13, 2.179), (16, 2.131), (19, 2.101), (22, 2.080))}
    half = lambda n: (t[n] * means[:, :n].std(axis=1, ddof=1) / n ** 0.5 / means[:, :n].mean(axis=1)).max()
    assert half(used) <= 0.1 and all(half(n) > 0.1 for n in range(4, used, 3)), (used, [half(n) for n in t if n <= used])
    sweep(*study, "-o", "b.h5", "--device", "serial")
    same("a.h5", "b.h5")
    sweep(TINY, "--replicas", "6", "outcomes=[{metric: utilization}]", "-o", "six.h5")
    sweep(*study, "-o", "c.h5", "--extend", "six.h5")
    same("a.h5", "c.h5")
    assert "stopping" in sweep(*study, "-o", "s.h5", "--shard", "1/2", expect=2).stderr
    assert json.loads(sweep(*study, "--format", "json").stdout)["replicas"] == used


def kim_nelson(x, delta, better, first=10, alpha=0.05):
    """The procedure KN on observations x (lever, observation), once more: {lever: observations until it left}, chosen."""
    x = x if better == "higher" else -x
    k = len(x)
    h2 = (first - 1) * ((2 * alpha / (k - 1)) ** (-2 / (first - 1)) - 1)
    variance = [[(x[i, :first] - x[j, :first]).var(ddof=1) for j in range(k)] for i in range(k)]
    left, used = list(range(k)), {}
    for r in range(first, x.shape[1] + 1):
        mean = x[:, :r].mean(axis=1)
        width = lambda i, j: max(0, delta / 2 / r * (h2 * variance[i][j] / delta**2 - r))
        out = [i for i in left if any(mean[j] - mean[i] > width(i, j) for j in left if j != i)]
        used.update({i: r for i in out})
        left = [i for i in left if i not in out]
        if all(width(i, j) == 0 for i in left for j in left if i != j):
            return {**used, **{i: r for i in left}}, max(left, key=lambda i: mean[i]), True
    return {**used, **{i: x.shape[1] for i in left}}, max(left, key=lambda i: mean[i]), False


def selected():
    """--select ends where the published procedure ends, is the same when killed and resumed, and skips the rest."""
    text = open(TINY).read().replace("scenario: tiny-base.yaml", f"scenario: {STUDIES}/tiny-base.yaml")
    text = text.replace("large: {fleet.gpus: 96}", "\n  ".join(f"g{n}: {{fleet.gpus: {n}}}" for n in (72, 80, 88, 96)))
    open("five.yaml", "w").write(text)
    study = ["five.yaml", "--replicas", "60", "--samples", "2"]
    sweep(*study, "-o", "all.h5")
    for metric, delta in (("wait_mean_s", 400), ("wait_mean_s", 60), ("utilization", 0.02), ("utilization", 1e-5)):
        select = ["--select", metric, "--within", delta]
        with h5py.File("all.h5", "r") as file:
            levers = [name.decode() for name in file["lever"][()]]
            means = file[metric][()].mean(axis=1)
        used, best, decided = kim_nelson(means, delta, "lower" if metric == "wait_mean_s" else "higher")
        done = sweep(*study, *select, "-o", "a.h5", "--format", "json")
        found = json.loads(done.stdout)["selection"]
        assert found["chosen"] == levers[best] and found["decided"] == decided, (metric, delta, found, used)
        assert {i: found["levers"][name]["replicas"] for i, name in enumerate(levers)} == used, (found, used)
        assert levers[best] in done.stderr and ("not decided" in done.stderr) == (not decided), done.stderr
        with h5py.File("a.h5", "r") as a, h5py.File("all.h5", "r") as b:
            states = a["row_state"][()]
            made = states == 1
            for i in range(len(levers)):  # a round makes at most 32 rows, or one replica of each
                most = used[i] + 16
                assert made[i, :, :used[i]].all() and (states[i, :, most:] == 3).all(), (i, used, states[i])
            assert (a["wait_mean_s"][()][made] == b["wait_mean_s"][()][made]).all()
        sweep(*study, *select, "-o", "b.h5", "--device", "serial")
        same("a.h5", "b.h5")
    # Killed and resumed.
    longer = [*study, "horizon=40 d", "--device", "serial", "--select", "wait_mean_s", "--within", "60"]
    sweep(*longer, "-o", "whole.h5")
    kills = 0
    for attempt in range(80):
        process = subprocess.Popen([NADC, "sweep", *longer, "-o", "killed.h5", "--resume", "-q"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=0.1 + 0.004 * attempt**2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
            continue
        assert process.returncode == 0
        break
    else:
        raise AssertionError("never ended")
    assert kills > 0, "too fast to be killed"
    same("whole.h5", "killed.h5")
    refused = lambda *more: sweep(*study, *more, expect=2).stderr
    assert "a shard has a part" in refused("--select", "utilization", "--within", "1", "-o", "s.h5", "--shard", "1/2")
    assert "both say when" in refused("--select", "utilization", "--within", "1",
                                      "+design.stopping={half_width: 0.1, min_replicas: 4}")
    assert "10 replicas first" in sweep(TINY, "--select", "utilization", "--within", "1", expect=2).stderr
    assert "whole site" in refused("--select", "wait_mean_s@startup", "--within", "1")
    assert "did you mean utilization" in refused("--select", "utilisation", "--within", "1")
    assert "one lever" in refused("--select", "utilization", "--within", "1", "--levers", "small")
    assert "--within" in refused("--select", "utilization")


def chosen():
    """--levers and --samples take what the whole study has; without -o the same numbers are printed."""
    sweep(TINY, "-o", "a.h5")
    sweep(TINY, "-o", "one.h5", "--levers", "large", "--samples", "2", "--replicas", "2")
    whole, part = rows("a.h5"), rows("one.h5")
    assert len(part) == 4
    for key, row in part.items():
        assert all(row[name] == whole[key][name] or row[name] != row[name] for name in row), key
    printed = json.loads(sweep(TINY, "--format", "json").stdout)
    filed = json.loads(sweep(TINY, "--format", "json", "-o", "a.h5").stdout)
    assert printed["levers"] == filed["levers"]
    with h5py.File("a.h5", "r") as file:
        used = file["utilization"][0]
        entry = printed["levers"]["small"]["metrics"]["utilization"]
        assert abs(entry["mean"] - used.mean()) < 1e-12 and entry["n"] == 12
        assert abs(entry["sd"] - used.std(ddof=1)) < 1e-12
        means = used.mean(axis=1)
        check_interval(entry, means, 3.18245)
        low, mid, high = numpy.quantile(used, [0.05, 0.5, 0.95])
        assert abs(entry["p50"] - mid) < 1e-12 and entry["p05"] <= entry["p50"] <= entry["p95"]
        share = printed["levers"]["small"]["thresholds"]["utilization"]["p"]
        assert abs(share - (used >= 0.5).mean()) < 1e-12
    assert "did you mean large" in sweep(TINY, "--levers", "lage", expect=2).stderr
    for form in ("table", "markdown", "csv"):
        assert "utilization" in sweep(TINY, "--format", form).stdout
    sweep(os.path.join(STUDIES, "tiny-base.yaml"), "--replicas", "3", "-o", "plain.h5")
    assert len(rows("plain.h5")) == 3


def failures():
    """Samples whose values do not fit together are failed rows: the others go on, exit code 4."""
    study = open(TINY).read().replace("scenario: tiny-base.yaml", f"scenario: {STUDIES}/tiny-base.yaml")
    study = study.replace("uncertainties:\n", "uncertainties:\n  workload.classes.train.failed: {uniform: {low: 0.1, high: 0.7}}\n")
    open("failing.yaml", "w").write(study)
    change = "workload.classes.train.cancelled=0.5"
    done = sweep("failing.yaml", change, "-o", "f.h5", expect=4)
    with h5py.File("f.h5", "r") as file:
        states = file["row_state"][()]
        bad = file["point_workload_classes_train_failed"][()] > 0.5
        assert bad.any() and not bad.all()
        assert ((states == 2) == bad[:, :, None]).all() and ((states == 1) != (states == 2)).all()
        assert numpy.isnan(file["utilization"][()][states == 2]).all()
    assert "failed and cancelled" in done.stderr and "sample" in done.stderr
    for i in (1, 2):
        sweep("failing.yaml", change, "-o", f"f{i}.h5", "--shard", f"{i}/2", expect=4)
    nadc("merge", "-o", "merged.h5", "f1.h5", "f2.h5", expect=4)
    same("f.h5", "merged.h5")


def hazard_uncertain():
    """An uncertain failure rate: samples above the median run, and fail more often."""
    study = open(TINY).read().replace("scenario: tiny-base.yaml", f"scenario: {STUDIES}/tiny-base.yaml")
    study = study.replace("uncertainties:\n", "uncertainties:\n  reliability.hazard.constant.rate: {uniform: {low: 1, high: 300}}\n")
    open("hazard.yaml", "w").write(study)
    sweep("hazard.yaml", "-o", "h.h5", "--samples", "16")
    with h5py.File("h.h5", "r") as file:
        rate = file["point_reliability_hazard_constant_rate"][0]
        failures = file["node_failures"][0].mean(axis=1)
        assert (file["row_state"][()] == 1).all()
        assert numpy.corrcoef(rate, failures)[0, 1] > 0.8


def xarray_opens():
    """xarray reads the file by both engines; ncdump lists it."""
    try:
        import xarray
    except ImportError:
        return
    sweep(TINY, "-o", "a.h5")
    for engine in ("h5netcdf", "netcdf4"):
        try:
            data = xarray.open_dataset("a.h5", engine=engine)
        except (ValueError, ImportError):
            continue
        assert data["utilization"].dims == ("lever", "sample", "replica")
        assert data["group_wait_mean_s"].dims == ("lever", "sample", "replica", "group")
        assert data["point_workload_jobs_per_day"].dims == ("lever", "sample")
        jobs = data["point_workload_jobs_per_day"].values
        assert ((jobs > 100) & (jobs < 200)).all() and (jobs[0] == jobs[1]).all()
        assert list(data["lever"].values) == ["small", "large"]
        data.close()


def compared():
    """compare: paired differences, verdicts, flat tables; against numpy."""
    sweep(TINY, "-o", "a.h5", "--samples", "16")
    out = json.loads(nadc("compare", "a.h5", "--format", "json").stdout)
    assert out["baseline"] == "small" and list(out["outcomes"]) == ["utilization", "wait_mean_s", "node_failures"]
    with h5py.File("a.h5", "r") as file:
        d = file["utilization"][1] - file["utilization"][0]
    entry = out["outcomes"]["utilization"]["differences"]["large"]
    means = d.mean(axis=1)
    assert abs(entry["mean"] - means.mean()) < 1e-12
    check_interval(entry, means, 2.13145)
    for share, count in (("p_better", d > 0), ("p_equal", d == 0), ("p_worse", d < 0)):
        assert abs(entry[share] - count.mean()) < 1e-12
    assert entry["comparisons"] == 1 and entry["p_holm"] == entry["p_value"] < 0.05
    assert entry["verdict"] == "worse" and "large is lower than small" in entry["sentence"]
    waits = out["outcomes"]["wait_mean_s"]
    assert waits["better"] == "lower" and waits["differences"]["large"]["mean"] < 0
    # From the other side.
    back = json.loads(nadc("compare", "a.h5", "--baseline", "large", "--format", "json").stdout)
    other = back["outcomes"]["utilization"]["differences"]["small"]
    assert abs(other["mean"] + entry["mean"]) < 1e-12 and other["verdict"] == "better"
    # Undecided says what it takes.
    few = sweep(TINY, "-o", "few.h5", "--samples", "3", "--replicas", "2") and nadc("compare", "few.h5", "--format", "json")
    verdicts = [d["large"] for d in (o["differences"] for o in json.loads(few.stdout)["outcomes"].values())]
    undecided = [d for d in verdicts if d["verdict"] == "undecided"]
    assert undecided and all("undecided" in d["sentence"] for d in undecided)
    assert any("more" in d["sentence"] for d in undecided), undecided
    # One lever a file.
    sweep(TINY, "-o", "s.h5", "--levers", "small", "--samples", "16")
    sweep(TINY, "-o", "l.h5", "--levers", "large", "--samples", "16")
    two = json.loads(nadc("compare", "s.h5", "l.h5", "--format", "json").stdout)
    assert two["shared_worlds"] and two["outcomes"]["utilization"]["differences"]["large"]["mean"] == entry["mean"]
    sweep(TINY, "design.seed=9", "-o", "other.h5", "--samples", "16")
    warned = nadc("compare", "a.h5", "other.h5")
    assert "seeds" in warned.stderr
    # Flat tables.
    nadc("compare", "a.h5", "--csv", "flat")
    experiments = list(csv.DictReader(open("flat/experiments.csv")))
    outcomes = list(csv.DictReader(open("flat/outcomes.csv")))
    assert len(experiments) == len(outcomes) == 2 * 16 * 3
    for i, row in rows("a.h5").items():
        at = next(n for n, e in enumerate(experiments)
                  if (e["policy"], int(e["scenario"]), int(e["replica"])) == i)
        assert float(outcomes[at]["utilization"]) == row["utilization"]
    # Formats, choices, errors.
    for form in ("table", "markdown"):
        text = nadc("compare", "a.h5", "--format", form, "--assumptions").stdout
        assert "95 %" in text and "is lower than" in text, text
    assert "utilization" in nadc("compare", "a.h5", "--format", "csv").stdout
    one = json.loads(nadc("compare", "a.h5", "--outcome", "wait_p90_s", "--format", "json").stdout)
    assert list(one["outcomes"]) == ["wait_p90_s"] and one["outcomes"]["wait_p90_s"]["better"] == "lower"
    assert "did you mean utilization" in nadc("compare", "a.h5", "--outcome", "utilisation", expect=2).stderr
    nadc("compare", "a.h5", "--baseline", "medium", expect=2)
    nadc("compare", "missing.h5", expect=3)
    sweep(TINY, "--shard", "1/2", "-o", "half.h5")
    assert "merge" in nadc("compare", "half.h5", expect=3).stderr


def no_effect():
    """31 equal levers: every difference is 0, nothing is decided, and the sweep says that 30 change nothing. A study whose
    levers differ is not warned of. --select names what may be best."""
    study = open(TINY).read().replace("scenario: tiny-base.yaml", f"scenario: {STUDIES}/tiny-base.yaml")
    head, tail = study.split("levers:\n", 1)
    rest = [line for line in tail.splitlines(True) if not line.startswith(" ")]
    begin = tail.index(rest[0])
    levers = "".join(f"  l{i}: {{horizon: 6 d}}\n" for i in range(31))
    open("null.yaml", "w").write(head + "levers:\n" + levers + tail[begin:])
    done = sweep("null.yaml", "--samples", "2", "--replicas", "2", "-o", "null.h5")
    assert done.stderr.count("changes no outcome") == 30 and '"l30"' in done.stderr and '"l0"' in done.stderr, done.stderr
    out = json.loads(nadc("compare", "null.h5", "--format", "json", "--select").stdout)
    for outcome in out["outcomes"].values():
        assert len(outcome["differences"]) == 30
        for entry in outcome["differences"].values():
            assert entry["verdict"] == "equal" and entry["p_better"] == 0 and entry["p_worse"] == 0, entry
        assert len(outcome["selection"]["may_be_best"]) == 31
    assert "0 of" in nadc("compare", "null.h5").stdout
    assert "changes no outcome" not in sweep(TINY, "-o", "a.h5", "--samples", "16").stderr
    best = json.loads(nadc("compare", "a.h5", "--format", "json", "--select").stdout)["outcomes"]["utilization"]["selection"]
    assert best["chosen"] == "small" and best["may_be_best"] == ["small"] and best["gap"] == 0, best
    text = nadc("compare", "a.h5", "--select").stdout
    assert "with 95 % confidence it is the best of 2 levers" in text and "P(equal)" in text, text


def all_errors_at_once():
    """What is wrong in a study's design, outcomes and levers comes in one go."""
    study = open(TINY).read().replace("scenario: tiny-base.yaml", f"scenario: {STUDIES}/tiny-base.yaml")
    study = study.replace("outcomes:", "outcomes:\n  - {metric: utilisation}", 1)
    study = study.replace("levers:\n", "levers:\n  wrong: {fleet.gpsu: 8}\n  odd: [1]\n", 1)
    open("wrong.yaml", "w").write(study)
    said = sweep("wrong.yaml", "design.sampling=dice", expect=3).stderr
    for part in ("utilisation", "gpsu", "dice", "odd"):
        assert part in said, (part, said)


def submitted():
    """submit --dry-run prints scripts that bash accepts and that run the shards; --status reads the folder."""
    done = nadc("submit", TINY, "--tasks", "3", "-o", "out.h5", "--slurm-args=--time=10", "--dry-run")
    assert not glob.glob("out*")
    sweep_text, merge_text = done.stdout.split("\n# ")[0], done.stdout.split("\n# ")[1]
    sweep_text, merge_text = (text.split("\n", 1)[1] for text in (sweep_text, merge_text))
    assert "#SBATCH --array=1-3" in sweep_text and "#SBATCH --time=10" in sweep_text
    for text in (sweep_text, merge_text):
        assert subprocess.run(["bash", "-n"], input=text, text=True).returncode == 0
    os.mkdir("out.shards")
    open("out.shards/sweep.sh", "w").write(sweep_text)
    assert "not begun" in nadc("submit", "--status", "out.shards", expect=4).stdout
    for i in (1, 2, 3):
        subprocess.run(["bash", "-c", sweep_text], env={**os.environ, "SLURM_ARRAY_TASK_ID": str(i)}, check=True,
                       capture_output=True, timeout=60)
    assert nadc("submit", "--status", "out.shards").stdout.count("finished") == 3
    subprocess.run(["bash", "-c", merge_text], check=True, capture_output=True, timeout=60)
    sweep(TINY, "-o", "whole.h5")
    same("out.h5", "whole.h5")
    nadc("submit", "--tasks", "3", expect=2)
    nadc("submit", TINY, expect=2)
    nadc("submit", TINY, "fleet.gpuss=3", "--tasks", "3", "--dry-run", expect=3)


def shipped(only=""):
    """Every shipped study, cut short: whatever the device, threads, shards, kills or extension, the same bytes."""
    studies = sorted(glob.glob(os.path.join(SHIPPED, "*.yaml")))
    names = [os.path.basename(study)[:-len(".yaml")] for study in studies]
    assert not only or only in names, f"no study {only} in {SHIPPED}"
    for name, study in zip(names, studies):
        if only and name != only:
            continue
        for left in glob.glob("*.h5"):
            os.remove(left)
        # Of many levers three or four, spread over all.
        levers = nadc("run", study, "--lever", "?", expect=2).stderr.split("levers: ")[1].strip().split(", ")
        levers = levers[:: max(1, len(levers) // 3)]
        short = [study, "horizon=5 d", "warmup=1 d", "--levers", ",".join(levers), "--samples", "2", "--replicas", "2"]
        sweep(*short, "-o", "serial.h5", "--device", "serial")
        for device, threads in (("omp", 1), ("omp", 2), ("tbb", 1), ("tbb", 2)):
            if device in devices():
                sweep(*short, "-o", "x.h5", "--device", device, "--threads", threads)
                same("serial.h5", "x.h5")
        for count in (1, 3, 7):
            parts = [f"part-{count}-{i}.h5" for i in range(1, count + 1)]
            for i, part in enumerate(parts, 1):
                sweep(*short, "--shard", f"{i}/{count}", "-o", part)
            nadc("merge", "-o", "merged.h5", *reversed(parts))
            same("serial.h5", "merged.h5")
        for delay in (0.1, 0.3):
            process = subprocess.Popen([NADC, "sweep", *short, "-o", "killed.h5", "--resume", "-q"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(delay)
            process.kill()
            process.wait()
        sweep(*short, "-o", "killed.h5", "--resume")
        same("serial.h5", "killed.h5")
        sweep(*short[:-4], "--samples", "1", "--replicas", "1", "-o", "grown.h5")
        sweep(*short, "-o", "grown.h5", "--extend", "grown.h5")
        same("serial.h5", "grown.h5")


def screened(*study, expect=0):
    done = sweep(*study, "--format", "json", expect=expect)
    return json.loads(done.stdout)["screening"] if expect == 0 else done.stderr


def screening():
    """Screening sharpens means, changes no row, says when it does not help, and is refused where it cannot be."""
    many = [TINY, "--samples", "32", "--replicas", "2"]
    plain = json.loads(sweep(*many, "-o", "plain.h5", "--format", "json").stdout)
    assert "screening" not in plain
    done = json.loads(sweep(*many, "-o", "a.h5", "--screening", "4000", "--format", "json").stdout)
    same("plain.h5", "a.h5")
    assert done["levers"] == plain["levers"]
    found = done["screening"]
    assert found["samples"] == 4000 and found["runs"] == 2 * (4000 + 32), found
    for lever in ("small", "large"):
        for name, entry in found["levers"][lever].items():
            summary = plain["levers"][lever]["metrics"][name]
            assert abs(entry["plain_mean"] - summary["mean"]) < 1e-9 and entry["n"] == 32
            assert entry["used"] == ("reason" not in entry) == (entry["variance_removed"] > 0)
            half = lambda ci: ci[1] - ci[0]
            assert half(entry["ci95"]) <= half(entry["plain_ci95"])
        assert found["levers"][lever]["utilization"]["variance_removed"] > 0.5
    assert "utilization" in found["differences"]["large"] and "small" not in found["differences"]
    # The same numbers by any device, from the file, from the study's own key, and for a lever alone.
    wall = ("wall_s", "runs_per_s")
    clean = lambda s: {key: value for key, value in s.items() if key not in wall}
    for way in ([*many, "--device", "serial"], [*many, "-o", "a.h5", "--resume"], [*many[:1], "design.screening=4000", *many[1:]]):
        how = way if any("design.screening" in str(word) for word in way) else [*way, "--screening", "4000"]
        assert clean(screened(*how)) == clean(found), way
    assert screened(*many, "--screening", "4000", "--levers", "small")["levers"]["small"] == found["levers"]["small"]
    # With one sample the units are replicas.
    assert screened(TINY, "--samples", "1", "--replicas", "40", "--screening", "500")["replicas"] == 500
    for form in ("table", "markdown"):
        assert "variance removed" in sweep(*many, "--screening", "200", "--format", form).stdout
    # No use: too few pairs, nothing alike, and a ledger that draws no job of a study whose jobs alone vary.
    few = screened(TINY, "--screening", "100")["levers"]["small"]["utilization"]
    assert not few["used"] and few["mean"] == few["plain_mean"] and "4 pairs" in few["reason"]
    other = "outcomes=[{metric: days_to_target_gpus}, {metric: comm_slowdown_mean}]"
    for entry in screened(*many, other, "--screening", "100")["levers"]["small"].values():
        assert not entry["used"] and "nothing like" in entry["reason"], entry
    blind = ["--samples", "1", "--replicas", "40", "design.screening_draws=0", "reliability.hazard={constant: {rate: 0}}"]
    for entry in screened(TINY, *blind, "--screening", "100")["levers"]["small"].values():
        assert not entry["used"] and entry["mean"] == entry["plain_mean"], entry
    # A stopping rule: pairs of the replicas that ran.
    rule = "+design.stopping={half_width: 0.1, min_replicas: 4, batch: 3, watch: values}"
    study = [*many[:3], rule, "--replicas", "60", "outcomes=[{metric: utilization}]"]
    assert screened(*study, "--screening", "200")["levers"]["small"]["utilization"]["used"]
    # Refused.
    assert "more than the study's own" in screened(*many, "--screening", "32", expect=3)
    assert "Latin hypercube" in screened(*many, "design.sampling=lhs", "--screening", "400", expect=3)
    sweep(*many, "--screening", "-1", expect=2)
    sweep(*many, "--screening", "many", expect=2)
    sweep(*many, "design.screening=-1", expect=3)
    sweep(*many, "design.screening_draws=-1", expect=3)
    assert "merge" in sweep(*many, "--screening", "400", "--shard", "1/2", "-o", "s.h5", expect=2).stderr
    assert not glob.glob("s.h5*")
    sweep(TINY, "--screening", "0")
    jobs()
    trace = [os.path.join(STUDIES, "trace.yaml"), "workload.trace=jobs.csv", "--replicas", "20"]
    assert "trace" in screened(*trace, "--screening", "100", expect=3)


def jobs():
    with open("jobs.csv", "w") as file:
        file.write("job_id,submit_s,gpus,duration_s\n" +
                   "".join(f"{i},{60 * i},{1 + i % 8},600\n" for i in range(300)))


def exported():
    """--export-blob writes what nadc-gpu-check reads: every backend gives the hashes of the rows."""
    done = sweep(TINY, "--export-blob", "tiny.blob", "--device", "serial")
    assert done.stdout == "" and "8 points, 24 rows" in done.stderr, done.stderr
    sweep(TINY, "--export-blob", "again.blob", "--device", "omp", "--threads", "2")
    rows_of = lambda path: open(path, "rb").read()[-24 * 16:]  # point, replica, hash
    assert rows_of("tiny.blob") == rows_of("again.blob")
    jobs()
    sweep(os.path.join(STUDIES, "trace.yaml"), "workload.trace=jobs.csv", "--export-blob", "trace.blob")
    sweep(os.path.join(SHIPPED, "korea-quick.yaml"), "horizon=20 d", "warmup=5 d", "--samples", "1", "--replicas", "1",
          "--export-blob", "korea.blob")
    check = os.environ.get("NADC_GPU_CHECK")
    for blob, count in (("tiny.blob", 24), ("trace.blob", 2), ("korea.blob", 6)):
        if check:
            judged = subprocess.run([check, blob, "--no-benchmark"], capture_output=True, text=True, timeout=120)
            assert judged.returncode == 0, judged.stderr
            assert all(way["equal"] == way["rows"] == count for way in json.loads(judged.stdout)["checks"])
    for wrong in (["-o", "x.h5"], ["--screening", "100"], ["--shard", "1/2", "-o", "x.h5"], ["--resume"]):
        sweep(TINY, "--export-blob", "x.blob", *wrong, expect=2)
    sweep(TINY, "--export-blob", "no/folder/x.blob", expect=2)
    sweep(TINY, "--export-blob", "x.blob", "--samples", "4000000", expect=2)
    sweep(TINY, "--export-blob", "x.blob", "fleet.gpuss=3", expect=3)
    assert sorted(glob.glob("*.blob*")) == ["again.blob", "korea.blob", "tiny.blob", "trace.blob"], glob.glob("*")


CASES = [run_equals_row, threads_and_devices, shards, killed_and_resumed, interrupted, data_changed, extended, stopping,
         selected, chosen, failures, hazard_uncertain, xarray_opens, compared, no_effect,
         all_errors_at_once, submitted, shipped, screening, exported]


def main():
    names = sys.argv[2:]
    known = {case.__name__: case for case in CASES}
    for name in names or known:
        case, _, part = name.partition("/")  # shipped/STUDY: that one alone
        home = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                known[case](*[part] if part else [])
            finally:
                os.chdir(home)
        print("ok:", name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
