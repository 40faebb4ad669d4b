"""Slurm reads the topology.conf that nadc writes: slurmctld starts with it, and scontrol shows the same tree.

Usage: slurm_topology.py NADC. Skips (77) where Slurm is not installed or this is not root.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import slurm_sweep as sweep


def main():
    if os.geteuid() != 0:
        sweep.skip("not root")
    for program in ("slurmctld", "munged", "scontrol"):
        if not (shutil.which(program) or os.path.exists(f"/usr/sbin/{program}")):
            sweep.skip(f"{program} is not installed")
    nadc = os.path.abspath(sys.argv[1])
    text = subprocess.run([nadc, "network", "export", "--topology", "fat-tree", "--gpus", "2048", "--radix", "32", "--to",
                           "slurm"], capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        cluster = sweep.Cluster(folder, topology=text, nodes=256)
        try:
            shown = sweep.wait_for(lambda: cluster.call("scontrol", "show", "topology", check=False), 30)
            log = open(f"{folder}/slurmctld.log").read()
            complaints = [line for line in log.splitlines() if re.search("(?i)switch|topolog", line)]
            assert complaints == [], complaints
        finally:
            cluster.stop()
    found = re.findall(r"SwitchName=(\S+) Level=(\d) LinkSpeed=1(?: Nodes=(\S+))?", shown)
    levels = [int(level) for _, level, _ in found]
    # 128 leaves of two nodes, 8 pods, one top that reaches all.
    assert [levels.count(n) for n in (0, 1, 2)] == [128, 8, 1], shown[:2000]
    assert ("leaf0", "0", "node[0-1]") in found and ("top", "2", "node[0-255]") in found, shown[:2000]
    print("ok")


if __name__ == "__main__":
    main()
