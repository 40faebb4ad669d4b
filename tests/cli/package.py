"""The TGZ for cluster nodes runs where it is unpacked, with its own libraries and the scenarios in it.

usage: package.py CPACK BUILD NADC
"""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile


def metrics(nadc, scenario):
    clean = {"PATH": "/usr/bin:/bin"}
    text = subprocess.run([nadc, "run", scenario, "--format", "json"], env=clean, cwd="/", check=True,
                          capture_output=True, text=True).stdout
    return json.loads(text)["metrics"]


def main():
    cpack, build, nadc = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([cpack, "-G", "TGZ", "-B", folder, "--config", os.path.join(build, "CPackConfig.cmake")],
                       check=True, capture_output=True)
        archive, = glob.glob(os.path.join(folder, "*.tar.gz"))
        elsewhere = os.path.join(folder, "a node's disk")
        shutil.unpack_archive(archive, elsewhere)
        root, = glob.glob(os.path.join(elsewhere, "*"))
        packed = os.path.join(root, "bin", "nadc")
        scenario = os.path.join(root, "share", "nadc", "scenarios", "frontier-day.yaml")
        assert metrics(packed, scenario) == metrics(nadc, scenario), "the packed program gives other metrics"

        # Libraries of the system may only be those of the C and C++ runtimes.
        allowed = ("linux-vdso", "ld-linux", "libc.so", "libm.so", "libstdc++", "libgcc_s", "libresolv", "libdl", "librt",
                   "libpthread", "libutil", "libanl", "libmvec")
        for line in subprocess.run(["ldd", packed], check=True, capture_output=True, text=True).stdout.splitlines():
            name, _, place = line.strip().rpartition(" (")[0].partition(" => ")
            place, name = place or name, os.path.basename(name)
            assert place.startswith(root) or name.startswith(allowed), f"comes from the system: {line.strip()}"


main()
