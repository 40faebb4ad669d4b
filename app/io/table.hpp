// One small table, printed as an aligned table, JSON, CSV or Markdown.
//
// Numbers: table and Markdown round to the column's significant digits and group thousands; JSON and CSV give the
// shortest text that reads back as the same number, ungrouped. Not a number and empty cells are blank in table and CSV,
// null in JSON. Text is UTF-8; its width counts terminal columns (Hangul and Han take two, combining marks none), after
// the East Asian width classes of Unicode (UAX #11). JSON: a list of objects keyed by column name. CSV: quoted as RFC
// 4180 says, lines end with LF.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace nadc {

enum class Format { table, json, csv, markdown };
enum class Align { left, right };

// The format of a name; error (kind usage) with the choices when there is none.
Format parse_format(std::string_view name);

struct Column {
  std::string name;       // JSON key, CSV header
  std::string unit = {};  // shown as [unit] in table and Markdown; names carry theirs in JSON and CSV
  Align align = Align::right;
  int digits = 4;           // significant digits in table and Markdown
  std::string header = {};  // shown in table and Markdown; empty: the name
};

// Nothing, text, an integer, a number.
using Cell = std::variant<std::monostate, std::string, std::int64_t, double>;

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Error when the number of cells is not the number of columns.
  void add(std::vector<Cell> row);
  std::size_t rows() const { return rows_.size(); }
  std::string render(Format format) const;  // ends with a line feed

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// Terminal columns that a UTF-8 text takes. Each byte that is not UTF-8 counts one.
std::size_t display_width(std::string_view text);

// For people: 1234567.8 with 4 digits is "1,235,000"; very large and very small numbers get an exponent.
std::string human_number(double value, int digits);
std::string human_number(std::int64_t value);

}  // namespace nadc
