#include "app/scenario/read.hpp"

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "app/scenario/reader.hpp"

namespace nadc {
namespace {

constexpr std::size_t most_problems = 50;

void store_integer(void* member, std::uint8_t width, std::int64_t value) {
  // Little-endian hosts only: the low bytes come first.
  std::memcpy(member, &value, width);
}

// The start of the scenario, wanted before dates that are relative to it.
std::optional<std::int64_t> find_start(const Node& root, const FieldTable& table) {
  const Field* field = table.find("start");
  if (!field || field->kind != FieldKind::date) return std::nullopt;
  const Node::Entry* entry = root.find("start");
  const std::string_view text = entry && entry->value.is_scalar() ? std::string_view(entry->value.text)
                                : field->is_required()            ? std::string_view()
                                                                  : field->default_text;
  return parse_date(text, std::nullopt).value;
}

}  // namespace

std::string join_path(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + '.' + std::string(key);
}

std::string out_of_range(double value, const Range& range, Dimension dimension) {
  return range.contains(value) ? "" : "must be " + format_range(range, dimension);
}

void Reader::problem(const Where& where, const std::string& path, std::string message, std::string hint) {
  problems_.push_back({std::move(message), std::move(hint), place_of(where, path)});
}

void Reader::unknown_key(const Node::Entry& entry, const std::string& path,
                         const std::vector<std::string_view>& known) {
  problem(entry.key_where, path, "unknown key '" + entry.key + "'", near_or_known(entry.key, known));
}

void Reader::object(const Node& node, const Where& at, const FieldTable& table, void* object, const std::string& path,
                    Node& resolved, const Field* name_field) {
  resolved = Node{};
  resolved.kind = Node::Kind::map;
  resolved.where = node.where;
  if (!node.is_map()) {
    problem(
        node.is_null() ? at : node.where, path, describe(node) + " stands here; expected a map of keys",
        table.fields.empty() ? "" : "known here: " + [&] {
          std::vector<std::string_view> known;
          for (const Field& field : table.fields) known.push_back(field.key);
          return list_of(known);
        }());
    return;
  }
  const std::size_t before = problems_.size();
  std::vector<std::string_view> known;
  for (const Field& field : table.fields)
    if (&field != name_field) known.push_back(field.key);
  for (const Node::Entry& entry : node.entries)
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) unknown_key(entry, path, known);
  for (const Field& field : table.fields) {
    if (&field == name_field) continue;
    const Node::Entry* entry = node.find(field.key);
    const std::string field_path = join_path(path, field.key);
    if (!entry || (entry->value.is_null() && field.is_optional())) {
      if (field.is_required()) {
        problem(at, path, "the key '" + std::string(field.key) + "' is missing; expected " + expectation(field),
                std::string(field.doc));
        continue;
      }
      if (field.is_optional()) continue;
      Node::Entry filled{std::string(field.key), node.where, {}};
      default_value(field, object, field_path, filled.value);
      resolved.entries.push_back(std::move(filled));
      continue;
    }
    Node::Entry copy = *entry;
    if (entry->value.is_null()) {
      problem(entry->key_where, field_path, "no value stands here; expected " + expectation(field),
              field.is_required() ? "" : "without the key, it is " + std::string(field.default_text));
      continue;
    }
    value(entry->value, field, object, field_path, copy.value);
    resolved.entries.push_back(std::move(copy));
  }
  if (table.check && problems_.size() == before) {
    std::vector<Complaint> complaints;
    table.check(object, complaints);
    for (Complaint& complaint : complaints) {
      const Node::Entry* entry = node.find(complaint.key);
      problem(entry ? entry->key_where : at, complaint.key.empty() ? path : join_path(path, complaint.key),
              std::move(complaint.message), std::move(complaint.hint));
    }
  }
}

void Reader::default_value(const Field& field, void* object, const std::string& path, Node& resolved) {
  const Node node = parse_default(field.default_text, path);
  resolved = node;
  value(node, field, object, path, resolved);
  resolved.is_default = true;
  if (field.is_assumption())
    reading_.assumptions.push_back(
        {path, std::string(field.default_text), std::string(field.doc), std::string(field.source)});
}

template <class V, class ReadOne>
void Reader::scalars(const Node& node, const std::string& path, Node& resolved, std::vector<V>& out, ReadOne read_one) {
  out.clear();
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (std::optional<V> one = read_one(node.items[i], path + '[' + std::to_string(i) + ']', resolved.items[i]))
      out.push_back(*std::move(one));
  }
}

