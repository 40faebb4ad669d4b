// From a tree to plain structs, as their field tables describe them. Strict: every key must be known, every number must
// have the right unit and lie in its range. All problems are collected and thrown as one Error (input).
//
// Laws are written {lognormal: {median: "2 h", sigma: 1.9, max: "7 d"}}; a plain quantity is a constant. The parameters
// of a law with points are {choice: {"1 h": 0.7, "4 h": 0.3}} (value: weight), {empirical: {"1 s": 0.1, "9 s": 1}}
// (value: cumulative probability) or {empirical: file.csv}, whose rows are observations, or value,probability; values
// in the coherent unit. With a factor: {choice: {points: {…}, factor: 2}}, {empirical: {file: file.csv, factor: 2}}.
//
// Any number, quantity, duration or parameter of a law may be {uncertain: LAW}: the struct gets the law's median, and
// the scalar is listed. A law must keep inside the field's range from probability 1e-9 to 1 - 1e-9; min and max cap it.
#pragma once
#include <string>
#include <vector>

#include "app/scenario/document.hpp"
#include "sim/field.hpp"
#include "sim/law.hpp"

namespace nadc {

struct UncertainScalar {
  std::string path;  // resolves with ScalarAccess
  LawSpec law;
  Dimension dimension = Dimension::none;
  double median = 0;  // [unit of the dimension]
  Place place;
};

// A default in use that rests on no source.
struct Assumption {
  std::string path;
  std::string value;
  std::string doc;
  std::string source;
};

struct Reading {
  std::vector<UncertainScalar> uncertain;
  std::vector<Assumption> assumptions;
  Node resolved;  // what was read, with all defaults filled in; emit() it, and it reads back to the same structs
};

// object is a default-constructed struct that the table describes.
Reading read_object(const Node& root, const FieldTable& table, void* object);

template <class T> Reading read_into(T& object, const Node& root) { return read_object(root, T::fields(), &object); }

// A law by itself, such as one in a study's uncertainties. path is shown in problems.
LawSpec read_law(const Node& node, Dimension dimension, const Range& range, const std::string& path);

// What is wrong with a table and those below it: a default that does not read, a key twice, a missing doc or source.
// For tests; object is a default-constructed struct of the table.
std::vector<std::string> audit(const FieldTable& table, void* object);
template <class T> std::vector<std::string> audit() {
  T object{};
  return audit(T::fields(), &object);
}

}  // namespace nadc
