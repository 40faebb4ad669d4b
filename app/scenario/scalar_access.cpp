#include "app/scenario/scalar_access.hpp"

#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "app/scenario/merge.hpp"
#include "app/scenario/units.hpp"
#include "sim/error.hpp"
#include "sim/law.hpp"

namespace nadc {
namespace {

std::optional<std::size_t> as_index(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

double* parameter_of(LawSpec& spec, int parameter) {
  if (parameter == 3) return &spec.min;
  if (parameter == 4) return &spec.max;
  return &spec.parameter[parameter];
}

}  // namespace

ScalarAccess::ScalarAccess(const FieldTable& table, void* root, std::string_view path) : path_(path) {
  const auto fail = [&](const std::string& message, std::string hint = {}) {
    throw Error(ErrorKind::input, message, std::move(hint), Place{{}, 0, 0, path_, {}});
  };
  const std::vector<std::string> segments = split_path(path);
  if (segments.empty()) fail("this is no key path", "write it as sites[0].power.grid");
  const FieldTable* object_table = &table;
  void* object = root;
  std::size_t i = 0;
  while (true) {
    const Field* field = object_table->find(segments[i]);
    if (!field) {
      std::vector<std::string_view> known;
      for (const Field& each : object_table->fields) known.push_back(each.key);
      const std::string near = nearest(segments[i], known);
      fail("unknown key '" + segments[i] + "'", near.empty() ? "" : "did you mean '" + near + "'?");
    }
    ++i;
    void* const member = field->in(object);
    const bool ends = i == segments.size();
    const auto need_more = [&] {
      if (ends) fail("this is no number but holds several", "name a key inside of it");
    };
    const auto no_more = [&] {
      if (!ends) fail("'" + segments[i] + "' leads nowhere: '" + segments[i - 1] + "' is a plain value");
    };
    field_ = field;
    dimension_ = field->dimension;
    range_ = field->range;
    switch (field->kind) {
      case FieldKind::integer:
      case FieldKind::number:
      case FieldKind::quantity:
      case FieldKind::ticks:
        no_more();
        return;
      case FieldKind::numbers:
      case FieldKind::quantities: {
        need_more();
        const std::optional<std::size_t> index = as_index(segments[i]);
        if (!index || *index >= static_cast<std::vector<double>*>(member)->size())
          fail("there is no item '" + segments[i] + "'");
        element_ = static_cast<std::ptrdiff_t>(*index);
        return;
      }
      case FieldKind::amounts: {
        need_more();
        const auto& amounts = *static_cast<std::vector<NamedAmount>*>(member);
        for (std::size_t k = 0; k < amounts.size(); ++k)
          if (amounts[k].name == segments[i]) element_ = static_cast<std::ptrdiff_t>(k);
        if (element_ < 0) fail("there is no entry '" + segments[i] + "'");
        return;
      }
      case FieldKind::law: {
        const LawSpec& spec = *static_cast<LawSpec*>(member);
        const LawForm& form = law_forms()[static_cast<std::size_t>(spec.kind)];
        law_kind_ = static_cast<int>(spec.kind);
        range_ = Range{};
        if (ends) {
          if (spec.kind != LawSpec::Kind::constant && form.points == LawPoints::none)
            fail("this is a law with several parameters", "name one: " + path_ + '.' + std::string(form.name) + ".…");
          law_parameter_ = 0;
          if (form.points != LawPoints::none) dimension_ = Dimension::none;
          if (spec.kind == LawSpec::Kind::constant) range_ = field->range;
          return;
        }
        if (segments[i] != form.name || i + 2 != segments.size())
          fail("the law here is '" + std::string(form.name) + "'",
               "write " + std::string(form.name) + " and the name of a parameter behind it");
        const std::string& parameter = segments[i + 1];
        for (std::size_t k = 0; k < form.fields.size(); ++k)
          if (form.fields[k].name == parameter) {
            law_parameter_ = static_cast<int>(k);
            if (form.fields[k].unit == LawUnit::ratio) dimension_ = Dimension::none;
            if (dimension_ == Dimension::temperature && parameter == "sd")
              dimension_ = Dimension::temperature_difference;
          }
        if (parameter == "min") law_parameter_ = 3;
        if (parameter == "max") law_parameter_ = 4;
        if (law_parameter_ < 0) fail("a " + std::string(form.name) + " law has no parameter '" + parameter + "'");
        return;
      }
      case FieldKind::object:
        need_more();
        if (field->nested.size(member) == 0) fail("'" + segments[i - 1] + "' is absent here");
        steps_.push_back({field, 0});
        object = field->nested.at(member, 0);
        object_table = &field->nested.table();
        break;
      case FieldKind::list:
      case FieldKind::map: {
        need_more();
        const std::size_t count = field->nested.size(member);
        std::optional<std::size_t> index;
        const Field* name_field = field->nested.table().name_field();
        for (std::size_t k = 0; k < count && name_field; ++k)
          if (name_field->as<std::string>(field->nested.at(member, k)) == segments[i]) index = k;
        if (!index) index = as_index(segments[i]);
        if (!index || *index >= count) fail("there is no entry '" + segments[i] + "' in '" + segments[i - 1] + "'");
        steps_.push_back({field, *index});
        object = field->nested.at(member, *index);
        object_table = &field->nested.table();
        ++i;
        if (i == segments.size()) fail("this is no number but holds several", "name a key inside of it");
        break;
      }
      case FieldKind::one_of: {
        need_more();
        auto& choice = *static_cast<ChoiceValue*>(member);
        const Alternative& chosen = field->alternatives()[static_cast<std::size_t>(choice.index)];
        if (chosen.name != segments[i] || !chosen.table || i + 1 == segments.size())
          fail("the alternative chosen here is '" + std::string(chosen.name) + "'",
               chosen.table ? "write " + std::string(chosen.name) + " and the name of a parameter behind it"
                            : "it takes no parameters");
        steps_.push_back({field, static_cast<std::size_t>(choice.index)});
        object = choice.params;
        object_table = &chosen.table();
        ++i;
        break;
      }
      default:
        fail("this is not a number", "");
    }
  }
}

void* ScalarAccess::locate(void* root) const {
  void* object = root;
  for (const Step& step : steps_) {
    void* const member = step.field->in(object);
    if (step.field->kind == FieldKind::one_of) {
      auto& choice = *static_cast<ChoiceValue*>(member);
      if (choice.index != static_cast<int>(step.index))
        throw Error(ErrorKind::failed, path_ + ": another alternative is chosen in this scenario");
      object = choice.params;
    } else {
      if (step.index >= step.field->nested.size(member))
        throw Error(ErrorKind::failed, path_ + ": this scenario has fewer entries");
      object = step.field->nested.at(member, step.index);
    }
  }
  void* const member = field_->in(object);
  const auto beyond = [&](std::size_t size) {
    if (static_cast<std::size_t>(element_) >= size)
      throw Error(ErrorKind::failed, path_ + ": this scenario has fewer entries");
  };
  switch (field_->kind) {
    case FieldKind::numbers:
    case FieldKind::quantities: {
      auto& values = *static_cast<std::vector<double>*>(member);
      beyond(values.size());
      return &values[static_cast<std::size_t>(element_)];
    }
    case FieldKind::amounts: {
      auto& values = *static_cast<std::vector<NamedAmount>*>(member);
      beyond(values.size());
      return &values[static_cast<std::size_t>(element_)].value;
    }
    case FieldKind::law: {
      auto& spec = *static_cast<LawSpec*>(member);
      if (static_cast<int>(spec.kind) != law_kind_)
        throw Error(ErrorKind::failed, path_ + ": another law stands in this scenario");
      return parameter_of(spec, law_parameter_);
    }
    default:
      return member;
  }
}

void ScalarAccess::set(void* root, double value) const {
  if (!range_.contains(value))
    throw Error(ErrorKind::input,
                format_quantity(value, dimension_) + " is out of range: must be " + format_range(range_, dimension_),
                "cap the law of this value with min and max", Place{{}, 0, 0, path_, {}});
  void* const place = locate(root);
  if (field_->kind == FieldKind::integer) {
    const std::int64_t whole = std::llround(value);
    std::memcpy(place, &whole, field_->width);
  } else if (field_->kind == FieldKind::ticks) {
    *static_cast<Tick*>(place) = std::llround(value * static_cast<double>(ticks_per_second));
  } else {
    *static_cast<double*>(place) = value;
  }
}

double ScalarAccess::get(const void* root) const {
  const void* const place = locate(const_cast<void*>(root));
  if (field_->kind == FieldKind::integer) {
    if (field_->width == 4) return *static_cast<const int*>(place);
    return static_cast<double>(*static_cast<const std::int64_t*>(place));
  }
  if (field_->kind == FieldKind::ticks)
    return static_cast<double>(*static_cast<const Tick*>(place)) / static_cast<double>(ticks_per_second);
  return *static_cast<const double*>(place);
}

void set_scalar(const FieldTable& table, void* root, std::string_view path, double value) {
  ScalarAccess(table, root, path).set(root, value);
}

}  // namespace nadc
