"""Opens sample results files as an analyst would, and compares `ncdump -h` with golden listings.

Usage: results_files.py WRITE_SAMPLE_RESULTS [--update]    exit code 77: a package is missing
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

try:
    import h5netcdf  # noqa: F401
    import h5py
    import netCDF4  # noqa: F401
    import numpy as np
    import xarray as xr
except ImportError as missing:
    print(f"skipped: {missing} (apt-get install python3-xarray python3-h5netcdf python3-netcdf4 python3-h5py)")
    sys.exit(77)
if shutil.which("ncdump") is None:
    print("skipped: no ncdump (apt-get install netcdf-bin)")
    sys.exit(77)

GOLDEN = pathlib.Path(__file__).parent / "golden"
GROUPS = ["국가 연구소", "startup"]


def check_common(dataset):
    assert dataset.attrs["Conventions"] == "CF-1.11"
    assert "한국" in dataset.attrs["title"]
    assert dataset.attrs["format_version"] == 2
    assert list(dataset["group"].values) == GROUPS
    for name, variable in dataset.variables.items():
        assert variable.attrs.get("long_name"), name
        units = variable.attrs.get("units") or variable.encoding.get("units")
        assert units, name
        assert set(variable.dims) <= set(dataset.coords), f"{name} has a dimension without coordinate"


def check_run(path, engine):
    with xr.open_dataset(path, engine=engine) as run:
        check_common(run)
        assert run["utilization"].dims == () and run["utilization"].item() == 0.875
        assert run["group_wait_mean_s"].dims == ("group",)
        assert run["group_wait_mean_s"].sel(group="startup").item() == 2.5
        assert run["ts_group_gpus_busy"].dims == ("time", "group")
        expected = np.array(["2026-01-01T00", "2026-01-01T01", "2026-01-01T02"], dtype="datetime64[ns]")
        assert (run["time"].values == expected).all()
        assert run["ts_inlet_temperature"].sel(time="2026-01-01T01:00").item() == 18.5
        assert run["jobs_wait_s"].dims == ("job",) and run["jobs_wait_s"].dtype == np.float64
        assert list(run["jobs_state"].values) == [0, 1, 0]
        assert run["jobs_state"].attrs["flag_meanings"].split() == ["completed", "failed"]
        assert list(run["jobs_state"].attrs["flag_values"]) == [0, 1]
    with xr.open_dataset(path, engine=engine, group="provenance") as provenance:
        assert provenance.attrs["seed"] == 42
        assert provenance.attrs["version"] == "0.1.0"
        assert len(provenance.attrs["scenario_sha256"]) == 64
        assert "한국" in provenance["scenario"].item()
        assert "냉각수" in provenance["assumptions"].values[1]


def check_sweep(path, engine):
    with xr.open_dataset(path, engine=engine) as sweep:
        check_common(sweep)
        cell = ("lever", "sample", "replica")
        assert sweep["utilization"].dims == cell
        assert sweep["group_wait_mean_s"].dims == (*cell, "group")
        assert sweep["period_it_energy_mwh"].dims == (*cell, "period")
        assert sweep["point_mtbf"].dims == ("lever", "sample")
        assert list(sweep["lever"].values) == ["10k", "18k 세액공제"]
        for lever in range(2):
            for sample in range(3):
                assert sweep["point_mtbf"].values[lever, sample] == lever * 3 + sample
                for replica in range(4):
                    row = (lever * 3 + sample) * 4 + replica
                    assert sweep["utilization"].values[lever, sample, replica] == row
                    assert list(sweep["group_wait_mean_s"].values[lever, sample, replica]) == [row + 0.25, row + 0.375]
        assert (sweep["row_state"].values == 1).all()
        assert sweep["row_state"].attrs["flag_meanings"].split()[1] == "done"
        # The first thing an analyst does.
        assert sweep["utilization"].mean(["sample", "replica"]).sel(lever="10k").item() == 5.5


def check_shard(path, engine):
    with xr.open_dataset(path, engine=engine) as shard:
        assert list(shard["row"].values) == [4, 5, 6, 7]
        assert list(shard["row_state"].values) == [1, 1, 1, 0]
        assert np.isnan(shard["utilization"].sel(row=7).item())


def check_types(path):
    """No bool, enum or compound types, and every axis of every dataset has its scale."""
    def visit(name, item):
        if not isinstance(item, h5py.Dataset):
            return
        assert h5py.check_enum_dtype(item.dtype) is None, name
        assert item.dtype.kind in "ifO" and (item.dtype.kind != "O" or h5py.check_string_dtype(item.dtype)), name
        if item.attrs.get("CLASS") != b"DIMENSION_SCALE":
            assert all(len(axis) == 1 for axis in item.dims), f"{name} has an axis without a scale"

    with h5py.File(path) as file:
        assert file["/"].id.get_create_plist().get_link_creation_order() != 0
        file.visititems(visit)


def listing(path):
    return subprocess.run(["ncdump", "-h", path.name], cwd=path.parent, check=True, capture_output=True, text=True).stdout


def main():
    update = "--update" in sys.argv[2:]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([sys.argv[1], name], check=True)
        for kind, check in (("run", check_run), ("sweep", check_sweep), ("shard", check_shard)):
            path = folder / f"{kind}.h5"
            check_types(path)
            for engine in ("h5netcdf", "netcdf4"):
                check(path, engine)
            golden = GOLDEN / f"{kind}.cdl"
            seen = listing(path)
            if update:
                golden.write_text(seen)
            elif not golden.exists() or golden.read_text() != seen:
                print(f"{golden} differs from what ncdump -h shows now:\n{seen}")
                failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
