// What is said in several tables.
#pragma once
#include <string_view>

namespace nadc::metrics {

inline constexpr std::string_view served_leaves_out =
    "Jobs that may still come in time at the end, that failed of their own or were cancelled; jobs that were deterred; "
    "which member sent which job (an equal share each).";

}  // namespace nadc::metrics
