// Tables with named columns, record by record. Inside app/trace only.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/trace/readers.hpp"
#include "app/trace/text.hpp"

namespace nadc::trace {

// One record seen through the names of its columns.
class Row {
 public:
  Row(const std::vector<std::string>& names, const Records& records) : names_(names), records_(records) {}

  bool has(std::string_view name) const { return find(name) >= 0; }

  std::string_view text(std::string_view name) const {
    const int i = find(name);
    return i < 0 ? std::string_view{} : trim(records_.fields()[static_cast<std::size_t>(i)]);
  }

  // Finite number; absent (empty) is nothing.
  std::optional<double> number(std::string_view name, std::string_view meaning) const {
    const std::string_view field = text(name);
    if (field.empty()) return std::nullopt;
    const auto value = to_number(field);
    if (!value) fail(name, "is not a number", meaning);
    return value;
  }
  double needed_number(std::string_view name, std::string_view meaning) const {
    const auto value = number(name, meaning);
    if (!value) fail(name, "is empty", meaning);
    return *value;
  }
  std::int64_t count(std::string_view name, std::string_view meaning) const {
    const std::string_view field = text(name);
    const auto value = to_count(field);
    if (!value) fail(name, field.empty() ? "is empty" : "is not a whole number up to 10^9", meaning);
    if (*value < 0) fail(name, "is negative", meaning);
    return *value;
  }
  // Nothing for an empty field, None or Unknown.
  std::optional<CalendarTime> time(std::string_view name) const {
    const std::string_view field = text(name);
    const std::string word = lower(field);
    if (word.empty() || word == "none" || word == "unknown" || word == "nan" || word == "nat" || word == "null")
      return std::nullopt;
    const auto value = to_time(field);
    if (!value) fail(name, "is not a time", "a time such as 2023-03-01 09:42:51, or nothing");
    return value;
  }
  std::optional<double> instant(std::string_view name) const {
    const auto value = time(name);
    return value ? std::optional<double>(value->instant_s()) : std::nullopt;
  }

  [[noreturn]] void fail(std::string_view name, std::string_view what, std::string_view expected) const {
    const int i = find(name);
    std::string message(name);
    message.append(" ").append(what);
    if (!text(name).empty()) message.append(" (\"").append(text(name).substr(0, 60)).append("\")");
    throw Malformed{std::move(message), "expected " + std::string(expected),
                    i < 0 ? 0 : records_.column(static_cast<std::size_t>(i)), ""};
  }

 private:
  int find(std::string_view name) const {
    const auto at = std::find(names_.begin(), names_.end(), name);
    return at == names_.end() ? -1 : static_cast<int>(at - names_.begin());
  }

  const std::vector<std::string>& names_;
  const Records& records_;
};

struct Layout {
  char separator = ',';
  Records::Quotes quotes = Records::Quotes::rfc4180;
  std::vector<std::string_view> needed{};      // columns without which the format is another one; "A|B": one of them
  std::vector<std::string_view> headerless{};  // the order of columns when the first line is no header; may be empty
  std::string_view header_mark = {};           // a column name by which a header line is known, when headerless
};

// Hands every record to read_row; its faults go to the reading's. Throws Error (input) on a header that will not do.
void read_table(std::string_view text, const Layout& layout, Reading& reading,
                const std::function<void(const Row&)>& read_row);

}  // namespace nadc::trace
