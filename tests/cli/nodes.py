"""EASY and conservative backfill where jobs share nodes, through the command.

Starve: two nodes of 8 GPUs. One-GPU jobs of 2 h come every 20 min from 0 on, one 16-GPU job at 1 h. At 1 h three small
jobs run and a fourth comes with it, before it in the file; packed, they share one node, and the last of them ends at
1 h + 2 h. Nothing that comes later ends before that, and every node is asked for, so no small job may pass: the large
one starts at 3 h and has waited exactly 2 h, however long the stream goes on. Without backfill it waits as long.

Shared: eight nodes of 8 GPUs under small jobs at 70 % load, and now and then one that fills four nodes. A reservation
must bring those through about as soon as a plain queue does, not once the small jobs happen to leave four nodes alone.

Usage: nodes.py NADC SCENARIOS     (both absolute)
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

HEAD = "job_id,submit_s,gpus,duration_s,request_s,user,group,class,state\n"


def run(nadc, scenarios, folder, gpus, jobs, backfill):
    rows = [f"{i},{at},{n},{length},{request},u,a,{klass},completed\n"
            for i, (at, n, length, request, klass) in enumerate(jobs, 1)]
    (folder / "jobs.csv").write_text(HEAD + "".join(rows))
    (folder / "case.yaml").write_text(
        f"extends: {scenarios}/catalog/nodes.yaml\nname: case\nstart: 2026-01-01\n"
        f"fleet: {{node: hgx-h100, gpus: {gpus}}}\n"
        f"scheduler: {{order: fifo, place: pack, backfill: {backfill}, window: 0}}\n"
        "reliability: {hazard: {constant: {rate: 0}}}\nworkload:\n  trace: jobs.csv\n  format: csv\n  classes:\n"
        "    small: {gpus: {choice: {1: 1}}, duration: {lognormal: {median: 1 h, sigma: 1, max: 1 d}}}\n"
        "    large: {gpus: {choice: {1: 1}}, duration: {lognormal: {median: 1 h, sigma: 1, max: 1 d}}}\n")
    done = subprocess.run([nadc, "-q", "run", folder / "case.yaml", "--format", "json"], capture_output=True, text=True,
                          timeout=120, check=True)
    return json.loads(done.stdout)["classes"]


def main():
    nadc, scenarios = sys.argv[1:3]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        small = [(at, 1, 7200, 7200, "small") for at in range(0, 400 * 3600, 1200)]
        jobs = small[:4] + [(3600, 16, 3600, 3600, "large")] + small[4:]
        for backfill in ("none", "easy", "conservative"):
            wait = run(nadc, scenarios, folder, 16, jobs, backfill)["large"]["wait_mean_s"] / 3600
            good = abs(wait - 2) < 1e-9
            failed |= not good
            print(f"starve  {backfill:12}  {wait:8.3f} h  right 2.000 h  {'ok' if good else 'WRONG'}")

        generator = random.Random(5)
        jobs, at = [], 0.0
        while at < 60 * 86400:  # 1 to 4 GPUs (mean 2.5) for 2 h: 0.7 x 64 GPUs are busy at one start in 400 s
            at += generator.expovariate(1 / 402)
            length = round(generator.expovariate(1 / 7200)) + 1
            request = round(length * generator.uniform(1, 3)) + 1
            jobs.append((round(at), generator.randint(1, 4), length, request, "small"))
            if generator.random() < 1 / 200:
                jobs.append((round(at), 32, 1800, 1800, "large"))
        waits = {b: run(nadc, scenarios, folder, 64, jobs, b)["large"]["wait_mean_s"] / 3600
                 for b in ("none", "easy", "conservative")}
        for backfill in ("easy", "conservative"):
            good = waits[backfill] < 3 * waits["none"]
            failed |= not good
            print(f"shared  {backfill:12}  {waits[backfill]:8.3f} h  none {waits['none']:.3f} h  "
                  f"{'ok' if good else 'WRONG'}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
