"""Series that a sweep keeps by row: what they are means of, the same however rows were made, and the bands of a report.

Usage: series.py NADC [CASE...]      exit code 77: a package is missing
"""
import json
import os
import re
import sys
import tempfile

import sweep as sweeps  # exits with 77 itself where a package is missing
import h5py
import numpy
from sweep import TINY, nadc, same, sweep

STRETCHES = 12


def stretch_ends(h5, horizon, warmup=0):
    """From the middles that a file keeps: the ends, in seconds, which halve the way between middles both ways."""
    ends, begin = [], warmup
    for middle in h5["time"][:]:
        begin = begin + 2 * (middle - begin)
        ends.append(begin)
    assert ends[-1] == horizon, (ends, horizon)
    return numpy.array(ends, dtype=float)


def means():
    """Waiting is the integral over the jobs' own records; GPUs, energy and hours add up to the metrics of the whole."""
    warm = ["warmup=12 h", "horizon=3 d"]
    sweep(TINY, *warm, "--samples", 2, "--replicas", 2, "--series", STRETCHES, "-o", "s.h5")
    with h5py.File("s.h5") as h5:
        ends = stretch_ends(h5, 3 * 86400, 43200)
        assert (ends % 3600 == 0).all() and len(ends) == STRETCHES
        starts = numpy.concatenate([[43200.0], ends[:-1]])
        hours, groups = (ends - starts) / 3600, len(h5["group"])
        levers = [name.decode() for name in h5["lever"][()]]
        for name, metric in (("gpus_in_use", "gpu_hours_held"), ("gpus_in_service", "gpu_hours_available"),
                             ("it_power_mw", "it_energy_mwh")):
            total = (h5["series_" + name][:] * hours).sum(axis=-1)
            assert numpy.allclose(total, h5[metric][:], rtol=1e-9), (name, total, h5[metric][:])
        of_groups = h5["series_group_jobs_waiting"][:]
        assert numpy.allclose(of_groups.sum(axis=3), h5["series_jobs_waiting"][:], rtol=1e-9, atol=1e-12)
        assert not any(name.startswith("period_") for name in h5)
        for at in ((0, 0, 0), (1, 1, 1), (0, 1, 0)):
            nadc("run", TINY, *warm, "--lever", levers[at[0]], "--sample", at[1], "--replica", at[2], "--jobs", "-o", "r.h5")
            with h5py.File("r.h5") as run:
                submit, start, group = run["jobs_submit"][:], run["jobs_start"][:], run["jobs_group"][:]
            start = numpy.where(numpy.isnan(start), 3 * 86400, start)
            for g in range(groups):
                inside = numpy.clip(numpy.minimum(start[group == g][:, None], ends) -
                                    numpy.maximum(submit[group == g][:, None], starts), 0, None).sum(axis=0)
                # The records are in milliseconds; the warm-up's jobs that ended in it have none, and wait in no stretch.
                assert numpy.allclose(inside / 3600 / hours, of_groups[at][g], rtol=1e-6, atol=1e-6), (at, g, inside)
        assert of_groups.max() > 0.05, "there was a queue to tell"


def alike():
    """Equal bits from one thread or many, shards, a resumed part and a grown study; what is counted beside stays the same."""
    options = ["--series", STRETCHES, "--samples", 3, "--replicas", 2]
    sweep(TINY, *options, "--device", "serial", "-o", "whole.h5")
    for device in sweeps.devices():
        sweep(TINY, *options, "--device", device, "-o", f"{device}.h5")
        same("whole.h5", f"{device}.h5")
    for i in (1, 2, 3):
        sweep(TINY, *options, "--shard", f"{i}/3", "-o", f"part-{i}.h5")
    nadc("merge", "-o", "merged.h5", "part-3.h5", "part-1.h5", "part-2.h5")
    same("whole.h5", "merged.h5")
    nadc("merge", "--partial", "-o", "some.h5", "part-1.h5", "part-3.h5", expect=4)
    sweep(TINY, *options, "-o", "some.h5", "--resume")
    same("whole.h5", "some.h5")
    sweep(TINY, "--series", STRETCHES, "--samples", 2, "--replicas", 2, "-o", "small.h5")
    sweep(TINY, *options, "--extend", "small.h5", "-o", "grown.h5")
    same("whole.h5", "grown.h5")
    # Stretches of other lengths are other rows: they do not mix.
    sweep(TINY, "--series", 6, "--samples", 3, "--replicas", 2, "-o", "whole.h5", "--resume", expect=3)
    # Of jobs, their waits and their GPUs nothing depends on the stretches.
    sweep(TINY, "--samples", 3, "--replicas", 2, "-o", "plain.h5")
    with h5py.File("whole.h5") as a, h5py.File("plain.h5") as b:
        for name in ("jobs_submitted", "jobs_completed", "wait_mean_s", "wait_p90_s", "gpu_hours_held", "node_failures"):
            assert (a[name][:] == b[name][:]).all(), name
        assert numpy.allclose(a["it_energy_mwh"][:], b["it_energy_mwh"][:], rtol=1e-9)


def bands():
    """Bands on a report's page are numpy's quantiles of the rows that are done."""
    sweep(TINY, "--samples", 8, "--replicas", 3, "--series", STRETCHES, "-o", "b.h5")
    nadc("report", "b.h5", "-o", "b.html")
    with open("b.html", encoding="utf-8") as file:
        page = json.loads(re.search(r'id="data">(.*?)</script>', file.read(), re.S)[1])["pages"][0]
    said = page["bands"]
    assert said["every"] == 1 and len(said["t"]) == STRETCHES
    with h5py.File("b.h5") as h5:
        groups = [name.decode() for name in h5["group"][()]]
        expected = {name: h5["series_" + name][:] for name in ("gpus_in_use", "gpus_in_service", "jobs_waiting", "it_power_mw")}
        for g, group in enumerate(groups):
            expected["jobs_waiting of " + group] = h5["series_group_jobs_waiting"][:, :, :, g]
    assert {s["name"] for s in said["series"]} == set(expected)
    for series in said["series"]:
        for lever, shown in enumerate(series["levers"]):
            values = expected[series["name"]][lever].reshape(-1, STRETCHES)
            assert numpy.allclose(shown, numpy.quantile(values, said["quantiles"], axis=0), rtol=6e-6, atol=1e-9)  # six digits


def refused():
    """What cannot be cut so is said, with the key."""
    for words, said in ((("--series", "12", "horizon=20 h"), "two hours"),
                        (("outputs.series=12", "outputs.by=month"), "outputs.by"),
                        (("outputs.series=65",), "64")):
        done = nadc("sweep", TINY, *words, "-o", "no.h5", expect=3)
        assert said in done.stderr and not os.path.exists("no.h5"), done.stderr
    assert "-o" in nadc("sweep", TINY, "--series", 12, expect=2).stderr
    with open("levers.yaml", "w", encoding="utf-8") as file:
        file.write(f"name: x\nscenario: {os.path.join(sweeps.STUDIES, 'tiny-base.yaml')}\n"
                   "levers:\n  a: {outputs.series: 4}\n  b: {outputs.series: 6}\n")
    assert "outputs.series: lever 'b' differs" in nadc("sweep", "levers.yaml", "-o", "no.h5", expect=3).stderr


CASES = [means, alike, bands, refused]

if __name__ == "__main__":
    chosen = sys.argv[2:] or [case.__name__ for case in CASES]
    for case in CASES:
        if case.__name__ in chosen:
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                case()
                os.chdir("/")
            print(f"{case.__name__}: {case.__doc__}")
