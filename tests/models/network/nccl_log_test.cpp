#include "models/network/nccl_log.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "sim/error.hpp"

namespace nadc {
namespace {

std::vector<NcclLine> read(const std::string& text) {
  const std::string path = ::testing::TempDir() + "nccl-log.txt";
  std::ofstream(path) << text;
  return read_nccl_tests(path);
}

std::string failure(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(NcclLog, ReadsTheProgramsTable) {
  const auto lines = read(
      "# nThread 1\n#       size         count      type   redop    root     time   algbw   busbw #wrong\n"
      "  1048576  262144  float  sum  -1  57.2  18.33  32.08  0  56.9 18.4 32.2 0\n"
      "  8589934592 2147483648 float sum -1 31200 275.3 481.8 0 31100 276 483 0\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_DOUBLE_EQ(lines[1].bytes, 8589934592.0);
  EXPECT_DOUBLE_EQ(lines[1].time_us, 31200.0);
  EXPECT_DOUBLE_EQ(*lines[1].busbw_gbps, 481.8);
  // Before redop and root were printed for every collective.
  EXPECT_DOUBLE_EQ(read(" 1048576 262144 float 57.2 18.33 32.08 N/A 56.9 18.4 32.2 N/A\n")[0].time_us, 57.2);
}

TEST(NcclLog, ReadsBehindWhatLaunchersPutOnEachLine) {
  const std::string row = "268435456 67108864 float sum -1 1100.0 244.03 427.06 0 1100.0 244.03 427.06 0\n";
  for (const char* prefix : {"[1,0]<stdout>:   ", "[1,0]<stdout>:", "[prterun-host1-77@1,0]<stdout>: ", " 0: ", "12:",
                             "Fri May  3 10:00:00 2024<stdout>:", "2024-05-03T10:00:00 node7 ", "1714730400 "}) {
    const auto lines = read(prefix + row);
    ASSERT_EQ(lines.size(), 1u) << prefix;
    EXPECT_DOUBLE_EQ(lines[0].bytes, 268435456.0) << prefix;
    EXPECT_DOUBLE_EQ(lines[0].time_us, 1100.0) << prefix;
  }
}

TEST(NcclLog, TakesNoStampForData) {
  const std::string row = "268435456 67108864 float sum -1 1100.0 244.03 427.06 0 1100.0 244.03 427.06 0\n";
  for (const char* line : {"Start time: Fri, 03 May 2024 10:00:00\n", "size of the job, time limit 30\n",
                           "2024,05,03,10\n", "1714730400 7 1 2\n", "20240503 100000\n",
                           "# nThread 1 nGpus 8 minBytes 268435456 maxBytes 2147483648, iters: 20, time: 3\n"}) {
    if (std::string(line).starts_with("2024,") || std::string(line).starts_with("1714730400")) {
      // Four bare numbers have the form of data; their bandwidth gives them away.
      EXPECT_NE(failure(line + row).find("is not its size over its time"), std::string::npos) << line;
      continue;
    }
    const auto lines = read(line + row);
    ASSERT_EQ(lines.size(), 1u) << line;
    EXPECT_DOUBLE_EQ(lines[0].time_us, 1100.0) << line;
  }
}

TEST(NcclLog, ReadsCsvByItsHeader) {
  EXPECT_DOUBLE_EQ(read("size,time_us,algbw,busbw\n1048576,57.2,18.33,32.08\n")[0].time_us, 57.2);
  const auto lines = read("date;Bytes;Time (ms)\n2024-05-03 10:00;1048576;0.0572\n2024-05-03 10:01;n/a;-\n");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NEAR(lines[0].time_us, 57.2, 1e-9);
  EXPECT_NEAR(lines[0].algbw_gbps, 18.332, 1e-3);
  EXPECT_FALSE(lines[0].busbw_gbps.has_value());
  EXPECT_DOUBLE_EQ(read("1048576 57.2 18.33 32.08\n")[0].time_us, 57.2);
}

TEST(NcclLog, RefusesWhatDoesNotAddUp) {
  EXPECT_NE(failure("size,time,algbw\n1048576,0.0572,18.33\n").find(":2:1"), std::string::npos);
  EXPECT_NE(failure("hello\n").find("no line of nccl-tests output"), std::string::npos);
  EXPECT_THROW(read_nccl_tests("/nowhere.txt"), Error);
}

}  // namespace
}  // namespace nadc
