"""nadc from Python: runs the command, opens its files with xarray.

    import nadc
    data = nadc.sweep(nadc.SCENARIOS / "studies" / "korea-quick.yaml", samples=16)   # an xarray.Dataset
    nadc.compare(data, baseline="10k-full")                                          # a pandas.DataFrame
    nadc.decide(data)["outcomes"]                                                    # what nadc decide says

Everything is done by the command, which is found as the environment variable NADC says, or on the PATH; this module adds
no numbers of its own. It needs xarray and h5netcdf (Debian: python3-xarray python3-h5netcdf); `Model` needs the EMA
Workbench too. Errors of the command are `nadc.Error`, with its exit code and what it said; its warnings are Python's.
"""
import atexit
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings

SCENARIOS = pathlib.Path(__file__).resolve().parent.parent / "scenarios"
PARTIAL = 4  # exit code: some replicas failed, the others are there


class Error(RuntimeError):
    """The command failed: `code` is its exit code, the message what it said."""

    def __init__(self, code, text):
        super().__init__(text.strip() or f"nadc ended with exit code {code}")
        self.code = code


def program():
    """Path of the command."""
    found = os.environ.get("NADC") or shutil.which("nadc")
    if not found:
        raise FileNotFoundError("no nadc: put it on the PATH, or its path into the environment variable NADC")
    return found


def version():
    """What the command says of itself."""
    return _call(["--version"]).strip()


# -- running


def run(scenario, *overrides, lever=None, sample=None, replica=None, seed=None, series=None, jobs=False, output=None,
        progress=False):
    """One replica of a scenario or study, as a Dataset: metrics of the site, of groups (`group_*`) and classes.

    series="1 h" adds time series (`ts_*` along `time`), jobs=True one record a job (`jobs_*` along `job`). Overrides are
    "key=value", or dicts of them: run(s, "fleet.gpus=12000"), run(s, {"fleet.gpus": 12000}).
    """
    options = _options({"--lever": lever, "--sample": sample, "--replica": replica, "--seed": seed, "--series": series,
                        "--jobs": jobs})
    return _work("run", scenario, overrides, options, output, progress)


def sweep(study, *overrides, samples=None, replicas=None, levers=None, device=None, threads=None, screening=None,
          series=None, extend=None, resume=False, output=None, progress=True):
    """All levers, samples and replicas of a study, as a Dataset with these dimensions.

    output keeps the results file; without it the file lives as long as this process (compare() and decide() find it).
    progress: True shows a bar, False nothing; or a function that takes each event of --progress json (a dict). Replicas
    that failed are warned of and have row_state 2; their metrics are NaN. series=48 keeps means over 48 equal stretches of
    time (`series_*` along `time`), for bands().
    """
    if levers is not None and not isinstance(levers, str):
        levers = ",".join(levers)
    options = _options({"--samples": samples, "--replicas": replicas, "--levers": levers, "--device": device,
                        "--threads": threads, "--screening": screening, "--series": series, "--extend": extend,
                        "--resume": resume})
    return _work("sweep", study, overrides, options, output, progress)


def open_results(path):
    """A results file of nadc as a Dataset, read into memory."""
    import xarray

    with xarray.open_dataset(path, engine="h5netcdf") as data:
        data = data.load()
    data.attrs["nadc_file"] = str(pathlib.Path(path).resolve())
    return data


# -- asking


def compare(results, baseline=None, outcomes=(), by=None, select=False):
    """Each lever against the baseline, world by world: a DataFrame, one line an outcome and lever.

    results: what sweep() returned, a path, or a list of them. The columns are those of `nadc compare --format json`; the
    whole of it is in .attrs["report"]. by="group" adds who wins and loses to it.
    """
    import pandas

    report = _ask("compare", _files(results), {"--baseline": baseline, "--outcome": outcomes, "--by": by,
                                               "--select": select})
    lines = []
    for name, outcome in report["outcomes"].items():
        for lever, difference in outcome["differences"].items():
            low, high = _interval(difference)
            lines.append({"outcome": name, "lever": lever, "baseline": report["baseline"], "unit": outcome["unit"],
                          "better": outcome["better"], "difference": difference["mean"], "low": low, "high": high,
                          **{key: difference[key] for key in ("p_better", "p_equal", "p_worse", "p_holm", "verdict",
                                                              "sentence")}})
    frame = pandas.DataFrame(lines)
    frame.attrs["report"] = report
    return frame


def estimates(results, outcomes=()):
    """Outcomes of the levers with their 95 % intervals: a DataFrame, one line an outcome and lever.

    The mean is over the samples, each averaged over its replicas; the intervals are those of `nadc compare`.
    """
    import pandas

    report = _ask("compare", _files(results), {"--outcome": outcomes})
    lines = []
    for name, outcome in report["outcomes"].items():
        for lever, value in outcome["levers"].items():
            low, high = _interval(value)
            lines.append({"outcome": name, "lever": lever, "unit": outcome["unit"], "mean": value["mean"], "low": low,
                          "high": high, "n": value["n"]})
    return pandas.DataFrame(lines)


