"""Runs shipped scenarios through the command and checks what docs/scenarios.md says of them.

Usage: run_scenarios.py CHECK --nadc NADC --make-swf MAKE_SWF --scenarios FOLDER
"""
import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

# GPU-time by class, %, the mean of Seren and Helios (scenarios/catalog/jobs.yaml).
TARGET = {"g1": 3.4, "g2-4": 3.85, "g5-8": 19.4, "g9-64": 34.35, "g65-127": 1.7, "g128-512": 20.75, "g513-1024": 16.55}
SEEDS = (1, 2, 3)


class Failed(AssertionError):
    pass


def check(condition, message):
    if not condition:
        raise Failed(message)


def close(a, b, tolerance, what):
    check(abs(a - b) <= tolerance, f"{what}: {a} is not {b} within {tolerance}")


class Command:
    def __init__(self, arguments):
        self.nadc = arguments.nadc
        self.make_swf = arguments.make_swf
        self.scenarios = pathlib.Path(arguments.scenarios)

    def run(self, file, *overrides):
        done = subprocess.run([self.nadc, "run", str(self.scenarios / file), *map(str, overrides), "--format", "json"],
                              capture_output=True, text=True)
        check(done.returncode == 0, f"nadc run {file} ends with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)


def check_conservation(result):
    """The identities of the metrics; jobs exactly, hours and energy to rounding."""
    m = result["metrics"]
    ended = m["jobs_completed"] + m["jobs_failed"] + m["jobs_cancelled"]
    check(m["jobs_submitted"] == ended + m["jobs_running_end"] + m["jobs_waiting_end"], "jobs are not conserved")
    hours = m["gpu_hours_installed"]
    close(m["gpu_hours_down"] + m["gpu_hours_available"], hours, 1e-9 * hours, "down + available")
    close(m["gpu_hours_held"] + m["gpu_hours_idle"], m["gpu_hours_available"], 1e-9 * hours,
          "delivered + lost + idle")
    held = m["gpu_hours_held"]
    close(m["utilization"], held / m["gpu_hours_available"], 1e-12, "utilization")
    for axis in ("groups", "classes"):
        for name in ("jobs_submitted", "jobs_started", "jobs_completed", "jobs_failed", "jobs_cancelled"):
            total = sum(values[name] for values in result[axis].values())
            check(total == m[name], f"{name} by {axis}: {total}, not {m[name]}")
        for name in ("gpu_hours_delivered", "gpu_hours_held", "gpu_hours_lost"):
            close(sum(values[name] for values in result[axis].values()), m[name], 1e-9 * hours, f"{name} by {axis}")


def check_energy(result, idle_kw_a_gpu, busy_kw_a_gpu):
    """Energy lies between all idle and all busy, and is what the held GPUs add to the idle machine."""
    m = result["metrics"]
    least = m["gpu_hours_available"] * idle_kw_a_gpu[0] / 1000
    most = m["gpu_hours_installed"] * busy_kw_a_gpu[1] / 1000
    check(least < m["it_energy_mwh"] < most, f"energy {m['it_energy_mwh']} is not in {least} to {most}")
    above_idle = sum(values["it_energy_mwh"] for values in result["classes"].values())
    close(above_idle, sum(values["it_energy_mwh"] for values in result["groups"].values()), 1e-9 * above_idle,
          "energy by group and class")
    check(above_idle < m["it_energy_mwh"], "jobs draw more than the machine")
    check(m["it_power_peak_mw"] * m["gpu_hours_installed"] / m["gpus_installed_mean"] > m["it_energy_mwh"],
          "the peak is below the mean power")


def korea(command, file, gpus):
    shares = {name: 0.0 for name in TARGET}
    p50 = {name: [] for name in TARGET}
    mean = {name: [] for name in TARGET}
    for seed in SEEDS:
        result = command.run(file, "--seed", seed)
        m = result["metrics"]
        check(0.75 <= m["utilization"] <= 0.90, f"seed {seed}: utilization {m['utilization']}")
        close(m["gpus_installed_end"], gpus, 0, "GPUs at the end")
        close(m["gpus_installed_mean"], gpus, 0.01 * gpus, "mean GPUs")
        check(m["jobs_dropped"] == 0, "jobs were dropped")
        close(m["jobs_submitted"], 7200 * gpus / 16000 * 365, 0.03 * 7200 * gpus / 16000 * 365, "jobs submitted")
        check_conservation(result)
        # The least and the greatest power a GPU of the kinds in the fleet (H200, B200).
        check_energy(result, (2.06 / 8, 2.84 / 8), (7.56 / 8, 10.4 / 8))
        for name, values in result["classes"].items():
            shares[name] += values["gpu_time_share"] * 100 / len(SEEDS)
            p50[name].append(values["wait_p50_s"])
            mean[name].append(values["wait_mean_s"])
    for name, target in TARGET.items():
        close(shares[name], target, 5.0, f"GPU-time share of {name}")
    return p50, mean


def rising(values, what):
    averages = [sum(values[name]) / len(values[name]) for name in TARGET]
    for (a, before), (b, after) in zip(zip(TARGET, averages), list(zip(TARGET, averages))[1:]):
        check(after >= before, f"{what} falls from {a} ({before:.0f} s) to {b} ({after:.0f} s): {averages}")
    check(averages[-1] > averages[0], f"{what} does not rise: {averages}")


def korea_2025_10k(command):
    p50, mean = korea(command, "korea-2025-10k.yaml", 10000)
    rising(p50, "median wait")
    rising(mean, "mean wait")


def korea_2026_18k(command):
    p50, mean = korea(command, "korea-2026-18k.yaml", 18000)
    rising(p50, "median wait")
    rising(mean, "mean wait")


def energy_does_not_depend_on_outputs(command):
    """The same energy by month and by year, and the months add up."""
    short = ("horizon=120 d", "warmup=28 d")
    whole = command.run("korea-2025-10k.yaml", *short)
    months = command.run("korea-2025-10k.yaml", *short, "outputs.by=month")
    energy = whole["metrics"]["it_energy_mwh"]
    close(months["metrics"]["it_energy_mwh"], energy, 1e-12 * energy, "energy with months")
    close(sum(period["it_energy_mwh"] for period in months["periods"]), energy, 1e-12 * energy, "sum of the months")


def benchmarks_run(command):
    lean = command.run("bench/lean-18k.yaml", "horizon=60 d")
    check(0.6 <= lean["metrics"]["utilization"] <= 0.95, f"lean: utilization {lean['metrics']['utilization']}")
    check_conservation(lean)
    full = command.run("bench/full-18k.yaml", "horizon=90 d")
    check(len(full["periods"]) >= 2, "full: no periods")
    check(full["metrics"]["comm_slowdown_mean"] > 1, "full: the network slows nothing")
    check_conservation(full)


def frontier_day(command):
    with tempfile.TemporaryDirectory() as folder:
        trace = pathlib.Path(folder) / "frontier.swf"
        subprocess.run([command.make_swf, "frontier", trace], check=True, capture_output=True)
        result = command.run("frontier-day.yaml", f"workload.trace={trace}")
        m = result["metrics"]
        check_conservation(result)
        check(m["jobs_submitted"] == 4320, f"{m['jobs_submitted']} jobs")
        close(m["gpus_installed_end"], 9472, 0, "nodes")
        # All nodes idle at 670 W, and 1.77 kW more for each that is held.
        held = m["gpu_hours_held"]
        expected = (9472 * 24 * 0.67 + held * (2.44 - 0.67)) / 1000
        close(m["it_energy_mwh"], expected, 1e-6 * expected, "energy")


def levers_load(command):
    """Every lever and a sample of each shipped study makes a replica; a short horizon keeps it quick."""
    for study in sorted((command.scenarios / "studies").glob("*.yaml")):
        shown = subprocess.run([command.nadc, "run", study, "horizon=16 d", "warmup=2 d", "--lever", "?"], capture_output=True,
                               text=True)
        check(shown.returncode == 2 and "levers: " in shown.stderr, f"{study.name}: {shown.stderr}")
        levers = shown.stderr.split("levers: ")[1].split("\n")[0].rstrip(".)").split(", ")
        check(len(levers) > (49 if study.stem == "korea-everything" else 1), f"{study.name} has {len(levers)} levers")
        for lever in levers:
            done = subprocess.run([command.nadc, "run", study, "horizon=16 d", "warmup=2 d", "--lever", lever, "--sample", "1",
                                   "--replica", "1", "--format", "json"], capture_output=True, text=True)
            check(done.returncode == 0, f"{study.name}, {lever}: {done.stderr}")
            check_conservation(json.loads(done.stdout))


def walls_against_borrowing(command):
    """As in Helios Earth: walls leave a third idle while the busiest group queues; borrowing strands nothing."""
    for seed in SEEDS:
        walls = command.run("earth-walls.yaml", "--seed", seed)
        soft = command.run("earth-walls.yaml", "--seed", seed, "access.admit=borrow")
        check(0.60 <= walls["metrics"]["utilization"] <= 0.72, f"allocation {walls['metrics']['utilization']}")
        busiest = max(group["queued_share"] for group in walls["groups"].values())
        check(busiest > 0.5, f"the busiest group queues {busiest} of the time")
        check(walls["metrics"]["stranded_gpu_hours_quota"] > 0, "walls strand nothing")
        check(soft["metrics"]["stranded_gpu_hours"] == 0, "borrowing strands GPUs")
        check(soft["metrics"]["wait_mean_s"] < walls["metrics"]["wait_mean_s"], "borrowing makes the mean wait longer")
        check_conservation(soft)


def check_money(result):
    m = result["metrics"]
    check(m["budget_spent_krw"] + m["budget_unspent_krw"] == m["budget_envelope_krw"], "the envelope does not add up")
    check(m["public_cash_krw"] + m["private_cash_krw"] == m["total_cash_krw"], "public and private do not add up")
    check(m["capex_krw"] + m["opex_krw"] == m["total_cash_krw"], "capital and running cost do not add up")
    close(sum(group["cost_krw"] for group in result["groups"].values()),
          m["cost_per_gpu_hour_krw"] * m["gpu_hours_delivered"], 1e-9 * m["total_cash_krw"], "cost by group")
    check(sum(group["fees_krw"] for group in result["groups"].values()) == m["fees_krw"], "fees by group")


def policy_scenarios(command):
    """The programme as bought costs what was paid; money adds up; a centre abroad and the later plan run."""
    base = command.run("korea-policy.yaml")
    check_conservation(base)
    check_money(base)
    check(set(base["domains"]) == {"generative-ai", "health", "vehicles", "robotics", "other"}, "domains")
    for name in ("jobs_submitted", "gpu_hours_delivered"):
        close(sum(values[name] for values in base["domains"].values()), base["metrics"][name],
              1e-9 * base["metrics"][name], f"{name} by domain")
    programme = command.run("korea-programme.yaml", "horizon=200 d")
    check_money(programme)
    close(programme["metrics"]["capex_krw"], 1.459e12, 0.01 * 1.459e12, "the programme's price")
    check(programme["metrics"]["gpus_installed_end"] == 13136, "the programme's GPUs")
    check_money(command.run("reference-alps.yaml", "horizon=40 d"))
    plan = command.run("korea-2028-plan.yaml", "policy.ownership.state=100 %")
    check_money(plan)
    check(plan["metrics"]["gpus_not_bought"] > 0, "900 billion won buy all of the plan")
    check(plan["metrics"]["jobs_submitted"] > 1.5 * 600 * 761, "demand does not grow with the centre")
    credit = command.run("korea-policy.yaml", "policy.incentive.cap=8000")
    check_money(credit)
    check(credit["metrics"]["gpus_coinvested"] > 0, "the credit brings nothing")
    check(credit["metrics"]["wait_mean_s"] < base["metrics"]["wait_mean_s"], "more GPUs do not shorten the queue")


def power_and_failures(command):
    """One long job among failures; a connection that is late; bills by month; a day hour by hour."""
    job = command.run("validation/llama3-405b.yaml")["metrics"]
    check(abs(job["node_failures"] - 419 * 2112 / 2048) < 3 * 419**0.5, f"{job['node_failures']} failures in 54 days")
    check(job["jobs_preempted"] == 47 and job["ettr"] > 0.9, f"planned {job['jobs_preempted']}, ETTR {job['ettr']}")
    late = command.run("studies/korea-late-grid.yaml", "horizon=60 d", "warmup=30 d", "--lever", "year-late")["metrics"]
    close(late["stranded_gpu_hours_power"], 5800 * 24 * 30, 1, "stranded by half a connection in 30 days")
    on_time = command.run("studies/korea-late-grid.yaml", "horizon=60 d", "warmup=30 d", "--lever", "on-time")["metrics"]
    check(on_time["stranded_gpu_hours_power"] == 0, "the whole connection leaves GPUs dark")
    close(late["gpu_hours_down"] + late["gpu_hours_available"], late["gpu_hours_installed"], 1, "down + available")
    year = command.run("korea-2025-10k.yaml", "horizon=120 d")
    for name in ("energy_cost_krw", "carbon_tco2e", "facility_energy_mwh", "water_m3"):
        close(sum(p[name] for p in year["periods"]), year["metrics"][name], 1e-9 * year["metrics"][name], name)
    check(all(1.05 < p["pue_mean"] < 1.3 for p in year["periods"]), "a PUE out of range")
    check(any("energy.yaml:" in line for line in year["assumptions"]), "the tariff's assumption is not listed")
    # An idle machine is a flat load: through 2026 it pays the published mean of Industrial (eul), all included.
    flat = command.run("korea-base.yaml", "start=2026-01-01", "horizon=365 d", "warmup=0 s", "workload.jobs_per_day=0",
                       "reliability.hazard={constant: {rate: 0}}")["metrics"]
    close(flat["energy_cost_krw"] / (flat["facility_energy_mwh"] * 1000), 182.7, 0.05, "mean price of a flat load")
    done = subprocess.run([command.nadc, "power", "day", str(command.scenarios / "korea-2025-10k.yaml"), "--date",
                           "2026-01-20", "--format", "json"], capture_output=True, text=True)
    check(done.returncode == 0, done.stderr)
    hours = json.loads(done.stdout)
    check([row["hour"] for row in hours] == list(range(24)), "not 24 hours")
    for row in hours:
        close(row["it_mw"] * row["pue"], row["facility_mw"], 1e-9, "IT power × PUE")
        # A winter's working day: peak at 9-12 and 16-19, mid from 8 to 22.
        h = row["hour"]
        price = 14 + (218.5 if h in (9, 10, 11, 16, 17, 18) else 175.5 if 8 <= h < 22 else 150.8)
        close(row["price_krw_kwh"], price, 1e-3, f"price at {h}:00")


CHECKS = {"PowerAndFailures": power_and_failures, "WallsAgainstBorrowing": walls_against_borrowing, "PolicyScenarios": policy_scenarios,
          "Korea2025With10kGpus": korea_2025_10k, "Korea2026With18kGpus": korea_2026_18k,
          "EnergyDoesNotDependOnOutputs": energy_does_not_depend_on_outputs, "BenchmarksRun": benchmarks_run,
          "FrontierDay": frontier_day, "EveryLeverOfEveryStudyRuns": levers_load}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("check", choices=CHECKS)
    parser.add_argument("--nadc", required=True)
    parser.add_argument("--make-swf", required=True)
    parser.add_argument("--scenarios", required=True)
    arguments = parser.parse_args()
    try:
        CHECKS[arguments.check](Command(arguments))
    except Failed as failure:
        print(failure)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
