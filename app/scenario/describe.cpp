#include "app/scenario/describe.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "app/scenario/document.hpp"
#include "app/scenario/merge.hpp"
#include "app/scenario/units.hpp"
#include "sim/error.hpp"
#include "sim/law.hpp"

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

std::string join(const std::vector<std::string_view>& names, std::string_view between) {
  std::string all;
  for (const std::string_view name : names) all += (all.empty() ? "" : std::string(between)) + std::string(name);
  return all;
}

std::string type_of(const Field& field) {
  const std::string dimension(dimension_name(field.dimension));
  switch (field.kind) {
    case FieldKind::boolean:
      return "true or false";
    case FieldKind::integer:
      return "whole number";
    case FieldKind::number:
      return "number";
    case FieldKind::quantity:
    case FieldKind::ticks:
      return dimension;
    case FieldKind::date:
      return "date";
    case FieldKind::text:
      return "text";
    case FieldKind::name:
      return "name";
    case FieldKind::path:
      return field.names.empty() ? "path of a file" : "path of a file, or one of " + join(field.names, ", ");
    case FieldKind::choice:
      return "one of " + join(field.names, ", ");
    case FieldKind::integers:
      return "list of whole numbers";
    case FieldKind::numbers:
      return "list of numbers";
    case FieldKind::quantities:
      return "list, each " + a_dimension(field.dimension);
    case FieldKind::texts:
      return "list of texts";
    case FieldKind::amounts:
      return "map from names, each to " + a_dimension(field.dimension);
    case FieldKind::law:
      return dimension + ", or a law of it";
    case FieldKind::object:
      return "object";
    case FieldKind::list:
      return "list of objects";
    case FieldKind::map:
      return "map from names to objects";
    default: {
      std::vector<std::string_view> names;
      for (const Alternative& each : field.alternatives()) names.push_back(each.name);
      return "one of " + join(names, ", ");
    }
  }
}

std::string default_of(const Field& field) {
  if (field.is_required()) return "required";
  if (field.is_optional()) return "optional";
  return std::string(field.default_text);
}

bool counts(const Field& field) { return field.kind == FieldKind::list || field.kind == FieldKind::map; }

std::string range_of(const Field& field) {
  const std::string text = format_range(field.range, field.dimension);
  return text.empty() || !counts(field) ? text : text + " entries";
}

std::string units_of(const Field& field) {
  std::string text;
  for (const std::string_view unit : usual_units(field.dimension))
    text += (text.empty() ? "" : ", ") + std::string(unit);
  return text;
}

// Writes each struct once, under definitions.
class SchemaWriter {
 public:
  Json object_ref(const FieldTable& table, bool without_name) {
    const std::string id = std::string(table.name) + (without_name ? "_entry" : "");
    // Tables with equal names are told apart by a number.
    std::string unique = id;
    for (int i = 2; definitions_.contains(unique) && owners_[unique] != &table; ++i) unique = id + std::to_string(i);
    if (!definitions_.contains(unique)) {
      definitions_[unique] = Json::object();
      owners_[unique] = &table;
      definitions_[unique] = object(table, without_name);
    }
    return Json{{"$ref", "#/definitions/" + unique}};
  }

  Json object(const FieldTable& table, bool without_name) {
    Json properties = Json::object();
    for (const Field& field : table.fields) {
      if (without_name && field.kind == FieldKind::name) continue;
      properties[std::string(field.key)] = property(field);
    }
    Json schema{{"type", "object"}};
    if (!table.doc.empty()) schema["description"] = table.doc;
    schema["properties"] = std::move(properties);
    // Nothing is required: what a file leaves out, the files that it extends may give.
    schema["additionalProperties"] = false;
    return schema;
  }

  Json take_definitions() {
    if (uses_uncertain_) definitions_["uncertain"] = uncertain();
    if (uses_law_) definitions_["law"] = law();
    return std::move(definitions_);
  }

 private:
  Json property(const Field& field) {
    Json schema = shape(field);
    // Draft 7 ignores what stands beside $ref.
    if (schema.contains("$ref")) schema = Json{{"allOf", Json::array({schema})}};
    std::string text(field.doc);
    if (const std::string range = range_of(field); !range.empty()) text += " Range: " + range + ".";
    if (!field.source.empty()) text += " Default from: " + std::string(field.source) + ".";
    schema["description"] = text;
    if (!field.is_required() && !field.is_optional())
      schema["default"] = as_json(parse_default(field.default_text, field.key));
    return schema;
  }

