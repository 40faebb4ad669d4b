#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "app/scenario/reader.hpp"

namespace nadc {
namespace {

constexpr double least_probability = 1e-9;  // beyond it a law may leave its field's range

const LawForm* find_form(std::string_view name) {
  for (const LawForm& form : law_forms())
    if (form.name == name) return &form;
  return nullptr;
}

// The spread of a temperature is a difference of temperatures.
Dimension dimension_of_parameter(const LawField& field, Dimension dimension) {
  if (field.unit == LawUnit::ratio) return Dimension::none;
  return dimension == Dimension::temperature && field.name == "sd" ? Dimension::temperature_difference : dimension;
}

std::string shape_of(const LawForm& form, Dimension dimension) {
  if (form.points != LawPoints::none)
    return "{" + std::string(form.name) +
           ": {VALUE: " + (form.points == LawPoints::weights ? "WEIGHT" : "PROBABILITY") + ", …}}";
  std::string text = "{" + std::string(form.name) + ": {";
  for (std::size_t i = 0; i < form.fields.size(); ++i) {
    const bool quantity = form.fields[i].unit == LawUnit::quantity && dimension != Dimension::none;
    text += (i == 0 ? "" : ", ") + std::string(form.fields[i].name) + ": " +
            (quantity ? "\"" + std::string(example_of(dimension)) + "\"" : "1.5");
  }
  return text + "}}";
}

}  // namespace

bool Reader::law(const Node& node, Dimension dimension, const Range& range, const std::string& path, LawSpec& out,
                 Node& resolved) {
  const auto first_problem = problems_.size();
  const bool uncertain = node.is_map() && node.entries.size() == 1 && node.entries[0].key == "uncertain";
  if (node.is_scalar() || uncertain) {
    const std::optional<double> x = scalar(node, dimension, range, path, resolved);
    if (x) out = LawSpec::constant(*x);
    return x.has_value();
  }
  std::vector<std::string_view> names;
  for (const LawForm& form : law_forms()) names.push_back(form.name);
  const auto list_names = [&] {
    std::string all;
    for (const std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
    return all;
  };
  if (!node.is_map() || node.entries.size() != 1) {
    problem(node.where, path, describe(node) + " stands here; expected " + a_dimension(dimension) + " or one law",
            "a law is written " + shape_of(*find_form("lognormal"), dimension));
    return false;
  }
  const Node::Entry& entry = node.entries[0];
  const LawForm* form = find_form(entry.key);
  if (!form) {
    const std::string near = nearest(entry.key, names);
    problem(entry.key_where, path, "'" + entry.key + "' is no law",
            near.empty() ? "laws: " + list_names() : "did you mean '" + near + "'?");
    return false;
  }
  LawSpec spec;
  spec.kind = form->kind;
  Node& resolved_body = resolved.entries[0].value;
  const std::string law_path = path + '.' + entry.key;
  const Node& body = entry.value;
  const auto read_parameter = [&](const Node& value, const LawField& field, std::string_view key, double& parameter,
                                  Node& refined) {
    const std::optional<double> x =
        scalar(value, dimension_of_parameter(field, dimension), Range{}, law_path + '.' + std::string(key), refined);
    if (x) parameter = *x;
  };

  if (form->points != LawPoints::none) {
    spec.parameter[0] = 1.0;
    const bool cumulative = form->points == LawPoints::cumulative;
    const bool named = body.is_map() && (body.find("points") || body.find("file"));
    if (body.is_scalar() && cumulative) {
      law_file(body, law_path, spec, resolved_body);
    } else if (!named) {
      law_points(body, cumulative, dimension, law_path, spec, resolved_body);
    } else {
      for (std::size_t i = 0; i < body.entries.size(); ++i) {
        const Node::Entry& each = body.entries[i];
        Node& refined = resolved_body.entries[i].value;
        if (each.key == "points") {
          law_points(each.value, cumulative, dimension, law_path + ".points", spec, refined);
        } else if (each.key == "file" && cumulative) {
          law_file(each.value, law_path + ".file", spec, refined);
        } else if (each.key == "factor") {
          read_parameter(each.value, {"factor", LawUnit::ratio}, "factor", spec.parameter[0], refined);
        } else if (each.key == "min" || each.key == "max") {
          read_parameter(each.value, {"min", LawUnit::quantity}, each.key, each.key == "min" ? spec.min : spec.max,
                         refined);
        } else {
          unknown_key(each, law_path,
                      cumulative ? std::vector<std::string_view>{"points", "file", "factor", "min", "max"}
                                 : std::vector<std::string_view>{"points", "factor", "min", "max"});
        }
      }
      if (body.find("points") && body.find("file"))
        problem(body.find("file")->key_where, law_path, "a law has either points or a file");
    }
  } else if (body.is_list()) {
    if (body.items.size() != form->fields.size()) {
      problem(body.where, law_path,
              "a list of " + std::to_string(body.items.size()) + " stands here; '" + entry.key + "' takes " +
                  std::to_string(form->fields.size()),
              "write it as " + shape_of(*form, dimension));
      return false;
    }
    for (std::size_t i = 0; i < body.items.size(); ++i)
      read_parameter(body.items[i], form->fields[i], form->fields[i].name, spec.parameter[i], resolved_body.items[i]);
  } else if (body.is_map()) {
    std::vector<std::string_view> known;
    for (const LawField& field : form->fields) known.push_back(field.name);
    known.insert(known.end(), {"min", "max"});
    for (std::size_t i = 0; i < body.entries.size(); ++i) {
      const Node::Entry& each = body.entries[i];
      const auto found = std::find(known.begin(), known.end(), each.key);
      if (found == known.end()) {
        unknown_key(each, law_path, known);
        continue;
      }
      const auto index = static_cast<std::size_t>(found - known.begin());
      const bool caps = index >= form->fields.size();
      read_parameter(each.value, caps ? LawField{each.key, LawUnit::quantity} : form->fields[index], each.key,
                     !caps               ? spec.parameter[index]
                     : each.key == "min" ? spec.min
                                         : spec.max,
                     resolved_body.entries[i].value);
    }
    for (const LawField& field : form->fields)
      if (!body.find(field.name))
        problem(entry.key_where, law_path, "the key '" + std::string(field.name) + "' is missing",
                "write it as " + shape_of(*form, dimension));
  } else {
    problem(body.is_null() ? entry.key_where : body.where, law_path,
            describe(body) + " stands here; expected parameters", "write it as " + shape_of(*form, dimension));
  }
  if (problems_.size() != first_problem) return false;

  for (const std::string& message : problems_of(spec)) problem(entry.key_where, law_path, message);
  if (problems_.size() != first_problem) return false;
  const double least = quantile(spec, least_probability), most = quantile(spec, 1 - least_probability);
  for (const double extreme : {least, most}) {
    if (range.contains(extreme)) continue;
    problem(entry.key_where, law_path,
            "this law gives values such as " + format_quantity(extreme, dimension) + "; they " +
                out_of_range(extreme, range, dimension),
            extreme == least ? "cap it with min" : "cap it with max");
    return false;
  }
  out = std::move(spec);
  return true;
}

bool Reader::law_points(const Node& node, bool cumulative, Dimension dimension, const std::string& path, LawSpec& out,
                        Node&) {
  if (!node.is_map() || node.entries.empty()) {
    problem(node.where, path,
            describe(node) + " stands here; expected a map from values to " +
                (cumulative ? "cumulative probabilities" : "weights"));
    return false;
  }
  const std::size_t before = problems_.size();
  for (const Node::Entry& entry : node.entries) {
    const Parsed<double> value = parse_quantity(entry.key, dimension);
    if (!value) problem(entry.key_where, path, value.message, value.hint);
    const Parsed<double> weight = entry.value.is_scalar()
                                      ? parse_quantity(entry.value.text, Dimension::ratio)
                                      : Parsed<double>{{}, describe(entry.value) + " is not a number", ""};
    if (!weight) problem(entry.value.where, path, weight.message, weight.hint);
    if (value && weight) out.points.push_back({*value, *weight});
  }
  return problems_.size() == before;
}

bool Reader::law_file(const Node& node, const std::string& path, LawSpec& out, Node& resolved) {
  const std::optional<std::string> file = existing_path(node, path, resolved);
  if (!file || file->empty()) return false;
  resolved.quoted = true;
  std::ifstream stream(*file);
  const auto refuse = [&](int line, std::string message) {
    problems_.push_back({std::move(message), "rows are observations, or value,cumulative probability",
                         Place{*file, line, line > 0 ? 1 : 0, path, {}}});
    return false;
  };
  if (!stream) return refuse(0, "the file cannot be opened");
  std::vector<double> observations;
  std::string text;
  for (int line = 1; std::getline(stream, text); ++line) {
    if (text.ends_with('\r')) text.pop_back();
    if (text.empty() || text[0] == '#') continue;
    const std::size_t comma = text.find(',');
    const Parsed<double> value = parse_number(std::string_view(text).substr(0, comma));
    const bool first = observations.empty() && out.points.empty();
    if (!value && first && line <= 2) continue;  // a heading
    if (!value) return refuse(line, value.message);
    if (comma == std::string::npos) {
      if (!out.points.empty()) return refuse(line, "this row has one column, earlier ones have two");
      observations.push_back(*value);
      continue;
    }
    const Parsed<double> probability = parse_number(std::string_view(text).substr(comma + 1));
    if (!probability) return refuse(line, probability.message);
    if (!observations.empty()) return refuse(line, "this row has two columns, earlier ones have one");
    out.points.push_back({*value, *probability});
  }
  std::sort(observations.begin(), observations.end());
  for (std::size_t i = 0; i < observations.size(); ++i)
    out.points.push_back({observations[i], static_cast<double>(i + 1) / static_cast<double>(observations.size())});
  if (out.points.empty()) return refuse(0, "the file has no rows");
  return true;
}

LawSpec read_law(const Node& node, Dimension dimension, const Range& range, const std::string& path) {
  Reader reader(std::nullopt);
  LawSpec spec;
  Node resolved = node;
  if (!reader.law(node, dimension, range, path, spec, resolved)) throw Error(ErrorKind::input, reader.problems());
  return spec;
}

}  // namespace nadc
