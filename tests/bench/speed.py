#!/usr/bin/python3
"""The speeds of one core, beside what they are held against: speed.py BUILD [--runs N]

Prints a Markdown table: what, command, median of N runs, target. Needs the targets nadc, make_swf and nadc_benchmarks.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def run_json(build, *arguments):
    return json.loads(output(os.path.join(build, "app/nadc"), "run", *arguments, "--format", "json", "--quiet"))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build = os.path.abspath(sys.argv[1])
    runs = int(sys.argv[sys.argv.index("--runs") + 1]) if "--runs" in sys.argv else 5
    rows = []

    def median_of(measure):
        return statistics.median(measure() for _ in range(runs))

    bench = os.path.join(build, "tests/bench/replica_bench")
    for name, target in (("lean", "100 (goal 70)"), ("full", "250")):
        scenario = os.path.join(ROOT, f"scenarios/bench/{name}-18k.yaml")
        text = output(bench, scenario, "--runs", str(runs))
        ns = float(re.search(r"([\d.]+) ns an event", text).group(1))
        kib = float(re.search(r"([\d.]+) KiB a replica", text).group(1))
        rows.append((f"replica-year, 18,000 GPUs, {name}", f"replica_bench scenarios/bench/{name}-18k.yaml",
                     f"{ns:.0f} ns an event, {kib:.0f} KiB of state", f"{target} ns"))

    with tempfile.TemporaryDirectory() as folder:
        make = os.path.join(build, "tests/bench/make_swf")
        day = os.path.join(folder, "day.swf")
        output(make, "frontier", day)
        arguments = [os.path.join(ROOT, "scenarios/frontier-day.yaml"), f"workload.trace={day}"]
        first = run_json(build, *arguments)
        seconds = median_of(lambda: run_json(build, *arguments)["engine"]["wall_s"])
        rows.append(("Frontier-size day, 9,472 nodes, 4,320 jobs, exact power", "nadc run scenarios/frontier-day.yaml",
                     f"{seconds * 1e3:.1f} ms, {first['engine']['peak_rss_bytes'] / 2**20:.0f} MiB", "20 ms, 60 MB"))

        trace = os.path.join(folder, "backfill.swf")
        output(make, "backfill", trace)
        arguments = [os.path.join(ROOT, "scenarios/replay.yaml"), f"workload.trace={trace}", "workload.format=swf",
                     "fleet.gpus=9472", "scheduler.backfill=conservative"]
        result = run_json(build, *arguments)
        rate = median_of(lambda: result["metrics"]["jobs_completed"] / run_json(build, *arguments)["engine"]["wall_s"])
        rows.append(("conservative backfill, 9,472 processors, 87 % load", "nadc run scenarios/replay.yaml … conservative",
                     f"{rate:,.0f} jobs/s", "100,000 jobs/s"))

    for years in (1, 3):
        result = run_json(build, os.path.join(ROOT, "scenarios/bench/lean-18k.yaml"), f"horizon={365 * years} d")
        rows.append((f"peak memory of a run of {years} year(s)", f"nadc run scenarios/bench/lean-18k.yaml horizon={365 * years} d",
                     f"{result['engine']['peak_rss_bytes'] / 2**20:.0f} MiB", "200 MB, the same for any horizon"))

    print("| what | command | measured | target |\n|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


main()
