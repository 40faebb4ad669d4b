#!/bin/sh
# Every source file has the format that clang-format 14 gives it. Run in the root; 77 says that the tool is absent.
tool=clang-format-14
command -v "$tool" >/dev/null || {
  echo "skipped: $tool is not installed"
  exit 77
}
find sim models gpu app tests -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' \) -print0 |
  xargs -0 -n 64 "$tool" --dry-run -Werror || {
  echo "not formatted; $tool -i FILE mends it"
  exit 1
}
