"""Prints the horizon and the named metrics of a run's JSON on stdin."""
import json
import sys

result = json.load(sys.stdin)
print(f"horizon {result['horizon_s']:g} s", *(f"{name} {result['metrics'][name]:g}" for name in sys.argv[1:]), sep="\n")
