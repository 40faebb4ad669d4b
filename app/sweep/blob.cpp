#include "app/sweep/blob.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "app/io/atomic_file.hpp"
#include "app/io/table.hpp"
#include "gpu/study_blob.hpp"
#include "models/raw.hpp"
#include "sim/error.hpp"

namespace nadc {

constexpr std::uint64_t most_rows = 1'000'000;

bool export_blob(const std::string& path, const Study& study, const SweepRows& rows, const SweepRequest& request,
                 Log& log, const std::atomic<bool>& stop) {
  check_writable(path);
  const SweepGrid& grid = rows.grid();
  if (grid.rows() > most_rows)
    throw Error(ErrorKind::usage, fmt::format("{} rows are too many for a file of checks", grid.rows()),
                "take fewer with --samples, --replicas and --levers");
  const World& world = study.builder().world();
  BlobStudy blob;
  blob.name = study.spec().name;
  const auto* bytes = reinterpret_cast<const std::byte*>(&world);
  blob.world_block.assign(bytes, bytes + world.bytes);
  std::vector<Task> tasks;
  for (std::uint64_t lever = 0; lever < grid.levers.size(); ++lever)
    for (std::uint64_t sample = 0; sample < grid.samples; ++sample) {
      try {
        blob.points.push_back(study.point(rows.study_lever(lever), static_cast<std::uint32_t>(sample)));
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::input) throw;
        log.warn(fmt::format("left out: lever '{}', sample {}: {}", grid.levers[lever], sample,
                             error.problems().front().message));
        continue;
      }
      for (std::uint64_t replica = 0; replica < grid.replicas; ++replica)
        tasks.push_back({static_cast<std::uint32_t>(blob.points.size() - 1), static_cast<std::uint32_t>(replica)});
    }
  EnsembleOptions options;
  options.backend = request.backend;
  options.threads = request.threads;
  Progress progress(log, "replicas", tasks.size());
  std::vector<std::uint64_t> hashes(tasks.size());
  std::vector<bool> there(tasks.size(), false);
  std::uint64_t done = 0;
  // Tasks of a point are next to each other, one a replica.
  const EnsembleReport report = run_ensemble(
      world, blob.points, tasks, options,
      [&](const Row& row) {
        progress.update(++done);
        if (!row.raw) return log.warn("left out: " + row.error);
        const std::size_t i = row.task.point * grid.replicas + row.task.replica;
        hashes[i] = hash_of(world, Raw(RawShape(world), const_cast<void*>(row.raw)));
        there[i] = true;
      },
      &stop);
  progress.finish();
  if (report.stopped) {
    log.warn("interrupted: nothing is written");
    return false;
  }
  for (std::size_t i = 0; i < tasks.size(); ++i)
    if (there[i]) blob.rows.push_back({tasks[i], hashes[i]});
  const std::string temporary = temporary_name(path);
  try {
    write_study_blob(temporary, {blob});
    publish(temporary, path);
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw;
  }
  log.info(fmt::format("wrote {}: {} points, {} rows", path,
                       human_number(static_cast<std::int64_t>(blob.points.size())),
                       human_number(static_cast<std::int64_t>(blob.rows.size()))));
  return true;
}

}  // namespace nadc
