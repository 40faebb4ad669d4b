#include "app/io/sweep_file.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>

#include "app/io/sweep_layout.hpp"
#include "tests/app/io/fixture.hpp"
#include "tests/app/io/scratch.hpp"

namespace nadc {
namespace {

using fixture::all_rows;
using fixture::sweep_row;
using fixture::sweep_schema;

class Sweep : public ScratchTest {
 protected:
  Header header() const { return fixture::header("sweep", "nadc sweep of 한국"); }

  // Shard i of n: a contiguous share of the rows.
  std::string write_shard(const SweepSchema& schema, std::uint64_t i, std::uint64_t n) {
    const std::vector<std::uint64_t> all = all_rows(schema);
    const std::span rows = std::span(all).subspan(all.size() * i / n, all.size() * (i + 1) / n - all.size() * i / n);
    const std::string name = path("shard" + std::to_string(n) + "-" + std::to_string(i) + ".h5");
    SweepPart part = SweepPart::create(name, header(), schema, rows);
    for (const std::uint64_t row : rows) part.put(row, RowState::done, sweep_row(schema, row));
    part.publish_part();
    return name;
  }
};

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

void expect_complete(const std::string& file, const SweepSchema& schema) {
  const SweepReader reader(file);
  ASSERT_EQ(reader.rows(), schema.grid.rows());
  const std::vector<double> rows = reader.read_rows(0, reader.rows());
  const std::vector<RowState> states = reader.states(0, reader.rows());
  const std::uint64_t width = schema.row_width();
  for (std::uint64_t row = 0; row < reader.rows(); ++row) {
    EXPECT_EQ(states[row], RowState::done) << row;
    const auto at = rows.begin() + static_cast<std::ptrdiff_t>(row * width);
    EXPECT_TRUE(same_bits(std::vector<double>(at, at + static_cast<std::ptrdiff_t>(width)), sweep_row(schema, row)))
        << row;
  }
}

TEST(SweepLayout, BoxesCoverEveryRangeOfRowsOnceAndInOrder) {
  const SweepGrid grid{{"a", "b", "c"}, 3, 4};
  for (std::uint64_t first = 0; first < grid.rows(); ++first)
    for (std::uint64_t count = 0; first + count <= grid.rows(); ++count) {
      std::uint64_t next = first;
      const auto boxes = sweep_layout::boxes(grid, first, count);
      EXPECT_LE(boxes.size(), 5u);
      for (const auto& box : boxes) {
        EXPECT_EQ(box.offset, next - first);
        for (std::uint64_t l = 0; l < box.count[0]; ++l)
          for (std::uint64_t s = 0; s < box.count[1]; ++s)
            for (std::uint64_t r = 0; r < box.count[2]; ++r)
              EXPECT_EQ(grid.row(box.start[0] + l, box.start[1] + s, box.start[2] + r), next++);
      }
      EXPECT_EQ(next, first + count);
    }
}

TEST_F(Sweep, IsReadBackAsItWasWritten) {
  const SweepSchema schema = sweep_schema();
  fixture::write_sweep(path("a.h5"), schema);
  expect_complete(path("a.h5"), schema);
  EXPECT_FALSE(SweepPart::exists(path("a.h5")));
  const SweepReader reader(path("a.h5"));
  EXPECT_EQ(reader.header().provenance.scenario, header().provenance.scenario);
  EXPECT_EQ(reader.header().provenance.assumptions, header().provenance.assumptions);
  EXPECT_EQ(reader.schema().grid.levers, schema.grid.levers);
  // Ranges that begin and end anywhere.
  const std::vector<double> whole = reader.read_rows(0, reader.rows());
  for (std::uint64_t first : {1, 5, 11})
    for (std::uint64_t count : {1, 2, 7, 13}) {
      const auto at = whole.begin() + static_cast<std::ptrdiff_t>(first * schema.row_width());
      EXPECT_EQ(reader.read_rows(first, count),
                std::vector<double>(at, at + static_cast<std::ptrdiff_t>(count * schema.row_width())));
    }
}

TEST_F(Sweep, GivesTheSameBytesHoweverItWasSplit) {
  const SweepSchema schema = sweep_schema();
  fixture::write_sweep(path("once.h5"), schema);
  for (const std::uint64_t n : {1, 3, 7}) {
    std::vector<std::string> parts;
    for (std::uint64_t i = 0; i < n; ++i) parts.push_back(write_shard(schema, i, n));
    std::reverse(parts.begin(), parts.end());
    SCOPED_TRACE(n);
    const std::string merged = path("merged.h5");
    merge_sweeps(merged, parts, MissingRows::refuse, "");
    expect_complete(merged, schema);
    EXPECT_TRUE(contents(merged) == contents(path("once.h5")));
  }
}

TEST_F(Sweep, TakesInterleavedRowsInAnyOrderAndTheLastPutOfARow) {
  const SweepSchema schema = sweep_schema();
  std::vector<std::string> parts;
  for (std::uint64_t i = 0; i < 3; ++i) {
    std::vector<std::uint64_t> rows;
    for (std::uint64_t row = i; row < schema.grid.rows(); row += 3) rows.push_back(row);
    parts.push_back(path("strided" + std::to_string(i) + ".h5"));
    SweepPart part = SweepPart::create(parts.back(), header(), schema, rows);
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
      part.put(*row, RowState::failed, sweep_row(schema, 0));
      part.put(*row, RowState::done, sweep_row(schema, *row));
    }
    part.publish_part();
  }
  merge_sweeps(path("out.h5"), parts, MissingRows::refuse, "");
  expect_complete(path("out.h5"), schema);
}

TEST_F(Sweep, NamesWhatIsMissingAndWritesItOnlyWhenAsked) {
  const SweepSchema schema = sweep_schema();
  std::vector<std::string> parts = {write_shard(schema, 0, 4), path("gone.h5"), write_shard(schema, 2, 4),
                                    write_shard(schema, 3, 4)};
  const Error error = error_of([&] { merge_sweeps(path("out.h5"), parts, MissingRows::refuse, ""); });
  EXPECT_EQ(error.kind(), ErrorKind::partial);
  EXPECT_TRUE(says(error, "gone.h5")) << error.what();
  EXPECT_TRUE(says(error, "6 of 24 rows are missing")) << error.what();
  EXPECT_TRUE(says(error, "lever \"10k\", sample 1, replica 2 to lever \"10k\", sample 2, replica 3")) << error.what();
  EXPECT_FALSE(std::filesystem::exists(path("out.h5")));
  EXPECT_FALSE(std::filesystem::exists(path("out.h5.tmp")));

  const MergeReport report = merge_sweeps(path("out.h5"), parts, MissingRows::keep, "nadc merge");
  EXPECT_EQ(report.done, 18u);
  EXPECT_EQ(report.missing, 6u);
  ASSERT_EQ(report.damaged.size(), 1u);
  const SweepReader reader(path("out.h5"));
  EXPECT_EQ(reader.states(6, 1)[0], RowState::missing);
  EXPECT_TRUE(std::isnan(reader.read(schema.metrics[0], 6, 1)[0]));
  EXPECT_TRUE(says(Error(ErrorKind::failed, reader.header().history), "nadc merge"));
}

TEST_F(Sweep, FindsPartsThatWereCutOffOrChanged) {
  const SweepSchema schema = sweep_schema();
  std::vector<std::string> parts = {write_shard(schema, 0, 2), write_shard(schema, 1, 2)};
  const std::string whole = contents(parts[1]);
  std::filesystem::resize_file(parts[1], whole.size() - 100);
  Error error = error_of([&] { merge_sweeps(path("out.h5"), parts, MissingRows::refuse, ""); });
  EXPECT_TRUE(says(error, "shard2-1.h5") && says(error, "cut off")) << error.what();

  // One bit of one value: 20.125 is row 20's second value.
  std::string changed = whole;
  const double value = 20.125;
  const auto at = changed.find(std::string(reinterpret_cast<const char*>(&value), 8));
  ASSERT_NE(at, std::string::npos);
  changed[at + 3] ^= 1;
  std::ofstream(parts[1], std::ios::binary) << changed;
  error = error_of([&] { merge_sweeps(path("out.h5"), parts, MissingRows::refuse, ""); });
  EXPECT_EQ(error.kind(), ErrorKind::partial);
  EXPECT_TRUE(says(error, "1 row does not match its check")) << error.what();
  EXPECT_TRUE(says(error, "lever \"18k 세액공제\", sample 2, replica 0")) << error.what();
}

TEST_F(Sweep, RefusesPartsOfAnotherStudy) {
  const SweepSchema schema = sweep_schema();
  const std::string ours = write_shard(schema, 0, 2), theirs = path("theirs.h5");
  Header other = header();
  other.provenance.scenario += "seed: 1\n";
  SweepPart part = SweepPart::create(theirs, other, schema, std::vector<std::uint64_t>{23});
  part.publish_part();
  const Error error = error_of([&] { merge_sweeps(path("out.h5"), std::vector{ours, theirs}, MissingRows::keep, ""); });
  EXPECT_EQ(error.kind(), ErrorKind::input);
  EXPECT_TRUE(says(error, "SHA-256 of the study")) << error.what();
}

TEST_F(Sweep, RefusesFilesThatDisagreeOnARow) {
  const SweepSchema schema = sweep_schema();
  const std::string one = write_shard(schema, 0, 2), two = path("two.h5");
  SweepPart part = SweepPart::create(two, header(), schema, std::vector<std::uint64_t>{5, 6});
  part.put(5, RowState::done, sweep_row(schema, 5));
  part.put(6, RowState::done, sweep_row(schema, 7));
  part.publish_part();
  const Error error = error_of([&] { merge_sweeps(path("out.h5"), std::vector{one, two}, MissingRows::keep, ""); });
  EXPECT_TRUE(says(error, "disagree")) << error.what();
}

TEST_F(Sweep, KeepsThePointOfAFailedReplicaAndNoneOfASkippedOne) {
  const SweepSchema schema = sweep_schema({"a"}, 2, 1);
  SweepPart part = SweepPart::create(path("a.h5"), header(), schema, all_rows(schema));
  part.put(0, RowState::failed, sweep_row(schema, 0));
  part.put(1, RowState::skipped, sweep_row(schema, 1));
  const MergeReport report = part.publish_grid(MissingRows::refuse);
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.skipped, 1u);
  const SweepReader reader(path("a.h5"));
  EXPECT_TRUE(std::isnan(reader.read(schema.metrics[1], 0, 1)[0]));
  EXPECT_EQ(reader.read(schema.points[0], 0, 1)[0], 0.0);
  EXPECT_TRUE(std::isnan(reader.read(schema.points[0], 1, 1)[0]));
}

