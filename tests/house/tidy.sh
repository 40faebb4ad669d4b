#!/bin/sh
# clang-tidy 14 over the product's host sources. Usage: tidy.sh BUILD_FOLDER, in the root; 77: the tool is absent.
tool=clang-tidy-14
command -v "$tool" >/dev/null || {
  echo "skipped: $tool is not installed"
  exit 77
}
find sim models gpu app -type f -name '*.cpp' -print0 |
  xargs -0 -n 1 -P "$(nproc 2>/dev/null || echo 2)" "$tool" --quiet --extra-arg=-Wno-unknown-warning-option -p "$1"
