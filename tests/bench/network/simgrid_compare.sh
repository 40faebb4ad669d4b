#!/bin/sh
# Process time of the flow solver against SimGrid on the same instances, in the same run.
# usage: simgrid_compare.sh NADC_FLOWS_COMMAND INSTANCE…   for example: simgrid_compare.sh "build/release/app/nadc network flows --format json" a.txt
# Skips (exit 0) when SimGrid is not installed (Debian: libsimgrid-dev). SIMGRID_ROOT names another place than /usr.
set -eu
[ $# -ge 2 ] || { echo "usage: $0 NADC_FLOWS_COMMAND INSTANCE..." >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
root=${SIMGRID_ROOT:-/usr}
[ -e "$root/include/simgrid/s4u.hpp" ] || { echo "skipped: SimGrid is not installed (libsimgrid-dev)"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libs=$root/lib/$(${CXX:-g++} -print-multiarch)
${CXX:-g++} -O2 -std=c++17 -I"$root/include" "$here/simgrid_flows.cpp" -L"$libs" -lsimgrid -Wl,--allow-shlib-undefined -o "$work/simgrid_flows"
command=$1
shift
field() { sed -n "s/.*\"$1\": *\([-+0-9.eE]*\).*/\1/p"; }
printf '%-24s %14s %14s %18s %18s %10s %10s %8s\n' instance 'makespan' 'SimGrid' 'sum' 'SimGrid' 'cpu ms' 'SimGrid' ratio
bad=0
for instance in "$@"; do
  for n in 1 2 3 4 5; do $command "$instance"; done > "$work/ours"
  cpu=$(field cpu_s < "$work/ours" | sort -g | head -n 1)
  makespan=$(field makespan_s < "$work/ours" | head -n 1)
  sum=$(field sum_completion_s < "$work/ours" | head -n 1)
  : > "$work/theirs"
  for n in 1 2 3; do
    LD_LIBRARY_PATH=$libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$work/simgrid_flows" "$instance" --log=root.thres:error >> "$work/theirs"
  done
  line=$(sort -g -k3 "$work/theirs" | head -n 1)
  # shellcheck disable=SC2086
  set -- $line -- "$@"
  theirs_makespan=$1 theirs_sum=$2 theirs_cpu=$3
  shift 4
  awk -v i="$(basename "$instance")" -v a="$makespan" -v b="$theirs_makespan" -v c="$sum" -v d="$theirs_sum" -v e="$cpu" -v f="$theirs_cpu" 'BEGIN {
    printf "%-24s %14.9g %14.9g %18.12g %18.12g %10.3f %10.3f %7.1fx\n", i, a, b, c, d, 1e3 * e, 1e3 * f, f / e
    x = a / b - 1; y = c / d - 1
    exit !((x < 0 ? -x : x) < 5e-9 && (y < 0 ? -y : y) < 1e-9) }' || { echo "  differs from SimGrid" >&2; bad=1; }
done
exit $bad
