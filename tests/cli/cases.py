"""Runs the built command on one case and compares stdout, stderr, exit code and the folder it ran in.

Usage: cases.py NADC CASE... [--update]

A case is a text file: what it shows (#), commands that prepare (%), the command under test ($, run by sh; nadc is the
built command), then files and what is expected, each under a line '=== NAME':

    # A wrong dimension says which one was expected.
    $ nadc run broken.yaml
    === broken.yaml
    extends: small.yaml
    horizon: 5 kW
    === exit
    3
    === stderr
    broken.yaml:2:10: error: ...

The folder also holds the files of common/. What is not expected on stdout or stderr must be empty, and the command must
leave every file as it was; '=== leaves' lists names that may be new. The folder's own path is shown as DIR. --update
writes what was seen into the case.
"""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = ("exit", "stdout", "stderr", "leaves")


def parse(text):
    comments, prepare, commands, sections, name = [], [], [], {}, None
    for line in text.splitlines(keepends=True):
        if line.startswith("=== "):
            name = line[4:].strip()
            sections[name] = ""
        elif name is not None:
            sections[name] += line
        elif line.startswith("% "):
            prepare.append(line[2:])
        elif line.startswith("$ "):
            commands.append(line[2:])
        elif line.startswith("#"):
            comments.append(line)
        elif line.strip():
            sys.exit(f"a line of the head is neither '#', '%' nor '$': {line}")
    return comments, prepare, commands, sections


def snapshot(folder):
    seen = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        seen[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "not a file"
    return seen


def shell(lines, folder, tools):
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    return subprocess.run(["/bin/sh", "-c", "".join(lines)], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


def run(nadc, case, update):
    comments, prepare, commands, sections = parse(case.read_text())
    with tempfile.TemporaryDirectory() as name:
        base = pathlib.Path(name).resolve()
        folder, tools = base / "work", base / "bin"
        tools.mkdir()
        (tools / "nadc").symlink_to(nadc)
        shutil.copytree(HERE / "common", folder)
        for file, text in sections.items():
            if file not in EXPECTED:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_text(text)
        done = shell(["set -e\n", *prepare], folder, tools)
        if done.returncode != 0:
            print(f"skipped: cannot prepare: {done.stderr.decode().strip()}")
            return 77
        before = snapshot(folder)
        done = shell(commands, folder, tools)
        after = snapshot(folder)
        plain = lambda raw: raw.decode(errors="backslashreplace").replace(str(folder), "DIR")
        seen = {"exit": f"{done.returncode}\n", "stdout": plain(done.stdout), "stderr": plain(done.stderr)}

    problems = []
    allowed = sections.get("leaves", "").split()
    for file in sorted(before.keys() | after.keys()):
        if before.get(file) != after.get(file) and file not in allowed:
            problems.append(f"the command {'changed' if file in before and file in after else 'left or removed'} {file}")
    if update:
        files = {k: v for k, v in sections.items() if k not in EXPECTED}
        kept = {"leaves": sections["leaves"]} if "leaves" in sections else {}
        with case.open("w") as out:
            out.write("".join(comments + ["% " + x for x in prepare] + ["$ " + x for x in commands]))
            for file, text in {**files, **kept, **seen}.items():
                if text or file not in EXPECTED:
                    out.write(f"=== {file}\n{text}" + ("" if text.endswith("\n") or not text else "\n"))
    else:
        for key in ("exit", "stdout", "stderr"):
            expected, got = sections.get(key, "0\n" if key == "exit" else ""), seen[key]
            if got and not got.endswith("\n"):
                got += "\n"
            if expected != got:
                problems.append(f"{key} is not as expected\n--- expected\n{expected}--- seen\n{got}---")
    for problem in problems:
        print(f"{case.stem}: {problem}")
    return 1 if problems else 0


def main():
    arguments = [a for a in sys.argv[1:] if a != "--update"]
    if len(arguments) < 2:
        sys.exit(__doc__)
    nadc = os.path.abspath(arguments[0])
    return max(run(nadc, pathlib.Path(case), "--update" in sys.argv) for case in arguments[1:])


if __name__ == "__main__":
    sys.exit(main())
