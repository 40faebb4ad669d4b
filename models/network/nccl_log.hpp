// Lines of a user's nccl-tests output: the programs' own table, behind any prefix that a launcher puts on each line
// (mpirun --tag-output, --timestamp-output; srun --label), or a CSV with a header, or numbers alone: size, time,
// algbw, busbw.
//
// A line counts as data when its cells have the table's form (two whole numbers, a data type, …), or when it stands
// below a header that names a size and a time and its cells there are numbers; time stamps and remarks have neither.
// The bandwidth of every line is checked against its size over its time, so that a misread column cannot pass.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace nadc {

struct NcclLine {
  double bytes = 0.0;
  double time_us = 0.0, algbw_gbps = 0.0;  // out of place [µs, GB/s]
  std::optional<double> busbw_gbps;
};
std::vector<NcclLine> read_nccl_tests(const std::string& path);  // ErrorKind::input when no line can be read

}  // namespace nadc
