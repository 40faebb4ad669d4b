"""Replays a real trace through the command, against the published means of its waits.

First come first served was computed by two independent programs, exactly equal; EASY by one, in which the order of ties
alone moves the mean by about 1.3 %: here it must be within 5 %. Mean waits in seconds, jobs counted.

Usage: replay.py NADC SCENARIO TRACE     exit code 77: the trace is not here
"""
import json
import os
import subprocess
import sys

EXPECTED = {1024: (4725.492, 420.000, 823), 768: (43957.035, 5531.738, 823), 512: (285323.796, 18497.007, 822)}


def main():
    nadc, scenario, trace = sys.argv[1:4]
    if not os.path.exists(trace):
        print(f"skipped: no trace {trace}; set NADC_SHARED to the folder that holds traces/")
        return 77
    failed = 0
    for gpus, (fcfs, easy, jobs) in EXPECTED.items():
        for backfill, expected, tolerance in (("none", fcfs, 0.0005 / fcfs), ("easy", easy, 0.05),
                                              ("conservative", None, None)):
            run = [nadc, "-q", "run", scenario, f"workload.trace={trace}", "workload.format=csv", f"fleet.gpus={gpus}",
                   f"scheduler.backfill={backfill}", "--format", "json"]
            done = subprocess.run(run, capture_output=True, text=True, timeout=120)
            if done.returncode != 0:
                print(done.stderr)
                return 1
            metrics = json.loads(done.stdout)["metrics"]
            wait = metrics["wait_mean_s"]
            if expected is None:
                good = easy * 0.5 < wait < fcfs  # better than none; no published figure
            else:
                good = abs(wait - expected) <= tolerance * expected * (1 + 1e-9)
            good = good and metrics["jobs_completed"] == jobs
            failed |= not good
            print(f"{gpus:5} GPUs  {backfill:12}  mean wait {wait:12.3f} s  expected "
                  f"{'-' if expected is None else f'{expected:.3f}':>10}  jobs {metrics['jobs_completed']:.0f} of {jobs}"
                  f"  {'ok' if good else 'WRONG'}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
