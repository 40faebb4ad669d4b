#include "app/trace/table.hpp"

namespace nadc::trace {
namespace {

std::string joined(const std::vector<std::string>& names, const char* between = ", ") {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : between) + name;
  return text;
}

std::vector<std::string> alternatives(std::string_view need) {
  std::vector<std::string> names;
  for (;;) {
    const std::size_t bar = std::min(need.find('|'), need.size());
    names.emplace_back(need.substr(0, bar));
    if (bar == need.size()) return names;
    need.remove_prefix(bar + 1);
  }
}

}  // namespace

void read_table(std::string_view text, const Layout& layout, Reading& reading,
                const std::function<void(const Row&)>& read_row) {
  Records records(text, layout.separator, layout.quotes);
  std::vector<std::string> names;
  bool in_header = true;
  const auto take_names = [&](const std::vector<std::string>& fields) {
    for (const std::string& field : fields) names.emplace_back(trim(field));
    for (std::string_view need : layout.needed) {
      const std::vector<std::string> choice = alternatives(need);
      if (std::none_of(choice.begin(), choice.end(), [&](const std::string& name) {
            return std::find(names.begin(), names.end(), name) != names.end();
          }))
        throw Malformed{
            "the header has no column " + joined(choice, " or ") + " (it has " + joined(names).substr(0, 200) + ")",
            "is this really a " + reading.trace.format + " trace?", 0, ""};
    }
    for (const std::string& name : names)
      if (!name.empty() && std::count(names.begin(), names.end(), name) > 1)
        throw Malformed{"the header names the column " + name + " twice", "rename one of them", 0, ""};
  };
  for (;;) {
    try {
      if (!records.next()) break;
      const auto& fields = records.fields();
      if (names.empty()) {
        const bool header =
            layout.headerless.empty() || std::find(fields.begin(), fields.end(), layout.header_mark) != fields.end();
        if (header) {
          take_names(fields);
          in_header = false;
          continue;
        }
        names.assign(layout.headerless.begin(), layout.headerless.end());
        in_header = false;
      }
      // sacct -p (not -P) ends every line with one more separator.
      const bool trailing = layout.separator == '|' && fields.size() == names.size() + 1 && fields.back().empty();
      if (fields.size() != names.size() && !trailing)
        throw Malformed{
            "the line has " + std::to_string(fields.size()) + " fields, the header " + std::to_string(names.size()),
            "expected " + joined(names).substr(0, 200), 0, ""};
      read_row(Row(names, records));
    } catch (const Malformed& fault) {
      if (in_header)  // no line can be understood without it
        throw Error(ErrorKind::input, fault.message, fault.hint,
                    in_file(reading.faults.file(), records.line(), fault.column, records.source_line()));
      reading.faults.add(fault, records.line(), records.source_line());
    }
  }
}

}  // namespace nadc::trace
