// Inside of read*.cpp: what one reading carries along.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/scenario/read.hpp"
#include "app/scenario/units.hpp"

namespace nadc {

class Reader {
 public:
  explicit Reader(std::optional<std::int64_t> start) : start_(start) {}

  // at is where a problem with the object as a whole is shown. Fills resolved, a map.
  void object(const Node& node, const Where& at, const FieldTable& table, void* object, const std::string& path,
              Node& resolved, const Field* name_field = nullptr);
  // node is the field's value; resolved is a copy of node that may be refined.
  void value(const Node& node, const Field& field, void* object, const std::string& path, Node& resolved);
  // For laws, and what they are made of. Nothing is written on a problem.
  bool law(const Node& node, Dimension dimension, const Range& range, const std::string& path, LawSpec& out,
           Node& resolved);
  // A number with unit, or {uncertain: LAW}.
  std::optional<double> scalar(const Node& node, Dimension dimension, const Range& range, const std::string& path,
                               Node& resolved);

  void problem(const Where& where, const std::string& path, std::string message, std::string hint = {});
  std::vector<Problem>& problems() { return problems_; }
  Reading& reading() { return reading_; }

 private:
  void default_value(const Field& field, void* object, const std::string& path, Node& resolved);
  void elements(const Node& node, const Field& field, void* member, const std::string& path, Node& resolved);
  void one_of(const Node& node, const Field& field, void* member, const std::string& path, Node& resolved);
  bool law_points(const Node& node, bool cumulative, Dimension dimension, const std::string& path, LawSpec& out,
                  Node& resolved);
  bool law_file(const Node& node, const std::string& path, LawSpec& out, Node& resolved);
  std::optional<std::string> existing_path(const Node& node, const std::string& path, Node& resolved);
  void unknown_key(const Node::Entry& entry, const std::string& path, const std::vector<std::string_view>& known);
  template <class V, class ReadOne>
  void scalars(const Node& node, const std::string& path, Node& resolved, std::vector<V>& out, ReadOne read_one);

  std::optional<std::int64_t> start_;
  std::vector<Problem> problems_;
  Reading reading_;
};

// "must be at least 0 W" when value is outside.
std::string out_of_range(double value, const Range& range, Dimension dimension);
std::string join_path(const std::string& path, std::string_view key);
std::string expectation(const Field& field);
std::string list_of(const std::vector<std::string_view>& names);
std::string near_or_known(std::string_view word, const std::vector<std::string_view>& known);
bool good_name(std::string_view name);  // key paths can hold it

}  // namespace nadc
