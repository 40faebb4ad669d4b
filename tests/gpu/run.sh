#!/usr/bin/env bash
# Builds nadc-gpu-check and runs it on a study blob; the JSON goes to stdout, all else to stderr. For a machine with a
# CUDA device and little else. A blob is written by nadc_export_blob FILE in a full build.
#   tests/gpu/run.sh BLOB [ARGUMENT of nadc-gpu-check…]
# RANDOM123_INCLUDE_DIR: the folder that holds Random123/.  BUILD: build folder.  NADC_CUDA_ARCHITECTURES: 90 by default.
set -eu
if [ $# -lt 1 ]; then
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$root/build/gpu-check}
settings=(-DCMAKE_BUILD_TYPE=Release)
[ -z "${RANDOM123_INCLUDE_DIR:-}" ] || settings+=("-DRANDOM123_INCLUDE_DIR=$RANDOM123_INCLUDE_DIR")
[ -z "${NADC_CUDA_ARCHITECTURES:-}" ] || settings+=("-DNADC_CUDA_ARCHITECTURES=$NADC_CUDA_ARCHITECTURES")
[ -z "${NADC_CUDA:-}" ] || settings+=("-DNADC_CUDA=$NADC_CUDA")
PATH=$PATH:/usr/local/cuda/bin
{
  cmake -S "$root/gpu/check" -B "$build" "${settings[@]}"
  cmake --build "$build" --parallel "$(nproc)" --target nadc-gpu-check
} >&2
exec "$build/nadc-gpu-check" "$@"
