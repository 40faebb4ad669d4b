"""The JSON Schema of `nadc schema`, judged by python3-jsonschema: it takes every shipped scenario, catalog and study, and
refuses broken ones. Where the schema refuses a change of a shipped scenario, the command refuses it too.

Usage: schema.py NADC SCENARIOS
"""
import copy
import json
import os
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing} (apt-get install python3-jsonschema python3-yaml)")
    sys.exit(77)

NADC, SCENARIOS = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])


class Loader(yaml.SafeLoader):
    """Plain scalars as nadc reads them: numbers are decimal, dates and sexagesimals are text."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in ((u"tag:yaml.org,2002:bool", r"^(?:true|false)$", "tf"),
                            (u"tag:yaml.org,2002:null", r"^(?:~|null|)$", ["~", "n", ""]),
                            (u"tag:yaml.org,2002:int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
                            (u"tag:yaml.org,2002:float",
                             r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789")):
    Loader.add_implicit_resolver(tag, re.compile(pattern), list(first))


def load(path):
    with open(path, encoding="utf-8") as file:
        # JSON knows text keys only, as nadc does.
        return json.loads(json.dumps(yaml.load(file, Loader)))


def schema_of(*options):
    text = subprocess.run([NADC, "schema", *options], check=True, capture_output=True, text=True, timeout=60).stdout
    schema = json.loads(text)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


# A key path and what must not stand there. Text where a number is meant, another dimension's unit, a number without its
# unit, an unknown unit, an unknown word, a list or a map where a value stands.
WRONG_DURATION = ["5 EUR", "3 MW", 12, "12", "4 fortnights", "", ["1 d"], {"a": 1}, "1 d 2", "010 d", "1,5 d", "d"]
BROKEN = [("horizon", bad) for bad in WRONG_DURATION] + [("warmup", bad) for bad in WRONG_DURATION]
BROKEN += [("sites[0].clusters[0].tranches[0].gpus", bad) for bad in ("many", "10k", 1.5, "8 GPUs", [8], {"n": 8}, True)]
BROKEN += [("scheduler.order", bad) for bad in ("fastest", 3, ["fifo"], "FIFO", True)]
BROKEN += [("scheduler.backfill", bad) for bad in ("eazy", 1, ["easy"], "Easy")]
BROKEN += [("scheduler.place", bad) for bad in ("tight", 1, ["pack"])]
BROKEN += [("scheduler.window", bad) for bad in ("wide", 1.5, "256 jobs", -1, [1])]
BROKEN += [("workload.jobs_per_day", bad) for bad in ("7200 1/d", "many", [7200], True)]
BROKEN += [("workload.scale", bad) for bad in ("machine", 2, ["fleet"])]
BROKEN += [("catalog.nodes.hgx-b200.busy", bad)
           for bad in ("10 kWh", 10000, "10000", "10 kw", "10 KW", "10 W/s", "ten kW", "10 kW/h", "", [1], "10 horses")]
BROKEN += [("catalog.nodes.hgx-b200.idle", bad) for bad in ("1 J", 1, "1 kWh/h/h", "1 KRW", "2 W W", "W")]
BROKEN += [("catalog.nodes.hgx-b200.gpus", bad) for bad in ("eight", 8.5, "8 x", [8])]
BROKEN += [("name", bad) for bad in (["a"], {"a": 1}, 5, True)]
BROKEN += [("extends", bad) for bad in (5, {"a": "b"}, [], [1], [["a.yaml"]], True)]
BROKEN += [("horizn", "1 d"), ("scheduler.windw", 3), ("workload.jobs_a_day", 3), ("sites", {"a": 1}), ("sites", "one"),
           ("scheduler", []), ("scheduler", "fifo"), ("workload", 3), ("catalog", []), ("catalog.nodes", [])]
BROKEN += [("workload.groups", ["academia"]), ("workload.groups.academia.share", "half"), ("reliability.hazard", "often"),
           ("reliability.hazard", {"constantly": {"rate": 3}}), ("workload.classes", "all")]

# Lists that say the same as above for one more dimension each: what each takes and what it does not.
QUANTITIES = {
    "horizon": ["5 d", "1.5 h", "90min", "2 weeks", "1e6 s", "3 us", "1 y", "12 months", ".5 h"],
    "catalog.nodes.hgx-b200.busy": ["10 kW", "10.2 kW", "0.01 MW", "10 kJ/s", "240 kWh/d"],
}


def put(document, path, value):
    node, keys = document, re.findall(r"[^.\[\]]+", path)
    for key, following in zip(keys, keys[1:] + [None]):
        key = int(key) if key.isdigit() else key
        if following is None:
            node[key] = value
        elif isinstance(node, list):
            node = node[key]
        else:
            node = node.setdefault(key, {})


def main():
    scenario, study = schema_of(), schema_of("--study")
    checked = 0
    for folder, _, files in os.walk(SCENARIOS):
        if os.path.basename(folder) == "topologies":
            continue  # of nadc network; they have no schema
        for name in sorted(files):
            if not name.endswith(".yaml"):
                continue
            document = load(os.path.join(folder, name))
            errors = list((study if "scenario" in document else scenario).iter_errors(document))
            assert not errors, (name, [f"{list(e.absolute_path)}: {e.message[:200]}" for e in errors[:3]])
            checked += 1
    assert checked >= 25, checked
    base = load(os.path.join(SCENARIOS, "korea-base.yaml"))
    for path, values in QUANTITIES.items():
        for value in values:
            document = copy.deepcopy(base)
            put(document, path, value)
            assert scenario.is_valid(document), (path, value)
    assert len(BROKEN) >= 100, len(BROKEN)
    for path, value in BROKEN:
        document = copy.deepcopy(base)
        put(document, path, value)
        assert not scenario.is_valid(document), (path, value)
    # The command agrees, but for an extends that is a list with nothing in it.
    with tempfile.TemporaryDirectory() as home:
        for path, value in BROKEN:
            if path == "extends":
                continue
            document = copy.deepcopy(base)
            document["extends"] = [os.path.join(SCENARIOS, each) for each in base["extends"]]
            put(document, path, value)
            # The schema does not know that a text of digits is a number: nadc takes a quoted one where a text is meant.
            file = os.path.join(home, "broken.yaml")
            with open(file, "w", encoding="utf-8") as out:
                json.dump(document, out)
            done = subprocess.run([NADC, "run", file, "horizon=2 d" if path != "horizon" else "warmup=1 d"],
                                  capture_output=True, text=True, timeout=60)
            assert done.returncode in (2, 3), (path, value, done.returncode, done.stderr[-300:])
    for path, value in (("levers", ["a"]), ("design.samples", "many"), ("outcomes[0].better", "more"), ("outcoms", []),
                        ("design.sampling", "dice"), ("scenario", ["a.yaml"])):
        document = load(os.path.join(SCENARIOS, "studies", "korea-quick.yaml"))
        put(document, path, value)
        assert not study.is_valid(document), (path, value)
    print(f"{checked} files, {len(BROKEN)} broken ones")


if __name__ == "__main__":
    main()
