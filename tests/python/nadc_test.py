"""notebooks/nadc.py against the command and its files, read here by other means.

Usage: nadc_test.py NADC [CASE...]      exit code 77: a package is missing
"""
import inspect
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import types
import warnings

try:
    import h5py
    import numpy
    import pandas  # noqa: F401
    import xarray  # noqa: F401
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

NADC = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "cli" / "studies" / "tiny.yaml"
os.environ["NADC"] = NADC
sys.path.insert(0, str(ROOT / "notebooks"))
import nadc  # noqa: E402


def call(*words, code=0):
    done = subprocess.run([NADC, *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == code, done.stderr
    return done


def raises(kind, use, *words):
    try:
        use()
    except kind as error:
        for word in words:
            assert word in str(error), (word, str(error))
        return error
    raise AssertionError(f"no {kind.__name__}")


def runs():
    """run() has the numbers of `nadc run --format json`; series and jobs come along."""
    data = nadc.run(TINY, {"fleet.gpus": 96}, lever="small", sample=1, replica=1, series="6 h", jobs=True)
    plain = json.loads(call("run", TINY, "fleet.gpus=96", "--lever", "small", "--sample", 1, "--replica", 1, "--format",
                            "json").stdout)
    assert len(plain["metrics"]) > 40
    for name, value in plain["metrics"].items():
        assert (value is None and numpy.isnan(data[name])) or float(data[name]) == value, name
    for group, metrics in plain["groups"].items():
        assert float(data["group_wait_mean_s"].sel(group=group)) == metrics["wait_mean_s"]
    step = numpy.diff(data["time"].values).astype("timedelta64[s]").astype(int)
    assert len(step) > 3 and (step == 6 * 3600).all()
    assert data.sizes["job"] > 10


def sweeps():
    """sweep() is the file's arrays, labelled; a kept file stays, another goes with the process."""
    with tempfile.TemporaryDirectory() as folder:
        kept = os.path.join(folder, "kept.h5")
        data = nadc.sweep(TINY, samples=3, replicas=2, levers=["large", "small"], output=kept, progress=False)
        with h5py.File(kept) as file:
            names = [name.decode() for name in file["lever"][()]]
            for i, name in enumerate(names):
                assert (data["utilization"].sel(lever=name).values == file["utilization"][i]).all()
        assert data["utilization"].dims == ("lever", "sample", "replica") and data.sizes["replica"] == 2
        again = nadc.sweep(TINY, samples=3, replicas=2, levers="small", progress=False)
        assert (again["utilization"].sel(lever="small").values == data["utilization"].sel(lever="small").values).all()
        scratch = again.attrs["nadc_file"]
        assert os.path.exists(scratch)
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'notebooks')!r}); import nadc; " \
           f"print(nadc.sweep({str(TINY)!r}, samples=1, replicas=1, progress=False).attrs['nadc_file'])"
    left = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert left.endswith(".h5") and not os.path.exists(left)


def bands():
    """bands() are numpy's quantiles of the rows that are done."""
    data = nadc.sweep(TINY, samples=4, replicas=2, series=6, progress=False)
    data["row_state"][1, 2, 0] = 2  # as if it had failed
    found = nadc.bands(data, "jobs_waiting", quantiles=[0.25, 0.5])
    assert found.dims == ("quantile", "lever", "time") and found.sizes["time"] == 6
    for lever in range(2):
        rows = data["series_jobs_waiting"].values[lever][data["row_state"].values[lever] == 1]
        assert len(rows) == (8, 7)[lever]
        assert numpy.allclose(found.values[:, lever], numpy.quantile(rows, [0.25, 0.5], axis=0), rtol=1e-12)
    assert nadc.bands(data, "group_jobs_waiting").dims == ("quantile", "lever", "group", "time")
    raises(ValueError, lambda: nadc.bands(data, "nothing"), "gpus_in_use")
    raises(ValueError, lambda: nadc.bands(data.drop_vars([n for n in data.data_vars if n.startswith("series_")])), "series=48")


