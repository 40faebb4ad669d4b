// What is wrong in a scenario, at a key path.
#pragma once
#include <string>
#include <utility>

#include "sim/error.hpp"

namespace nadc {

[[noreturn]] inline void fail(std::string path, std::string message, std::string hint) {
  Place place;
  place.path = std::move(path);
  throw Error(ErrorKind::input, std::move(message), std::move(hint), std::move(place));
}

}  // namespace nadc