  static Json as_json(const Node& node) {
    if (node.is_null()) return nullptr;
    if (node.is_list()) {
      Json list = Json::array();
      for (const Node& item : node.items) list.push_back(as_json(item));
      return list;
    }
    if (node.is_map()) {
      Json map = Json::object();
      for (const Node::Entry& entry : node.entries) map[entry.key] = as_json(entry.value);
      return map;
    }
    if (node.quoted) return node.text;
    if (node.text == "true" || node.text == "false") return node.text == "true";
    if (const auto whole = parse_integer(node.text)) return *whole;
    if (const auto real = parse_number(node.text)) return *real;
    return node.text;
  }

  Json quantity(Dimension dimension) {
    if (dimension == Dimension::none) return Json{{"type", "number"}};
    std::string id = "quantity " + std::string(dimension_name(dimension));
    std::replace(id.begin(), id.end(), ' ', '_');
    if (!definitions_.contains(id)) {
      Json text{{"type", "string"}, {"pattern", quantity_pattern(dimension)}};
      text["examples"] = Json::array({example_of(dimension)});
      definitions_[id] =
          dimension == Dimension::ratio ? Json{{"anyOf", Json::array({Json{{"type", "number"}}, text})}} : text;
    }
    return Json{{"$ref", "#/definitions/" + id}};
  }

  Json number_or_uncertain(Json number) {
    uses_uncertain_ = uses_law_ = true;
    return Json{{"anyOf", Json::array({std::move(number), Json{{"$ref", "#/definitions/uncertain"}}})}};
  }

  Json ranged_number(const Field& field) {
    Json number{{"type", "number"}};
    if (std::isfinite(field.range.min))
      number[field.range.at_min == Bound::closed ? "minimum" : "exclusiveMinimum"] = field.range.min;
    if (std::isfinite(field.range.max))
      number[field.range.at_max == Bound::closed ? "maximum" : "exclusiveMaximum"] = field.range.max;
    return number;
  }

  Json shape(const Field& field) {
    const auto list_of = [](Json items) { return Json{{"type", "array"}, {"items", std::move(items)}}; };
    switch (field.kind) {
      case FieldKind::boolean:
        return Json{{"type", "boolean"}};
      case FieldKind::integer: {
        Json schema = ranged_number(field);
        schema["type"] = "integer";
        return schema;
      }
      case FieldKind::number:
        return number_or_uncertain(ranged_number(field));
      case FieldKind::quantity:
      case FieldKind::ticks:
        return number_or_uncertain(quantity(field.dimension));
      case FieldKind::choice:
        return Json{{"enum", field.names}};
      case FieldKind::integers: {
        Json item = ranged_number(field);
        item["type"] = "integer";
        return list_of(std::move(item));
      }
      case FieldKind::numbers:
        return list_of(number_or_uncertain(ranged_number(field)));
      case FieldKind::quantities:
        return list_of(number_or_uncertain(quantity(field.dimension)));
      case FieldKind::texts:
        return list_of(Json{{"type", "string"}});
      case FieldKind::amounts:
        return Json{{"type", "object"}, {"additionalProperties", number_or_uncertain(quantity(field.dimension))}};
      case FieldKind::law:
        uses_law_ = uses_uncertain_ = true;
        return Json{{"anyOf", Json::array({quantity(field.dimension), Json{{"$ref", "#/definitions/law"}},
                                           Json{{"$ref", "#/definitions/uncertain"}}})}};
      case FieldKind::object:
        return object_ref(field.nested.table(), false);
      case FieldKind::list: {
        Json schema = list_of(object_ref(field.nested.table(), false));
        if (field.range.min > 0) schema["minItems"] = static_cast<std::int64_t>(field.range.min);
        if (std::isfinite(field.range.max)) schema["maxItems"] = static_cast<std::int64_t>(field.range.max);
        return schema;
      }
      case FieldKind::map: {
        Json schema{{"type", "object"}, {"additionalProperties", object_ref(field.nested.table(), true)}};
        if (field.range.min > 0) schema["minProperties"] = static_cast<std::int64_t>(field.range.min);
        return schema;
      }
      case FieldKind::one_of:
        return alternatives(field);
      default:
        return Json{{"type", "string"}};
    }
  }

