#include "app/sweep/fingerprint.hpp"

#include <algorithm>
#include <bit>
#include <span>
#include <string_view>

#include "models/world.hpp"

namespace nadc {
namespace {

class Hash {
 public:
  Hash& add(std::uint64_t word) {
    value_ = (value_ ^ word) * 1099511628211ull;
    value_ ^= value_ >> 29;
    return *this;
  }
  Hash& add(double value) { return add(std::bit_cast<std::uint64_t>(value)); }
  Hash& add(std::string_view text) {
    for (const char c : text) add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
    return add(std::uint64_t{text.size()});
  }
  std::uint64_t value() const { return std::rotl(value_, 31) * 0x9e3779b97f4a7c15ull; }

 private:
  std::uint64_t value_ = 14695981039346656037ull;
};

// Points of every law below, which a data file may have given.
void add_laws(Hash& hash, const FieldTable& table, const void* object) {
  for (const Field& field : table.fields) {
    if (field.kind == FieldKind::law) {
      for (const LawPoint& point : field.as<LawSpec>(object).points) hash.add(point.value).add(point.weight);
    } else if (field.nested.table) {
      void* member = const_cast<void*>(field.in(object));
      for (std::size_t i = 0; i < field.nested.size(member); ++i)
        add_laws(hash, field.nested.table(), field.nested.at(member, i));
    }
  }
}

void add_trace(Hash& hash, const World& world) {
  const TraceJob* rows = at(&world, world.trace);
  for (std::uint32_t i = 0; i < world.trace.count; ++i) {
    const TraceJob& row = rows[i];
    hash.add(static_cast<std::uint64_t>(row.submit)).add(static_cast<std::uint64_t>(row.duration));
    hash.add(static_cast<std::uint64_t>(row.request)).add(std::uint64_t{row.gpus});
    hash.add(std::uint64_t{row.cell.value} << 8 | row.outcome);
  }
  hash.add(world.trace_dropped);
}

}  // namespace

PointKeys::PointKeys(const Study& study) : study_(study) {
  const WorldBuilder& builder = study.builder();
  const World& world = builder.world();
  Hash shared;
  shared.add(world.seed).add(static_cast<std::uint64_t>(world.horizon)).add(std::uint64_t{world.nodes});
  shared.add(std::uint64_t{world.largest_request_log2}).add(std::uint64_t{world.first_measured_period});
  for (const auto* names : {&builder.groups(), &builder.classes(), &builder.partitions()}) {
    for (const std::string& name : *names) shared.add(std::string_view(name));
    shared.add(std::uint64_t{names->size()});
  }
  for (const PartitionId p : world.partitions.ids()) {
    const PartitionWorld& partition = at(&world, world.partitions)[p];
    shared.add(std::uint64_t{partition.shape.nodes}).add(std::uint64_t{partition.shape.gpus_per_node});
    shared.add(std::uint64_t{partition.shape.pod_nodes}).add(std::uint64_t{partition.first_node.value});
  }
  for (std::uint32_t p = 0; p < world.period_ends.count; ++p)
    shared.add(static_cast<std::uint64_t>(at(&world, world.period_ends)[p]));
  add_trace(shared, world);
  // The failure candidates of all levers come at the rate of the most failing one.
  const std::vector<std::byte> any = builder.point(study.levers().front().loaded.scenario, 0, 0);
  shared.add(reinterpret_cast<const Point*>(any.data())->greatest_hazard);
  world_ = shared.value();

  for (const Lever& lever : study.levers()) {
    Hash own;
    own.add(std::string_view(lever.loaded.resolved));
    add_laws(own, Scenario::fields(), &lever.loaded.scenario);
    const auto number = static_cast<std::uint32_t>(&lever - study.levers().data());
    if (const std::uint64_t network = study.network(number).fingerprint) own.add(network);
    levers_.push_back(own.value());
  }
}

std::uint64_t PointKeys::key(std::uint32_t lever, std::uint32_t sample) const {
  Hash hash;
  hash.add(world_).add(levers_[lever]).add(std::uint64_t{sample});
  const std::vector<double> values = study_.values(sample);
  const std::vector<UncertainScalar>& own = study_.levers()[lever].loaded.uncertain;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::any_of(own.begin(), own.end(), [&](const auto& u) { return u.path == study_.uncertain()[i].path; }))
      hash.add(std::string_view(study_.uncertain()[i].path)).add(values[i]);
  return hash.value() >> 11;
}

std::uint64_t data_fingerprint(const Study& study) {
  Hash hash;
  add_trace(hash, study.builder().world());
  for (const Lever& lever : study.levers()) {
    add_laws(hash, Scenario::fields(), &lever.loaded.scenario);
    const auto number = static_cast<std::uint32_t>(&lever - study.levers().data());
    if (const std::uint64_t network = study.network(number).fingerprint) hash.add(network);
  }
  return hash.value();
}

}  // namespace nadc
