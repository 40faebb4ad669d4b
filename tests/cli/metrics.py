"""What the metrics say, from the command: small cases worked by hand, and the page docs/metrics.md.

Usage: metrics.py NADC ROOT [--update]     --update writes docs/metrics.md
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

BASE = """
name: hand
start: 2026-01-05
horizon: {horizon}
catalog: {{nodes: {{n: {{gpu: X, gpus: 8, idle: 100 W, busy: 1 kW, down: 10 W, h100e: 1, source: hand}}}}}}
sites:
  - {{name: s, pue: 1.2, clusters: [{{name: c, tranches: [{{node: n, gpus: {gpus}{tranche}}}]}}]}}
workload:
  trace: jobs.csv
  format: csv
  groups: {{lab: {{price: 100 KRW/h, subsidy: 50 %, startups: true, members: 50, award: 1}}}}
  classes: {{all: {{{klass}}}}}
scheduler: {{order: fifo, backfill: none, place: {place}, window: {window}}}
reliability: {{hazard: {{constant: {{rate: 0}}}}}}
{rest}
"""


class Case:
    def __init__(self, nadc, folder):
        self.nadc, self.folder = nadc, folder

    def run(self, jobs, horizon="1000 s", gpus=8, tranche="", klass="gpus: 1, duration: 1 h", place="pool", window=0,
            rest=""):
        text = BASE.format(horizon=horizon, gpus=gpus, tranche=tranche, klass=klass, place=place, window=window, rest=rest)
        (self.folder / "case.yaml").write_text(text)
        rows = ["job_id,submit_s,gpus,duration_s,request_s,user,group,class,state"]
        rows += [f"{i},{at},{n},{d},{d},u,lab,all,completed" for i, (at, n, d) in enumerate(jobs)]
        (self.folder / "jobs.csv").write_text("\n".join(rows) + "\n")
        done = subprocess.run([self.nadc, "-q", "run", "case.yaml", "--format", "json"], cwd=self.folder,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def near(a, b, relative=1e-9):
    assert abs(a - b) <= relative * max(abs(a), abs(b)), (a, b)


def delivered(case):
    """12 GPUs on nodes of 8 hold 16; half speed doubles the time, and delivers and costs users the same."""
    for speed in (1, 0.5):
        m = case.run([(0, 12, 100)], gpus=16, place="best_fit",
                     klass=f"gpus: 1, duration: 1 h, speed: {{n: {speed}}}")["metrics"]
        near(m["gpu_hours_delivered"], 12 * 100 / 3600)
        near(m["gpu_hours_held"], 16 * 100 / speed / 3600)
        near(m["utilization"], 0.1 / speed)
        assert m["fees_krw"] == 33 and m["subsidy_krw"] == 16  # 1/3 GPU-h at 100 won
        near(m["startups_served"], 1 / 3)  # asked for a third of an award; its one result is there


def lost(case):
    """Saves of 60 s after every 600 s of work that outlasts the horizon: 10/11 of every month."""
    result = case.run([(0, 8, 60 * 86400)], horizon="55 d", rest="outputs: {by: month}",
                      klass="gpus: 1, duration: 1 h, request_max: 100 d, checkpoint_every: 600 s, checkpoint_cost: 60 s")
    assert len(result["periods"]) == 2
    near(result["periods"][0]["ettr"], (3534 * 600 + 360) / (27 * 86400))
    near(result["periods"][1]["ettr"], (7200 * 600 - 3534 * 600 - 360) / (28 * 86400))
    near(result["metrics"]["ettr"], 10 / 11)


def censored(case):
    """0–400 runs; the next waits 300 and runs on; two wait for 800 and 700 when the end comes."""
    jobs = [(0, 8, 400), (100, 8, 10000), (200, 8, 10), (300, 8, 10)]
    for window in (0, 1):
        m = case.run(jobs, window=window)["metrics"]
        near(m["wait_mean_s"], 450)
        near(m["wait_restricted_mean_s"], 475, 0.01)
        near(m["wait_p50_s"], 300, 0.01)
        near(m["wait_p99_s"], 800, 0.01)
        assert m["waits_censored"] == 2 and m["results_censored"] == 3
        near(m["time_to_result_mean_s"], 700)


def target(case):
    """Promised GPUs that come after the horizon: the day drawn; those that never come: at least the horizon, and said so."""
    for date, more, days, missed, reached in (("2026-01-07", "", 2, 0, 1), ("2026-02-07", "", 33, 0, 0),
                                              ("2026-01-07", "policy: {target: {gpus: 99}}", 10, 1, 0)):
        m = case.run([(0, 1, 10)], horizon="10 d", tranche=f", date: {date}", rest=more)["metrics"]
        near(m["days_to_target_gpus"], days)
        assert m["target_missed"] == missed and m["target_reached"] == reached


def llama(case):
    """Saves of 60 s every 600 s, no failures, from beside the checkout."""
    cases = pathlib.Path(os.environ.get("NADC_SHARED", case.root.parent / "shared")) / "cases"
    if not (cases / "llama0.yaml").exists():
        print(f"not shown: llama0.yaml, which is not in {cases}")
        return
    text = (cases / "llama0.yaml").read_text().replace("PROJECT", str(case.root))
    (case.folder / "llama.yaml").write_text(text)
    (case.folder / "llama.csv").write_bytes((cases / "llama.csv").read_bytes())
    done = subprocess.run([case.nadc, "-q", "run", "llama.yaml", "outputs.by=month", "--format", "json"], cwd=case.folder,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for period in json.loads(done.stdout)["periods"]:
        near(period["ettr"], 600 / 660, 1e-4)


def page(case):
    """docs/metrics.md is what the table of metrics says."""
    made = subprocess.run([case.nadc, "explain", "metrics", "--reference"], capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stderr
    file = case.root / "docs" / "metrics.md"
    if "--update" in sys.argv:
        file.write_text(made.stdout)
    assert file.read_text() == made.stdout, f"docs/metrics.md is stale: {' '.join(sys.argv[:3])} --update"


def main():
    with tempfile.TemporaryDirectory() as name:
        case = Case(os.path.abspath(sys.argv[1]), pathlib.Path(name))
        case.root = pathlib.Path(sys.argv[2]).resolve()
        for check in (delivered, lost, censored, target, llama, page):
            check(case)


if __name__ == "__main__":
    main()
