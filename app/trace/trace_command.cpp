#include "app/trace/trace_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/command.hpp"
#include "app/io/atomic_file.hpp"
#include "app/output_options.hpp"
#include "app/trace/convert.hpp"
#include "app/trace/describe.hpp"
#include "app/trace/text.hpp"
#include "app/trace/trace.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

struct TraceOptions {
  std::string file, from = "auto", to = "csv", out, processors = "gpus";
  bool lenient = false;

  Trace read() const {
    return read_trace(file, from, lenient ? Strictness::lenient : Strictness::strict,
                      processors == "cpus" ? Processors::cpus : Processors::gpus);
  }
};

using Cells = std::vector<std::string>;
struct Table {
  std::string title;
  std::vector<Cells> rows;  // the first is the head
};

std::string number(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), std::abs(value) >= 100 ? "%.0f" : "%.4g", value);
  return text.data();
}
std::string number(std::int64_t value) { return std::to_string(value); }
std::string number(const std::optional<double>& value) { return value ? number(*value) : "-"; }

std::vector<Table> tables_of(const TraceSummary& s) {
  std::vector<Table> tables;
  Table jobs{"jobs", {{"measure", "value"}}};
  jobs.rows.push_back({"format", s.format});
  jobs.rows.push_back({"jobs", number(s.jobs)});
  for (std::size_t i = 0; i < drop_names.size(); ++i)
    if (s.dropped.counts[i] > 0)
      jobs.rows.push_back({"dropped, " + std::string(drop_names[i]), number(s.dropped.counts[i])});
  jobs.rows.push_back({"users", number(s.users)});
  jobs.rows.push_back({"groups", number(s.groups)});
  jobs.rows.push_back({"first submission", s.first.empty() ? "-" : s.first});
  jobs.rows.push_back({"last submission", s.last.empty() ? "-" : s.last});
  jobs.rows.push_back({"span [d]", number(s.span_s / 86400)});
  jobs.rows.push_back({"GPU time [h]", number(s.gpu_hours)});
  jobs.rows.push_back({"largest job [GPUs]", number(s.largest_gpus)});
  jobs.rows.push_back({"GPU time of the ten largest users [%]", number(100 * s.top_ten_users_share)});
  tables.push_back(std::move(jobs));

  const auto shares = [&](const char* title, const char* head, const std::vector<Share>& list) {
    Table table{title, {{head, "jobs", "jobs [%]", "GPU time [%]"}}};
    for (const Share& x : list)
      table.rows.push_back({x.name, number(x.jobs), number(100 * x.job_share), number(100 * x.gpu_time_share)});
    tables.push_back(std::move(table));
  };
  shares("sizes", "GPUs", s.sizes);
  shares("final states", "state", s.states);

  const DurationStatistics& d = s.durations;
  tables.push_back({"durations",
                    {{"measure", "value"},
                     {"mean [s]", number(d.mean_s)},
                     {"p10 [s]", number(d.p10_s)},
                     {"p50 [s]", number(d.p50_s)},
                     {"p90 [s]", number(d.p90_s)},
                     {"p99 [s]", number(d.p99_s)},
                     {"max [s]", number(d.max_s)},
                     {"mean of ln s", number(d.log_mean)},
                     {"sd of ln s", number(d.log_sd)}}});
  const ArrivalStatistics& a = s.arrivals;
  tables.push_back({"arrivals",
                    {{"measure", "value"},
                     {"jobs a day", number(a.jobs_per_day)},
                     {"mean gap [s]", number(a.mean_gap_s)},
                     {"CV of gaps", number(a.cv)},
                     {"gaps of 0 s [%]", number(100 * a.zero_gap_share)},
                     {"Weibull shape of gaps", number(a.weibull_shape)},
                     {"hourly index of dispersion", number(a.hourly_dispersion)},
                     {"hour of day, peak over trough", number(a.peak_over_trough)},
                     {"weekend over workday", number(a.weekend_factor)}}});
  return tables;
}

std::size_t width_of(const std::string& text) {  // characters, not bytes
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void print_aligned(std::ostream& out, const Table& table) {
  std::vector<std::size_t> widths(table.rows[0].size());
  for (const Cells& row : table.rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  for (const Cells& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - width_of(row[i]), ' ');
      out << (i == 0 ? row[i] + pad : "  " + pad + row[i]);
    }
    out << '\n';
  }
}

void print_markdown(std::ostream& out, const Table& table) {
  const auto line = [&](const Cells& row) {
    for (const std::string& cell : row) out << "| " << cell << ' ';
    out << "|\n";
  };
  line(table.rows[0]);
  for (std::size_t i = 0; i < table.rows[0].size(); ++i) out << (i == 0 ? "|---" : "|---:");
  out << "|\n";
  for (std::size_t i = 1; i < table.rows.size(); ++i) line(table.rows[i]);
}

