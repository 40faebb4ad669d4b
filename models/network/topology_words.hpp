// Topologies as words of a key.
#pragma once
#include <algorithm>
#include <utility>

#include "models/network/shape.hpp"
#include "sim/field.hpp"

namespace nadc {

// The field with the names of the topologies after its own words.
inline Field with_topologies(Field field) {
  field.names.insert(field.names.end(), std::begin(topology_names), std::end(topology_names));
  return field;
}

// The same of a path: a graph is named by its file.
inline Field with_shapes(Field field) {
  field = with_topologies(std::move(field));
  std::erase(field.names, name_of(TopologyKind::custom));
  return field;
}

}  // namespace nadc
