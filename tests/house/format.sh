#!/bin/sh
# Every source file has the format that clang-format 14 gives it. Run in the root; 77 says that the tool is absent.
tool=clang-format-14
command -v "$tool" >/dev/null || {
  echo "skipped: $tool is not installed"
  exit 77
}
status=0
for file in $(find sim models gpu app tests -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' \)); do
  "$tool" "$file" | cmp -s - "$file" && continue
  echo "$file: not formatted; $tool -i $file"
  status=1
done
exit $status
