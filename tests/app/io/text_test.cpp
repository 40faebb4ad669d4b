#include <pty.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "app/io/atomic_file.hpp"
#include "app/io/progress.hpp"
#include "app/io/table.hpp"
#include "tests/app/io/scratch.hpp"

namespace nadc {
namespace {

Table sample() {
  Table table({{"lever", "", Align::left}, {"gpus", "", Align::right}, {"cost_krw", "KRW", Align::right, 4, "cost"}});
  table.add({std::string("10k"), std::int64_t{10000}, 1234567.8});
  table.add({std::string("세액공제, \"A|B\""), std::int64_t{18000}, std::nan("")});
  return table;
}

TEST(Table, AlignsByDisplayWidth) {
  EXPECT_EQ(sample().render(Format::table),
            "lever              gpus  cost [KRW]\n"
            "───────────────  ──────  ──────────\n"
            "10k              10,000   1,235,000\n"
            "세액공제, \"A|B\"  18,000\n");
}

TEST(Table, WritesMarkdown) {
  EXPECT_EQ(sample().render(Format::markdown),
            "| lever            |   gpus | cost [KRW] |\n"
            "| :--------------- | -----: | ---------: |\n"
            "| 10k              | 10,000 |  1,235,000 |\n"
            "| 세액공제, \"A\\|B\" | 18,000 |            |\n");
}

TEST(Table, WritesCsvWithExactNumbers) {
  EXPECT_EQ(sample().render(Format::csv),
            "lever,gpus,cost_krw\n10k,10000,1234567.8\n\"세액공제, \"\"A|B\"\"\",18000,\n");
}

TEST(Table, WritesJsonThatReadsBackBitForBit) {
  const double awkward = 0.1 + 0.2;
  Table table({{"x"}, {"y"}});
  table.add({awkward, std::numeric_limits<double>::quiet_NaN()});
  const auto json = nlohmann::json::parse(table.render(Format::json));
  EXPECT_EQ(json[0]["x"].get<double>(), awkward);
  EXPECT_TRUE(json[0]["y"].is_null());
  Table csv({{"x"}});
  csv.add({awkward});
  EXPECT_EQ(std::stod(csv.render(Format::csv).substr(2)), awkward);
}

TEST(Table, RefusesRaggedRowsAndUnknownFormats) {
  Table table({{"x"}, {"y"}});
  EXPECT_TRUE(says(error_of([&] { table.add({1.0}); }), "2 columns"));
  EXPECT_EQ(error_of([] { parse_format("xml"); }).kind(), ErrorKind::usage);
}

TEST(Table, CountsTerminalColumns) {
  EXPECT_EQ(display_width("GPU"), 3u);
  EXPECT_EQ(display_width("한국"), 4u);
  EXPECT_EQ(display_width("°C µ é"), 6u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
  EXPECT_EQ(display_width("\xff\xed"), 2u);
}

TEST(Table, RoundsNumbersForPeople) {
  EXPECT_EQ(human_number(999.96, 4), "1,000");
  EXPECT_EQ(human_number(-1234.5, 5), "-1,234.5");
  EXPECT_EQ(human_number(0.012345, 3), "0.0123");
  EXPECT_EQ(human_number(0.0, 4), "0");
  EXPECT_EQ(human_number(1.0, 3), "1.00");
  EXPECT_EQ(human_number(3.2e18, 3), "3.2e+18");
  EXPECT_EQ(human_number(std::int64_t{-1000000}), "-1,000,000");
  EXPECT_EQ(human_number(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
}

// What is written to a terminal of 60 columns.
class Terminal {
 public:
  Terminal() {
    winsize size{24, 60, 0, 0};
    int inner = -1;
    if (openpty(&outer_, &inner, nullptr, nullptr, &size) == 0) stream = fdopen(inner, "w");
  }
  ~Terminal() {
    if (stream) std::fclose(stream);
    ::close(outer_);
  }
  std::string text() {
    char buffer[4096];
    std::string mark = "#";
    std::fputs("#", stream);
    std::fflush(stream);
    std::string all;
    while (all.empty() || all.back() != '#') {
      const ssize_t n = ::read(outer_, buffer, sizeof buffer);
      if (n <= 0) break;
      all.append(buffer, static_cast<std::size_t>(n));
    }
    return all.substr(0, all.size() - 1);
  }
  std::FILE* stream = nullptr;

 private:
  int outer_ = -1;
};

TEST(Progress, TellsRateAndTimeLeft) {
  Log log(Console{});
  const Progress progress(log, "replicas", 8000, 200);
  EXPECT_EQ(progress.describe(1200, 2.5), "replicas  1,200 of 8,000 (15 %)  400/s  17 s left");
  EXPECT_EQ(progress.describe(200, 2.5), "replicas  200 of 8,000 (2 %)");
  EXPECT_EQ(human_duration(45.2), "46 s");
  EXPECT_EQ(human_duration(200), "3 min 20 s");
  EXPECT_EQ(human_duration(7500), "2 h 05 min");
  EXPECT_EQ(human_duration(280000), "3 d 5 h");
}

TEST(Progress, RewritesItsLineAtMostFiveTimesASecondAndClearsIt) {
  Terminal terminal;
  ASSERT_NE(terminal.stream, nullptr);
  Log log(make_console(terminal.stream, Verbosity::normal, ColorChoice::off));
  std::chrono::steady_clock::time_point now{};
  {
    Progress progress(log, "replicas", 1000, 0, [&] { return now; });
    for (int ms = 0; ms < 1000; ++ms) {
      progress.update(static_cast<std::uint64_t>(ms));
      now += std::chrono::milliseconds(1);
    }
    log.info("note");
  }
  const std::string text = terminal.text();
  std::size_t rewrites = 0;
  for (std::size_t at = 0; (at = text.find("replicas", at)) != std::string::npos; ++at) ++rewrites;
  if (std::getenv("TERM") && std::string(std::getenv("TERM")) == "dumb") {
    EXPECT_EQ(rewrites, 0u);
  } else {
    EXPECT_EQ(rewrites, 5u);
    EXPECT_TRUE(text.ends_with("\r\033[Knote\r\n")) << text;  // cleared before the note, and nothing after it
  }
}

TEST(Progress, IsSilentOffATerminalAndWhenQuiet) {
  char* buffer = nullptr;
  std::size_t size = 0;
  std::FILE* stream = open_memstream(&buffer, &size);
  Log log(Console{stream, Verbosity::quiet, true, false});
  Log pipe(Console{stream, Verbosity::normal, false, false});
  {
    Progress quiet(log, "replicas", 10), off(pipe, "replicas", 10);
    quiet.update(5);
    off.update(5);
    log.info("unheard");
    pipe.detail("unheard");
  }
  log.warn("heard");
  std::fclose(stream);
  EXPECT_EQ(std::string(buffer, size), "warning: heard\n");
  std::free(buffer);
}

TEST(Progress, ForecastsALongRestOnceAlsoOffATerminal) {
  char* buffer = nullptr;
  std::size_t size = 0;
  std::FILE* stream = open_memstream(&buffer, &size);
  Log log(Console{stream, Verbosity::normal, false, false});
  std::chrono::steady_clock::time_point now{};
  {
    Progress resumed(log, "replicas", 1000, 200, [&] { return now; }), soon(log, "rows", 100, 0, [&] { return now; });
    resumed.total_is_a_bound();
    for (int second = 1; second <= 8; ++second) {
      now += std::chrono::seconds(1);
      resumed.update(static_cast<std::uint64_t>(200 + 10 * second));
      soon.update(static_cast<std::uint64_t>(12 * second));
    }
  }
  std::fclose(stream);
  EXPECT_EQ(std::string(buffer, size), "at 10.0 replicas a second the rest takes about 1 min 17 s at most\n");
  std::free(buffer);
}

TEST(Progress, HonoursColourChoices) {
  Terminal terminal;
  ASSERT_NE(terminal.stream, nullptr);
  ::setenv("TERM", "xterm", 1);
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(make_console(terminal.stream, Verbosity::normal, ColorChoice::automatic).color);
  EXPECT_TRUE(make_console(terminal.stream, Verbosity::normal, ColorChoice::on).color);
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(make_console(terminal.stream, Verbosity::normal, ColorChoice::automatic).color);
  EXPECT_FALSE(make_console(terminal.stream, Verbosity::normal, ColorChoice::off).color);
  ::unsetenv("NO_COLOR");
  Log log(Console{terminal.stream, Verbosity::normal, true, true});
  log.warn("hot");
  EXPECT_EQ(terminal.text(), "\033[33mwarning: \033[0mhot\r\n");
  EXPECT_EQ(error_of([] { parse_color("red"); }).kind(), ErrorKind::usage);
}

class AtomicFile : public ScratchTest {};

TEST_F(AtomicFile, IsReplacedWhole) {
  write_file(path("a.txt"), "one");
  write_file(path("a.txt"), "two");
  EXPECT_EQ(contents(path("a.txt")), "two");
  EXPECT_FALSE(std::filesystem::exists(path("a.txt.tmp")));
}

TEST_F(AtomicFile, IsWrittenThroughALink) {
  write_file(path("a.txt"), "one");
  std::filesystem::create_symlink("a.txt", path("link"));
  write_file(path("link"), "two");
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
  EXPECT_EQ(contents(path("a.txt")), "two");
}

TEST_F(AtomicFile, SaysWhyItCannotBeWritten) {
  const Error full = error_of([] { write_file("/dev/full", "text"); });
  EXPECT_EQ(full.kind(), ErrorKind::failed);
  EXPECT_TRUE(says(full, "No space left") && says(full, "free some space")) << full.what();
  EXPECT_EQ(error_of([&] { write_file(path(""), "text"); }).kind(), ErrorKind::usage);
  EXPECT_TRUE(says(error_of([&] { write_file(path("no/file"), "text"); }), "the folder must exist"));
  EXPECT_EQ(error_of([] { write_file("", "text"); }).kind(), ErrorKind::usage);
  write_file(path("file"), "text");
  EXPECT_TRUE(says(error_of([&] { write_file(path("file/inside"), "text"); }), "Not a directory"));
}

}  // namespace
}  // namespace nadc
