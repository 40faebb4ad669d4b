"""Pictures and exports of networks: XML parsers, Graphviz and Slurm read what nadc writes.

Usage: drawn.py NADC
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

NADC = os.path.abspath(sys.argv[1])
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = [["--topology", "fat-tree", "--gpus", "256", "--radix", "32"],
          ["--topology", "fat-tree", "--gpus", "18432", "--radix", "64"],
          ["--topology", "rail-planes", "--gpus", "16384", "--radix", "64"],
          ["--topology", "rail-fat-tree", "--gpus", "1016", "--failed-switches", "spine3"],
          ["--topology", "dragonfly", "--gpus", "10240", "--pattern", "permutation"],
          ["--topology", "dual-tor", "--gpus", "1024", "--pattern", "permutation", "--routing", "spray"]]


def call(*arguments, expect=0):
    done = subprocess.run([NADC, "network", *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == expect, (arguments, done.returncode, done.stderr)
    return done.stdout if expect == 0 else done.stderr


def boxes(root):
    for box in root.iter(SVG + "rect"):
        if box.get("class") and box.get("class").split()[0] in ("box", "many"):
            yield tuple(float(box.get(k)) for k in ("x", "y", "width", "height"))


for shape in SHAPES:
    root = ET.fromstring(call("draw", *shape))
    assert root.tag == SVG + "svg" and root.get("role") == "img", shape
    assert [c.tag for c in root][:2] == [SVG + "title", SVG + "desc"], shape
    assert root.get("aria-labelledby") == "title desc" and all(c.text for c in list(root)[:2]), shape
    height = float(root.get("height"))
    found = list(boxes(root))
    for x, y, w, h in found:
        assert 0 <= x and x + w <= 1280 and 0 <= y and y + h <= height and w >= 12, (shape, x, y, w)
    for i, a in enumerate(found):  # none upon another
        for b in found[:i]:
            assert a[0] + a[2] <= b[0] + 0.1 or b[0] + b[2] <= a[0] + 0.1 or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1], (
                shape, a, b)
    for text in root.iter(SVG + "text"):  # what begins on the page ends on it
        if "mid" not in text.get("class", "") and "in" != text.get("class", ""):
            assert float(text.get("x")) + 6.2 * len(text.text) < 1290, (shape, text.text)

with tempfile.TemporaryDirectory() as folder:
    small = ["--topology", "fat-tree", "--gpus", "256", "--radix", "32"]
    path = os.path.join(folder, "net.graphml")
    call("export", *small, "--to", "graphml", "-o", path)
    kinds = [d.text for d in ET.parse(path).iter("{http://graphml.graphdrawing.org/xmlns}data") if d.get("key") == "kind"]
    assert (kinds.count("gpu"), kinds.count("leaf"), kinds.count("spine")) == (256, 16, 8), kinds
    rows = [call("size", "--topology", name, "--format", "csv", *more).splitlines()
            for name, more in ((path, []), ("fat-tree", small[2:]))]
    table = [dict(zip(lines[0].split(","), lines[1].split(","))) for lines in rows]
    for key in ("switches", "leaves", "spines", "cables.host", "cables.leaf_spine", "bisection_tbps"):
        assert abs(float(table[0][key]) - float(table[1][key])) < 1e-9, (key, table[0][key], table[1][key])

    dot = call("export", *small, "--to", "dot", "--switches-only")
    # 16 leaves with 16 uplinks over 8 spines: 128 pairs of two cables.
    assert dot.count(" -- ") == 128 and dot.count('label="2 × 400G"') == 128, dot.count(" -- ")
    if shutil.which("dot"):
        drawn = subprocess.run(["dot", "-Tsvg"], input=dot, capture_output=True, text=True, timeout=120)
        assert drawn.returncode == 0 and "<svg" in drawn.stdout, drawn.stderr
        assert ET.fromstring(drawn.stdout.encode()).tag == SVG + "svg"

    def slurm_tree(text):
        """Every node once under a leaf, every switch but the top once under another."""
        nodes, below, names = [], [], []

        def expand(word):
            prefix, inside = re.fullmatch(r"([A-Za-z_-]+)(?:\[(.*)\]|\d*)", word).groups()
            if inside is None:
                return [word]
            out = []
            for part in inside.split(","):
                ends = [int(n) for n in part.split("-")]
                out += [f"{prefix}{n}" for n in range(ends[0], ends[-1] + 1)]
            return out

        for line in text.splitlines():
            if line.startswith("#"):
                continue
            name, kind, members = re.fullmatch(r"SwitchName=(\S+) (Nodes|Switches)=(\S+)", line).groups()
            names.append(name)
            (nodes if kind == "Nodes" else below).extend(expand(members))
        assert len(set(nodes)) == len(nodes) and len(set(below)) == len(below) and len(set(names)) == len(names)
        assert set(names) - set(below) == {names[-1]} and set(below) <= set(names), text
        return nodes

    assert len(slurm_tree(call("export", "--topology", "fat-tree", "--gpus", "18432", "--to", "slurm"))) == 2304
    assert len(slurm_tree(call("export", "--topology", "rail-planes", "--gpus", "16384", "--to", "slurm"))) == 2048
    assert len(slurm_tree(call("export", "--topology", "dragonfly", "--gpus", "10240", "--to", "slurm"))) == 1280

assert "did you mean graphml" in call("export", "--topology", "fat-tree", "--gpus", "64", "--to", "graphlm", expect=2)
assert "--nodes has no effect" in call("export", "--topology", "fat-tree", "--gpus", "64", "--to", "dot", "--nodes", "x", expect=2)
assert "--routing has no effect" in call("draw", "--topology", "fat-tree", "--gpus", "64", "--routing", "ecmp", expect=2)
assert "one topology at a time" in call("draw", "--topology", "fat-tree", "--gpus", "64,128", expect=2)
print("ok")