def compares():
    """compare() and estimates() are what numpy makes of the rows."""
    data = nadc.sweep(TINY, samples=12, replicas=2, progress=False)
    levers = [str(name) for name in data["lever"].values]
    frame = nadc.compare(data, baseline=levers[0], outcomes=["utilization", "wait_mean_s"])
    assert set(frame["outcome"]) == {"utilization", "wait_mean_s"} and set(frame["lever"]) == set(levers[1:])
    for _, line in frame.iterrows():
        rows = (data[line["outcome"]].sel(lever=line["lever"]) - data[line["outcome"]].sel(lever=levers[0])).values
        assert abs(line["difference"] - rows.mean()) < 1e-9 * max(1, abs(rows).max())
        assert line["low"] <= line["difference"] <= line["high"] and line["sentence"]
        better = rows < 0 if line["better"] == "lower" else rows > 0
        assert abs(line["p_better"] - better.mean()) < 1e-12
    values = nadc.estimates(data, ["utilization"]).set_index("lever")
    for lever in levers:
        by_sample = data["utilization"].sel(lever=lever).values.mean(axis=1)
        assert abs(values.loc[lever, "mean"] - by_sample.mean()) < 1e-12
        # 11 degrees of freedom: 2.201. Never narrower; wider where values are skewed.
        half = 2.200985 * by_sample.std(ddof=1) / len(by_sample) ** 0.5
        assert values.loc[lever, "high"] - values.loc[lever, "mean"] > 0.999 * min(half, 1 - by_sample.mean())
    assert "differences" in frame.attrs["report"]["outcomes"]["utilization"]


def decides():
    """decide() passes weights, thresholds and sections on."""
    data = nadc.sweep(TINY, samples=12, replicas=1, progress=False)
    said = nadc.decide(data, ["utilization", "wait_mean_s"], weigh={"utilization": 2, "wait_mean_s": 1},
                       threshold={"wait_mean_s": 3600}, sections=["ranking", "satisficing"])
    plain = json.loads(call("decide", data.attrs["nadc_file"], "--outcome", "utilization", "--outcome", "wait_mean_s",
                            "--weigh", "utilization=2", "--weigh", "wait_mean_s=1", "--threshold", "wait_mean_s=3600",
                            "--section", "ranking", "--section", "satisficing", "--format", "json").stdout)
    assert said == plain and said
    raises(ValueError, lambda: nadc.decide([data, data]), "one results file")


def reports_progress():
    """A function sees the events; the bar ends full; nothing is shown when nobody asks."""
    events = []
    nadc.sweep(TINY, samples=4, replicas=2, progress=events.append)
    steps = [event for event in events if event["event"] == "progress"]
    rows = 4 * 2 * len(nadc.sweep(TINY, samples=1, replicas=1, progress=False)["lever"])
    assert steps[-1]["done"] == steps[-1]["total"] == rows and steps[-1]["failed"] == 0
    assert [step["done"] for step in steps] == sorted(step["done"] for step in steps)
    stream = io.StringIO()
    bar = nadc.Bar(stream)
    for step in steps:
        bar(step)
    bar({"event": "log", "level": "info", "text": "not for a bar"})
    bar.close()
    last = stream.getvalue().split("\r")[-1]
    assert last.startswith("█" * nadc.Bar.width) and f"{rows} of {rows}" in last and last.endswith("\n")
    assert "not for a bar" not in stream.getvalue()


def says_errors():
    """Exit code and text of the command; warnings are Python's."""
    wrong = raises(nadc.Error, lambda: nadc.sweep(TINY, "fleet.gpuss=3", progress=False), "gpuss", "fleet.gpus")
    assert wrong.code == 3
    assert raises(nadc.Error, lambda: nadc.run("no-such.yaml"), "no-such.yaml").code in (2, 3)
    assert raises(nadc.Error, lambda: nadc.compare("no-such.h5"), "no-such.h5").code == 3
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        nadc.run(TINY, "scheduler.window=1", "workload.jobs_per_day=400", lever="small")
    texts = [str(w.message) for w in seen]
    assert any("window" in text for text in texts), texts
    assert all("nadc_test" in w.filename for w in seen), [w.filename for w in seen]
    environment = os.environ.pop("NADC"), os.environ.pop("PATH")
    try:
        raises(FileNotFoundError, nadc.program, "PATH")
    finally:
        os.environ["NADC"], os.environ["PATH"] = environment


