// Writes run.h5, sweep.h5 and shard.h5 into the folder named by the first argument.
#include <cstdio>

#include "sim/error.hpp"
#include "tests/app/io/fixture.hpp"

int main(int argc, char** argv) {
  using namespace nadc;
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  try {
    fixture::write_run(folder + "/run.h5");
    const SweepSchema schema = fixture::sweep_schema();
    fixture::write_sweep(folder + "/sweep.h5", schema);
    SweepPart part = SweepPart::create(folder + "/shard.h5", fixture::header("sweep", "nadc sweep of 한국"), schema,
                                       std::vector<std::uint64_t>{4, 5, 6, 7});
    for (const std::uint64_t row : {4, 5, 6}) part.put(row, RowState::done, fixture::sweep_row(schema, row));
    part.publish_part();
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.kind());
  }
  return 0;
}