TEST_F(Sweep, ResumesWithTheSameStudyAndVersionOnly) {
  const SweepSchema schema = sweep_schema();
  const std::vector<std::uint64_t> rows = all_rows(schema);
  {
    SweepPart part = SweepPart::create(path("a.h5"), header(), schema, rows);
    for (std::uint64_t row = 0; row < 10; ++row) part.put(row, RowState::done, sweep_row(schema, row));
    part.checkpoint();
    part.put(10, RowState::done, sweep_row(schema, 10));  // lost: no checkpoint
  }
  EXPECT_TRUE(says(error_of([&] { SweepPart::create(path("a.h5"), header(), schema, rows); }), "unfinished sweep"));
  Header newer = header();
  newer.provenance.version = "0.2.0";
  EXPECT_TRUE(says(error_of([&] { SweepPart::resume(path("a.h5"), newer, schema, rows); }),
                   "program version: 0.2.0 here, program version: 0.1.0 there"));
  EXPECT_TRUE(says(error_of([&] {
                     SweepPart::resume(path("a.h5"), header(), sweep_schema({"10k", "20k"}), rows);
                   }),
                   "lever: 20k"));
  EXPECT_TRUE(
      says(error_of([&] { SweepPart::resume(path("a.h5"), header(), schema, std::span(rows).first(4)); }), "24 rows"));

  SweepPart part = SweepPart::resume(path("a.h5"), header(), schema, rows);
  EXPECT_EQ(std::count(part.states().begin(), part.states().end(), RowState::done), 10);
  for (std::uint64_t i = 0; i < rows.size(); ++i)
    if (part.states()[i] == RowState::missing) part.put(rows[i], RowState::done, sweep_row(schema, rows[i]));
  part.publish_grid(MissingRows::refuse);
  expect_complete(path("a.h5"), schema);
}

