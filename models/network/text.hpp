// Small text helpers of the network room's messages.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nadc {

std::string grouped(std::int64_t value);                                                           // 10240 → "10,240"
std::string shortened(double value, int digits = 6);                                               // %g
std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known);  // by edit distance
std::string xml_text(std::string_view text);  // as it may stand between tags and in quotes; control characters go

}  // namespace nadc