std::optional<double> Reader::scalar(const Node& node, Dimension dimension, const Range& range, const std::string& path,
                                     Node& resolved) {
  const std::string expected = dimension == Dimension::none
                                   ? "a number"
                                   : a_dimension(dimension) + " such as \"" + std::string(example_of(dimension)) + "\"";
  if (node.is_map() && node.entries.size() == 1 && node.entries[0].key == "uncertain") {
    LawSpec spec;
    const Node::Entry& entry = node.entries[0];
    // Nested uncertainty has no meaning: the list would hold parameters of a law that is itself only sampled once.
    const std::size_t listed = reading_.uncertain.size();
    if (!law(entry.value, dimension, range, path + ".uncertain", spec, resolved.entries[0].value)) return std::nullopt;
    if (reading_.uncertain.size() != listed) {
      reading_.uncertain.resize(listed);
      problem(entry.key_where, path, "an uncertain value cannot have uncertain parameters", "");
      return std::nullopt;
    }
    const double median = quantile(spec, 0.5);
    reading_.uncertain.push_back({path, std::move(spec), dimension, median, place_of(entry.key_where, path)});
    return median;
  }
  if (!node.is_scalar()) {
    const bool law_like = node.is_map() && node.entries.size() == 1;
    problem(node.where, path, describe(node) + " stands here; expected " + expected,
            law_like ? "a value that is not known for sure is written {uncertain: {…}}" : "");
    return std::nullopt;
  }
  if (dimension == Dimension::none && node.quoted) {
    problem(node.where, path, "the text \"" + node.text + "\" stands here; expected a number", "remove the quotes");
    return std::nullopt;
  }
  const Parsed<double> parsed = parse_quantity(node.text, dimension);
  if (!parsed) {
    problem(node.where, path, parsed.message + (dimension == Dimension::none ? "; expected a number" : ""),
            parsed.hint);
    return std::nullopt;
  }
  if (!range.contains(*parsed)) {
    problem(node.where, path, describe(node) + " is out of range: " + out_of_range(*parsed, range, dimension), "");
    return std::nullopt;
  }
  return *parsed;
}

std::optional<std::string> Reader::existing_path(const Node& node, const std::string& path, Node& resolved) {
  namespace fs = std::filesystem;
  if (!node.is_scalar()) {
    problem(node.where, path, describe(node) + " stands here; expected the path of a file", "");
    return std::nullopt;
  }
  if (node.text.empty()) return std::string();
  const std::string folder = node.where.source ? node.where.source->folder : std::string();
  const fs::path named(node.text);
  const fs::path file = (named.is_absolute() ? named : fs::path(folder) / named).lexically_normal();
  std::error_code code;
  if (!fs::exists(file, code)) {
    problem(node.where, path, "there is no such file: '" + file.string() + "'",
            named.is_absolute() ? ""
            : node.where.source && node.where.source->numbered
                ? "a path in a file starts from the folder of that file"
                : "a path on the command line starts from the working directory");
    return std::nullopt;
  }
  resolved.text = fs::absolute(file, code).lexically_normal().string();
  return file.string();
}

