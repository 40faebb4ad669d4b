#!/bin/sh
# A day of 18,000 GPUs with flows, by routing: seconds in the loop, and what was in the day.
# usage: flow_day.sh NADC [ROUTING…]   for example: flow_day.sh build/release/app/nadc
set -eu
[ $# -ge 1 ] || { echo "usage: $0 NADC [ROUTING...]" >&2; exit 2; }
scenario=$(cd "$(dirname "$0")/../../.." && pwd)/scenarios/bench/flow-day-18k.yaml
nadc=$1
shift
[ $# -gt 0 ] || set -- spray d-mod-k ecmp
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%-10s %10s %10s %8s %8s %10s\n' routing 'loop cpu s' 'wall s' jobs events 'slow-down'
for routing; do
  "$nadc" run "$scenario" network.routing="$routing" --format json > "$work/day.json"
  field() { sed -n "s/^ *\"$1\": *\([-+0-9.eE]*\),*\$/\1/p" "$work/day.json" | head -n 1; }
  printf '%-10s %10.3f %10.3f %8.0f %8.0f %10.4f\n' "$routing" "$(field cpu_s)" "$(field wall_s)" \
    "$(field jobs_submitted)" "$(field events)" "$(field comm_slowdown_mean)"
done
