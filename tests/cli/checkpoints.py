"""One job on 64 nodes that fail: saves, lost work and restarts against a Monte Carlo simulation that shares nothing with nadc.

Usage: checkpoints.py NADC SCENARIOS
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

CASE = """
extends: {scenarios}/catalog/nodes.yaml
name: one-job
start: 2026-01-01
horizon: {days} d
sites: [{{name: s, clusters: [{{name: c, spares: 32, tranches: [{{node: hgx-h100, gpus: 768}}]}}]}}]
workload:
  trace: jobs.csv
  groups: {{a: {{}}}}
  classes: {{all: {{gpus: 512, duration: 1 h, request_max: 9000 d, checkpoint_every: {every} s, checkpoint_cost: {cost} s, restart_cost: {restart} s}}}}
scheduler: {{order: fifo, backfill: none, place: best_fit}}
reliability: {{hazard: {{constant: {{rate: {rate}}}}}, repair: 1 h}}
"""
NODES, DAYS, SEEDS = 64, 1000, 24


def simulated(every, cost, restart, rate, rng, days):
    """Share of the time that is useful work: saves cost time, a failure loses all since the last one, then a restart."""
    mean = 86400 * 1000 / (rate * NODES)
    end, t, useful = days * 86400.0, 0.0, 0.0
    failure = rng.expovariate(1 / mean)
    fresh = True
    while t < end:
        t += 0 if fresh else restart
        fresh = False
        while True:
            if failure < t + every + cost:  # while it restarted, worked or saved
                break
            t += every + cost
            useful += every
            if t >= end:
                return useful / t
        t = failure
        failure = t + rng.expovariate(1 / mean)
    return useful / t


def main():
    nadc, scenarios = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    worst = 0
    for every, cost, restart, rate in ((3600, 60, 300, 40), (600, 60, 480, 40), (7200, 300, 900, 100)):
        rng = random.Random(7)
        right = 100 * sum(simulated(every, cost, restart, rate, rng, DAYS) for _ in range(40)) / 40
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "case.yaml").write_text(CASE.format(scenarios=scenarios, every=every, cost=cost, restart=restart,
                                                          rate=rate, days=DAYS))
            (folder / "jobs.csv").write_text("job_id,submit_s,gpus,duration_s,request_s,user,group,class,state\n"
                                             f"1,0,512,{DAYS * 86400 + 1},{DAYS * 86400 + 1},u,a,all,completed\n")
            shown = []
            for seed in range(1, SEEDS + 1):
                done = subprocess.run([nadc, "-q", "run", "case.yaml", "--seed", str(seed), "--format", "json"], cwd=folder,
                                      capture_output=True, text=True, timeout=60)
                assert done.returncode == 0, done.stderr
                m = json.loads(done.stdout)["metrics"]
                assert m["wait_mean_s"] == 0
                # Work since the last save of the running job counts as useful until a failure destroys it: < 0.02 points.
                shown.append(100 * m["gpu_hours_delivered"] / (512 * 24 * DAYS))
        mean = sum(shown) / len(shown)
        worst = max(worst, abs(mean - right))
        print(f"every {every} s, cost {cost} s, restart {restart} s, {rate} failures per 1,000 node-days: {mean:.2f} %, "
              f"Monte Carlo {right:.2f} %")
    assert worst < 0.4, f"{worst:.2f} points apart"


if __name__ == "__main__":
    main()