def bands(results, series="gpus_in_use", quantiles=(0.05, 0.25, 0.5, 0.75, 0.95)):
    """Quantiles of a series over all samples and replicas that are done: a DataArray (quantile, lever, time), of
    "group_jobs_waiting" with a group too. Other series: gpus_in_service, jobs_waiting, it_power_mw.

    results: what sweep(…, series=48) returned, or a path. Each row counts alike, whatever came of the others.
    """
    data = open_results(results) if isinstance(results, (str, os.PathLike)) else results
    known = [name[len("series_"):] for name in data.data_vars if name.startswith("series_")]
    if series not in known:
        raise ValueError(f"no series '{series}'; " + (f"there are {', '.join(known)}" if known else
                                                      "make the sweep with series=48 (nadc sweep --series 48)"))
    done = data["series_" + series].where(data["row_state"] == 1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice")
        return done.quantile(list(quantiles), dim=("sample", "replica"))


def decide(results, outcomes=(), weigh=None, threshold=None, sections=()):
    """What `nadc decide` says: ranking, regret, Pareto set, what drives it, where it fails. A dict.

    weigh and threshold: {"metric": number}.
    """
    files = _files(results)
    if len(files) != 1:
        raise ValueError("decide() takes one results file")
    pairs = {"--weigh": weigh, "--threshold": threshold}
    return _ask("decide", files, {"--outcome": outcomes, "--section": sections,
                                  **{key: [f"{name}={number}" for name, number in (values or {}).items()]
                                     for key, values in pairs.items()}})


def watch(*files):
    """The state of a sweep that runs elsewhere, as of `nadc watch --once`: a dict."""
    return json.loads(_call(["watch", *map(str, files), "--once", "--format", "json"], allowed=(0, PARTIAL)))


def ask(*arguments, **options):
    """Any other command that prints JSON: ask("network", "size", topology=["fat-tree", "dragonfly"], gpus=1024)."""
    named = _options({"--" + name.replace("_", "-"): value for name, value in options.items()})
    return json.loads(_call([*map(str, arguments), *named, "--format", "json"]))


def plot_style():
    """Makes matplotlib's figures fit to print: plain, and in colours that the colour-blind tell apart (Okabe and Ito)."""
    import matplotlib

    matplotlib.rcParams.update({
        "axes.prop_cycle": matplotlib.cycler(color=["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]),
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "0.9",
        "axes.axisbelow": True, "figure.constrained_layout.use": True, "figure.dpi": 110, "legend.frameon": False})


# -- progress


class Bar:
    """A progress bar on stderr, for terminals and notebooks."""

    width = 30

    def __init__(self, stream=None):
        self.stream = stream or sys.stderr
        self.shown = 0

    def __call__(self, event):
        if event["event"] != "progress":
            return
        done, total, left = event["done"], event["total"], event["left_s"]
        text = f"{event['stage']}  {done:,}"
        if total:
            filled = self.width * done // total
            text = f"{'█' * filled}{'░' * (self.width - filled)} {text} of {total:,}"
        if event["failed"]:
            text += f"  {event['failed']:,} failed"
        if event["per_s"]:
            text += f"  {event['per_s']:.3g}/s"
        if left and left >= 1:
            text += f"  {'at most ' if event['at_most'] else ''}{_duration(left)} left"
        self.stream.write("\r" + text.ljust(self.shown))
        self.stream.flush()
        self.shown = max(self.shown, len(text))

    def close(self):
        if self.shown:
            self.stream.write("\n")
            self.stream.flush()


def _duration(seconds):
    seconds = int(seconds + 0.5)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02} s"
    return f"{seconds // 3600} h {seconds // 60 % 60:02} min"


# -- the EMA Workbench


def __getattr__(name):
    if name != "Model":
        raise AttributeError(f"module 'nadc' has no attribute '{name}'")
    try:
        from ema_workbench.em_framework.model import SingleReplication
    except ImportError as error:
        raise ImportError("nadc.Model needs the EMA Workbench: pip install ema_workbench") from error

    class Model(SingleReplication):
        """A scenario as a model of the EMA Workbench (https://emaworkbench.readthedocs.io).

            model = nadc.Model("korea", scenario=nadc.SCENARIOS / "korea-quarter.yaml")
            model.uncertainties = [RealParameter("jobs", 6600, 7800, variable_name="workload.jobs_per_day")]
            model.levers = [IntegerParameter("gpus", 10000, 18000, variable_name="fleet.gpus")]
            model.outcomes = [ScalarOutcome("wait", variable_name="wait_mean_s"),
                              ScalarOutcome("startups_wait", variable_name="wait_mean_s@start-up")]

        Parameters are keys of the scenario, outcomes metrics of the site, or METRIC@GROUP (a group, class or domain).
        Every experiment is one `nadc run`; the same seed and replica give every experiment the same random history, so
        that differences are the parameters'. For many replicas a design, let `nadc sweep` do it, and hand the workbench
        the tables of `nadc compare --csv`.
        """

        def __init__(self, name, scenario, overrides=(), seed=None, replica=0):
            super().__init__(name)
            self.scenario, self.overrides = str(scenario), [str(change) for change in overrides]
            self.seed, self.replica = seed, replica

        def run_experiment(self, experiment):
            changes = [f"{key}={_scalar(value)}" for key, value in experiment.items()]
            report = json.loads(_call(["run", self.scenario, *self.overrides, *changes, "--format", "json", "--quiet",
                                       *_options({"--seed": self.seed, "--replica": self.replica})]))
            return {name: _metric(report, name) for name in self.output_variables}

    Model.__module__, Model.__qualname__ = __name__, "Model"
    globals()["Model"] = Model  # found by pickle, for evaluators with many processes
    return Model


def _scalar(value):
    return value.item() if hasattr(value, "item") else value


def _metric(report, name):
    metric, _, member = name.partition("@")
    if not member:
        values = report["metrics"]
    else:
        values = next((report[axis][member] for axis in ("groups", "classes", "domains") if member in report.get(axis, {})),
                      None)
    if values is None or metric not in values:
        raise KeyError(f"no metric '{name}' of this run")
    return float("nan") if values[metric] is None else values[metric]


# -- inside

_folder = None  # of results that nobody asked to keep


def _scratch():
    global _folder
    if _folder is None:
        _folder = tempfile.TemporaryDirectory(prefix="nadc-")
        atexit.register(_folder.cleanup)
    return pathlib.Path(_folder.name) / f"{time.monotonic_ns()}.h5"


def _options(values):
    """{"--samples": 8, "--resume": True, "--outcome": [a, b]} as words; None, False and [] are left out."""
    words = []
    for name, value in values.items():
        if value is None or value is False:
            continue
        if value is True:
            words.append(name)
        else:
            for each in value if isinstance(value, (list, tuple)) else [value]:
                words += [name, str(each)]
    return words


def _overrides(overrides):
    words = []
    for change in overrides:
        words += [f"{key}={value}" for key, value in change.items()] if isinstance(change, dict) else [str(change)]
    return words


def _files(results):
    """Paths of Datasets or of paths, one or a list."""
    import xarray

    if isinstance(results, (str, os.PathLike)):
        return [str(results)]
    if isinstance(results, xarray.Dataset):
        if "nadc_file" not in results.attrs:
            raise ValueError("this Dataset is not one that nadc.sweep() or nadc.open_results() returned: give the file")
        return [results.attrs["nadc_file"]]
    return [file for each in results for file in _files(each)]


def _interval(entry):
    low, high = entry["ci95"]
    return (float("-inf") if low is None else low), (float("inf") if high is None else high)


def _ask(command, files, options):
    return json.loads(_call([command, *files, "--format", "json", "--quiet", *_options(options)]))


def _call(words, allowed=(0,)):
    done = subprocess.run([program(), *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode not in allowed:
        raise Error(done.returncode, done.stderr)
    return done.stdout


def _work(command, file, overrides, options, output, progress):
    """run or sweep with --progress json; returns the Dataset of what it wrote."""
    path = pathlib.Path(output) if output else _scratch()
    words = [program(), command, str(file), *_overrides(overrides), *options, "-o", str(path), "--progress", "json"]
    bar = Bar() if progress is True else None
    listener = bar or (progress if callable(progress) else None)
    errors, warned = [], []
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True, encoding="utf-8")
    try:
        for line in process.stderr:
            try:
                event = json.loads(line)
            except ValueError:  # of a library, or of the system
                errors.append(line.rstrip("\n"))
                continue
            if event["event"] == "log" and event["level"] == "error":
                errors.append(event["text"])
            elif event["event"] == "log" and event["level"] == "warning":
                warned.append(event["text"])
            if listener:
                listener(event)
        code = process.wait()
    except BaseException:  # Ctrl-C above all: what is finished is kept, and --resume goes on from there
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
    finally:
        process.stderr.close()
        if bar:
            bar.close()
    for text in warned:
        warnings.warn(text, stacklevel=3)
    if code == PARTIAL and path.exists():
        warnings.warn("some replicas failed: " + "; ".join(errors), stacklevel=3)
    elif code != 0:
        raise Error(code, "\n".join(errors))
    return open_results(path)
