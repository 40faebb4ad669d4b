"""Networks of a scenario's clusters, as an architect orders them, and what a scenario says of the power it leaves out.

Figures by hand. NVIDIA's B200 reference architecture: a unit is 32 nodes and 8 leaves; 255 nodes and the fabric manager
fill eight units, 64 leaves under 32 spines, 2,040 cables of nodes and 4 of the manager, 2,048 between leaves and spines.

Usage: desk.py NADC SCENARIOS     (both absolute)
"""
import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile

NADC, SCENARIOS = sys.argv[1:3]
SMALL = pathlib.Path(__file__).resolve().parent / "common" / "small.yaml"


def call(*words, expect=0):
    done = subprocess.run([NADC, "-q", *map(str, words)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == expect, (words, done.returncode, done.stderr)
    return done.stdout if expect == 0 else done.stderr


def rows(*words):
    return list(csv.DictReader(io.StringIO(call("network", "size", *words, "--format", "csv"))))


def main():
    korea = pathlib.Path(SCENARIOS) / "korea-2026-18k.yaml"
    sizes = rows("--scenario", korea)
    assert len(sizes) == 9, len(sizes)
    assert sum(int(row["gpus"]) for row in sizes) == 18000
    row = next(row for row in sizes if row["topology"].startswith("naver-cloud/government-255"))
    assert (row["leaves"], row["spines"], row["gpus"]) == ("64", "32", "2040"), row
    assert (row["cables.host"], row["cables.leaf_spine"]) == ("2044", "2048"), row

    bill = rows("--scenario", korea, "--bill", "--rack-kw", "40")
    mine = [line for line in bill if line["topology"].startswith("naver-cloud/government-255")]
    count = lambda kind, tier: sum(int(line["count"]) for line in mine if (line["kind"], line["tier"]) == (kind, tier))
    assert (count("switch", "leaf"), count("switch", "spine")) == (64, 32)
    assert (count("cable", "host"), count("cable", "leaf_spine")) == (2044, 2048)
    nodes = json.loads(call("network", "size", "--scenario", korea, "--rack-kw", "40", "--format", "json"))
    hall = next(one["hall"] for one in nodes if one["topology"].startswith("naver-cloud/government-255"))
    # As many nodes as 40 kW carry at what the scenario's node draws, not the flag's default of a DGX H100.
    assert hall["nodes_per_rack"] == int(40 / hall["node_kw"]) and 5 < hall["node_kw"] < 15 != 10.2, hall
    assert hall["racks_of_nodes"] == -(-255 // hall["nodes_per_rack"]) == count("rack", "nodes"), hall

    with tempfile.TemporaryDirectory() as name:
        # 64 GPUs: eight nodes of 5 kW, four a rack of 20 kW: two racks of nodes, in two rows as the file says.
        folder = pathlib.Path(name)
        (folder / "net.yaml").write_text("name: net\ntopology: fat-tree\ngpus: 64\n"
                                         "hall: {rack_power: 20 kW, node_power: 5 kW, rows: 2}\n")
        (folder / "case.yaml").write_text(f"extends: {SMALL}\nname: case\nnetwork: {{topology: net.yaml}}\n")
        (one,) = json.loads(call("network", "size", "--scenario", folder / "case.yaml", "--format", "json"))
        assert one["gpus"] == 64 and one["hall"]["nodes_per_rack"] == 4 and one["hall"]["racks_of_nodes"] == 2, one
        assert one["hall"]["rows"] == 2, one
        racks = rows("--scenario", folder / "case.yaml", "--racks")
        assert sum(int(rack["count"]) for rack in racks if rack["holds"] == "nodes") == 8, racks

        # 64 GPUs of a kind whose ports are not known: 60 to 110 W each for the fabric, 10 to 60 W for storage.
        left_out = json.loads(call("run", SMALL, "--format", "json"))["not_modelled"]
        fabric = next(line for line in left_out if line.startswith("fabric:"))
        storage = next(line for line in left_out if line.startswith("storage"))
        assert "box" in fabric and f"{64 * 60 / 1e6:.3g} to {64 * 110 / 1e6:.3g} MW" in fabric, fabric
        assert f"{64 * 10 / 1e6:.3g} to {64 * 60 / 1e6:.3g} MW" in storage, storage
        counted = json.loads(call("run", SMALL, "+power.storage=30 W", "--format", "json"))["not_modelled"]
        assert not any("MW" in line for line in counted if line.startswith("storage")), counted

    # What does not act is refused.
    for words in (["--scenario", korea, "--sweep", "1000:2000"], ["--scenario", korea, "--all"],
                  ["--scenario", korea, "--topology", "fat-tree"], ["--scenario", korea, "--racks"]):
        assert "Error" in call("network", "size", *words, expect=2) or "error" in call("network", "size", *words, expect=2)
    print("ok")


if __name__ == "__main__":
    main()
