"""clang-tidy 14 over the host sources of the tree, a unit at a time, in parallel.

    tidy.py BUILD SOURCE [--budget SECONDS] [--jobs N] [--log FILE] [FOLDER…]

BUILD holds compile_commands.json; FOLDER says which units (default: sim models gpu app). A unit that was clean is
read again only when what it depends on has changed: its text, the headers of the tree that it reaches, its command,
.clang-tidy, the tool and the installed development packages. The stamps of clean units lie in $NADC_TIDY_CACHE, else
in ~/.cache/nadc-tidy; checkouts share them. With a budget no unit begins after that many seconds, and those left unread
are counted and named. Exit code: 1 with findings, 77 without the tool.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

TOOL = "clang-tidy-14"
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
STAMPS_LIVE_DAYS = 60


def output_of(*command):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    except FileNotFoundError:
        return b""


class Fingerprints:
    """What a unit depends on, as a hash; a header of the tree is read once."""

    def __init__(self, source, build):
        self.source, self.build, self.files = source, build, {}
        self.common = hashlib.sha256(b"\0".join([
            (source / ".clang-tidy").read_bytes(), output_of(TOOL, "--version"),
            output_of("dpkg-query", "-W", "-f", "${Package} ${Version}\n", "lib*-dev", "*-dev")])).digest()

    def file(self, path):
        """Hash of a file and the files that it includes with quotes, (hash, (path, …))."""
        if path not in self.files:
            text = path.read_bytes()
            reached = []
            for name in INCLUDE.findall(text):
                name = name.decode()
                found = [f for f in (path.parent / name, self.source / name) if f.is_file()]
                if found:
                    reached.append(found[0].resolve())
            self.files[path] = hashlib.sha256(text).digest(), reached
        return self.files[path]

    def unit(self, path, commands):
        seen, left = set(), [path]
        while left:
            at = left.pop()
            if at not in seen:
                seen.add(at)
                left += self.file(at)[1]
        whole = hashlib.sha256(self.common)
        for command in commands:
            for folder, name in ((self.build, "BUILD"), (self.source, "SOURCE")):
                command = command.replace(str(folder), name)
            whole.update(command.encode())
        for at in sorted(seen):
            whole.update(str(at.relative_to(self.source)).encode() + b"\0" + self.files[at][0])
        return whole.hexdigest()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("folders", nargs="*", default=["sim", "models", "gpu", "app"])
    parser.add_argument("--budget", type=float, default=None, help="begin no unit after so many seconds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--log", type=pathlib.Path, help="seconds of each unit that was read")
    args = parser.parse_intermixed_args()
    if shutil.which(TOOL) is None:
        print(f"skipped: {TOOL} is not installed")
        return 77

    build, source = args.build.resolve(), args.source.resolve()
    cache = pathlib.Path(os.environ.get("NADC_TIDY_CACHE") or pathlib.Path.home() / ".cache" / "nadc-tidy")
    cache.mkdir(parents=True, exist_ok=True)
    for stamp in cache.iterdir():
        if time.time() - stamp.stat().st_mtime > STAMPS_LIVE_DAYS * 86400:
            stamp.unlink(missing_ok=True)

    units = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if path.suffix == ".cpp" and any(path.is_relative_to(source / folder) for folder in args.folders):
            units.setdefault(path, []).append(entry["command"])
    if not units:
        print(f"no unit of {', '.join(args.folders)} in {build}/compile_commands.json: configure this tree first")
        return 1

    fingerprints = Fingerprints(source, build)
    changed = []
    for path, commands in sorted(units.items()):
        stamp = cache / fingerprints.unit(path, commands)
        if stamp.exists():
            stamp.touch()
        else:
            changed.append((path, stamp))

    # With a budget another part is read each day, where no stamps are kept.
    random.Random(time.strftime("%j") if args.budget is not None else 0).shuffle(changed)
    start = time.monotonic()

    def read(unit):
        path, stamp = unit
        begun = time.monotonic()
        if args.budget is not None and begun - start > args.budget:
            return path, None, 0.0
        done = subprocess.run([TOOL, "--quiet", "--extra-arg=-Wno-unknown-warning-option", "-p", str(build), str(path)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode == 0 and not done.stdout.strip():
            stamp.touch()
            return path, "", time.monotonic() - begun
        return path, done.stdout.strip() or done.stderr.strip(), time.monotonic() - begun

    found, unread, seconds = {}, [], []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(read, unit) for unit in changed]):
            path, text, took = done.result()
            name = str(path.relative_to(source))
            if text is None:
                unread.append(name)
                continue
            seconds.append((took, name))
            if args.log:
                with args.log.open("a") as log:
                    log.write(f"{took:.1f} {name}\n")
            if text:
                found[name] = text
                print(text, flush=True)

    print(f"{len(units)} units: {len(units) - len(changed)} unchanged since they were clean, {len(seconds)} read in "
          f"{time.monotonic() - start:.0f} s, {len(found)} with findings, {len(unread)} left unread")
    if unread:
        print(f"left unread after {args.budget:.0f} s; the next run goes on with them: {' '.join(unread)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
