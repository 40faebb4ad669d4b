// Where the values of a scenario were written, for problems that show only once the whole is put together.
#pragma once
#include <string>

#include "app/scenario/document.hpp"
#include "sim/error.hpp"

namespace nadc {

// The place of a key path in a tree that was read. What was left out is shown at the innermost key around it that
// somebody wrote; without any, only file and path are known. Entries of a list go by number, a.b[0], or by their name,
// a.b.NAME.
Place find_place(const Node& tree, const std::string& path, const std::string& file);

// The error with a file, line and column for each problem that has only a key path.
Error with_places(const Error& error, const Node& tree, const std::string& file);

}  // namespace nadc
