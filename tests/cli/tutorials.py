"""The commands of the tutorials, as printed: each block exits 0, and writes the files that later ones read.

Usage: tutorials.py NADC ROOT PAGE
"""
import os
import re
import subprocess
import sys
import tempfile

NADC, ROOT, PAGE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3]

with open(os.path.join(ROOT, "docs", PAGE + ".md"), encoding="utf-8") as file:
    text = file.read()
blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.S | re.M)
pictures = re.findall(r"!\[[^\]]{20,}\]\(([^)]+)\)", text)  # with a text alternative
assert len(blocks) >= 3 and pictures and text.count("```sh") == len(blocks) and text.count("![") == len(pictures)
for picture in pictures:
    path = os.path.join(ROOT, "docs", picture)
    assert os.path.getsize(path) < 150_000, picture
with tempfile.TemporaryDirectory() as folder:
    os.symlink(os.path.join(ROOT, "scenarios"), os.path.join(folder, "scenarios"))
    os.makedirs(os.path.join(folder, "bin"))
    os.symlink(NADC, os.path.join(folder, "bin", "nadc"))
    environment = {**os.environ, "PATH": os.path.join(folder, "bin") + ":" + os.environ["PATH"]}
    for block in blocks:
        for line in block.splitlines():
            done = subprocess.run(["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=300)
            assert done.returncode == 0, (line, done.returncode, done.stderr[-2000:])
            written = re.findall(r" -o (\S+)", line)
            assert all(os.path.getsize(os.path.join(folder, name)) > 0 for name in written), line
            assert written or done.stdout.strip(), (line, "says nothing")
    print(f"{sum(len(block.splitlines()) for block in blocks)} commands of {PAGE}")