def notes_failures():
    """Replicas that fail are warned of, and the others are there."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        # Samples in which more than all jobs would fail or be cancelled do not run.
        study = TINY.read_text().replace("scenario: tiny-base", f"scenario: {TINY.parent}/tiny-base").replace(
            "uncertainties:\n", "uncertainties:\n  workload.classes.train.failed: {uniform: {low: 0.1, high: 0.7}}\n")
        pathlib.Path("failing.yaml").write_text(study)
        data = nadc.sweep("failing.yaml", {"workload.classes.train.cancelled": 0.5}, progress=False)
    failed = (data["row_state"] == 2).values
    assert failed.any() and not failed.all()
    assert any("failed" in str(w.message) for w in seen)
    assert numpy.isnan(data["utilization"].values[failed]).all()
    assert not numpy.isnan(data["utilization"].values[~failed]).any()


def works_with_ema():
    """Model runs an experiment as the workbench hands it over. Without the workbench: a stand-in with its interface."""
    try:
        import ema_workbench  # noqa: F401
        from ema_workbench import RealParameter, ScalarOutcome
    except ImportError:
        assert "pip install ema_workbench" in str(raises(ImportError, lambda: nadc.Model))

        class SingleReplication:
            def __init__(self, name):
                self.name = name

            @property
            def output_variables(self):
                return [name for outcome in self.outcomes for name in outcome.variable_name]

        class RealParameter:
            def __init__(self, name, low, high, variable_name=None):
                self.name, self.variable_name = name, [variable_name or name]

        ScalarOutcome = RealParameter
        for name in ("ema_workbench", "ema_workbench.em_framework", "ema_workbench.em_framework.model"):
            sys.modules[name] = types.ModuleType(name)
        sys.modules["ema_workbench.em_framework.model"].SingleReplication = SingleReplication
        model = nadc.Model("tiny", TINY, seed=5)
        model.outcomes = [ScalarOutcome("used", 0, 1, variable_name="utilization"),
                          ScalarOutcome("wait", 0, 1, variable_name="wait_mean_s@startup")]
        got = model.run_experiment({"fleet.gpus": numpy.int64(128), "workload.jobs_per_day": 120.0})
    else:
        from ema_workbench import IntegerParameter, Policy, perform_experiments
        model = nadc.Model("tiny", TINY, seed=5)
        model.levers = [IntegerParameter("gpus", 64, 256, variable_name="fleet.gpus")]
        model.uncertainties = [RealParameter("jobs", 120, 120.001, variable_name="workload.jobs_per_day")]
        model.outcomes = [ScalarOutcome("used", variable_name="utilization"),
                          ScalarOutcome("wait", variable_name="wait_mean_s@startup")]
        experiments, outcomes = perform_experiments(model, 1, [Policy("p", gpus=128)])
        got = {"utilization": outcomes["used"][0], "wait_mean_s@startup": outcomes["wait"][0]}
    assert set(got) == {"utilization", "wait_mean_s@startup"}
    plain = json.loads(call("run", TINY, "fleet.gpus=128", "workload.jobs_per_day=120", "--seed", 5, "--format", "json").stdout)
    groups = plain["groups"]
    assert got["utilization"] == plain["metrics"]["utilization"]
    assert got["wait_mean_s@startup"] == groups["startup"]["wait_mean_s"]
    import pickle
    assert pickle.loads(pickle.dumps(nadc.Model)) is nadc.Model


def keys_are_options():
    """What run() and sweep() take stands for an option of the command, and every option of theirs is one that it has."""
    source = inspect.getsource(nadc)
    for function, command in ((nadc.run, "run"), (nadc.sweep, "sweep")):
        known = set(re.findall(r"--[a-z-]+", call(command, "--help").stdout))
        used = set(re.findall(r'"(--[a-z-]+)":', inspect.getsource(function)))
        assert used and used <= known, used - known
        parameters = set(inspect.signature(function).parameters) - {"scenario", "study", "overrides", "output", "progress"}
        assert {"--" + name for name in parameters} == used, parameters ^ used
    for command, function in (("compare", nadc.compare), ("decide", nadc.decide)):
        used = set(re.findall(r'"(--[a-z-]+)":', inspect.getsource(function)))
        assert used and used <= set(re.findall(r"--[a-z-]+", call(command, "--help").stdout))
    assert "tqdm" not in source


CASES = [runs, sweeps, bands, compares, decides, reports_progress, says_errors, works_with_ema, notes_failures,
         keys_are_options]

if __name__ == "__main__":
    chosen = sys.argv[2:] or [case.__name__ for case in CASES]
    here = os.getcwd()
    for case in CASES:
        if case.__name__ in chosen:
            with tempfile.TemporaryDirectory() as scratch:
                os.chdir(scratch)
                case()
                os.chdir(here)
            print(f"{case.__name__}: {case.__doc__}")
