"""Results files of `nadc run`, opened as an analyst would, and what must not change a result.

Usage: results.py NADC [--update]     exit code 77: a package is missing; --update refreshes golden/run.cdl
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE / "golden" / "run.cdl"


def call(nadc, folder, *arguments):
    done = subprocess.run([nadc, "run", *arguments, "--format", "json"], cwd=folder, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def same(a, b):
    """Everything but what the machine did."""
    drop = lambda result: {k: v for k, v in result.items() if k != "engine"}
    return drop(a) == drop(b)


def check_observation(nadc, folder):
    """Observed or not, at any interval: the same metrics, energy and hash."""
    plain = call(nadc, folder, "small.yaml")
    assert plain["metrics"]["jobs_submitted"] > 100 and plain["metrics"]["it_energy_mwh"] > 0
    for observe in ([], ["--jobs"], ["--series", "1 h"], ["--series", "7 s"], ["--series", "3 d"],
                    ["--jobs", "--series", "13 min"]):
        assert same(plain, call(nadc, folder, "small.yaml", "-o", "observed.h5", *observe)), observe
    # The queue outgrows its first capacity: the replica runs again, and so do its records.
    crowd = ["small.yaml", "workload.jobs_per_day=4000", "scheduler.window=0"]
    assert same(call(nadc, folder, *crowd), call(nadc, folder, *crowd, "-o", "observed.h5", "--jobs"))
    assert not same(plain, call(nadc, folder, "small.yaml", "--seed", "2"))
    assert not same(plain, call(nadc, folder, "small.yaml", "--replica", "1"))


def check_names(nadc, folder):
    """The keys of the JSON, as the design states them."""
    result = call(nadc, folder, "study.yaml", "--lever", "large", "--sample", "0")
    assert list(result)[:7] == ["scenario", "lever", "sample", "replica", "seed", "horizon_s", "metrics"], list(result)
    assert {"groups", "classes", "assumptions", "engine"} <= set(result)
    assert set(result["engine"]) == {"events", "wall_s", "cpu_s", "events_per_s", "peak_rss_bytes", "backend"}
    assert result["lever"] == "large" and result["horizon_s"] == 2 * 86400
    assert set(result["groups"]) == {"lab", "startup"} and set(result["classes"]) == {"train", "try"}
    first = call(nadc, folder, "study.yaml")
    assert first["lever"] == "plain" and first["metrics"]["gpus_installed_end"] == 64
    assert result["metrics"]["gpus_installed_end"] == 128


def end_in_mid_run(nadc, folder, number):
    """The exit status of a run that gets this signal while it writes kept.h5."""
    command = [nadc, "run", "small.yaml", "horizon=20000 d", "--jobs", "--series", "1 h", "-o", "kept.h5"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    temporary = folder / "kept.h5.tmp"
    while process.poll() is None and time.monotonic() < deadline:
        if temporary.exists() and temporary.stat().st_size > 100_000:
            break
        time.sleep(0.01)
    assert process.poll() is None, "the run ended before the signal"
    os.kill(process.pid, number)
    return process.wait()


def check_kill(nadc, folder):
    """A process killed in mid-run leaves the old file; the next run replaces it. Ctrl-C ends with 130 and cleans up."""
    call(nadc, folder, "small.yaml", "-o", "kept.h5")
    before = (folder / "kept.h5").read_bytes()
    temporary = folder / "kept.h5.tmp"
    end_in_mid_run(nadc, folder, signal.SIGKILL)
    assert (folder / "kept.h5").read_bytes() == before
    call(nadc, folder, "small.yaml", "-o", "kept.h5")
    assert not temporary.exists()
    for number in (signal.SIGINT, signal.SIGTERM):
        assert end_in_mid_run(nadc, folder, number) == 130
        assert (folder / "kept.h5").exists() and not temporary.exists()


def check_full_disk(nadc, folder):
    """A disk that fills in mid-run: an error, the old file stays, nothing is left beside it."""
    disk = folder / "disk"
    disk.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", disk], capture_output=True)
    if mount.returncode != 0:
        print("not shown: a full disk, for which this user may not mount one; cases/output-size-limit stands in")
        return
    try:
        call(nadc, folder, "small.yaml", "-o", "disk/kept.h5")
        before = (disk / "kept.h5").read_bytes()
        done = subprocess.run([nadc, "run", "small.yaml", "horizon=2000 d", "--jobs", "-o", "disk/kept.h5"], cwd=folder,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "No space left on device" in done.stderr, done.stderr
        assert "the disk or the quota is full" in done.stderr and done.stdout == ""
        assert [f.name for f in disk.iterdir()] == ["kept.h5"] and (disk / "kept.h5").read_bytes() == before
    finally:
        subprocess.run(["umount", disk], check=True)


def check_file(path, result, engine, xr, np):
    def equal(stored, shown):
        return stored == shown or (shown is None and not np.isfinite(stored))

    with xr.open_dataset(path, engine=engine) as run:
        assert run.attrs["Conventions"] == "CF-1.11" and run.attrs["nadc_kind"] == "run"
        for name, variable in run.variables.items():
            assert variable.attrs.get("long_name"), name
            assert variable.attrs.get("units") or variable.encoding.get("units"), name
        for name, value in result["metrics"].items():
            assert run[name].dims == () and equal(run[name].item(), value), name
        for axis, prefix, table in (("group", "group_", "groups"), ("class", "class_", "classes")):
            assert list(run[axis].values) == list(result[table])
            for label, row in result[table].items():
                for name, value in row.items():
                    assert equal(run[prefix + name].sel({axis: label}).item(), value), (label, name)
        assert run.sizes["time"] == 49 and run["time"].values[1] == np.datetime64("2026-01-01T01:00")
        assert (run["ts_gpus_busy"] <= run["ts_gpus_in_service"]).all()
        metrics = result["metrics"]
        ended = metrics["jobs_completed"] + metrics["jobs_failed"] + metrics["jobs_cancelled"]
        # Waiting, running and ended jobs; what has not come is NaN.
        state, end = run["jobs_state"].values, result["horizon_s"]
        waiting, running, over = (run.sel(job=run["job"].values[state == s]) for s in range(3))
        assert over.sizes["job"] == ended > 0 and running.sizes["job"] == metrics["jobs_running_end"] > 0
        assert waiting.sizes["job"] == metrics["jobs_waiting_end"]
        assert run.sizes["job"] == metrics["jobs_submitted"]
        assert run["jobs_end"].isnull().values.tolist() == (state != 2).tolist()
        assert run["jobs_start"].isnull().values.tolist() == ((state == 0) & (run["jobs_held"].values == 0)).tolist()
        assert ((run["jobs_outcome"].values == -1) == (state != 2)).all()
        begun = run["jobs_start"].fillna(end)
        assert abs(run["jobs_wait"] - (begun - run["jobs_submit"])).max() < 1e-6
        assert abs(run["jobs_wait"].mean().item() - metrics["wait_mean_s"]) < 1e-6
        assert (run["jobs_wait"] >= 0).all()
        assert (over["jobs_end"] >= over["jobs_start"]).all()
        life = run["jobs_end"].fillna(end) - run["jobs_submit"]
        assert abs(life.mean().item() - metrics["time_to_result_mean_s"]) < 1e-6
        assert abs((run["jobs_held"] * run["jobs_gpus"]).sum().item() / 3600 - metrics["gpu_hours_held"]) < 1e-6
        assert abs((run["jobs_lost"] * run["jobs_gpus"]).sum().item() / 3600 - metrics["gpu_hours_lost"]) < 1e-6
        for group, row in enumerate(result["groups"].values()):
            assert (over["jobs_group"] == group).sum() == row["jobs_completed"] + row.get("jobs_failed", 0)
    with xr.open_dataset(path, engine=engine, group="provenance") as provenance:
        assert provenance.attrs["seed"] == result["seed"] and len(provenance.attrs["scenario_sha256"]) == 64
        assert provenance.attrs["command_line"].endswith("nadc run small.yaml -o run.h5 --jobs --series '1 h' --format json")
        assert "name: small" in provenance["scenario"].item()
        assert sorted(provenance["assumptions"].values) == sorted(result["assumptions"])


def listing(path):
    text = subprocess.run(["ncdump", "-h", path.name], cwd=path.parent, check=True, capture_output=True,
                          text=True).stdout
    text = re.sub(r'(:(?:version|git_hash|compiler|host|started|finished|command_line|history|source|scenario_sha256) = ).*',
                  r'\1"…" ;', text)
    return re.sub(r"(job = UNLIMITED ; // )\(\d+", r"\1(…", text)


def main():
    nadc = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "work"
        shutil.copytree(HERE / "common", folder)
        check_observation(nadc, folder)
        check_names(nadc, folder)
        check_kill(nadc, folder)
        check_full_disk(nadc, folder)
        result = call(nadc, folder, "small.yaml", "-o", "run.h5", "--jobs", "--series", "1 h")
        try:
            import h5netcdf  # noqa: F401
            import netCDF4  # noqa: F401
            import numpy as np
            import xarray as xr
        except ImportError as missing:
            print(f"skipped: {missing} (apt-get install python3-xarray python3-h5netcdf python3-netcdf4)")
            return 77
        for engine in ("h5netcdf", "netcdf4"):
            check_file(folder / "run.h5", result, engine, xr, np)
        if shutil.which("ncdump") is None:
            print("skipped: no ncdump (apt-get install netcdf-bin)")
            return 77
        seen = listing(folder / "run.h5")
    if "--update" in sys.argv:
        GOLDEN.write_text(seen)
    elif not GOLDEN.exists() or GOLDEN.read_text() != seen:
        print(f"{GOLDEN} differs from what ncdump -h shows now:\n{seen}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
