"""Every subcommand has a --help on stdout that names its options; the streams and colours are as promised.

Usage: help.py NADC
"""
import os
import pty
import re
import subprocess
import sys

NADC = os.path.abspath(sys.argv[1])


def call(*arguments):
    return subprocess.run([NADC, *arguments], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def subcommands(help_text):
    found, inside = [], False
    for line in help_text.splitlines():
        if line.startswith("Subcommands:"):
            inside = True
        elif inside and re.match(r"  \S", line):
            found.append(line.split()[0])
        elif inside and line and not line.startswith(" "):
            inside = False
    return found


def walk(path):
    done = call(*path, "--help")
    assert done.returncode == 0, (path, done.stderr)
    assert done.stderr == "" and done.stdout.strip(), path
    assert "Usage:" in done.stdout, path
    names = subcommands(done.stdout)
    for name in names:
        names += [f"{name} {below}" for below in walk([*path, name])] if " " not in name else []
    return names


def on_terminal(*arguments, environment=None):
    """stderr as seen on a terminal."""
    main, side = pty.openpty()
    process = subprocess.Popen([NADC, *arguments], stdout=subprocess.DEVNULL, stderr=side, stdin=subprocess.DEVNULL,
                               env={**os.environ, "TERM": "xterm", **(environment or {})})
    os.close(side)
    seen = b""
    while True:
        try:
            part = os.read(main, 4096)
        except OSError:
            break
        if not part:
            break
        seen += part
    process.wait(timeout=60)
    os.close(main)
    return seen.decode()


def main():
    names = walk([])
    for expected in ("run", "validate", "schema", "explain", "report", "trace", "trace describe", "trace convert"):
        assert expected in names, f"no subcommand {expected} in {names}"
    assert re.match(r"nadc \d+\.\d+\.\d+ \(", call("--version").stdout)

    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "common")
    warned = ("run", os.path.join(here, "small.yaml"), "fleet.gpus=8")
    painted = "\x1b[1;33m" if "\x1b[1;33m" in on_terminal(*warned) else "\x1b["
    assert painted in on_terminal(*warned), "warnings on a terminal have a colour"
    assert "\x1b[3" not in on_terminal(*warned, environment={"NO_COLOR": "1"})
    assert "\x1b[3" not in on_terminal("--color", "never", *warned)
    long = ("run", os.path.join(here, "small.yaml"), "horizon=20000 d")
    assert "\r" not in call(*long).stderr
    assert "%" in on_terminal(*long) or "/s" in on_terminal(*long), "a long run shows progress on a terminal"
    assert "/s" not in on_terminal("-q", *long)
    return 0


if __name__ == "__main__":
    sys.exit(main())
