"""Manual pages and bash completion: one page a command, rendered without a complaint; what bash completes, as bash does it.

Usage: manual.py NADC SHARE CASE...     SHARE: the folder with man/ and bash-completion/
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

NADC, SHARE = (os.path.abspath(path) for path in sys.argv[1:3])
PAGES = os.path.join(SHARE, "man", "man1")
COMPLETION = os.path.join(SHARE, "bash-completion", "completions", "nadc")


def skip(what):
    print(f"skipped: {what}")
    sys.exit(77)


def help_of(path):
    return subprocess.run([NADC, *path, "--help"], capture_output=True, text=True, check=True).stdout


def commands(path=()):
    """All commands, as --help names them."""
    yield path
    section = re.search(r"^Subcommands:\n((?:  .*\n)+)", help_of(path), re.M)
    for line in section[1].splitlines() if section else []:
        if re.match(r"  \S", line):
            yield from commands((*path, line.split()[0]))


def rendered(name):
    """As `man -l` shows it, 80 columns, without overstrikes."""
    done = subprocess.run(["man", "-l", os.path.join(PAGES, name + ".1")], capture_output=True, text=True,
                          env={**os.environ, "MANPAGER": "cat", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    return re.sub(r".\x08", "", done.stdout)


def pages():
    """Every command has a page; no page is of a command that is not there; each has its sections and all its options."""
    if not shutil.which("man") or not shutil.which("groff"):
        skip("no man-db and groff-base (apt-get install them)")
    all_commands = list(commands())
    assert len(all_commands) > 20
    names = {"-".join(("nadc", *path)) for path in all_commands}
    assert {name[:-2] for name in os.listdir(PAGES)} == names, names
    for path in all_commands:
        name = "-".join(("nadc", *path))
        text = rendered(name)
        assert text.count(f"{name.upper()}(1)") >= 2, (name, text[:200])
        for section in ("NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS"):
            assert re.search(f"^{section}$", text, re.M), (name, section)
        flat = re.sub(r"[‐-]\n *", "-", text)
        table = help_of(path).split("\nSubcommands:")[0]
        for option in re.findall(r"^  (?:-\w,)?(--[a-z][a-z-]*)", table, re.M):
            assert option in flat, (name, option)
        if path:
            assert "--quiet" in flat and "COMMON OPTIONS" in text
    sweep = re.sub(r"\s+", " ", rendered("nadc-sweep"))
    assert "Acts only with -o." in sweep and "Not beside --device serial." in sweep


def sound():
    """groff warns of nothing; mandoc finds no error where it is installed."""
    if not shutil.which("groff"):
        skip("no groff-base (apt-get install it)")
    for page in sorted(os.listdir(PAGES)):
        path = os.path.join(PAGES, page)
        done = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-z", path], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr.strip(), (page, done.stderr)
        if shutil.which("mandoc"):
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "error", path], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout


def complete(line, folder):
    """What bash offers behind the line: words split as readline does, at spaces and '='."""
    script = r"""
source "$1"
COMP_LINE=$2 COMP_POINT=${#2}
read -ra COMP_WORDS <<< "${2//=/ = }"
[[ $2 == *' ' || $2 == *= ]] && COMP_WORDS+=('')
[[ $2 == *= ]] && unset 'COMP_WORDS[-1]'
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_nadc
printf '%s\n' "${COMPREPLY[@]}"
"""
    done = subprocess.run(["bash", "-c", script, "bash", COMPLETION, line], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0 and not done.stderr, (line, done.stderr)
    return set(done.stdout.split())


def completes():
    """Subcommands, options, their values, files; in the right place."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("study.yaml", "other.yml", "results.h5", "results.h5.part", "notes.txt", "node.prom"):
            open(os.path.join(folder, name), "w").close()
        os.mkdir(os.path.join(folder, "studies"))

        def offers(line):
            return complete(line, folder)

        assert subprocess.run(["bash", "-n", COMPLETION]).returncode == 0
        top = {path[0] for path in commands() if len(path) == 1}
        assert offers("nadc ") == top and len(top) > 10
        assert offers("nadc sw") == {"sweep"}
        assert offers("nadc network ") == {path[1] for path in commands(("network",)) if len(path) == 2}
        assert offers("nadc --quiet network si") == {"size"}
        for path in commands():
            line = " ".join(("nadc", *path)) + " --"
            table = help_of(path).split("\nSubcommands:")[0]
            known = set(re.findall(r"^  (?:-\w,)?(--[a-z][a-z-]*)", table, re.M))
            assert known <= offers(line), (line, known - offers(line))
            if path:
                assert {"--format", "--quiet"} <= offers(line), line
        assert offers("nadc sweep --dev") == {"--device"}
        assert offers("nadc sweep --progress ") == {"auto", "json"}
        assert offers("nadc sweep --progress=") == {"auto", "json"}
        assert offers("nadc sweep --progress=j") == {"json"}
        assert offers("nadc run x.yaml --format ") == {"table", "json", "csv", "markdown"}
        assert offers("nadc --color n") == {"never"}
        assert offers("nadc run ") == {"study.yaml", "other.yml", "studies"}
        assert offers("nadc sweep stu") == {"study.yaml", "studies"}
        assert offers("nadc watch res") == {"results.h5", "results.h5.part"}
        assert offers("nadc compare ") >= {"results.h5"} and "notes.txt" not in offers("nadc compare ")
        assert offers("nadc sweep study.yaml -o ") >= {"results.h5"}
        assert offers("nadc sweep --metrics-file ") == {"node.prom", "studies"}
        assert offers("nadc sweep --threads ") == set()


def bash_loads_it():
    """Where bash-completion is installed, it finds the file and completes with it."""
    main = "/usr/share/bash-completion/bash_completion"
    if not os.path.exists(main):
        skip("no bash-completion (apt-get install it)")
    script = f"""
source {main}
XDG_DATA_DIRS={SHARE} BASH_COMPLETION_USER_DIR={SHARE}/bash-completion _completion_loader nadc
complete -p nadc
"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert "complete -F _nadc nadc" in done.stdout, (done.stdout, done.stderr)


CASES = [pages, sound, completes, bash_loads_it]

if __name__ == "__main__":
    for case in CASES:
        if case.__name__ in sys.argv[3:] or len(sys.argv) == 3:
            case()
            print(f"{case.__name__}: {case.__doc__}")
