#!/usr/bin/env python3
"""Coverage of the tests that ran, by folder of the product.

  coverage.py SOURCE BUILD

BUILD is a folder of the preset `coverage` in which tests ran. Prints lines and branches covered, as gcovr counts them
(branches that only exceptions take are left out). 77: gcovr is absent.
"""
import collections
import json
import pathlib
import shutil
import subprocess
import sys

ROOMS = ["sim", "models", "gpu", "app"]


def main():
    source, build = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    if not shutil.which("gcovr"):
        print("skipped: gcovr is not installed")
        return 77
    command = ["gcovr", "--root", str(source), str(build), "--exclude-throw-branches", "--json-summary", "-"]
    for room in ROOMS:
        command += ["--filter", f"{source}/{room}/"]
    done = subprocess.run(command, cwd=build, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return 1
    folders = collections.defaultdict(lambda: [0, 0, 0, 0])
    for file in json.loads(done.stdout)["files"]:
        counts = [file["line_covered"], file["line_total"], file["branch_covered"], file["branch_total"]]
        for folder in (str(pathlib.PurePosixPath(file["filename"]).parent), "all"):
            folders[folder] = [a + b for a, b in zip(folders[folder], counts)]
    if not folders:
        print(f"no counts under {build}: build the preset coverage and run its tests first", file=sys.stderr)
        return 1
    percent = lambda part, whole: f"{100 * part / whole:6.1f} %" if whole else "       -"
    print(f"{'folder':24} {'lines':>7} {'covered':>9} {'branches':>9} {'covered':>9}")
    for folder in sorted(folders, key=lambda name: (name == "all", name)):
        lines, all_lines, branches, all_branches = folders[folder]
        print(f"{folder:24} {all_lines:7} {percent(lines, all_lines):>9} {all_branches:9} "
              f"{percent(branches, all_branches):>9}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
