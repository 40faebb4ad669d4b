"""Damaged results files: whatever single bit of a finished file, a shard or an unfinished part is flipped, the command
says so (exit 3 or 4, with the file's name) or gives the right answer. It never hangs, dies of a signal or gives another
answer.

Usage: damage.py NADC [FLIPS [USE…]]        flips of each use of each file, default 60; uses by name, default all
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy  # noqa: F401
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

NADC = os.path.abspath(sys.argv[1])
FLIPS = int(sys.argv[2]) if len(sys.argv) > 2 else 60
USES = sys.argv[3:]
TINY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "studies", "tiny.yaml")
SMALL = [TINY, "--samples", "2", "--replicas", "2", "--device", "serial"]
LARGER = [TINY, "--samples", "3", "--replicas", "2", "--device", "serial"]


def nadc(*arguments):
    return subprocess.run([NADC, *arguments], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)


def values(path):
    with h5py.File(path, "r") as file:
        return {name: item[()].tobytes() for name, item in file.items()
                if isinstance(item, h5py.Dataset) and item.dtype.kind in "fi"}


def fresh(*names):
    for name in names:
        for suffix in ("", ".part", ".tmp"):
            if os.path.exists(name + suffix):
                os.remove(name + suffix)


def compared(damaged):
    return nadc("compare", damaged, "--format", "json", "--outcome", "utilization", "wait_mean_s"), lambda: None


def extended(damaged):
    fresh("larger.h5")
    return nadc("sweep", *LARGER, "-o", "larger.h5", "--extend", damaged, "-q"), lambda: values("larger.h5")


def merged(damaged):
    fresh("merged.h5")
    return nadc("merge", "-o", "merged.h5", damaged, "half-2.h5"), lambda: values("merged.h5")


def resumed(damaged):
    fresh("again.h5")
    shutil.move(damaged, "again.h5.part")
    return nadc("sweep", *SMALL, "--shard", "1/2", "-o", "again.h5", "--resume", "-q"), lambda: values("again.h5")


def mended(damaged):
    fresh("again.h5")
    shutil.move(damaged, "again.h5")
    return nadc("sweep", *SMALL, "--shard", "1/2", "-o", "again.h5", "--resume", "-q"), lambda: values("again.h5")


def finished(damaged):
    return nadc("sweep", *SMALL, "-o", damaged, "--resume", "-q", "--format", "json"), lambda: values(damaged)


def right(use, source):
    shutil.copy(source, "damaged.h5")
    done, result = use("damaged.h5")
    assert done.returncode == 0, (use.__name__, done.stderr)
    return (done.stdout if use is compared else "", result())


def main():
    for command in (["-o", "whole.h5"], ["--shard", "1/2", "-o", "half-1.h5"], ["--shard", "2/2", "-o", "half-2.h5"]):
        assert nadc("sweep", *SMALL, *command).returncode == 0
    pick = random.Random(20)
    counts = {}
    for use, source, named in ((compared, "whole.h5", "damaged.h5"), (extended, "whole.h5", "damaged.h5"),
                               (finished, "whole.h5", "damaged.h5"), (merged, "whole.h5", "damaged.h5"),
                               (merged, "half-1.h5", "damaged.h5"), (resumed, "half-1.h5", "again.h5.part"),
                               (mended, "half-1.h5", "again.h5")):
        if USES and use.__name__ not in USES:
            continue
        answer = right(use, source)
        with open(source, "rb") as file:
            sound = file.read()
        seen = counts[f"{use.__name__} {source}"] = {}
        for flip in range(FLIPS):
            # Half of them among the first 16 KiB and the last 100 bytes, where HDF5's own structures and the seals lie.
            place = pick.choice([pick.randrange(len(sound)), pick.randrange(min(len(sound), 1 << 14)),
                                 pick.randrange(len(sound)), len(sound) - 1 - pick.randrange(100)])
            bit = pick.randrange(8)
            fresh("damaged.h5")
            with open("damaged.h5", "wb") as file:
                file.write(sound[:place] + bytes([sound[place] ^ (1 << bit)]) + sound[place + 1:])
            done, result = use("damaged.h5")
            what = (use.__name__, source, "byte", place, "bit", bit, done.returncode, done.stderr[-300:])
            assert done.returncode in (0, 3, 4), what
            seen[done.returncode] = seen.get(done.returncode, 0) + 1
            if done.returncode == 0:
                assert (done.stdout if use is compared else "", result()) == answer, what
            else:
                assert named in done.stderr, what
    # The seals are what finds it: nearly every flip of a finished file is refused.
    assert all(seen.get(3, 0) + seen.get(4, 0) == FLIPS for name, seen in counts.items() if "whole" in name), counts
    # A file without its seal, as one that was cut off, is refused too.
    with open("whole.h5", "rb") as file:
        sound = file.read()
    with open("cut.h5", "wb") as file:
        file.write(sound[:-24])
    cut = nadc("compare", "cut.h5")
    assert cut.returncode == 3 and "cut.h5" in cut.stderr and "no seal" in cut.stderr, cut.stderr
    print(counts)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        main()