nlohmann::json to_json(const TraceSummary& s) {
  using nlohmann::json;
  const auto optional = [](const std::optional<double>& value) { return value ? json(*value) : json(); };
  const auto shares = [](const std::vector<Share>& list) {
    json result = json::array();
    for (const Share& x : list)
      result.push_back(
          {{"name", x.name}, {"jobs", x.jobs}, {"job_share", x.job_share}, {"gpu_time_share", x.gpu_time_share}});
    return result;
  };
  json dropped = json::object();
  for (std::size_t i = 0; i < drop_names.size(); ++i) dropped[std::string(drop_names[i])] = s.dropped.counts[i];
  const DurationStatistics& d = s.durations;
  const ArrivalStatistics& a = s.arrivals;
  return {{"format", s.format},
          {"jobs", s.jobs},
          {"dropped", dropped},
          {"users", s.users},
          {"groups", s.groups},
          {"first_submission", s.first.empty() ? json() : json(s.first)},
          {"last_submission", s.last.empty() ? json() : json(s.last)},
          {"span_s", s.span_s},
          {"gpu_hours", s.gpu_hours},
          {"largest_gpus", s.largest_gpus},
          {"top_ten_users_share", s.top_ten_users_share},
          {"sizes", shares(s.sizes)},
          {"states", shares(s.states)},
          {"durations",
           {{"mean_s", d.mean_s},
            {"p10_s", d.p10_s},
            {"p50_s", d.p50_s},
            {"p90_s", d.p90_s},
            {"p99_s", d.p99_s},
            {"max_s", d.max_s},
            {"log_mean", d.log_mean},
            {"log_sd", d.log_sd}}},
          {"arrivals",
           {{"jobs_per_day", a.jobs_per_day},
            {"mean_gap_s", a.mean_gap_s},
            {"cv", a.cv},
            {"zero_gap_share", a.zero_gap_share},
            {"weibull_shape", optional(a.weibull_shape)},
            {"hourly_dispersion", optional(a.hourly_dispersion)},
            {"peak_over_trough", optional(a.peak_over_trough)},
            {"weekend_factor", optional(a.weekend_factor)},
            {"hour_of_week", a.hour_of_week}}},
          {"notes", s.notes}};
}

int print_summary(const TraceOptions& options, const OutputOptions& output) {
  const TraceSummary summary = describe(options.read());
  std::ostream& out = std::cout;
  if (output.format == "json") {
    out << to_json(summary).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else if (output.format == "csv") {
    out << "table,row,column,value\n";
    for (const Table& table : tables_of(summary))
      for (std::size_t i = 1; i < table.rows.size(); ++i)
        for (std::size_t j = 1; j < table.rows[i].size(); ++j)
          out << table.title << ",\"" << table.rows[i][0] << "\",\"" << table.rows[0][j] << "\"," << table.rows[i][j]
              << '\n';
  } else {
    for (const Table& table : tables_of(summary)) {
      const bool markdown = output.format == "markdown";
      out << (markdown ? "### " : "") << table.title << '\n' << (markdown ? "\n" : "");
      markdown ? print_markdown(out, table) : print_aligned(out, table);
      out << '\n';
    }
  }
  if (!output.quiet && output.format != "json")
    for (const std::string& note : summary.notes) std::cerr << "note: " << note << '\n';
  if (!out.flush()) throw Error(ErrorKind::failed, "cannot write to standard output", "is the disk full?");
  return 0;
}

int convert(const TraceOptions& options, const OutputOptions& output) {
  const Trace trace = options.read();
  const TraceTarget target = options.to == "swf" ? TraceTarget::swf : TraceTarget::csv;
  if (options.out.empty()) {
    write_trace(std::cout, trace, target);
    if (!std::cout.flush()) throw Error(ErrorKind::failed, "cannot write to standard output", "is the disk full?");
  } else {
    std::ostringstream text;
    write_trace(text, trace, target);
    write_file(options.out, text.str());
  }
  if (output.quiet) return 0;
  std::cerr << trace.rows.size() << " jobs written, " << trace.dropped.total() << " records dropped";
  for (std::size_t i = 0; i < drop_names.size(); ++i)
    if (trace.dropped.counts[i] > 0) std::cerr << "; " << drop_names[i] << ' ' << trace.dropped.counts[i];
  std::cerr << '\n';
  for (const std::string& note : trace.notes) std::cerr << "note: " << note << '\n';
  return 0;
}

}  // namespace

void register_trace(CLI::App& app, Command& command, OutputOptions& output) {
  CLI::App* trace = app.add_subcommand("trace", "Describe and convert job traces");
  trace->require_subcommand(1);
  const auto options = std::make_shared<TraceOptions>();
  const auto add = [&](const char* name, const char* help, int (*action)(const TraceOptions&, const OutputOptions&)) {
    CLI::App* verb = trace->add_subcommand(name, help);
    verb->add_option("FILE", options->file, "Trace, plain or gzipped")->required();
    verb->add_option("--from", options->from, "Format of the file (default: told from its first line)")
        ->check(CLI::IsMember(std::vector<std::string>(trace_formats().begin(), trace_formats().end())));
    verb->add_option("--processors", options->processors, "What a job's size counts; CPU jobs are dropped with gpus")
        ->check(CLI::IsMember({"gpus", "cpus"}))
        ->capture_default_str();
    verb->add_flag("--lenient", options->lenient, "Count lines that cannot be understood instead of stopping");
    verb->callback([&command, &output, options, action] {
      command.action = [&output, options, action] { return action(*options, output); };
    });
    return verb;
  };
  const CLI::App* summary = add("describe", "Counts, sizes, durations, arrivals and final states", print_summary);
  command.rules.push_back({summary, {{"FILE"}, {"--from"}, {"--processors"}, {"--lenient"}, {"--format"}}});
  CLI::App* verb = add("convert", "Write the usable jobs in another format", convert);
  verb->add_option("--to", options->to, "Format to write")->check(CLI::IsMember({"csv", "swf"}))->capture_default_str();
  verb->add_option("-o,--output", options->out, "File to write (default: standard output)");
  command.rules.push_back({verb,
                           {{"FILE"},
                            {"--from"},
                            {"--processors"},
                            {"--lenient"},
                            {"--to"},
                            {"-o"},
                            {"--format", "", "", "--to says what is written"}}});
}

}  // namespace nadc
