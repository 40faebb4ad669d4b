#!/usr/bin/env python3
"""Mutants as a gate: every rule mutant has to be killed by a test of substance.

  mutate.py SOURCE WORK [--only ID,…] [--jobs N] [--table FILE] [--list]

A mutant is a rule of the simulator changed in one place (*.toml beside this file). All of them are built into one copy
of the tree, WORK/tree, each behind a switch that the environment variable NADC_MUTANT throws. The tests run once
with no mutant on, and note which mutants' lines they reach. Then every mutant is switched on for the tests that reach
its line, shortest first, until one fails: first the tests of sim/ and models/; for what outlives these, the other test
programs; then the tests of the command, which are only built when something is left. Of each, the tests that killed
before (WORK/killers.json) have their turn first; the others only run when something outlives these.
Tests that compare with stored output of our own (label `golden`) do not count: they tell that something changed, not
that it is wrong.

Exit code: 0 when nothing survived, 1 when something did, 2 for a list that does not fit the tree or a build that fails.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import tomllib

# Labels whose tests do not judge a rule, or are no tests of this tree's rules.
EXCLUDED = {"golden", "interrupts", "bench", "style", "lint", "house", "slurm", "notebook", "long", "oracle-full", "package"}
KINDS = ["unit", "oracle", "property", "reference", "backend", "cli"]  # a test of several kinds counts as the first
SWITCH = "sim/mutant.hpp"
HEADER = """// Written by tests/mutation/mutate.py: which mutant is on, and which were reached.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <cstdlib>
#include <type_traits>

namespace nadc::mutation {

inline const int active = [] {
  const char* text = std::getenv("NADC_MUTANT");
  return text ? std::atoi(text) : -1;
}();

inline unsigned char* const reached = []() -> unsigned char* {
  static unsigned char none[COUNT];
  const char* path = std::getenv("NADC_MUTANTS_REACHED");
  const int file = path ? ::open(path, O_RDWR) : -1;
  if (file < 0) return none;
  void* memory = ::mmap(nullptr, COUNT, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  return memory == MAP_FAILED ? none : static_cast<unsigned char*>(memory);
}();

inline bool look(int mutant) {
  reached[mutant] = 1;
  return active == mutant;
}

constexpr bool on(int mutant) { return std::is_constant_evaluated() ? false : look(mutant); }

}  // namespace nadc::mutation
"""


class Mutant:
    def __init__(self, entry, room):
        self.id = entry["id"]
        self.rule = entry["rule"]
        self.file = entry["file"]
        self.becomes = entry["becomes"]
        self.equivalent = entry.get("equivalent")
        self.room = room
        code = entry["code"].strip("\n")
        before, mark, rest = code.partition("«")
        if mark:
            self.code, closing, after = rest.partition("»")
            if not closing:
                raise SystemExit(f"{self.id}: « without »")
        else:
            before, self.code, after = "", code, ""
        self.before, self.after = before, after
        self.number = None
        self.killer = None
        self.how = None


def read_mutants(folder):
    mutants = []
    for path in sorted(folder.glob("*.toml")):
        for entry in tomllib.loads(path.read_text())["mutant"]:
            mutants.append(Mutant(entry, path.stem))
    twice = [i for i, n in collections.Counter(m.id for m in mutants).items() if n > 1]
    if twice:
        raise SystemExit(f"mutants named twice: {', '.join(twice)}")
    for number, mutant in enumerate(mutants):
        mutant.number = number
    return mutants


def spans_in(text, mutants, file):
    """(begin, end) of each mutant's code in the text of its file."""
    spans, wrong = {}, []
    for mutant in mutants:
        whole = mutant.before + mutant.code + mutant.after
        # White space of any kind and length matches, so that a line may be broken elsewhere.
        pattern = r"\s+".join(re.escape(word) for word in whole.split())
        found = list(re.finditer(pattern, text))
        if len(found) != 1:
            wrong.append(f"{mutant.id}: {len(found)} places in {file} for: {whole}")
            continue
        lead = re.match(r"\s*".join(re.escape(c) for c in mutant.before if not c.isspace()), text[found[0].start():])
        begin = found[0].start() + (lead.end() if lead else 0)
        while text[begin].isspace():
            begin += 1
        tail = re.match(r"\s*".join(re.escape(c) for c in mutant.code if not c.isspace()), text[begin:])
        spans[mutant] = (begin, begin + tail.end())
    return spans, wrong


def mutated(text, mutants, file):
    spans, wrong = spans_in(text, mutants, file)
    # A switch is written around its code, so mutants may nest: (begin, end) sorts outer before inner at one place.
    inserts = []
    for mutant, (begin, end) in spans.items():
        switch = f"::nadc::mutation::on({mutant.number})"
        if text[begin:end].rstrip().endswith(";"):
            opening, closing = f"if ({switch}) {{ {mutant.becomes} }} else {{ ", " }"
        else:
            opening, closing = f"({switch} ? ({mutant.becomes}) : (", "))"
        inserts.append((begin, 1, -end, mutant.number, opening))
        inserts.append((end, 0, -begin, -mutant.number, closing))
    for span in spans.values():
        wrong += [f"{file}: mutants cross: {text[other[0]:span[1]]!r}"
                  for other in spans.values() if span[0] < other[0] < span[1] < other[1]]
    for place, _, _, _, insert in sorted(inserts, reverse=True):
        text = text[:place] + insert + text[place:]
    if "#pragma once" in text:
        return text.replace("#pragma once", f'#pragma once\n#include "{SWITCH}"', 1), wrong
    return f'#include "{SWITCH}"\n#line 1\n' + text, wrong


def write_if_changed(path, data):
    if path.exists() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def make_tree(source, tree, mutants):
    by_file = collections.defaultdict(list)
    for mutant in mutants:
        by_file[mutant.file].append(mutant)
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=source,
                           check=True, capture_output=True, text=True).stdout.split("\0")
    wrong = [f"no file {file}" for file in by_file if file not in names]
    kept = set()
    for name in filter(None, names):
        path = source / name
        if not path.is_file():
            continue
        data = path.read_bytes()
        if name in by_file:
            text, bad = mutated(data.decode(), by_file[name], name)
            wrong += bad
            data = text.encode()
        write_if_changed(tree / name, data)
        if os.access(path, os.X_OK):
            os.chmod(tree / name, 0o755)
        kept.add(tree / name)
    header = HEADER.replace("COUNT", str(max(1, len(mutants))))
    write_if_changed(tree / SWITCH, header.encode())
    kept.add(tree / SWITCH)
    for path in tree.rglob("*"):
        if path.is_file() and path not in kept and "build" not in path.relative_to(tree).parts[:1]:
            path.unlink()
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        raise SystemExit(2)


