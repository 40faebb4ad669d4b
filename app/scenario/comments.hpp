// Assumptions that the files state in comments. A comment with the word "assumption" belongs to the key or list item on
// its line, or to the one directly below it; the block at the head of a file belongs to none. Values that an override
// replaced have left their comments behind. Node kinds are left out: they carry a source each.
#pragma once
#include <vector>

#include "app/scenario/document.hpp"
#include "app/scenario/read.hpp"

namespace nadc {

// In the order of the tree; a comment is given once.
std::vector<Assumption> stated_assumptions(const Node& tree);

}  // namespace nadc
