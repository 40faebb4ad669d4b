"""Hostile numbers against every `nadc network` and `nadc power` command.

A table of commands that work; the numeric options of each come from its own --help. Each option takes each hostile
value; the command must then answer with finite numbers or refuse with a place or a hint, in seconds and in 2 GiB, and
never crash. Numbers of instance, edge-list, topology and log files are put through the same.

Usage: hostile_numbers.py NADC SCENARIOS [COMMAND]     (absolute; COMMAND: only that row of the table)
"""
import concurrent.futures
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

SECONDS, MEMORY = 15, 2 << 30  # of processor time
VALUES = ["0", "-1", "1000000", "9223372036854775807", "1e30", "1e300", "1e-300", "1.0000001", "nan", "inf"]
BYTES = ["--bytes", "--from", "--to"]  # sizes are text: 1M
# Said of the topology: all of them in `size`, these elsewhere.
SHAPE = {"--topology", "--radix", "--tiers", "--p", "--a", "--h", "--group-links", "--leaf-radix", "--spine-radix",
         "--core-radix", "--leaf-port-gbps", "--spine-port-gbps", "--core-port-gbps", "--trunk-gbps", "--core-gbps",
         "--oversubscription", "--spine-oversubscription", "--gpus-per-node"}

COMMANDS = {
    "size": "network size --topology fat-tree --gpus 1024",
    "size-custom": "network size --topology {graph}",
    "size-dragonfly": "network size --topology dragonfly --gpus 1024 --p 8 --a 16 --h 8",
    "size-hall": "network size --topology fat-tree --gpus 1024 --rack-kw 40 --bill",
    "size-optimise": "network size --gpus 1024 --optimise 1.1 --radix 64 --model llama3.1-8b",
    "flows": "network flows --topology fat-tree --gpus 128 --pattern permutation",
    "flows-all": "network flows --topology fat-tree --gpus 64 --pattern all-to-all",
    "collective": "network collective --ranks 32 --bytes 1M",
    "collective-topology": "network collective --topology fat-tree --gpus 1024 --ranks 32 --bytes 1M --beside permutation",
    "steptime": "network steptime --model llama3.1-8b --gpus 64 --batch 128",
    "draw": "network draw --topology fat-tree --gpus 128 --pattern permutation",
    "draw-floor": "network draw --topology fat-tree --gpus 128 --floor --rack-kw 40",
    "export": "network export --topology fat-tree --gpus 128 --to dot",
    "calibrate": "network calibrate {scenarios}/topologies/superpod-h100.yaml -o {folder}/table.yaml --force",
    "machine-training": "power machine --node gb200-nvl72 --gpus 1024 --load training --tflops-per-gpu 700",
    "site": "power site {scenarios}/korea-2025-10k.yaml",
    "day": "power day {scenarios}/korea-2025-10k.yaml --date 2026-08-12",
}
GRAPH = ("gpu0 leaf0 400\ngpu1 leaf0 400\ngpu2 leaf1 400\ngpu3 leaf1 400\nnode leaf0 leaf\nnode leaf1 leaf\n"
         "node spine0 spine\nleaf0 spine0 800\nleaf1 spine0 800\n")
# Files with one number to be replaced: {} ; and the command that reads them.
FILES = {
    "edge-rate": ("g.txt", GRAPH.replace("leaf0 spine0 800", "leaf0 spine0 {}"), "network size --topology {file}"),
    "edge-rate-flows": ("g.txt", GRAPH.replace("leaf0 spine0 800", "leaf0 spine0 {}"),
                        "network flows --topology {file} --pattern all-to-all"),
    "edge-count": ("g.txt", GRAPH.replace("leaf0 spine0 800", "leaf0 spine0 800 {}"), "network size --topology {file}"),
    "flow-links": ("f.txt", "links {} cap 1e9 flows 1\n0 1 1e6 1 0\n", "network flows {file}"),
    "flow-capacity": ("f.txt", "links 1 cap {} flows 1\n0 1 1e6 1 0\n", "network flows {file}"),
    "flow-count": ("f.txt", "links 1 cap 1e9 flows {}\n0 1 1e6 1 0\n", "network flows {file}"),
    "flow-bytes": ("f.txt", "links 1 cap 1e9 flows 1\n0 1 {} 1 0\n", "network flows {file}"),
    "flow-hops": ("f.txt", "links 1 cap 1e9 flows 1\n0 1 1e6 {} 0\n", "network flows {file}"),
    "flow-link": ("f.txt", "links 1 cap 1e9 flows 1\n0 1 1e6 1 {}\n", "network flows {file}"),
    "log-bytes": ("l.csv", "bytes,time_us,busbw_gbps\n{},100,10\n1048576,200,10\n",
                  "network collective --ranks 32 --against {file}"),
    "log-time": ("l.csv", "bytes,time_us\n65536,{}\n1048576,200\n", "network collective --ranks 32 --against {file}"),
    "topology-gpus": ("t.yaml", "name: t\ntopology: fat-tree\ngpus: {}\n", "network size --topology {file}"),
    "topology-radix": ("t.yaml", "name: t\ntopology: fat-tree\ngpus: 512\nradix: {}\n", "network size --topology {file}"),
    "topology-speed": ("t.yaml", "name: t\ntopology: fat-tree\ngpus: 512\nhost_speed: {} Gbit/s\n",
                       "network size --topology {file}"),
    "topology-hall": ("t.yaml", "name: t\ntopology: fat-tree\ngpus: 512\nhall: {{rack_power: {} kW}}\n",
                      "network size --topology {file}"),
    "topology-rack": ("t.yaml", "name: t\ntopology: fat-tree\ngpus: 512\nnodes_per_rack: {}\n",
                      "network size --topology {file}"),
    "topology-price": ("t.yaml", "name: t\ntopology: fat-tree\ngpus: 512\nprices: {{switch: {} KRW, copper_cable: 1 KRW, "
                       "multimode_optic: 1 KRW, single_mode_optic: 1 KRW, multimode_fibre_per_m: 1 KRW, "
                       "single_mode_fibre_per_m: 1 KRW}}\n", "network size --topology {file} --bill"),
    "model-layers": ("m.yaml", "name: m\nlayers: {}\nhidden: 4096\nheads: 32\nffn: 14336\nvocabulary: 128256\n",
                     "network steptime --model {file} --gpus 64 --batch 128"),
    "model-hidden": ("m.yaml", "name: m\nlayers: 32\nhidden: {}\nheads: 32\nffn: 14336\nvocabulary: 128256\n",
                     "network steptime --model {file} --gpus 64 --batch 128"),
    "constants": ("c.yaml", "launch: {} us\n", "network collective --ranks 32 --bytes 1M --constants {file}"),
}
SITE_KEYS = [
    "sites[0].power.facility.ups_efficiency", "sites[0].power.facility.liquid_share",
    "sites[0].power.facility.room_supply", "sites[0].power.facility.carnot_share", "sites[0].power.facility.fans",
    "sites[0].power.facility.heat_reuse", "sites[0].power.facility.water_cycles", "sites[0].power.pue_margin",
    "sites[0].power.limit", "sites[0].power.yard.transformer", "sites[0].power.yard.ups",
    "sites[0].power.yard.generator", "power.storage",
]


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def bad_number(text):
    """A JSON number that no answer holds, or None."""
    try:
        answer = json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
    except ValueError as error:
        return f"no JSON: {error}"
    walk = [answer]
    while walk:
        value = walk.pop()
        if isinstance(value, dict):
            walk += [v for k, v in value.items()]
        elif isinstance(value, list):
            walk += value
        elif isinstance(value, float) and abs(value) >= 1e200:
            return f"{value}"
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and value < -1e15:
            return f"{value}"
    return None


