// What every file that nadc writes has in common: a declared schema, root attributes, provenance, and publication.
//
// Layout. Root attributes: Conventions, title, source, history, format_version, nadc_kind. Every dimension is a named
// scale with values, attached on every axis that uses it; every variable has units and long_name ("1": no unit). Types:
// int8 (with flag_values and flag_meanings), int32, int64, float64 (NaN: no value) and UTF-8 text. Group `provenance`:
// version, git hash, compiler, backend, device, seed, command line, host and times as attributes, the resolved scenario
// as the text variable `scenario` with attribute `scenario_sha256`, and the assumptions as text.
// A file is written as PATH.tmp and renamed onto PATH by publish(); until then PATH is untouched. A file that nadc did
// not write is never replaced.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/io/hdf5.hpp"

namespace nadc {

inline constexpr std::int64_t results_format_version = 2;

// A dimension that grows by append(); its coordinate is of the given type.
struct Growing {
  h5::Type type = h5::Type::int64;
};

struct Axis {
  std::string name;
  std::string long_name;
  std::string units;     // of the coordinate
  std::string calendar;  // CF time only
  std::variant<std::vector<std::string>, std::vector<std::int64_t>, std::vector<double>, Growing> values;

  std::uint64_t size() const;  // 0 for a growing one
  bool grows() const { return std::holds_alternative<Growing>(values); }
};

Axis labelled(std::string name, std::string long_name, std::vector<std::string> labels);
// Coordinate 0, 1, … n − 1.
Axis counted(std::string name, std::string long_name, std::uint64_t n);
// A growing CF time axis in seconds since `start`, written "2026-01-01 00:00:00".
Axis time_axis(const std::string& start, std::string name = "time");
// A growing axis with an integer coordinate, such as the job's number.
Axis growing(std::string name, std::string long_name);

struct Variable {
  std::string name;
  std::vector<std::string> dims;  // {}: one value; a growing dimension only in the first place
  std::string units;              // UDUNITS, "1" for none; "s" and "h", as xarray turns "seconds" into timedeltas
  std::string long_name;
  h5::Type type = h5::Type::float64;
  std::vector<std::pair<std::int8_t, std::string>> flags = {};  // int8 only: value, meaning
};

struct Schema {
  std::vector<Axis> dimensions;
  std::vector<Variable> variables;

  const Axis& dimension(const std::string& name) const;
};

struct Provenance {
  std::string version, git_hash, compiler, backend, device;
  std::uint64_t seed = 0;  // below 2^63
  std::string scenario;    // resolved text
  std::string command_line, host;
  std::string started, finished;  // UTC, 2026-01-01T00:00:00Z
  std::vector<std::string> assumptions;

  std::string scenario_sha256() const;
};

struct Header {
  std::string kind;  // run, sweep, sweep-part, network, …
  std::string title;
  Provenance provenance;
  std::string history = {};  // empty: one line is made of start and command line
};

std::string utc_now();

// All faults of a schema: double or unusable names, unknown dimensions, missing units. Throws them at once.
void check_schema(const Schema& schema);

// Fails unless PATH is free, empty, or a file that nadc wrote, in a folder that can be written.
void check_replaceable(const std::string& path);

// For files laid out by hand; ResultsWriter does it all.
void write_header(h5::File& file, const Header& header);
void create_schema(h5::Group& group, const Schema& schema);
Axis read_dimension(const h5::Dataset& scale);
Header read_header(const h5::File& file);
Schema read_schema(const h5::Group& group);

class ResultsWriter {
 public:
  ResultsWriter(std::string path, Header header, Schema schema);
  ResultsWriter(const ResultsWriter&) = delete;
  ResultsWriter& operator=(const ResultsWriter&) = delete;
  ~ResultsWriter();  // removes the temporary file when it was not published

  // A fixed variable, whole.
  void write(const std::string& variable, std::span<const double> values);
  void write(const std::string& variable, std::span<const std::int64_t> values);
  void write(const std::string& variable, std::span<const std::string> values);
  void write(const std::string& variable, double value) { write(variable, std::span<const double>(&value, 1)); }

  // Whole rows of a growing variable, or of a growing dimension's coordinate. Held back in blocks of 8,192 values.
  void append(const std::string& variable, std::span<const double> rows);
  void append(const std::string& variable, std::span<const std::int64_t> rows);

  // Fails when two variables along one growing dimension are of different length.
  void publish();

 private:
  struct Column {
    std::string name, dimension;
    h5::Dataset data;
    h5::Extent row;  // shape of one row, without the first axis
    std::uint64_t written = 0;
    std::vector<double> reals;
    std::vector<std::int64_t> integers;
  };
  Column& column(const std::string& name);
  void drain(Column& column);

  std::string path_, temporary_;
  Header header_;
  Schema schema_;
  std::optional<h5::File> file_;
  std::vector<Column> columns_;
};

// Any published results file, or a part.
class ResultsReader {
 public:
  explicit ResultsReader(const std::string& path);  // error when nadc did not write it, or in a newer format

  const Header& header() const { return header_; }
  const Schema& schema() const { return schema_; }
  h5::Dataset dataset(const std::string& name) const { return file_.open_dataset(name); }
  template <class T> std::vector<T> read(const std::string& name) const { return dataset(name).template read_all<T>(); }

 private:
  h5::File file_;
  Header header_;
  Schema schema_;
};

}  // namespace nadc
