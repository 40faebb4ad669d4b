"""Plants and yards of scenarios, by hand; and what storage adds to a site.

Usage: plant.py NADC SCENARIOS
"""
import csv
import io
import json
import math
import os
import subprocess
import sys

NADC, SCENARIOS = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SMALL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "common", "small.yaml")
KOREA = os.path.join(SCENARIOS, "korea-2025-10k.yaml")


def call(*arguments, expect=0):
    done = subprocess.run([NADC, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == expect, (arguments, done.returncode, done.stderr)
    return done.stdout if expect == 0 else done.stderr


def site(*overrides):
    rows = list(csv.DictReader(io.StringIO(call("power", "site", KOREA, "sites[0].power.rated_it=20 MW", *overrides,
                                                "--format", "csv"))))
    assert len(rows) == 1, rows
    return rows[0]


stock = site()
assert float(stock["rated_it_mw"]) == 20 and stock["transformers"] == "" and float(stock["heat_reused_gwh"]) == 0

# 20 MW behind modules of 1.5 MW are 14, and one more; transformers by the greatest power at the meter, generators twice.
yard = site("+sites[0].power.yard.ups=1.5 MW", "+sites[0].power.yard.transformer=10 MW",
            "+sites[0].power.yard.generator=2.5 MW", "+sites[0].power.yard.generators=2n")
peak = float(yard["facility_peak_mw"])
assert yard["ups"] == "15 x 1.5 MW (n+1)", yard
assert yard["transformers"] == f"{math.ceil(peak / 10) + 1} x 10 MW (n+1)", yard
assert yard["generators"] == f"{2 * math.ceil(peak / 2.5)} x 2.5 MW (2n)", yard

# 28 modules carry what 13.3 could: by the stock curve, in a rated IT watt, k (a + c (x / k)^2) with k = 2.1 and 1, x = 0.8;
# and room fans, pumps and coolers move the heat of the difference, less than a fifth of it.
twice = site("+sites[0].power.yard.ups=1.5 MW", "+sites[0].power.yard.ups_redundancy=2n")
lost = 2.1 * (0.010 + 0.015 * (0.8 / 2.1) ** 2) - (0.010 + 0.015 * 0.8 ** 2)
more = (float(twice["pue_mean"]) - float(stock["pue_mean"])) * 0.8
assert lost <= more <= 1.2 * lost, (lost, more)

# 85 % of 16 MW go into the warm loop, 30 % of that to a heat network, 8,766 hours a year.
reuse = site("+sites[0].power.facility.heat_reuse=30 %")
assert abs(float(reuse["heat_reused_gwh"]) - 0.85 * 16 * 0.3 * 8.766) < 0.01, reuse
assert float(reuse["water_m3"]) < 0.8 * float(stock["water_m3"])
dry = site("+sites[0].power.facility.dry_coolers=true")
assert float(dry["water_m3"]) == 0 and float(dry["pue_mean"]) >= float(stock["pue_mean"]) - 1e-9

message = call("power", "site", KOREA, "sites[0].power.plant=constant", expect=2)
assert "no site of the scenario has a plant" in message, message

# 100 W a GPU all year round, whatever runs.
def energy(*overrides):
    result = json.loads(call("run", SMALL, *overrides, "--format", "json"))
    return result["metrics"]["it_energy_mwh"], result["metrics"]["gpus_installed_mean"], result["horizon_s"]

without, gpus, horizon = energy()
with_storage, _, _ = energy("+power.storage=100 W")
assert abs(with_storage - without - 100e-6 * gpus * horizon / 3600) < 1e-6 * with_storage, (without, with_storage, gpus)
print("ok")