TEST_F(Sweep, IsExtendedWithMoreLeversAndSamples) {
  const SweepSchema old_schema = sweep_schema({"a", "b"}, 2, 4), schema = sweep_schema({"b", "new", "a"}, 3, 4);
  fixture::write_sweep(path("old.h5"), old_schema);
  SweepPart part = SweepPart::create(path("new.h5"), header(), schema, all_rows(schema));
  const auto where = [&](std::uint64_t row) -> std::optional<std::uint64_t> {
    const std::uint64_t lever = row / 8, sample = row / 4 % 2, replica = row % 4;
    return schema.grid.row(lever == 0 ? 2 : 0, sample, replica);
  };
  EXPECT_EQ(part.import(path("old.h5"), where), 16u);
  EXPECT_EQ(part.states()[schema.grid.row(2, 1, 3)], RowState::done);
  EXPECT_EQ(part.states()[schema.grid.row(1, 0, 0)], RowState::missing);
  part.publish_grid(MissingRows::keep);
  EXPECT_TRUE(SweepPart::exists(path("new.h5")));  // rows are missing, so the part stays
  const SweepReader reader(path("new.h5"));
  EXPECT_TRUE(same_bits(reader.read(schema.metrics[2], schema.grid.row(0, 1, 2), 1), {14.25, 14.375}));
}

