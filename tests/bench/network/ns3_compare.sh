#!/bin/sh
# Flow completion times of max-min fairness against ns-3, packet by packet, on the cases of ns3_cases.cpp.
# usage: ns3_compare.sh NADC_FLOWS_COMMAND [CASE…]   for example: ns3_compare.sh "build/release/app/nadc network flows --format json"
# Takes about two minutes. Skips (exit 0) when ns-3 is not installed (Debian: libns3-dev, tried with 3.37). Fails when flows
# that are long and share no incast are further off than 10 % in the last completion.
set -eu
[ $# -ge 1 ] || { echo "usage: $0 NADC_FLOWS_COMMAND [CASE...]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
root=${NS3_ROOT:-/usr}
[ -e "$root/include/ns3/core-module.h" ] || { echo "skipped: ns-3 is not installed (libns3-dev)"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libs=
for module in applications internet point-to-point traffic-control bridge network stats core; do libs="$libs -lns3-$module"; done
# shellcheck disable=SC2086
${CXX:-g++} -O2 -std=c++17 -I"$root/include" "$here/ns3_cases.cpp" $libs -Wl,--allow-shlib-undefined -o "$work/ns3_cases"
command=$1
shift
[ $# -gt 0 ] || set -- long-2 long-8 lot-3 permutation-16 incast-4-65536 incast-16-65536 incast-64-65536 \
  incast-4-1048576 incast-16-1048576 incast-64-1048576
field() { sed -n "s/.*\"$1\": *\([-+0-9.eE]*\).*/\1/p"; }
printf '%-20s %-10s %12s %12s %8s %12s %12s %8s %8s\n' case ns-3 'mean ms' 'ns-3' error 'last ms' 'ns-3' error dropped
bad=0
for name; do
  for variant in cubic-200 cubic-1 dctcp-1; do
    line=$("$work/ns3_cases" "$name" "$variant" "$work/instance")
    $command "$work/instance" > "$work/ours"
    flows=$(head -n 1 "$work/instance" | sed 's/.* flows //')
    last=$(field makespan_s < "$work/ours" | head -n 1)
    sum=$(field sum_completion_s < "$work/ours" | head -n 1)
    echo "$line" | awk -v c="$name" -v v="$variant" -v n="$flows" -v last="$last" -v sum="$sum" '{
      mean = sum / n
      printf "%-20s %-10s %12.4f %12.4f %+7.1f%% %12.4f %12.4f %+7.1f%% %8d\n", c, v, 1e3 * mean, 1e3 * $1, 100 * (mean / $1 - 1), 1e3 * last, 1e3 * $2, 100 * (last / $2 - 1), $3
      error = last / $2 - 1
      exit (c ~ /^long/ && (error > 0.1 || error < -0.1)) }' || { echo "  further off than 10 %" >&2; bad=1; }
  done
done
exit $bad
