#include "app/trace/trace_command.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/output_options.hpp"
#include "app/trace/trace.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

namespace fs = std::filesystem;

class TraceCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ("nadc_trace_command_" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "_" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
    std::ofstream(file()) << "job_id,submit_s,gpus,duration_s\na,0,8,60\nb,5,0,60\nc,9,16,600\n";
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string file() const { return (folder_ / "t.csv").string(); }
  std::string folder() const { return folder_.string(); }

  // stdout of a command line.
  std::string run(const std::string& line, const std::string& format = "table") {
    CLI::App app;
    Command command;
    OutputOptions output;
    output.format = format;
    register_trace(app, command, output);
    app.parse(line);
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    std::string out;
    try {
      EXPECT_EQ(command.action(), 0);
    } catch (...) {
      ::testing::internal::GetCapturedStdout();
      ::testing::internal::GetCapturedStderr();
      throw;
    }
    out = ::testing::internal::GetCapturedStdout();
    stderr_ = ::testing::internal::GetCapturedStderr();
    return out;
  }

  std::string stderr_;

 private:
  fs::path folder_;
};

TEST_F(TraceCommand, DescribesAsJson) {
  const auto json = nlohmann::json::parse(run("trace describe " + file() + " --from csv", "json"));
  EXPECT_EQ(json["jobs"], 2);
  EXPECT_EQ(json["dropped"]["no_gpus"], 1);
  EXPECT_EQ(json["sizes"][3]["jobs"], 1);
  EXPECT_EQ(json["arrivals"]["hour_of_week"].size(), 168u);
}

TEST_F(TraceCommand, DescribesAsTableMarkdownAndCsv) {
  EXPECT_NE(run("trace describe " + file()).find("dropped, no_gpus"), std::string::npos);
  EXPECT_NE(run("trace describe " + file(), "markdown").find("| 9-64 | 1 | 50 |"), std::string::npos);
  EXPECT_NE(run("trace describe " + file(), "csv").find("sizes,\"9-64\",\"jobs\",1\n"), std::string::npos);
}

TEST_F(TraceCommand, ConvertsToAFileThatReadsBack) {
  EXPECT_EQ(run("trace convert " + file() + " --to swf -o " + folder() + "/t.swf"), "");
  EXPECT_NE(stderr_.find("2 jobs written, 1 records dropped; no_gpus 1"), std::string::npos) << stderr_;
  EXPECT_EQ(read_trace(folder() + "/t.swf").rows.size(), 2u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder()), fs::directory_iterator{}), 2);  // no part is left behind
}

TEST_F(TraceCommand, ConvertsToStandardOutput) {
  EXPECT_EQ(run("trace convert " + file()).substr(0, 15), "job_id,submit_s");
}

TEST_F(TraceCommand, LeavesWhatWasThereWhenItCannotWrite) {
  EXPECT_THROW(run("trace convert " + file() + " -o " + folder() + "/none/t.csv"), Error);
  fs::create_directory(folder() + "/dir");
  EXPECT_THROW(run("trace convert " + file() + " -o " + folder() + "/dir"), Error);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder()), fs::directory_iterator{}), 2);
}

TEST_F(TraceCommand, WritesToADeviceInsteadOfReplacingIt) {
  const fs::path device = "/dev/full";
  if (!fs::is_character_file(device)) GTEST_SKIP() << device << " is no device here";
  fs::create_symlink(device, folder() + "/full");  // a failing test then replaces the link alone
  EXPECT_THROW(run("trace convert " + file() + " -o " + folder() + "/full"), Error);
  EXPECT_TRUE(fs::is_symlink(folder() + "/full"));
}

TEST_F(TraceCommand, RefusesAWrongCommandLine) {
  EXPECT_THROW(run("trace"), CLI::ParseError);
  EXPECT_THROW(run("trace describe " + file() + " --from sfw"), CLI::ParseError);
}

}  // namespace
}  // namespace nadc