  Json alternatives(const Field& field) {
    Json names = Json::array();
    Json options = Json::array();
    for (const Alternative& each : field.alternatives()) {
      names.push_back(each.name);
      if (!each.table) continue;
      const std::string name(each.name);
      options.push_back(Json{{"type", "object"},
                             {"description", each.help},
                             {"properties", Json{{name, object_ref(each.table(), false)}}},
                             {"required", Json::array({name})},
                             {"additionalProperties", false}});
    }
    options.insert(options.begin(), Json{{"enum", std::move(names)}});
    return Json{{"anyOf", std::move(options)}};
  }

  static Json uncertain() {
    return Json{{"type", "object"},
                {"description", "A value that is not known for sure: a law, of which a study draws once a sample."},
                {"properties", Json{{"uncertain", Json{{"$ref", "#/definitions/law"}}}}},
                {"required", Json::array({"uncertain"})},
                {"additionalProperties", false}};
  }

  static Json law() {
    Json options = Json::array();
    const Json value{{"type", Json::array({"number", "string", "object"})}};
    for (const LawForm& form : law_forms()) {
      Json body;
      if (form.points == LawPoints::none) {
        Json properties = Json::object();
        Json required = Json::array();
        for (const LawField& parameter : form.fields) {
          properties[std::string(parameter.name)] = value;
          required.push_back(parameter.name);
        }
        properties["min"] = properties["max"] = value;
        body =
            Json{{"anyOf",
                  Json::array(
                      {Json{{"type", "object"},
                            {"properties", std::move(properties)},
                            {"required", std::move(required)},
                            {"additionalProperties", false}},
                       Json{{"type", "array"}, {"minItems", form.fields.size()}, {"maxItems", form.fields.size()}}})}};
      } else {
        body =
            Json{{"type", form.points == LawPoints::cumulative ? Json::array({"object", "string"}) : Json("object")}};
      }
      const std::string name(form.name);
      options.push_back(Json{{"type", "object"},
                             {"description", form.help},
                             {"properties", Json{{name, std::move(body)}}},
                             {"required", Json::array({name})},
                             {"additionalProperties", false}});
    }
    return Json{{"anyOf", std::move(options)}};
  }

  Json definitions_ = Json::object();
  std::map<std::string, const FieldTable*> owners_;
  bool uses_law_ = false;
  bool uses_uncertain_ = false;
};

std::string describe_keys(const FieldTable& table) {
  std::size_t width = 0;
  for (const Field& field : table.fields) width = std::max(width, field.key.size());
  std::string text;
  for (const Field& field : table.fields)
    text +=
        "  " + std::string(field.key) + std::string(width - field.key.size() + 2, ' ') + std::string(field.doc) + '\n';
  return text;
}

std::string describe_field(const Field& field, const std::string& path) {
  std::string text = path + '\n';
  const auto row = [&](std::string_view label, const std::string& value) {
    if (!value.empty()) text += "  " + std::string(label) + std::string(10 - label.size(), ' ') + value + '\n';
  };
  text += "  " + std::string(field.doc) + '\n';
  row("type", type_of(field));
  if (field.dimension != Dimension::none) row("units", units_of(field));
  row("range", range_of(field));
  row("default", default_of(field));
  row("source", std::string(field.source));
  if (field.kind == FieldKind::one_of)
    for (const Alternative& each : field.alternatives()) {
      row(each.name.size() < 10 ? each.name : "",
          (each.name.size() < 10 ? "" : std::string(each.name) + ": ") + std::string(each.help));
      if (each.table)
        for (const Field& parameter : each.table().fields)
          row("", std::string(parameter.key) + ": " + std::string(parameter.doc) + " (" + default_of(parameter) + ")");
    }
  if (field.kind == FieldKind::law) {
    std::vector<std::string_view> names;
    for (const LawForm& form : law_forms()) names.push_back(form.name);
    row("laws", join(names, ", "));
  }
  if (field.nested.table) text += "keys\n" + describe_keys(field.nested.table());
  return text;
}

std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

}  // namespace

std::string schema_json(const FieldTable& table, std::string_view title, std::span<const FreeMap> free_maps) {
  SchemaWriter writer;
  Json body = writer.object(table, false);
  body["properties"]["extends"] =
      Json{{"anyOf", Json::array({Json{{"type", "string"}},
                                  Json{{"type", "array"}, {"items", Json{{"type", "string"}}}, {"minItems", 1}}})},
           {"description", "The file that this one changes, or several, the last word last; paths start here."}};
  for (const FreeMap& each : free_maps)
    body["properties"][std::string(each.key)] = Json{{"type", "object"}, {"description", each.doc}};
  // What extends another file may leave out what that file gives.
  body.erase("required");
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  for (auto& [key, value] : body.items()) schema[key] = value;
  schema["definitions"] = writer.take_definitions();
  return schema.dump(2) + '\n';
}

