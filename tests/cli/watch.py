"""nadc watch beside a sweep that runs, and --progress json and --metrics-file of run and sweep.

Usage: watch.py NADC [CASE...]      exit code 77: a package is missing
"""
import glob
import json
import os
import pty
import re
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
TINY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "studies", "tiny.yaml")
STUDIES = os.path.dirname(TINY)


def long_sweep(days):
    return [TINY, f"horizon={days} d", "--samples", "120", "--replicas", "3", "--device", "serial"]


# Some seconds on one thread: the file is written to every four.
LONG = long_sweep(60)


def nadc(*arguments, expect=0, **more):
    done = subprocess.run([NADC, *map(str, arguments)], capture_output=True, text=True, timeout=240,
                          stdin=subprocess.DEVNULL, **more)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def look(*files, expect=4):
    return json.loads(nadc("watch", *files, "--format", "json", expect=expect).stdout)


def begin(*arguments):
    return subprocess.Popen([NADC, "sweep", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def wait_for(condition, seconds=120):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError("it did not come to that")


def while_running():
    """A sweep is looked at again and again: rows only grow, the writer is named, and its file ends as without a watcher."""
    sweep = begin(*LONG, "-o", "long.h5")
    wait_for(lambda: os.path.exists("long.h5.part"))
    seen, states = [], set()
    while sweep.poll() is None:
        done = subprocess.run([NADC, "watch", "long.h5.part", "--format", "json"], capture_output=True, text=True, timeout=60)
        assert done.returncode in (0, 4), done.stderr
        now = json.loads(done.stdout)
        seen.append(now["done"])
        for file in now["files"]:
            states.add(file["state"])
            assert file["process"] in (None, sweep.pid), (file, sweep.pid)
            assert file["state"] != "running" or file["process"] == sweep.pid
        assert now["rows"] == 720 and now["interim"] == (not now["finished"])
        assert now["done"] + now["missing"] == 720
    assert sweep.returncode == 0, sweep.stderr.read()
    assert seen == sorted(seen) and "running" in states, (seen, states)
    nadc("sweep", *LONG, "-o", "alone.h5")
    assert not glob.glob("*.part")
    with h5py.File("long.h5") as a, h5py.File("alone.h5") as b:
        assert all((a[name][()].tobytes() == b[name][()].tobytes()) for name in a if name != "provenance"
                   and a[name].dtype.kind in "fi")
    assert look("long.h5", expect=0)["finished"]
    assert look("long.h5.part", expect=0)["finished"], "either name finds the file"


def interrupted_part():
    """Of an unfinished file: counts, and estimates over the worlds that every lever has, as numpy makes them of the rows."""
    # On a machine that ends the sweep before it can be cut, the sweep is made longer.
    for days in (60, 180, 540, 1620):
        cut = long_sweep(days)
        sweep = begin(*cut, "-o", "cut.h5")
        wait_for(lambda: os.path.exists("cut.h5") or (os.path.exists("cut.h5.part") and look("cut.h5.part")["done"] > 100))
        sweep.send_signal(signal.SIGINT)
        sweep.wait()
        if os.path.exists("cut.h5.part"):
            break
        os.remove("cut.h5")
    before = open("cut.h5.part", "rb").read()
    now = look("cut.h5.part")
    assert open("cut.h5.part", "rb").read() == before, "looking changes nothing"
    assert [file["state"] for file in now["files"]] == ["unfinished"] and now["files"][0]["process"] is None
    with h5py.File("cut.h5.part", "r") as file:
        rows, state = file["row"][()], file["row_state"][()]
        values = {name: file[name][()] for name in ("utilization", "wait_mean_s")}
    assert now["done"] == (state == 1).sum() and now["missing"] == (state == 0).sum()
    worlds = 120 * 3
    by_world = {name: numpy.full((2, worlds), numpy.nan) for name in values}
    for row, done, *numbers in zip(rows, state, *values.values()):
        for name, number in zip(values, numbers):
            by_world[name][row // worlds, row % worlds] = number if done == 1 else numpy.nan
    both = ~numpy.isnan(by_world["utilization"]).any(axis=0)
    assert now["worlds"] == {"all": worlds, "compared": both.sum()} and 30 < both.sum() < worlds
    for i, lever in enumerate(("small", "large")):
        for name, table in by_world.items():
            kept = numpy.where(both, table[i], numpy.nan).reshape(120, 3)
            samples = numpy.nanmean(kept[~numpy.isnan(kept).all(axis=1)], axis=1)
            said = now["levers"][lever][name]
            assert abs(said["mean"] - samples.mean()) < 1e-9 * max(1, samples.mean()), (lever, name)
            assert said["n"] == both.sum() and said["ci95"][0] < said["mean"] < said["ci95"][1]
            error = samples.std(ddof=1) / len(samples) ** 0.5
            assert said["ci95"][1] - said["mean"] > 1.95 * error or said["ci95"][1] == 1, "no narrower than normal"
    # From the moment of the first row to the last: rows over seconds.
    assert now["rate"]["since_start"] and abs(now["rate"]["rows_per_s"] * now["rate"]["over_s"] - now["done"]) < 1e-6
    assert abs(now["rate"]["left_s"] - now["missing"] / now["rate"]["rows_per_s"]) < 1e-6
    text = nadc("watch", "cut.h5", expect=4).stdout
    assert "INTERIM" in text and "unfinished" in text and "no process of this machine" in text and " left" in text
    assert f"{both.sum()} of {worlds} worlds" in text
    nadc("sweep", *cut, "-o", "cut.h5", "--resume")
    done = nadc("watch", "cut.h5").stdout
    assert "finished" in done and "INTERIM" not in done and "720 of 720 rows (100 %)" in done
    table = nadc("watch", "cut.h5", "--format", "csv").stdout.splitlines()
    assert table[0].startswith("lever,outcome,unit,mean") and len(table) == 1 + 2 * 3 and table[1].endswith(",0")


def without_locks():
    """A file that another process has locked for itself is watched all the same, and the lock stays free of us."""
    nadc("sweep", TINY, "--shard", "1/2", "-o", "a.h5")
    import fcntl
    with open("a.h5", "r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert look("a.h5", expect=0)["done"] == 12


def folders():
    """Shards in a folder: those that have not begun count, rows of several files add up, other studies are refused."""
    os.mkdir("out.shards")
    for i in (1, 3):
        nadc("sweep", TINY, "--shard", f"{i}/4", "-o", f"out.shards/shard-{i}-of-4.h5")
    now = look("out.shards")
    assert [file["state"] for file in now["files"]] == ["finished", "not begun", "finished", "not begun"]
    assert (now["rows"], now["done"], now["missing"], now["finished"]) == (24, 12, 12, False)
    two = look("out.shards/shard-1-of-4.h5", "out.shards/shard-3-of-4.h5", expect=0)
    assert (two["rows"], two["done"]) == (12, 12)
    assert nadc("watch", "out.shards", expect=4).stdout.count("shard-") == 4
    nadc("sweep", TINY, "--samples", "3", "-o", "other.h5")
    assert "several sweeps" in nadc("watch", "out.shards", "other.h5", expect=2).stderr
    for i in (2, 4):
        nadc("sweep", TINY, "--shard", f"{i}/4", "-o", f"out.shards/shard-{i}-of-4.h5")
    assert look("out.shards", expect=0)["finished"]
    with open("out.shards/shard-2-of-4.h5", "r+b") as file:
        file.seek(0)
        file.write(b"\xff" * 64)
    broken = look("out.shards")
    assert broken["files"][1]["state"] == "not readable" and broken["files"][1]["problem"] and broken["done"] == 18


def failures():
    """Failed rows are counted and the first are named; they are in no estimate."""
    study = open(TINY).read().replace("scenario: tiny-base.yaml", f"scenario: {STUDIES}/tiny-base.yaml")
    study = study.replace("uncertainties:\n",
                          "uncertainties:\n  workload.classes.train.failed: {uniform: {low: 0.1, high: 0.7}}\n")
    open("failing.yaml", "w").write(study)
    nadc("sweep", "failing.yaml", "workload.classes.train.cancelled=0.5", "-o", "f.h5", expect=4)
    now = look("f.h5")
    with h5py.File("f.h5") as file:
        state = file["row_state"][()]
        good = (state == 1).all(axis=0)
        assert now["failed"] == (state == 2).sum() > 0 and now["done"] == (state == 1).sum()
        assert abs(now["levers"]["small"]["utilization"]["mean"] - file["utilization"][()][0][good].mean()) < 1e-12
    assert now["failed_rows"] and all(re.fullmatch(r'lever "\w+", sample \d+, replica \d+', row) for row in now["failed_rows"])
    text = nadc("watch", "f.h5", expect=4).stdout
    assert f"{now['failed']} failed" in text and "failed: lever" in text


def refused():
    """What is not there or no sweep is said with its place; options that cannot act are refused."""
    assert "no such file" in nadc("watch", "nothing.h5", expect=2).stderr
    os.mkdir("empty")
    assert "no results of a sweep" in nadc("watch", "empty", expect=2).stderr
    nadc("run", TINY, "-o", "run.h5")
    assert "run.h5" in nadc("watch", "run.h5", expect=3).stderr
    open("text.h5", "w").write("hello")
    nadc("watch", "text.h5", expect=3)
    nadc("watch", "run.h5", "--once", "--interval", "5 s", expect=2)
    for interval in ("0 s", "5 kg", "3000 d"):
        nadc("watch", "run.h5", "--interval", interval, expect=2)


def again_and_again():
    """Off a terminal, --interval prints one object a line until the sweep ends; on a terminal the screen is drawn anew."""
    sweep = begin(*LONG, "-o", "w.h5")
    wait_for(lambda: os.path.exists("w.h5.part"))
    lines = nadc("watch", "w.h5", "--interval", "0.5 s", "--format", "json").stdout.splitlines()
    sweep.wait()
    looks = [json.loads(line) for line in lines]
    assert looks[-1]["finished"] and not looks[0]["finished"] and len(looks) > 2
    main, side = pty.openpty()
    shown = subprocess.Popen([NADC, "watch", "w.h5"], stdout=side, stderr=side, stdin=subprocess.DEVNULL,
                             env={**os.environ, "TERM": "xterm"})
    os.close(side)
    text = b""
    while True:
        try:
            part = os.read(main, 4096)
        except OSError:
            break
        if not part:
            break
        text += part
    assert shown.wait() == 0 and text.startswith(b"\x1b[H\x1b[J") and b"finished" in text


def progress_json():
    """--progress json: every line of stderr is one object, warnings and errors among them; counts are those of the file."""
    done = nadc("sweep", *LONG, "-o", "p.h5", "--progress", "json")
    events = [json.loads(line) for line in done.stderr.splitlines()]
    steps = [event for event in events if event["event"] == "progress"]
    assert {event["event"] for event in events} <= {"progress", "log"} and len(steps) >= 2
    assert set(steps[0]) == {"event", "stage", "done", "total", "found", "failed", "elapsed_s", "per_s", "left_s", "at_most"}
    assert steps[-1]["done"] == steps[-1]["total"] == 720 and steps[-1]["left_s"] == 0 and steps[-1]["stage"] == "replicas"
    assert all(a["done"] <= b["done"] and a["elapsed_s"] <= b["elapsed_s"] for a, b in zip(steps, steps[1:]))
    assert all(b["elapsed_s"] - a["elapsed_s"] > 0.9 for a, b in zip(steps, steps[1:-1])), "one a second at most"
    for step in steps:
        if step["done"]:
            assert abs(step["per_s"] - step["done"] / step["elapsed_s"]) < 1e-6 * step["per_s"]
    assert any(event.get("level") == "info" and "wrote p.h5" in event["text"] for event in events)
    quiet = nadc("sweep", TINY, "-o", "q.h5", "--progress", "json", "--quiet").stderr.splitlines()
    assert quiet and all(json.loads(line)["event"] == "progress" for line in quiet)
    wrong = nadc("sweep", TINY, "fleet.gpuss=1", "--progress", "json", expect=3).stderr.splitlines()
    assert [json.loads(line)["level"] for line in wrong] == ["error"] and "gpuss" in wrong[0]
    run = [json.loads(line) for line in nadc("run", TINY, "horizon=400 d", "--progress", "json").stderr.splitlines()]
    last = [event for event in run if event["event"] == "progress"][-1]
    assert last["stage"] == "simulated days" and last["total"] == 400
    assert "\x1b" not in done.stderr and "\r" not in done.stderr
    nadc("compare", "p.h5", "--progress", "json", expect=2)


def metrics_file():
    """--metrics-file: an exposition that the OpenMetrics parser takes; there from the start, right at the end."""
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
        from prometheus_client.parser import text_string_to_metric_families as old_format
    except ImportError:
        print("skipped: no python3-prometheus-client (apt-get install it)")
        sys.exit(77)

    def read():
        text = open("sweep.prom").read()
        assert text.endswith("# EOF\n")
        families = {family.name: family for family in text_string_to_metric_families(text)}
        # A node exporter reads the older format, and refuses time stamps and types that it does not know.
        assert {sample.name for family in old_format(text) for sample in family.samples} == \
            {sample.name for family in families.values() for sample in family.samples}
        assert all(sample.timestamp is None for family in families.values() for sample in family.samples)
        assert {family.type for family in families.values()} <= {"gauge", "counter"}
        assert all(family.documentation and re.fullmatch("[a-z_]+", name) for name, family in families.items())
        assert all(not family.unit or name.endswith("_" + family.unit) for name, family in families.items())
        return families

    def value(families, name, **labels):
        found = [sample for sample in families[name].samples if labels.items() <= sample.labels.items()]
        assert len(found) == 1, (name, labels, found)
        return found[0].value

    name = 'odd "name"\\ of\u00e9.h5'
    sweep = begin(*LONG, "-o", name, "--metrics-file", "sweep.prom")
    wait_for(lambda: os.path.exists("sweep.prom"))
    while sweep.poll() is None:
        families = read()  # never half of it
        assert value(families, "nadc_command_running") in (0, 1)
        time.sleep(0.05)
    assert sweep.returncode == 0, sweep.stderr.read()
    families = read()
    assert value(families, "nadc_command_running", command="sweep", study="tiny", output=name) == 0
    for metric, number in (("units", 720), ("units_done", 720), ("units_found", 0), ("units_failed", 0),
                           ("remaining_seconds", 0)):
        assert value(families, "nadc_command_" + metric, stage="replicas") == number, metric
    start, end = (value(families, f"nadc_command_{word}_timestamp_seconds") for word in ("start", "update"))
    assert start <= end <= time.time() and time.time() - start < 600
    assert value(families, "nadc_command_elapsed_seconds") <= end - start + 0.1
    assert value(families, "nadc_command_messages", level="error") == 0
    assert not glob.glob("sweep.prom?*"), "no temporary file stays"
    nadc("run", TINY, "--metrics-file", "sweep.prom", "--lever", "large")
    assert value(read(), "nadc_command_units_done", stage="simulated days", lever="large") == 3
    nadc("run", TINY, "--metrics-file", "no/such/folder.prom", expect=2)
    nadc("sweep", TINY, "--metrics-file", ".", expect=2)


CASES = [while_running, interrupted_part, without_locks, folders, failures, refused, again_and_again, progress_json,
         metrics_file]

if __name__ == "__main__":
    chosen = sys.argv[2:] or [case.__name__ for case in CASES]
    for case in CASES:
        if case.__name__ not in chosen:
            continue
        here = tempfile.mkdtemp()
        os.chdir(here)
        try:
            case()
            print(f"{case.__name__}: {case.__doc__}")
        finally:
            os.chdir("/")
            shutil.rmtree(here)