// A child writes until it is killed; what it checkpointed must be there, and the old file untouched.
TEST_F(Sweep, SurvivesAKillAtAnyMoment) {
  const SweepSchema schema = sweep_schema({"a", "b"}, 50, 20);
  const std::vector<std::uint64_t> rows = all_rows(schema);
  const std::string file = path("a.h5");
  fixture::write_sweep(file, sweep_schema());
  const std::string old = contents(file);
  int resumed = 0;
  for (int round = 0; round < 12; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        SweepPart part = SweepPart::exists(file) ? SweepPart::resume(file, header(), schema, rows)
                                                 : SweepPart::create(file, header(), schema, rows);
        for (std::uint64_t i = 0; i < rows.size(); ++i) {
          if (part.states()[i] == RowState::done) continue;
          part.put(rows[i], RowState::done, sweep_row(schema, rows[i]));
          if (i % 16 == 0) part.checkpoint();
          if (i % 16 == 0 && write(pipe_ends[1], &i, sizeof i) < 0) _exit(2);
          if (i >= 160u * static_cast<unsigned>(round + 1)) pause();
        }
      } catch (const Error& error) {
        fputs(error.what(), stderr);
        _exit(1);
      }
      pause();
    }
    close(pipe_ends[1]);
    // Odd rounds: killed after some checkpoints; even rounds: after a pause of a few milliseconds, wherever it is.
    std::uint64_t promised = 0, seen = 0;
    bool any = false;
    if (round % 2 == 1) {
      for (int i = 0; i < 3 && read(pipe_ends[0], &seen, sizeof seen) == sizeof seen; ++i) promised = seen, any = true;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(3 + 2 * round));
    }
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (read(pipe_ends[0], &seen, sizeof seen) == sizeof seen) promised = seen, any = true;
    close(pipe_ends[0]);
    EXPECT_EQ(contents(file), old);
    if (!SweepPart::exists(file)) continue;
    ++resumed;
    const SweepPart part = SweepPart::resume(file, header(), schema, rows);
    for (std::uint64_t i = 0; any && i <= promised; ++i)
      ASSERT_EQ(part.states()[i], RowState::done) << "row " << i << " of round " << round;
  }
  EXPECT_GT(resumed, 5);
  SweepPart part = SweepPart::resume(file, header(), schema, rows);
  for (std::uint64_t i = 0; i < rows.size(); ++i)
    if (part.states()[i] != RowState::done) part.put(rows[i], RowState::done, sweep_row(schema, rows[i]));
  part.publish_grid(MissingRows::refuse);
  expect_complete(file, schema);
}

// A power cut may leave any mixture of old and new disk blocks: such a part opens, and no row counts as done whose
// values are not there.
TEST_F(Sweep, SurvivesTornWrites) {
  const SweepSchema schema = sweep_schema({"a", "b"}, 20, 10);
  const std::vector<std::uint64_t> rows = all_rows(schema);
  const std::string file = path("a.h5"), part_file = file + ".part";
  std::string before, after;
  {
    SweepPart part = SweepPart::create(file, header(), schema, rows);
    before = contents(part_file);
    for (const std::uint64_t row : rows) part.put(row, RowState::done, sweep_row(schema, row));
    part.checkpoint();
    after = contents(part_file);
  }
  ASSERT_EQ(before.size(), after.size());
  constexpr std::size_t disk_block = 512;
  std::mt19937 bits(7);
  std::size_t done = 0;
  for (int trial = 0; trial < 60; ++trial) {
    std::string torn = before;
    for (std::size_t at = 0; at < torn.size(); at += disk_block)
      if (bits() % 8 != 0) torn.replace(at, disk_block, after, at, disk_block);
    std::ofstream(part_file, std::ios::binary) << torn;
    const SweepPart part = SweepPart::resume(file, header(), schema, rows);
    const std::vector<RowState> states(part.states().begin(), part.states().end());
    const SweepReader reader(part_file);
    for (std::uint64_t row = 0; row < rows.size(); ++row)
      if (states[row] == RowState::done) {
        ++done;
        ASSERT_TRUE(same_bits(reader.read_rows(row, 1), sweep_row(schema, row))) << trial << " row " << row;
      }
  }
  EXPECT_GT(done, 100u);
}

TEST_F(Sweep, TellsBeforeTheFirstReplicaThatTheDiskIsFull) {
  // A limit on the size of files stands for a full disk.
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{200'000, 200'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      SweepPart::create(path("a.h5"), header(), sweep_schema({"a"}, 100, 100), all_rows(sweep_schema({"a"}, 100, 100)));
    } catch (const Error& error) {
      _exit(says(error, "File too large") && says(error, "ulimit") && error.kind() == ErrorKind::failed ? 0 : 2);
    }
    _exit(1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(Sweep, RefusesSchemasThatCannotBeStored) {
  SweepSchema schema = sweep_schema();
  schema.metrics.push_back(schema.metrics[0]);
  schema.axes[0].units = "hours";
  const Error error = error_of([&] { SweepPart::create(path("a.h5"), header(), schema, all_rows(schema)); });
  EXPECT_TRUE(says(error, "declared twice") && says(error, "timedelta")) << error.what();
}

}  // namespace
}  // namespace nadc