def configure(source, work):
    tree, folder = work / "tree", work / "build"
    shared = os.environ.get("NADC_SHARED", str(source.parent / "shared"))
    # A kill needs no shrunk case, and hundreds of worlds are enough.
    environment = {**os.environ, "NADC_SHARED": shared, "NADC_REFERENCE_SHRINK": "0", "NADC_REFERENCE_WORLDS": "250"}
    command = ["cmake", "-S", str(tree), "-B", str(folder), "-DCMAKE_BUILD_TYPE=Release", "-DNADC_CUDA=OFF", "-DNADC_GPU_TESTS=OFF",
               "-DCMAKE_CXX_FLAGS_RELEASE=-O1"]
    if not (folder / "CMakeCache.txt").exists():
        command += ["-G", "Ninja"]
    run_or_stop(command, environment)
    return environment


def build(work, target, jobs, environment):
    run_or_stop(["cmake", "--build", str(work / "build"), "--target", target, "-j", str(jobs), "--", "-k0"], environment)


def run_or_stop(command, environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        lines = (done.stdout + done.stderr).splitlines()
        print("\n".join([l for l in lines if "error:" in l or "FAILED" in l] or lines[-40:]), file=sys.stderr)
        raise SystemExit(2)


class Test:
    def __init__(self, entry):
        properties = {p["name"]: p["value"] for p in entry.get("properties", [])}
        self.name = entry["name"]
        self.command = entry.get("command")
        self.labels = set(properties.get("LABELS", []))
        self.folder = properties.get("WORKING_DIRECTORY")
        self.environment = dict(pair.split("=", 1) for pair in properties.get("ENVIRONMENT", []))
        self.skip_code = properties.get("SKIP_RETURN_CODE")
        self.seconds = 0.0
        self.reached = frozenset()

    def case(self):
        """Of a GoogleTest program, the name of the one case that this test runs."""
        found = re.fullmatch(r"--gtest_filter=([^:*]+)", self.command[1]) if len(self.command) > 1 else None
        return found.group(1) if found else ""

    def kind(self):
        return next((kind for kind in KINDS if kind in self.labels), "other")

    def run(self, environment, limit):
        """passed | failed | hung | skipped"""
        start = time.monotonic()
        try:
            done = subprocess.run(self.command, cwd=self.folder, env={**environment, **self.environment},
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=limit)
            code = done.returncode
        except subprocess.TimeoutExpired:
            code = None
        self.last = time.monotonic() - start
        if code is None:
            return "hung"
        if self.skip_code is not None and code == self.skip_code:
            return "skipped"
        return "passed" if code == 0 else "failed"


def find_tests(folder):
    listed = subprocess.run(["ctest", "--show-only=json-v1"], cwd=folder, check=True, capture_output=True, text=True)
    tests = [Test(entry) for entry in json.loads(listed.stdout)["tests"]]
    return [t for t in tests if t.command and os.path.exists(t.command[0]) and not t.labels & EXCLUDED]


# What is built and run one after the other, while mutants are left: a name, a target, and which tests.
STAGES = [("sim/ and models/", "parts", lambda test, parts: test.command[0] in parts),
          ("app/", "test_programs", lambda test, parts: test.case() and "cli" not in test.labels
           and test.command[0] not in parts),
          ("the command", "all", lambda test, parts: not test.case() or "cli" in test.labels)]


def note_reach(tests, mutants, work, environment, pool):
    """Runs every test with no mutant on; drops the ones that skip, and stops at one that fails."""
    (work / "reach").mkdir(exist_ok=True)

    def run(index):
        test = tests[index]
        path = work / "reach" / str(index)
        path.write_bytes(bytes(max(1, len(mutants))))
        how = test.run({**environment, "NADC_MUTANTS_REACHED": str(path)}, 900)
        test.seconds = test.last
        test.reached = frozenset(i for i, byte in enumerate(path.read_bytes()) if byte)
        path.unlink()
        return test, how

    sound, broken = [], []
    for index, (test, how) in enumerate(list(pool.map(run, range(len(tests))))):
        if how in ("failed", "hung"):
            test, how = run(index)  # alone: some tests of interruptions need a processor of their own
        if how == "passed":
            sound.append(test)
        elif how != "skipped":
            broken.append(f"{test.name} {how} with no mutant on")
    if broken:
        print("\n".join(broken), file=sys.stderr)
        raise SystemExit(2)
    return sound


class Batch:
    """Short cases of one GoogleTest program, run as one process until one fails."""

    def __init__(self, cases):
        self.cases = {t.case(): t for t in cases}
        self.seconds = sum(t.seconds for t in cases)

    def killer(self, environment):
        some = next(iter(self.cases.values()))
        command = [some.command[0], "--gtest_filter=" + ":".join(self.cases), "--gtest_fail_fast"]
        try:
            done = subprocess.run(command, cwd=some.folder, env={**environment, **some.environment}, text=True, errors="replace",
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=max(10.0, 8 * self.seconds))
        except subprocess.TimeoutExpired as late:
            return self.last_run((late.stdout or b"").decode(errors="replace")), "hung"
        return (self.last_run(done.stdout), "failed") if done.returncode else (None, None)

    def last_run(self, output):
        # The first that failed; of a program that crashed or hangs, the last that began (after a failure skipped ones begin too).
        failed = re.findall(r"^\[  FAILED  \] ([^\s,]+)", output, re.MULTILINE)
        names = failed[:1] or re.findall(r"^\[ RUN      \] (\S+)", output, re.MULTILINE)[-1:]
        return self.cases.get(names[0] if names else "", next(iter(self.cases.values())))


def hunt(mutant, tests, environment, first):
    reaching = [t for t in tests if mutant.number in t.reached]
    short = collections.defaultdict(list)
    for test in reaching:
        if test.case() and test.seconds < 0.5:
            short[test.command[0]].append(test)
    batches = [Batch(cases) for cases in short.values()]
    hinted = [t for t in reaching if t.name == first]
    others = [t for t in reaching if not (t.case() and t.seconds < 0.5)]
    for entry in hinted + sorted(batches + others, key=lambda entry: entry.seconds):
        if isinstance(entry, Batch):
            killer, how = entry.killer({**environment, "NADC_MUTANT": str(mutant.number)})
        else:
            how = entry.run({**environment, "NADC_MUTANT": str(mutant.number)}, max(10.0, 8 * entry.seconds))
            killer = entry
        if how in ("failed", "hung"):
            mutant.killer, mutant.how = killer, how
            break
    return mutant, len(reaching)


def table_of(mutants):
    rooms = sorted({m.room for m in mutants})
    kinds = KINDS + ["other"]
    lines = ["| room | mutants | " + " | ".join(kinds) + " | of these by a hang | survived | equivalent |",
             "|---|" + "---|" * (len(kinds) + 4)]
    for room in rooms + ["all"]:
        here = [m for m in mutants if room in ("all", m.room)]
        dead = [m for m in here if m.killer]
        counts = [str(sum(m.killer.kind() == kind for m in dead)) for kind in kinds]
        lines.append(f"| {room} | {len(here)} | " + " | ".join(counts) + f" | {sum(m.how == 'hung' for m in dead)} | "
                     f"{sum(not m.killer and not m.equivalent for m in here)} | "
                     f"{sum(not m.killer and bool(m.equivalent) for m in here)} |")
    return "\n".join(lines) + "\n"


def killers_of(mutants):
    """The mutants that each test killed, by room."""
    killed = collections.defaultdict(list)
    for m in mutants:
        name = (m.killer.name, m.killer.kind()) if m.killer else ("equivalent" if m.equivalent else "survived", "")
        killed[m.room, *name].append(m.id)
    lines = ["| room | test | kind | mutants |", "|---|---|---|---|"]
    for (room, test, kind), ids in sorted(killed.items()):
        lines.append(f"| {room} | {test} | {kind} | {', '.join(ids)} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--only", default="", help="ids, or beginnings of ids, with commas")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--table", type=pathlib.Path, help="write the table here too")
    parser.add_argument("--check-list", action="store_true", help="only see that every mutant's code is in the tree")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests interrupt; a background job would ignore it
    source, work = options.source.resolve(), options.work.resolve()
    mutants = read_mutants(source / "tests" / "mutation")
    work.mkdir(parents=True, exist_ok=True)
    make_tree(source, work / "tree", mutants)
    if options.check_list:
        print(f"{len(mutants)} mutants fit the tree")
        return 0
    environment = configure(source, work)
    parts = set((work / "build" / "parts.txt").read_text().split())
    wanted = [m for m in mutants
              if not options.only or any(m.id.startswith(name) for name in options.only.split(","))]
    hints_file = work / "killers.json"
    hints = json.loads(hints_file.read_text()) if hints_file.exists() else {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        left = wanted
        for what, target, belongs in STAGES:
            if all(m.equivalent for m in left):
                break
            started = time.monotonic()
            build(work, target, options.jobs, environment)
            print(f"{what}: {time.monotonic() - started:.0f} s of building", flush=True)
            tests = [t for t in find_tests(work / "build") if belongs(t, parts)]
            known = {hints.get(m.id) for m in left}
            for rest in (False, True):
                some = [t for t in tests if (t.name not in known) == rest]
                if not some or all(m.equivalent for m in left):
                    continue
                started = time.monotonic()
                sound = note_reach(some, mutants, work, environment, pool)
                noted = time.monotonic()
                hunts = [pool.submit(hunt, m, sound, environment, hints.get(m.id)) for m in left]
                for done in concurrent.futures.as_completed(hunts):
                    mutant, reaching = done.result()
                    if mutant.killer:
                        hints[mutant.id] = mutant.killer.name
                        hints_file.write_text(json.dumps(hints, indent=1, sort_keys=True))
                        if mutant.equivalent:
                            print(f"killed, though called equivalent: {mutant.id} by {mutant.killer.name}", flush=True)
                    elif rest and not mutant.equivalent:
                        print(f"{'SURVIVED' if target == 'all' else 'left'} {mutant.id} ({mutant.rule}; {mutant.file}): "
                              f"{reaching} more tests reach it", flush=True)
                dead = [m for m in left if m.killer]
                left = [m for m in left if not m.killer]
                print(f"{len(sound)} {'other tests' if rest else 'tests that killed before'} pass without mutants: "
                      f"{noted - started:.0f} s; {len(dead)} mutants died, {len(left)} are left: "
                      f"{time.monotonic() - noted:.0f} s", flush=True)
    table = table_of(wanted)
    print(table)
    if options.table:
        options.table.write_text(table + "\n" + killers_of(wanted))
    survivors = sum(not m.killer and not m.equivalent for m in wanted)
    wrong = sum(bool(m.killer and m.equivalent) for m in wanted)
    print(f"{len(wanted) - survivors} passed, {survivors + wrong} failed")
    return 1 if survivors or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