void Reader::value(const Node& node, const Field& field, void* object, const std::string& path, Node& resolved) {
  void* const member = field.in(object);
  const auto unexpected = [&] {
    problem(node.where, path, describe(node) + " stands here; expected " + expectation(field), "");
  };
  const auto read_integer = [&](const Node& each, const std::string& at, Node&) -> std::optional<std::int64_t> {
    if (!each.is_scalar()) {
      problem(each.where, at, describe(each) + " stands here; expected a whole number", "");
      return std::nullopt;
    }
    if (each.quoted) {
      problem(each.where, at, "the text \"" + each.text + "\" stands here; expected a whole number",
              "remove the quotes");
      return std::nullopt;
    }
    const Parsed<std::int64_t> parsed = parse_integer(each.text);
    if (!parsed) {
      problem(each.where, at, parsed.message + "; expected a whole number", parsed.hint);
      return std::nullopt;
    }
    const double real = static_cast<double>(*parsed);
    if (!field.range.contains(real)) {
      problem(each.where, at, describe(each) + " is out of range: " + out_of_range(real, field.range, Dimension::none));
      return std::nullopt;
    }
    if (field.width == 4 && (*parsed > INT_MAX || *parsed < INT_MIN)) {
      problem(each.where, at, describe(each) + " is too large");
      return std::nullopt;
    }
    return *parsed;
  };
  const auto read_double = [&](const Node& each, const std::string& at, Node& refined) {
    return scalar(each, field.dimension, field.range, at, refined);
  };
  const auto read_text = [&](const Node& each, const std::string& at, Node& refined) -> std::optional<std::string> {
    if (!each.is_scalar()) {
      problem(each.where, at, describe(each) + " stands here; expected text");
      return std::nullopt;
    }
    refined.quoted = true;
    return each.text;
  };

  switch (field.kind) {
    case FieldKind::boolean:
      if (!node.is_scalar() || node.quoted || (node.text != "true" && node.text != "false")) return unexpected();
      *static_cast<bool*>(member) = node.text == "true";
      return;
    case FieldKind::integer:
      if (const auto x = read_integer(node, path, resolved)) store_integer(member, field.width, *x);
      return;
    case FieldKind::number:
    case FieldKind::quantity:
      if (const auto x = read_double(node, path, resolved)) *static_cast<double*>(member) = *x;
      return;
    case FieldKind::ticks:
      if (const auto x = read_double(node, path, resolved)) {
        const double ticks = *x * static_cast<double>(ticks_per_second);
        if (std::fabs(ticks) >= static_cast<double>(never)) return problem(node.where, path, "this is too long");
        *static_cast<Tick*>(member) = std::llround(ticks);
      }
      return;
    case FieldKind::date: {
      if (!node.is_scalar()) return unexpected();
      const Parsed<std::int64_t> parsed = parse_date(node.text, start_);
      if (!parsed) return problem(node.where, path, parsed.message, parsed.hint);
      *static_cast<std::int64_t*>(member) = *parsed;
      return;
    }
    case FieldKind::text:
    case FieldKind::name:
      if (auto x = read_text(node, path, resolved)) *static_cast<std::string*>(member) = *std::move(x);
      return;
    case FieldKind::path:
      if (node.is_scalar() && std::find(field.names.begin(), field.names.end(), node.text) != field.names.end()) {
        *static_cast<std::string*>(member) = node.text;
        return;
      }
      if (!field.names.empty() && node.is_scalar() && node.text.find_first_of("./") == std::string::npos &&
          !node.text.empty())
        return problem(node.where, path, describe(node) + " is none of " + list_of(field.names) + ", and no file",
                       near_or_known(node.text, field.names));
      if (auto x = existing_path(node, path, resolved)) *static_cast<std::string*>(member) = *std::move(x);
      return;
    case FieldKind::choice: {
      if (!node.is_scalar()) return unexpected();
      const auto found = std::find(field.names.begin(), field.names.end(), node.text);
      if (found == field.names.end())
        return problem(node.where, path, describe(node) + " is none of " + list_of(field.names),
                       near_or_known(node.text, field.names));
      store_integer(member, field.width, found - field.names.begin());
      return;
    }
    case FieldKind::integers:
      if (!node.is_list()) return unexpected();
      return scalars(node, path, resolved, *static_cast<std::vector<std::int64_t>*>(member), read_integer);
    case FieldKind::numbers:
    case FieldKind::quantities:
      if (!node.is_list()) return unexpected();
      return scalars(node, path, resolved, *static_cast<std::vector<double>*>(member), read_double);
    case FieldKind::texts:
      if (!node.is_list()) return unexpected();
      return scalars(node, path, resolved, *static_cast<std::vector<std::string>*>(member), read_text);
    case FieldKind::amounts: {
      if (!node.is_map()) return unexpected();
      auto& out = *static_cast<std::vector<NamedAmount>*>(member);
      out.clear();
      for (std::size_t i = 0; i < node.entries.size(); ++i) {
        const Node::Entry& entry = node.entries[i];
        if (!good_name(entry.key)) {
          problem(entry.key_where, path, "the name '" + entry.key + "' has a character that key paths need",
                  "names have no '.', '[', ']', '=', '+', '~', blanks or quotes");
        } else if (const auto x = read_double(entry.value, join_path(path, entry.key), resolved.entries[i].value)) {
          out.push_back({entry.key, *x});
        }
      }
      return;
    }
    case FieldKind::law: {
      LawSpec spec;
      if (law(node, field.dimension, field.range, path, spec, resolved))
        *static_cast<LawSpec*>(member) = std::move(spec);
      return;
    }
    case FieldKind::object: {
      void* const target = field.nested.grow(member);
      return this->object(node, node.where, field.nested.table(), target, path, resolved);
    }
    case FieldKind::list:
    case FieldKind::map:
      return elements(node, field, member, path, resolved);
    case FieldKind::one_of:
      return one_of(node, field, member, path, resolved);
  }
}

Reading read_object(const Node& root, const FieldTable& table, void* object) {
  Reader reader(root.is_map() ? find_start(root, table) : std::nullopt);
  Node resolved;
  reader.object(root, root.where, table, object, "", resolved);
  std::vector<Problem>& problems = reader.problems();
  if (!problems.empty()) {
    if (problems.size() > most_problems) {
      const std::size_t more = problems.size() - most_problems;
      problems.resize(most_problems);
      problems.push_back({"there are " + std::to_string(more) + " more problems", "", {}});
    }
    throw Error(ErrorKind::input, std::move(problems));
  }
  reader.reading().resolved = std::move(resolved);
  return std::move(reader.reading());
}

}  // namespace nadc
