// Writes a trace in the two formats that other programs read. What is written reads back as the same rows, except that
// SWF has numbers for users, groups and classes (its header comments say whose) and numbers its jobs from 1.
// Numbers are written with the fewest digits that read back to the same double.
#pragma once
#include <iosfwd>
#include <string_view>

#include "app/trace/trace.hpp"

namespace nadc {

enum class TraceTarget { csv, swf };

void write_trace(std::ostream& out, const Trace& trace, TraceTarget target);

}  // namespace nadc
