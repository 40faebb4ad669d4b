#!/usr/bin/env python3
"""Registers, stack and spills of the kernels, as ptxas says them while they are compiled.

  registers.py --into FOLDER -- COMPILER ARGUMENT…   a compiler launcher: runs it, passes on what it says, notes the figures
  registers.py FOLDER --against gpu/registers.json   compares; exit code 1 where a kernel needs a tenth more
  registers.py FOLDER --against gpu/registers.json --update

A kernel is named by its source and template arguments, "cuda.cu run_replicas<32> sm_90". Figures of another compiler are
not compared (exit code 77).
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

FIGURES = ("registers", "stack", "spill_stores", "spill_loads")
SLACK = {"registers": 0, "stack": 32, "spill_stores": 64, "spill_loads": 64}  # bytes, where little is said by a tenth


def kernels_of(source, text):
    """{name: figures} of the entry functions; spills include those of functions that are called and not inlined."""
    found, name, frame = {}, None, (0, 0, 0)
    for line in text.splitlines():
        if match := re.search(r"Compiling entry function '(\w+)' for '(\w+)'", line):
            name = f"{source} {plain(match[1])} {match[2]}"
        elif match := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", line):
            frame = tuple(int(match[i]) for i in (1, 2, 3))
            if name in found:  # of a function that the kernel calls
                found[name]["spill_stores"] += frame[1]
                found[name]["spill_loads"] += frame[2]
        elif name and (match := re.search(r"Used (\d+) registers.*?(?:(\d+) bytes cumulative stack size)?$", line)):
            found[name] = dict(registers=int(match[1]), stack=int(match[2] or frame[0]), spill_stores=frame[1],
                               spill_loads=frame[2])
    return found


def plain(mangled):
    """A kernel's own name in a mangled one, run_replicas<32>; of Thrust's kernels the functor that they run."""
    if match := re.search(r"\d+run_replicasILi(\d+)E", mangled):
        return f"run_replicas<{match[1]}>"
    return "thrust screening" if "screening_detail4Runs" in mangled else mangled[:60]


def launch(folder, command):
    command = [word for word in command if word]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    sys.stderr.write(done.stderr)
    sources = [pathlib.Path(word).name for word in command if word.endswith(".cu")]
    kernels = kernels_of(sources[-1], done.stderr) if sources and done.returncode == 0 else {}
    if kernels:
        compiler = next(word for word in command if word.endswith("nvcc"))
        version = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout
        path = pathlib.Path(folder) / (sources[-1] + ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"compiler": re.search(r"release ([\d.]+)", version)[1], "kernels": kernels}))
    return done.returncode


def compare(found, committed):
    worse = 0
    for name, figures in sorted(found["kernels"].items()):
        before = committed["kernels"].get(name)
        text = ", ".join(f"{key.replace('_', ' ')} {figures[key]}" +
                         (f" (was {before[key]})" if before and before[key] != figures[key] else "") for key in FIGURES)
        print(f"{name}: {text}" + ("" if before else " (new)"))
        worse += bool(before) and any(figures[key] > 1.1 * before[key] + SLACK[key] for key in FIGURES)
    return worse


def main():
    arguments = sys.argv[1:]
    if "--" in arguments and arguments[:1] == ["--into"]:
        return launch(arguments[1], arguments[arguments.index("--") + 1:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--against", required=True)
    parser.add_argument("--update", action="store_true")
    chosen = parser.parse_args(arguments)
    found = {"kernels": {}}
    for path in sorted(pathlib.Path(chosen.folder).glob("*.json")):
        part = json.loads(path.read_text())
        found["compiler"] = part["compiler"]
        found["kernels"].update(part["kernels"])
    if not found["kernels"]:
        print(f"{chosen.folder}: nothing there; it is written while nvcc compiles gpu/")
        return 77
    if chosen.update:
        pathlib.Path(chosen.against).write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
        return 0
    committed = json.loads(pathlib.Path(chosen.against).read_text())
    if committed["compiler"] != found["compiler"]:
        print(f"compiled by nvcc {found['compiler']}, the committed figures are of {committed['compiler']}")
        return 77
    worse = compare(found, committed)
    if worse:
        print(f"{worse} kernels need a tenth more than before; if that is meant: registers.py … --update, and say why in docs/benchmarks.md")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
