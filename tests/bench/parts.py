#!/usr/bin/python3
"""Where the instructions of a job arise, by part of the datacenter: parts.py BUILD [--days N] [--scenarios lean,full]

Runs replica_bench under callgrind with one replica and with two, takes the difference, so that reading and building drop
out, and adds up instructions, mispredicted branches and first-level data misses by source file. What is inlined counts
where it is written. Prints a Markdown table, a column a scenario: instructions a job, mispredictions, misses. Needs
valgrind and the target replica_bench, which carries line numbers.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EVENTS = {"instructions": ("Ir",), "mispredictions": ("Bcm", "Bim"), "misses": ("D1mr", "D1mw")}

# The first that a path holds names its part; what no line names is the rest.
PARTS = (
    ("sim/event_set", "event set"),
    ("loop/agenda", "agenda"),
    ("loop/ledger", "ledger"),
    ("sim/statistics", "ledger"),
    ("scheduler/waiting", "queue"),
    ("scheduler/queue", "queue"),
    ("scheduler/standings", "queue"),
    ("scheduler/order", "queue"),
    ("models/access", "queue"),
    ("scheduler/release", "releases"),
    ("scheduler/node_ends", "releases"),
    ("scheduler/easy", "backfill"),
    ("scheduler/conservative", "backfill"),
    ("scheduler/openings", "openings"),
    ("scheduler/place", "placement"),
    ("site/node_map", "placement"),
    ("models/site", "fleet"),
    ("models/power", "power"),
    ("models/network", "network"),
    ("models/reliability", "reliability"),
    ("models/run", "running jobs"),
    ("models/workload", "arrivals"),
    ("sim/random", "draws and laws"),
    ("sim/law", "draws and laws"),
    ("sim/exp2log2", "draws and laws"),
    ("models/datacenter", "transactions"),
    ("models/transactions", "transactions"),
    ("sim/lanes", "lanes"),
)


def part_of(path):
    return next((part for piece, part in PARTS if piece in path), "rest")


def costs_by_part(lines):
    """Self costs by part and event of a callgrind profile."""
    names, events, parts, path, called = {}, [], {}, "", False
    for line in lines:
        line = line.rstrip("\n")
        if line.startswith("events:"):
            events = line.split()[1:]
        elif line.startswith(("fl=", "fi=", "fe=")):
            number, name = re.match(r"\((\d+)\)\s*(.*)", line[3:]).groups()
            path = names.setdefault(number, name)
        elif line.startswith(("cfi=", "cfl=")):
            number, name = re.match(r"\((\d+)\)\s*(.*)", line[4:]).groups()
            names.setdefault(number, name)
        elif line.startswith("calls="):
            called = True  # the next line is what the callee cost
        elif re.match(r"[-+*\d]", line):
            if not called:
                sums = parts.setdefault(part_of(path), dict.fromkeys(EVENTS, 0))
                of = dict(zip(events, map(int, line.split()[1:])))
                for event, addends in EVENTS.items():
                    sums[event] += sum(of.get(name, 0) for name in addends)
            called = False
    return parts


def profile(bench, scenario, days, replicas, folder):
    out = os.path.join(folder, "callgrind.out")
    command = ["valgrind", "--tool=callgrind", "--cache-sim=yes", "--branch-sim=yes", f"--callgrind-out-file={out}",
               bench, os.path.join(ROOT, f"scenarios/bench/{scenario}-18k.yaml"), f"horizon={days} d", "warmup=0 d",
               "--runs", str(replicas - 1)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    with open(out) as lines:
        return costs_by_part(lines), float(re.search(r"([\d.]+) events", done.stdout).group(1))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("build")
    options.add_argument("--days", type=int, default=6)
    options.add_argument("--scenarios", default="lean,full")
    options = options.parse_args()
    if not shutil.which("valgrind"):
        print("skipped: there is no valgrind (apt-get install valgrind)")
        return
    bench = os.path.join(os.path.abspath(options.build), "tests/bench/replica_bench")
    tables = {}
    for scenario in options.scenarios.split(","):
        with tempfile.TemporaryDirectory() as folder:
            one, _ = profile(bench, scenario, options.days, 2, folder)
            two, events = profile(bench, scenario, options.days, 3, folder)
        jobs = events / 2  # an arrival and an end each, failures and the rest being few
        tables[scenario] = {part: {event: (two[part][event] - one.get(part, dict.fromkeys(EVENTS, 0))[event]) / jobs
                                   for event in EVENTS} for part in two}
    first = next(iter(tables.values()))
    parts = sorted(first, key=lambda part: -first[part]["instructions"])
    parts += [part for table in tables.values() for part in table if part not in first]
    print("| part |" + "".join(f" {name}: {' | '.join(EVENTS)} |" for name in tables))
    print("|---|" + "---|" * (len(EVENTS) * len(tables)))
    totals = {name: {event: sum(table[part][event] for part in table) for event in EVENTS}
              for name, table in tables.items()}
    for part in [*parts, "all"]:
        row = f"| {part} |"
        for name, table in tables.items():
            costs = totals[name] if part == "all" else table.get(part, dict.fromkeys(EVENTS, 0))
            row += f" {costs['instructions']:,.0f} | {costs['mispredictions']:.2f} | {costs['misses']:.2f} |"
        print(row)


if __name__ == "__main__":
    main()
