#include "app/trace/convert.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace nadc {
namespace {

Trace sample() {
  return parse_trace(
      "job_id,submit_s,gpus,duration_s,request_s,user,group,class,state\n"
      "\"a \"\"1\"\"\",0.125,8,1e7,86400,kim,\"phys, bio\",train,completed\n"
      "b,0.30000000000000004,16,0.001,5,lee,,serve,failed\n"
      "c,7,2,3,3,kim,,,\n",
      "t");
}

std::string written(const Trace& trace, TraceTarget target) {
  std::ostringstream out;
  write_trace(out, trace, target);
  return out.str();
}

TEST(ConvertTrace, CsvReadsBackAsItWas) {
  const Trace before = sample();
  const std::string text = written(before, TraceTarget::csv);
  const Trace after = parse_trace(text, "t");
  ASSERT_EQ(after.rows.size(), before.rows.size());
  for (std::size_t i = 0; i < before.rows.size(); ++i) {
    const TraceRow &a = before.rows[i], &b = after.rows[i];
    EXPECT_EQ(a.job_id, b.job_id);
    EXPECT_EQ(a.submit_s, b.submit_s);
    EXPECT_EQ(a.gpus, b.gpus);
    EXPECT_EQ(a.duration_s, b.duration_s);
    EXPECT_EQ(a.request_s, b.request_s);
    EXPECT_EQ(a.user + '|' + a.group + '|' + a.klass + '|' + a.state,
              b.user + '|' + b.group + '|' + b.klass + '|' + b.state);
  }
  EXPECT_EQ(written(after, TraceTarget::csv), text);
}

TEST(ConvertTrace, SwfKeepsTheNumbersAndNamesItsUsers) {
  const Trace before = sample();
  const std::string text = written(before, TraceTarget::swf);
  EXPECT_NE(text.find("; User: 2 lee\n"), std::string::npos) << text;
  EXPECT_NE(text.find("; Group: 1 phys, bio\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n1 0.125 -1 10000000 8 -1 -1 8 86400 -1 1 1 1 -1 1 -1 -1 -1\n"), std::string::npos) << text;
  const Trace after = parse_trace(text, "t");
  EXPECT_EQ(after.format, "swf");
  ASSERT_EQ(after.rows.size(), before.rows.size());
  for (std::size_t i = 0; i < before.rows.size(); ++i) {
    EXPECT_EQ(after.rows[i].submit_s, before.rows[i].submit_s);
    EXPECT_EQ(after.rows[i].gpus, before.rows[i].gpus);
    EXPECT_EQ(after.rows[i].duration_s, before.rows[i].duration_s);
    EXPECT_EQ(after.rows[i].request_s, before.rows[i].request_s);
    EXPECT_EQ(after.rows[i].state, before.rows[i].state);
  }
}

TEST(ConvertTrace, SwfKeepsTheCalendar) {
  Trace trace = sample();
  trace.origin_unix_s = 1.5e9;
  EXPECT_EQ(parse_trace(written(trace, TraceTarget::swf), "t").origin_unix_s, 1.5e9);
}

}  // namespace
}  // namespace nadc
