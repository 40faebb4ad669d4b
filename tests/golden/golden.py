"""Runs each scenario folder and compares the metrics with its expected.json.

Usage: golden.py NADC FOLDER... [--update]     --update writes what was seen, to be read before it is committed

Counts must be equal, other numbers to a relative 1e-9: they are ratios of the integers that the engine keeps.
"""
import json
import os
import pathlib
import subprocess
import sys

KEEP = ("scenario", "horizon_s", "metrics", "groups", "classes", "periods")


def differences(expected, seen, path=""):
    if isinstance(expected, dict) and isinstance(seen, dict):
        for key in sorted(expected.keys() | seen.keys()):
            if key not in expected or key not in seen:
                yield f"{path}.{key} is {'new' if key in seen else 'gone'}"
            else:
                yield from differences(expected[key], seen[key], f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(seen, list) and len(expected) == len(seen):
        for i, (a, b) in enumerate(zip(expected, seen)):
            yield from differences(a, b, f"{path}[{i}]")
    elif isinstance(expected, (int, float)) and isinstance(seen, (int, float)):
        if abs(expected - seen) > 1e-9 * abs(expected):
            yield f"{path} is {seen}, expected {expected}"
    elif expected != seen:
        yield f"{path} is {seen}, expected {expected}"


def main():
    nadc, *rest = sys.argv[1:]
    failed = 0
    for folder in (pathlib.Path(a) for a in rest if a != "--update"):
        done = subprocess.run([os.path.abspath(nadc), "-q", "run", "scenario.yaml", "--format", "json"], cwd=folder,
                              capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            print(f"{folder.name}: {done.stderr}")
            failed = 1
            continue
        result = json.loads(done.stdout)
        seen = {key: result[key] for key in KEEP if key in result}
        file = folder / "expected.json"
        if "--update" in rest:
            file.write_text(json.dumps(seen, indent=1) + "\n")
            continue
        for line in differences(json.loads(file.read_text()), seen):
            print(f"{folder.name}{line}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