std::string explain(const FieldTable& table, std::string_view key_path) {
  if (key_path.empty()) return std::string(table.doc) + "\nkeys\n" + describe_keys(table);
  const std::vector<std::string> segments = split_path(key_path);
  if (segments.empty()) throw Error(ErrorKind::usage, "'" + std::string(key_path) + "' is no key path");
  const FieldTable* object = &table;
  const Field* field = nullptr;
  std::string shown;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Field* next = object ? object->find(segments[i]) : nullptr;
    if (!next && field && counts(*field) && i > 0 && object == &field->nested.table()) {
      // An index, or a name that the file chooses.
      const bool index =
          std::all_of(segments[i].begin(), segments[i].end(), [](unsigned char c) { return std::isdigit(c); });
      const bool last = i + 1 == segments.size();
      if (index || field->kind == FieldKind::map) {
        shown += field->kind == FieldKind::map ? ".NAME" : "[…]";
        if (last) return describe_field(*field, shown);
        continue;
      }
    }
    if (!next && field && field->kind == FieldKind::one_of) {
      const auto all = field->alternatives();
      const auto chosen =
          std::find_if(all.begin(), all.end(), [&](const Alternative& a) { return a.name == segments[i]; });
      if (chosen != all.end()) {
        shown += '.' + segments[i];
        if (i + 1 == segments.size())
          return shown + "\n  " + std::string(chosen->help) + '\n' +
                 (chosen->table ? "keys\n" + describe_keys(chosen->table()) : "");
        object = chosen->table ? &chosen->table() : nullptr;
        field = nullptr;
        continue;
      }
    }
    if (!next) {
      std::vector<std::string_view> known;
      if (object)
        for (const Field& each : object->fields) known.push_back(each.key);
      const std::string near = nearest(segments[i], known);
      throw Error(
          ErrorKind::usage, "unknown key '" + segments[i] + "'" + (shown.empty() ? "" : " in '" + shown + "'"),
          near.empty() ? (known.empty() ? "" : "known here: " + join(known, ", ")) : "did you mean '" + near + "'?");
    }
    field = next;
    shown += (shown.empty() ? "" : ".") + segments[i];
    object = field->nested.table ? &field->nested.table() : nullptr;
  }
  return describe_field(*field, shown);
}

std::string reference_markdown(const FieldTable& table, std::string_view title) {
  std::string text = "# " + std::string(title) + "\n";
  struct Section {
    const FieldTable* table;
    std::string path;
  };
  std::vector<Section> queue{{&table, ""}};
  std::set<const FieldTable*> seen{&table};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const Section section = queue[i];
    text += "\n## " + (section.path.empty() ? std::string("Top level") : "`" + section.path + "`") + "\n\n" +
            std::string(section.table->doc) +
            "\n\n| key | type | default | range | meaning | source |\n|---|---|---|---|---|---|\n";
    std::vector<Section> below;
    for (const Field& field : section.table->fields) {
      const std::string path =
          section.path.empty() ? std::string(field.key) : section.path + '.' + std::string(field.key);
      const bool shows_default = !field.is_required() && !field.is_optional();
      text += "| `" + std::string(field.key) + "` | " + cell(type_of(field)) + " | " +
              (shows_default ? "`" + cell(field.default_text) + "`" : default_of(field)) + " | " +
              cell(range_of(field)) + " | " + cell(field.doc) + " | " + cell(field.source) + " |\n";
      const auto add = [&](const FieldTable* next, std::string at) {
        if (seen.insert(next).second) below.push_back({next, std::move(at)});
      };
      if (field.nested.table)
        add(&field.nested.table(), path + (field.kind == FieldKind::list  ? "[…]"
                                           : field.kind == FieldKind::map ? ".NAME"
                                                                          : ""));
      if (field.kind == FieldKind::one_of)
        for (const Alternative& each : field.alternatives())
          if (each.table) add(&each.table(), path + '.' + std::string(each.name));
    }
    queue.insert(queue.begin() + static_cast<std::ptrdiff_t>(i) + 1, below.begin(), below.end());
  }
  return text;
}

}  // namespace nadc
