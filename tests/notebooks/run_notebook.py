"""Executes a notebook with Debian's Jupyter, and holds it to being committed without outputs.

Usage: run_notebook.py NOTEBOOK --nadc NADC    exit code 77: a package is missing
"""
import argparse
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PACKAGES = {"nbconvert": "jupyter-nbconvert", "ipykernel": "python3-ipykernel", "matplotlib": "python3-matplotlib",
            "xarray": "python3-xarray", "h5netcdf": "python3-h5netcdf"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("notebook", type=pathlib.Path)
    parser.add_argument("--nadc", required=True)
    arguments = parser.parse_args()

    cells = json.loads(arguments.notebook.read_text(encoding="utf-8"))["cells"]
    for number, cell in enumerate(cells):
        if cell.get("outputs") or cell.get("execution_count"):
            print(f"cell {number} is committed with outputs; clear them")
            return 1

    missing = [package for module, package in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        print(f"skipped: missing {' '.join(missing)} (apt-get install them)")
        return 77

    with tempfile.TemporaryDirectory() as folder:
        # A kernel of this very interpreter, whichever python stands first on the PATH.
        kernel = pathlib.Path(folder) / "jupyter" / "kernels" / "python3"
        kernel.mkdir(parents=True)
        (kernel / "kernel.json").write_text(json.dumps({
            "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": "Python 3", "language": "python"}))
        environment = dict(os.environ, NADC=os.path.abspath(arguments.nadc), TMPDIR=folder,
                           HOME=folder, JUPYTER_PATH=str(pathlib.Path(folder) / "jupyter"),
                           JUPYTER_PLATFORM_DIRS="1")
        environment.pop("MPLBACKEND", None)  # the kernel chooses the one that puts pictures into the notebook
        done = subprocess.run([sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute",
                               "--ExecutePreprocessor.timeout=500", "--output-dir", folder, "--output", "executed",
                               str(arguments.notebook)], env=environment, text=True, capture_output=True)
        if done.returncode != 0:
            print(done.stderr)
            return 1
        executed = json.loads((pathlib.Path(folder) / "executed.ipynb").read_text(encoding="utf-8"))
        pictures = sum("image/png" in output.get("data", {}) for cell in executed["cells"]
                       for output in cell.get("outputs", []))
        printed = "".join("".join(output.get("text", [])) for cell in executed["cells"]
                          for output in cell.get("outputs", []))
        print(printed)
        if pictures == 0:
            print("the notebook shows no picture")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
