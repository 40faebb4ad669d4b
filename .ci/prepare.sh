# Shared by ./demo, ./check and .ci/run: what the build needs from Debian, and how many jobs fit the machine.
# Sourced by bash with `set -eu` in force and the repository root as working directory.

# Packages by purpose. Nothing else is ever installed.
declare -A packages=(
  [build]="g++ cmake make ninja-build ccache git libyaml-cpp-dev libhdf5-dev libboost-dev libboost-graph-dev
           librandom123-dev libthrust-dev libtbb-dev libcli11-dev libfmt-dev nlohmann-json3-dev libssl-dev zlib1g-dev"
  [test]="libgtest-dev libbenchmark-dev libboost-context-dev binutils clang-format-14 python3"
  [style]="clang-tidy-14 gcovr"
  [slurm]="slurm-wlm munge"
  [simgrid]="libsimgrid-dev"
  [browser]="chromium"
  [charts]="npm"
  [netcdf]="netcdf-bin"
  [schema]="python3-jsonschema python3-yaml"
  [notebook]="jupyter-nbconvert python3-ipykernel python3-matplotlib python3-h5py python3-xarray python3-h5netcdf
              python3-netcdf4"
  [watch]="python3-prometheus-client"
  [manual]="man-db groff-base mandoc bash-completion"
)

say() { printf '%s\n' "nadc: $*" >&2; }

# The packages of a purpose that are not installed.
missing_packages() {
  local package
  for package in ${packages[$1]}; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || printf '%s ' "$package"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

lists_updated=no
# install required|optional PURPOSE…: installs what is missing. Without a way to install, a required purpose goes on
# with a warning (the build then names what it lacks) and an optional one leaves its tests to skip with a reason.
install_packages() {
  local need=$1 purpose missing
  shift
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "no apt-get here; please install what these Debian packages hold:" "$(for purpose; do echo ${packages[$purpose]}; done)"
    return 0
  fi
  for purpose; do
    missing=$(missing_packages "$purpose")
    [ -n "$missing" ] || continue
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
      say "missing for $purpose, and neither root nor sudo to install it: $missing"
      continue
    fi
    say "installing for $purpose: $missing"
    if [ "$lists_updated" = no ]; then
      as_root apt-get update -qq >&2 || say "apt-get update failed; trying with the package lists at hand"
      lists_updated=yes
    fi
    # shellcheck disable=SC2086
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2; then
      :
    elif [ "$need" = required ]; then
      say "could not install: $missing"
      return 1
    else
      say "could not install for $purpose: $missing; its tests will skip"
    fi
  done
}

# Says once when this is not the tested system.
name_system() {
  local system=unknown
  if [ -r /etc/os-release ]; then
    # shellcheck disable=SC1091
    system=$(. /etc/os-release && printf '%s %s' "${ID:-unknown}" "${VERSION_ID:-}")
  fi
  [ "$system" = "debian 12" ] || say "this system ($system) is untested; Debian 12 is the tested one"
}

# One compile job per core, but no more than one per 2 GB of memory that is free.
choose_jobs() {
  local cores memory_kb jobs
  cores=$(nproc 2>/dev/null || echo 2)
  memory_kb=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo 2>/dev/null || true)
  jobs=$((${memory_kb:-4000000} / 2000000))
  if [ "$jobs" -gt "$cores" ]; then jobs=$cores; fi
  if [ "$jobs" -lt 1 ]; then jobs=1; fi
  echo "$jobs"
}

# Ninja where there is one; an existing build folder keeps its generator.
choose_tools() {
  if command -v ninja >/dev/null; then export CMAKE_GENERATOR="${CMAKE_GENERATOR:-Ninja}"; fi
  local jobs
  jobs=$(choose_jobs)
  export CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$jobs}"
  export CTEST_PARALLEL_LEVEL="${CTEST_PARALLEL_LEVEL:-$jobs}"
}

# timed NAME COMMAND…: runs it and says how long it took.
timed() {
  local name=$1 start=$SECONDS status=0
  shift
  "$@" || status=$?
  say "$name: $((SECONDS - start)) s"
  return "$status"
}
