#include "app/io/results_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "app/io/digest.hpp"
#include "app/io/seal.hpp"
#include "tests/app/io/fixture.hpp"
#include "tests/app/io/scratch.hpp"

namespace nadc {
namespace {

class Results : public ScratchTest {};

TEST(Digest, AgreesWithPublishedValues) {
  // FIPS 180-2, appendix B.1; CRC-32 of eight zero bytes, by Python's zlib.crc32.
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const double zero = 0;
  EXPECT_EQ(crc32(std::span(&zero, 1)), 0x6522df69u);
}

TEST_F(Results, AreReadBackAsTheyWereWritten) {
  fixture::write_run(path("run.h5"), 20'000);
  const ResultsReader reader(path("run.h5"));
  EXPECT_EQ(reader.header().kind, "run");
  EXPECT_EQ(reader.header().title, "nadc run of 한국 10k");
  EXPECT_EQ(reader.header().provenance.seed, 42u);
  EXPECT_EQ(reader.header().provenance.assumptions, fixture::header("", "").provenance.assumptions);
  EXPECT_EQ(reader.header().provenance.finished, "2026-01-02T03:04:06Z");
  EXPECT_EQ(reader.read<double>("utilization"), std::vector<double>{0.875});
  const auto busy = reader.read<std::int64_t>("ts_group_gpus_busy");
  ASSERT_EQ(busy.size(), 40'000u);
  for (std::int64_t i = 0; i < 20'000; ++i) {
    ASSERT_EQ(busy[static_cast<std::size_t>(2 * i)], 8 * i);
    ASSERT_EQ(busy[static_cast<std::size_t>(2 * i + 1)], 8 * i + 1);
  }
  EXPECT_EQ(reader.read<std::string>("group"), (std::vector<std::string>{"국가 연구소", "startup"}));
  const Schema declared = fixture::run_schema();
  ASSERT_EQ(reader.schema().variables.size(), declared.variables.size());
  for (std::size_t i = 0; i < declared.variables.size(); ++i) {
    EXPECT_EQ(reader.schema().variables[i].name, declared.variables[i].name);
    EXPECT_EQ(reader.schema().variables[i].dims, declared.variables[i].dims);
    EXPECT_EQ(reader.schema().variables[i].units, declared.variables[i].units);
    EXPECT_EQ(reader.schema().variables[i].type, declared.variables[i].type);
  }
}

TEST_F(Results, AreTheSameBytesEachTime) {
  fixture::write_run(path("a.h5"));
  fixture::write_run(path("b.h5"));
  EXPECT_TRUE(contents(path("a.h5")) == contents(path("b.h5")));
}

TEST_F(Results, LeaveNothingWhenTheyAreNotPublished) {
  { ResultsWriter out(path("run.h5"), fixture::header("run", "t"), fixture::run_schema()); }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(Results, RefuseSeriesOfDifferentLength) {
  ResultsWriter out(path("run.h5"), fixture::header("run", "t"), fixture::run_schema());
  out.append("time", std::vector<double>{0, 1});
  const Error error = error_of([&] { out.publish(); });
  EXPECT_TRUE(says(error, "ts_inlet_temperature") && says(error, "0 rows")) << error.what();
}

TEST_F(Results, ReplaceOnlyWhatNadcWrote) {
  const Header header = fixture::header("run", "t");
  std::ofstream(path("notes.txt")) << "my only copy";
  Error error = error_of([&] { ResultsWriter(path("notes.txt"), header, fixture::run_schema()); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_TRUE(says(error, "will not overwrite")) << error.what();
  EXPECT_EQ(contents(path("notes.txt")), "my only copy");
  { h5::File::create(path("other.h5")).close(); }
  error = error_of([&] { ResultsWriter(path("other.h5"), header, fixture::run_schema()); });
  EXPECT_TRUE(says(error, "not an nadc results file")) << error.what();
  error = error_of([&] { ResultsWriter(path(""), header, fixture::run_schema()); });
  EXPECT_TRUE(says(error, "directory")) << error.what();
  error = error_of([&] { ResultsWriter("/dev/null", header, fixture::run_schema()); });
  EXPECT_TRUE(says(error, "device")) << error.what();
  error = error_of([&] { ResultsWriter(path("no/such/run.h5"), header, fixture::run_schema()); });
  EXPECT_TRUE(says(error, "folder must exist")) << error.what();

  fixture::write_run(path("run.h5"), 1);
  fixture::write_run(path("run.h5"), 2);
  EXPECT_EQ(ResultsReader(path("run.h5")).read<double>("time").size(), 2u);
}

TEST_F(Results, TellWhatIsNotAResultsFile) {
  std::ofstream(path("text.h5")) << "no HDF5 here";
  EXPECT_TRUE(says(error_of([&] { ResultsReader{path("text.h5")}; }), "hint: this is not an HDF5 file"));
  EXPECT_TRUE(says(error_of([&] { ResultsReader{path("")}; }), "directory"));
  const Error error = error_of([&] { ResultsReader{path("gone.h5")}; });
  EXPECT_EQ(error.kind(), ErrorKind::input);
  EXPECT_TRUE(says(error, "gone.h5: error: cannot open the file (unable to open file: No such file or directory)"))
      << error.what();
  fixture::write_run(path("new.h5"));
  {
    h5::File file = h5::File::open(path("new.h5"), h5::Access::write);
    file.set_attribute("format_version", std::int64_t{99});
    file.close();
  }
  // HDF5 cut the seal off when it wrote.
  EXPECT_TRUE(says(error_of([&] { ResultsReader{path("new.h5")}; }), "no seal"));
  seal_finished(path("new.h5"));
  EXPECT_TRUE(says(error_of([&] { ResultsReader{path("new.h5")}; }), "format 99"));
}

TEST_F(Results, SayThatAnotherProcessHoldsTheFile) {
  if (const char* locking = std::getenv("HDF5_USE_FILE_LOCKING"))
    GTEST_SKIP() << "HDF5_USE_FILE_LOCKING is " << locking;
  fixture::write_run(path("run.h5"));
  const int holder = ::open(path("run.h5").c_str(), O_RDWR);
  ASSERT_EQ(::flock(holder, LOCK_EX | LOCK_NB), 0);
  const Error error = error_of([&] { ResultsReader{path("run.h5")}; });
  ::close(holder);
  EXPECT_TRUE(says(error, "another process has the file open")) << error.what();
}

TEST_F(Results, SayThatAFolderMayNotBeWritten) {
  if (::geteuid() == 0) {
    // root may write anywhere: become somebody else in a child.
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all | std::filesystem::perms::others_read |
                                              std::filesystem::perms::others_exec);
    const pid_t child = fork();
    if (child == 0) {
      if (setuid(65534) != 0) _exit(3);
      try {
        ResultsWriter(path("run.h5"), fixture::header("run", "t"), fixture::run_schema());
      } catch (const Error& error) {
        _exit(says(error, "Permission denied") && says(error, "check the owner") ? 0 : 2);
      }
      _exit(1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    return;
  }
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const Error error =
      error_of([&] { ResultsWriter(path("run.h5"), fixture::header("run", "t"), fixture::run_schema()); });
  EXPECT_TRUE(says(error, "Permission denied") && says(error, "check the owner")) << error.what();
}

TEST_F(Results, ReportADiskThatFillsWhileTheyAreWritten) {
  fixture::write_run(path("run.h5"));
  const std::string old = contents(path("run.h5"));
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{300'000, 300'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      fixture::write_run(path("run.h5"), 100'000);
    } catch (const Error& error) {
      _exit(error.kind() == ErrorKind::failed && says(error, "File too large") ? 0 : (fputs(error.what(), stderr), 2));
    }
    _exit(1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(contents(path("run.h5")) == old);
  EXPECT_FALSE(std::filesystem::exists(path("run.h5.tmp")));
}

TEST_F(Results, KeepTheOldFileWhenKilled) {
  fixture::write_run(path("run.h5"));
  const std::string old = contents(path("run.h5"));
  for (int round = 0; round < 4; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      fixture::write_run(path("run.h5"), 20'000'000);
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + 10 * round));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_TRUE(contents(path("run.h5")) == old);
  }
  fixture::write_run(path("run.h5"), 7);
  EXPECT_EQ(ResultsReader(path("run.h5")).read<double>("time").size(), 7u);
}

TEST_F(Results, RoundTripAttributesNumbersAndTextOfManyVariables) {
  {
    h5::File file = h5::File::create(path("a.h5"));
    h5::Dataset scale = file.create_dataset("x", h5::Type::int64, {3});
    scale.make_scale("x");
    // More than fits into an object header: the scale is attached 200 times, and text is long.
    for (int i = 0; i < 200; ++i) {
      h5::Dataset data = file.create_dataset(fmt::format("v{}", i), h5::Type::float64, {3});
      data.attach_scale(scale, 0);
      for (int a = 0; a < 12; ++a) data.set_attribute(fmt::format("a{}", a), std::int64_t{a});
    }
    file.set_attribute("long", std::string(100'000, 'x'));
    file.set_attribute("empty", "");
    file.create_dataset("grows", h5::Type::int8, {0, 2}, h5::Growth::rows).extend(5);
    file.close();
  }
  const h5::File file = h5::File::open(path("a.h5"), h5::Access::read);
  const h5::Dataset last = file.open_dataset("v199");
  EXPECT_EQ(last.dimensions(), std::vector<std::string>{"x"});
  EXPECT_EQ(last.integer_attribute("a11"), 11);
  EXPECT_TRUE(std::isnan(last.read_all<double>()[2]));
  EXPECT_EQ(file.text_attribute("long")->size(), 100'000u);
  EXPECT_EQ(file.text_attribute("empty"), "");
  EXPECT_EQ(file.text_attribute("none"), std::nullopt);
  EXPECT_EQ(file.open_dataset("grows").shape(), (h5::Extent{5, 2}));
  EXPECT_EQ(file.datasets()[1], "v0");
  EXPECT_TRUE(says(error_of([&] { file.open_dataset("no"); }), "no variable \"no\""));
  std::vector<double> two(2);
  EXPECT_TRUE(says(error_of([&] { last.read({2}, {2}, std::span(two)); }), "v199"));
}

}  // namespace
}  // namespace nadc