def attempt(nadc, words):
    """What is wrong with this command's behaviour, or an empty text."""
    form = [] if words[:2] in (["network", "draw"], ["network", "export"]) else ["--format", "json"]
    done = subprocess.run([nadc, "-q", *words, *form], capture_output=True, text=True, timeout=1200, preexec_fn=limits,
                          check=False)
    if done.returncode in (-9, -24):
        return f"took more than {SECONDS} s"
    if done.returncode < 0:
        return f"signal {-done.returncode}"
    if "bad_alloc" in done.stderr or "out of memory" in done.stderr.lower():
        return "memory: " + done.stderr.strip()[:200]
    if done.returncode == 0:
        if done.stderr.strip().lower().startswith("error"):
            return "an error, and status 0"
        if form and (problem := bad_number(done.stdout)):
            return "answer: " + problem
        if not form and re.search(r"[\"' ,(](-?nan|-?inf)[\"' ,)]", done.stdout):
            return "answer: nan or inf"
        return ""
    if done.returncode not in (1, 2, 3, 64, 65):
        return f"status {done.returncode}: {done.stderr.strip()[:200]}"
    if len(done.stderr.strip()) < 20:
        return f"says only '{done.stderr.strip()}'"
    return ""


def numeric_options(nadc, words):
    text = subprocess.run([nadc, *words[:2], "--help"], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^\s+(?:-\w,)?(--[a-z-]+)(?:,--[a-z-]+)*(?:\s+|=\S+\s+)?(?:INT|UINT|FLOAT)\b", text, re.M)
    return found + [o for o in BYTES if re.search(rf"^\s+{o} TEXT", text, re.M)]


def without(words, option):
    """The words, less an option and its value."""
    at = words.index(option) if option in words else -1
    return words if at < 0 else words[:at] + words[at + 2:]


def cases(nadc, scenarios, folder, only):
    """Name and words of each command to be tried."""
    (folder / "graph.txt").write_text(GRAPH)
    fill = {"graph": folder / "graph.txt", "scenarios": scenarios, "folder": folder}
    for row, command in COMMANDS.items():
        if only and only != row:
            continue
        words = [w.format(**fill) for w in command.split()]
        if problem := attempt(nadc, words):
            sys.exit(f"{row} does not work at all: {problem}")
        for option in numeric_options(nadc, words):
            if option in SHAPE and words[1] != "size":
                continue
            for value in VALUES:
                yield row, without(words, option) + [f"{option}={value}"]
    for row, (file, text, command) in FILES.items():
        if only and only != row:
            continue
        for i, value in enumerate(VALUES):
            path = folder / row / str(i) / file
            path.parent.mkdir(parents=True)
            path.write_text(text.format(value))
            yield f"{row}={value}", [w.format(file=path) for w in command.split()]
    for key in SITE_KEYS:
        if only and only != "site-keys":
            continue
        for value in VALUES:
            yield key, ["power", "site", f"{scenarios}/korea-2025-10k.yaml", f"+{key}={value}"]


def main():
    nadc, scenarios = sys.argv[1:3]
    only = sys.argv[3] if len(sys.argv) > 3 else ""
    wrong = count = 0
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        table = list(cases(nadc, scenarios, pathlib.Path(name), only))
        for (row, words), problem in zip(table, pool.map(lambda one: attempt(nadc, one[1]), table)):
            count += 1
            if problem:
                wrong += 1
                print(f"{row}: nadc {' '.join(map(str, words))}: {problem}", flush=True)
    print(f"{count} commands, {wrong} wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
