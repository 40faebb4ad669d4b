#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "app/trace/text.hpp"
#include "app/trace/trace.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

namespace fs = std::filesystem;

std::string shared_file(const std::string& name) {
  const char* folder = std::getenv("NADC_SHARED");
  return (fs::path(folder != nullptr ? folder : NADC_SHARED_DEFAULT) / name).string();
}

// The message of the Error that reading throws; empty when it throws none.
std::string complaint(const std::string& text, std::string_view format = "auto") {
  try {
    parse_trace(text, "t", format);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    return error.what();
  }
  return {};
}

void expect_complaint(const std::string& text, const std::string& place, const std::string& words,
                      std::string_view format = "auto") {
  const std::string message = complaint(text, format);
  EXPECT_EQ(message.substr(0, place.size()), place) << message;
  EXPECT_NE(message.find(words), std::string::npos) << message;
}

const std::string csv_head = "job_id,submit_s,gpus,duration_s\n";

TEST(TraceCsv, ReadsColumnsByNameAndFillsWhatIsOptional) {
  const Trace trace = parse_trace(
      "\"gpus\",submit_s,duration_s,job_id,class,user,state,extra\r\n8,0.5,60,\"a,1\",train,kim,COMPLETED,x\r\n\r\n16."
      "0,2,1e2,b,,,,\r\n",
      "t");
  EXPECT_EQ(trace.format, "csv");
  ASSERT_EQ(trace.rows.size(), 2u);
  EXPECT_EQ(trace.rows[0].job_id, "a,1");
  EXPECT_EQ(trace.rows[0].gpus, 8);
  EXPECT_EQ(trace.rows[0].submit_s, 0.5);
  EXPECT_EQ(trace.rows[0].request_s, 60);
  EXPECT_EQ(trace.rows[0].klass, "train");
  EXPECT_EQ(trace.rows[0].state, "completed");
  EXPECT_EQ(trace.rows[1].gpus, 16);
  EXPECT_EQ(trace.rows[1].duration_s, 100);
  EXPECT_FALSE(trace.origin_unix_s);
}

TEST(TraceCsv, CountsUnusableRowsByReason) {
  const Trace trace = parse_trace(csv_head + "a,0,8,0\nb,1,0,5\nc,2,4,7\n", "t");
  EXPECT_EQ(trace.rows.size(), 1u);
  EXPECT_EQ(trace.dropped[Drop::zero_duration], 1);
  EXPECT_EQ(trace.dropped[Drop::no_gpus], 1);
  EXPECT_EQ(trace.dropped.total(), 2);
}

TEST(TraceCsv, SortsBySubmissionAndKeepsTiesInFileOrder) {
  const Trace trace = parse_trace(csv_head + "a,5,1,1\nb,1,1,1\nc,5,1,1\nd,1,1,1\n", "t");
  std::string order;
  for (const TraceRow& row : trace.rows) order += row.job_id;
  EXPECT_EQ(order, "bdac");
  EXPECT_EQ(trace.notes.size(), 2u);  // sorted; and no requests
}

TEST(TraceCsv, NamesThePlaceOfAMalformedLine) {
  expect_complaint(csv_head + "a,0,8,60\nb,1\n", "t:3: error: the line has 2 fields, the header 4", "job_id, submit_s");
  expect_complaint(csv_head + "a,0,eight,60\n", "t:2:5: error: gpus is not a whole number", "\"eight\"");
  expect_complaint(csv_head + "a,0,-8,60\n", "t:2:5: error: gpus is negative", "expected a number of GPUs");
  expect_complaint(csv_head + "a,0,1.5,60\n", "t:2:5: error: gpus is not a whole number", "1.5");
  expect_complaint(csv_head + "a,nan,1,60\n", "t:2:3: error: submit_s is not a number", "nan");
  expect_complaint(csv_head + "a,1,1,1e400\n", "t:2:7: error: duration_s is not a number", "1e400");
  expect_complaint(csv_head + "a,1,1,-2\n", "t:2:7: error: duration_s is negative", "");
  expect_complaint(csv_head + "a,,1,2\n", "t:2:3: error: submit_s is empty", "expected seconds");
  expect_complaint(csv_head + "a,1,1,0x10\n", "t:2:7: error: duration_s is not a number", "");
  expect_complaint(csv_head + "\"a\nb\",1,1,2\n\"open,1,1,2\n", "t:4:1: error: a quote is opened", "");
}

TEST(TraceCsv, RefusesAHeaderThatIsNotItsOwn) {
  expect_complaint("job_id,submit_s,gpus\na,1,2\n", "t:1: error: the header has no column duration_s", "", "csv");
  expect_complaint("job_id,submit_s,gpus,duration_s,gpus\n", "t:1: error: the header names the column gpus twice", "");
}

TEST(TraceCsv, ShowsAllFaultsAtOnceButNotWithoutEnd) {
  try {
    parse_trace(csv_head + "a,x,1,1\nb,1,1,1\nc,1,y,1\n", "t");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.problems().size(), 2u);
  }
  std::string text = csv_head;
  for (int i = 0; i < 100; ++i) text += "broken\n";
  try {
    parse_trace(text, "t");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.problems().size(), 21u);
  }
}

TEST(TraceCsv, LenientReadingCountsWhatItCannotParse) {
  const Trace trace = parse_trace(csv_head + "a,x,1,1\nb,1,1,1\nc\n", "t", "csv", Strictness::lenient);
  EXPECT_EQ(trace.rows.size(), 1u);
  EXPECT_EQ(trace.dropped[Drop::unparsable], 2);
}

const std::string swf =
    "; Version: 2.2\n; UnixStartTime: 1000000000\n"
    "1 0 5 60.5 16 -1 -1 16 3600 -1 1 7 2 -1 3 -1 -1 -1\n"
    "2 10 -1 -1 -1 -1 -1 8 600 -1 5 7 2 -1 3 -1 -1 -1\n"
    "  3  20  0 30 -1 -1 -1 8 -1 -1 0 8 2 -1 3 -1 -1 -1 99 98\n"
    "4 30 0 30 4 -1 -1 4 -1 -1 2 8 2 -1 3 -1 -1 -1\n"
    "5 40 0 0 4 -1 -1 4 -1 -1 1 8 2 -1 3 -1 -1 -1\n";

TEST(TraceSwf, ReadsEighteenFieldsOrMore) {
  const Trace trace = parse_trace(swf, "t");
  EXPECT_EQ(trace.format, "swf");
  ASSERT_EQ(trace.rows.size(), 2u);
  EXPECT_EQ(trace.rows[0].gpus, 16);
  EXPECT_EQ(trace.rows[0].duration_s, 60.5);
  EXPECT_EQ(trace.rows[0].request_s, 3600);
  EXPECT_EQ(trace.rows[0].user, "7");
  EXPECT_EQ(trace.rows[0].klass, "3");
  EXPECT_EQ(trace.rows[0].state, "completed");
  EXPECT_EQ(trace.rows[1].gpus, 8);  // field 8, as field 5 is unknown
  EXPECT_EQ(trace.rows[1].request_s, 30);
  EXPECT_EQ(trace.rows[1].state, "failed");
  EXPECT_EQ(trace.dropped[Drop::never_started], 1);
  EXPECT_EQ(trace.dropped[Drop::partial], 1);
  EXPECT_EQ(trace.dropped[Drop::zero_duration], 1);
  EXPECT_EQ(trace.origin_unix_s, 1e9);
}

TEST(TraceSwf, CountsEpochTimesFromTheFirstSubmission) {
  const Trace trace = parse_trace(
      "1 1580000000 0 9 1 -1 -1 1 -1 -1 1 1 1 1 1 1 -1 -1\n2 1580000060.5 0 9 1 -1 -1 1 -1 -1 1 1 1 1 1 1 -1 -1\n",
      "t");
  ASSERT_EQ(trace.rows.size(), 2u);
  EXPECT_EQ(trace.rows[1].submit_s, 60.5);
  EXPECT_EQ(trace.origin_unix_s, 1580000000.0);
}

// Seoul is 9 hours ahead of UTC: 2001-09-09 01:46:40 UTC was 10:46:40 there, and times are what its clocks showed.
TEST(TraceSwf, IsReadOnTheClocksOfItsPlace) {
  const std::string zone = "; TimeZoneString: Asia/Seoul\n", rest = " 0 9 1 -1 -1 1 -1 -1 1 1 1 1 1 1 -1 -1\n";
  EXPECT_EQ(parse_trace("; UnixStartTime: 1000000000\n" + zone + "1 7" + rest, "t").origin_unix_s, 1e9 + 32400);
  EXPECT_EQ(parse_trace(zone + "1 1000000000" + rest, "t").origin_unix_s, 1e9 + 32400);
  EXPECT_EQ(parse_trace("; TimeZone: -18000\n1 1000000000" + rest, "t").origin_unix_s, 1e9 - 18000);
}

// The standard's status 5: cancelled, also of a job that ran before.
TEST(TraceSwf, KeepsWhatWasCancelledAfterItStarted) {
  const Trace trace = parse_trace("1 0 5 60 16 -1 -1 16 3600 -1 5 7 2 -1 3 -1 -1 -1\n", "t");
  ASSERT_EQ(trace.rows.size(), 1u);
  EXPECT_EQ(trace.rows[0].state, "cancelled");
}

TEST(TraceSwf, NamesThePlaceOfAMalformedLine) {
  expect_complaint("; x\n1 0 5 60\n", "t:2: error: the line has 4 fields, SWF has 18", "cut short");
  expect_complaint("; x\n1 0 5 sixty 16 -1 -1 16 3600 -1 1 7 2 -1 3 -1 -1 -1\n",
                   "t:2:7: error: field 4 (run time) is not a number", "sixty");
  expect_complaint("; x\n1 0 5 -60 16 -1 -1 16 3600 -1 1 7 2 -1 3 -1 -1 -1\n",
                   "t:2:7: error: field 4 (run time) is negative", "");
  expect_complaint("; x\n1 -1 5 60 16 -1 -1 16 3600 -1 1 7 2 -1 3 -1 -1 -1\n",
                   "t:2:3: error: field 2 (submit time) is unknown", "");
}

std::string philly_job(const std::string& id, const std::string& attempts) {
  return "{\"status\": \"Pass\", \"vc\": \"v\", \"jobid\": \"" + id +
         "\", \"user\": \"u\", \"submitted_time\": \"2017-10-09 07:02:23\", \"attempts\": " + attempts + "}";
}

TEST(TracePhilly, SumsAttemptsAndTakesTheirWidest) {
  const std::string gpus2 = "\"detail\": [{\"ip\": \"m1\", \"gpus\": [\"gpu0\", \"gpu1\"]}]";
  const std::string gpus3 =
      "\"detail\": [{\"ip\": \"m1\", \"gpus\": [\"gpu0\"]}, {\"ip\": \"m2\", \"gpus\": [\"gpu0\", \"gpu1\"]}]";
  const Trace trace = parse_trace(
      "[" +
          philly_job("a", "[{\"start_time\": \"2017-10-09 08:00:00\", \"end_time\": \"2017-10-09 08:01:00\", " + gpus2 +
                              "}, {\"start_time\": \"2017-10-09 09:00:00\", \"end_time\": \"2017-10-09 09:00:30\", " +
                              gpus3 + "}, {\"start_time\": null, \"end_time\": null, \"detail\": []}]") +
          ",\n" + philly_job("b", "[]") + ",\n" +
          philly_job("c", "[{\"start_time\": \"2017-10-09 08:00:00\", \"end_time\": null, " + gpus2 + "}]") + ",\n" +
          philly_job(
              "d",
              "[{\"start_time\": \"2017-10-09 08:00:00\", \"end_time\": \"2017-10-09 08:01:00\", \"detail\": null}]") +
          "]",
      "t");
  EXPECT_EQ(trace.format, "philly");
  ASSERT_EQ(trace.rows.size(), 1u);
  EXPECT_EQ(trace.rows[0].duration_s, 90);
  EXPECT_EQ(trace.rows[0].gpus, 3);
  EXPECT_EQ(trace.rows[0].group, "v");
  EXPECT_EQ(trace.rows[0].state, "completed");
  EXPECT_EQ(trace.origin_unix_s, 1507532543.0);
  EXPECT_EQ(trace.dropped[Drop::never_started], 1);
  EXPECT_EQ(trace.dropped[Drop::unfinished], 1);
  EXPECT_EQ(trace.dropped[Drop::no_gpus], 1);
}

TEST(TracePhilly, NamesThePlaceOfWhatIsWrong) {
  expect_complaint("[" + philly_job("a", "[]") + ",\n{\"jobid\": \"b\"", "t:2:", "not JSON");
  expect_complaint("{\"jobs\": []}", "t:1:1: error: the file holds object", "list of jobs");
  expect_complaint("[" + philly_job("a", "[]") + ", 7]", "t: error: [1]: is number", "expected a job");
  expect_complaint("[" + philly_job("a", "[{\"start_time\": \"yesterday\"}]") + "]",
                   "t: error: [0].attempts[0].start_time: is no time", "yesterday");
  expect_complaint("[{\"jobid\": \"a\"}]", "t: error: [0].submitted_time: is missing", "");
}

TEST(TraceHelios, ReadsGpuJobsAndDropsCpuJobs) {
  const Trace trace = parse_trace(
      "job_id,user,vc,gpu_num,cpu_num,node_num,state,submit_time,start_time,end_time,duration,queue\n"
      "1,u1,v1,8,64,1,COMPLETED,2020-04-01 00:00:10,2020-04-01 00:01:00,2020-04-01 00:02:00,60,50\n"
      "2,u2,v1,0,64,1,FAILED,2020-04-01 00:00:20,2020-04-01 00:01:00,2020-04-01 00:02:00,60,40\n"
      "3,u2,v2,16,64,2,TIMEOUT,2020-04-01 00:00:30,2020-04-01 00:01:00,2020-04-01 00:02:30,90,30\n"
      "4,u2,v2,16,64,2,CANCELLED,2020-04-01 00:00:31,None,2020-04-01 00:02:30,,0\n",
      "t");
  EXPECT_EQ(trace.format, "helios");
  ASSERT_EQ(trace.rows.size(), 2u);
  EXPECT_EQ(trace.rows[0].group, "v1");
  EXPECT_EQ(trace.rows[1].submit_s, 20);
  EXPECT_EQ(trace.rows[1].state, "failed");
  EXPECT_EQ(trace.origin_unix_s, 1585699210.0);
  EXPECT_EQ(trace.dropped[Drop::no_gpus], 1);
  EXPECT_EQ(trace.dropped[Drop::never_started], 1);
}

TEST(TraceAcme, ReadsBothClustersWithOffsets) {
  const Trace seren = parse_trace(
      "job_id,user,node_num,gpu_num,cpu_num,type,state,submit_time,start_time,end_time,duration,queue,gpu_time\n"
      "dlc1,u1,4,32,512,Pretrain,COMPLETED,2023-03-01 09:42:51+08:00,2023-03-01 09:43:00+08:00,2023-03-01 "
      "10:43:00+08:00,3600,9,115200\n"
      "dlc2,u1,1,1,8,Evaluation,CANCELLED,2023-03-01 09:43:51+08:00,2023-03-01 09:44:00+08:00,2023-03-01 "
      "09:45:00+08:00,7,9,7\n",
      "t");
  EXPECT_EQ(seren.format, "acme");
  ASSERT_EQ(seren.rows.size(), 2u);
  EXPECT_EQ(seren.rows[0].klass, "Pretrain");
  EXPECT_EQ(seren.rows[0].duration_s, 3600);
  EXPECT_EQ(seren.rows[1].duration_s, 7);        // as stated
  EXPECT_EQ(seren.notes.size(), 2u);             // a stated duration; and no requests
  EXPECT_EQ(seren.origin_unix_s, 1677663771.0);  // 09:42:51 on the wall
  const Trace kalos = parse_trace(
      "job_id,user,node_num,gpu_num,cpu_num,mem_per_pod_GB,shared_mem_per_pod,type,state,submit_time,start_time,end_"
      "time,fail_time,stop_time,duration,queue,gpu_time\n"
      "k,u,2.0,16.0,256,1000,200,Pretrain,FAILED,2023-05-17 11:00:58+00:00,2023-05-17 11:01:08+00:00,2023-05-17 "
      "11:01:18+00:00,2023-05-17 11:01:18+00:00,,10.0,10.0,160\n",
      "t");
  ASSERT_EQ(kalos.rows.size(), 1u);
  EXPECT_EQ(kalos.rows[0].gpus, 16);
  EXPECT_EQ(kalos.rows[0].state, "failed");
}

TEST(TraceOpenb, ReadsPodsAndCountsSharesWhole) {
  const Trace trace = parse_trace(
      "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
      "p0,12000,16384,1,1000,,LS,Running,0,100,10\np1,6000,12288,1,460,,LS,Succeeded,5,100,50\n"
      "p2,6000,12288,0,0,,BE,Failed,6,100,50\np3,6000,12288,8,1000,,BE,Pending,7,100,\n",
      "t");
  EXPECT_EQ(trace.format, "openb");
  ASSERT_EQ(trace.rows.size(), 2u);
  EXPECT_EQ(trace.rows[0].duration_s, 90);
  EXPECT_EQ(trace.rows[0].state, "");
  EXPECT_EQ(trace.rows[1].state, "completed");
  EXPECT_EQ(trace.dropped[Drop::no_gpus], 1);
  EXPECT_EQ(trace.dropped[Drop::never_started], 1);
  EXPECT_EQ(trace.notes.size(), 2u);  // a share; and no requests
}

const std::string sacct_rows =
    "1|kim|phys|gpu|normal|COMPLETED|2024-05-01T12:00:00|2024-05-01T12:00:00|2024-05-01T12:01:00|2024-05-01T13:01:00|"
    "3600|120|2|billing=128,cpu=128,gres/gpu=16,node=2|billing=128,cpu=128,gres/gpu:a100=16,gres/gpu=16,node=2|0:0\n"
    "2|lee|bio|gpu|normal|CANCELLED by "
    "1234|2024-05-01T12:00:30|2024-05-01T12:00:30|2024-05-01T12:02:00|2024-05-01T12:03:00|60|UNLIMITED|1|cpu=8,gres/"
    "gpu=3|cpu=8,gres/gpu:a100=1,gres/gpu:h100=2|0:0\n"
    "3|lee|bio|cpu|normal|COMPLETED|2024-05-01T12:00:40|2024-05-01T12:00:40|2024-05-01T12:02:00|2024-05-01T12:03:00|60|"
    "10|1|cpu=8|cpu=8,gres/gpumem=5|0:0\n"
    "4|lee|bio|gpu|normal|PENDING|2024-05-01T12:00:50|2024-05-01T12:00:50|Unknown|Unknown|0|10|1|cpu=8,gres/"
    "gpu=1||0:0\n"
    "5|lee|bio|gpu|normal|RUNNING|2024-05-01T12:00:50|2024-05-01T12:00:50|2024-05-01T12:02:00|Unknown|60|10|1|gres/"
    "gpu=1|gres/gpu=1|0:0\n"
    "6|lee|bio|gpu|normal|CANCELLED by "
    "0|2024-05-01T12:00:50|2024-05-01T12:00:50|None|2024-05-01T12:02:00|0|10|1|gres/gpu=1||0:0\n"
    "2.batch|lee|bio|gpu|normal|FAILED|2024-05-01T12:00:30|2024-05-01T12:00:30|2024-05-01T12:02:00|2024-05-01T12:03:00|"
    "60|10|1|gres/gpu=1|gres/gpu=1|0:0\n";

TEST(TraceSlurm, ReadsSacctWithAndWithoutItsHeader) {
  std::string head;
  for (std::string_view name : slurm_columns) head += (head.empty() ? "" : "|") + std::string(name);
  for (const std::string& text : {sacct_rows, head + "\n" + sacct_rows}) {
    const Trace trace = parse_trace(text, "t");
    EXPECT_EQ(trace.format, "slurm");
    ASSERT_EQ(trace.rows.size(), 2u);
    EXPECT_EQ(trace.rows[0].gpus, 16);  // the untyped entry alone
    EXPECT_EQ(trace.rows[0].request_s, 7200);
    EXPECT_EQ(trace.rows[0].group, "phys");
    EXPECT_EQ(trace.rows[1].gpus, 3);  // the typed ones, summed
    EXPECT_EQ(trace.rows[1].submit_s, 30);
    EXPECT_EQ(trace.rows[1].request_s, 365 * 86400);  // unlimited
    EXPECT_EQ(trace.rows[1].state, "cancelled");
    EXPECT_EQ(trace.dropped[Drop::no_gpus], 1);
    EXPECT_EQ(trace.dropped[Drop::unfinished], 2);
    EXPECT_EQ(trace.dropped[Drop::never_started], 1);
    EXPECT_EQ(trace.dropped[Drop::partial], 1);
  }
}

// sbatch --gres asks for GPUs of every node: 8 on each of 4.
TEST(TraceSlurm, ReadsAGenericResourceAsOneNodesShare) {
  const Trace trace = parse_trace(
      "JobIDRaw|State|Submit|Start|End|ReqGRES|NNodes\n"
      "1|COMPLETED|2024-05-01T12:00:00|2024-05-01T12:01:00|2024-05-01T13:01:00|gpu:8|4\n"
      "2|COMPLETED|2024-05-01T12:00:00|2024-05-01T12:01:00|2024-05-01T13:01:00|gpu:8|\n",
      "t", "slurm");
  ASSERT_EQ(trace.rows.size(), 2u);
  EXPECT_EQ(trace.rows[0].gpus, 32);
  EXPECT_EQ(trace.rows[1].gpus, 8);
}

// A job that was suspended: ten minutes of the hour that clocks showed.
TEST(TraceSlurm, CountsTheTimeThatSlurmSaysAJobRan) {
  const std::string row = "COMPLETED|2024-05-01T12:00:00|2024-05-01T12:01:00|2024-05-01T13:01:00|gres/gpu=1|";
  for (const std::string& elapsed : {"ElapsedRaw\n1|" + row + "600\n", "Elapsed\n1|" + row + "00:10:00\n"}) {
    const Trace trace = parse_trace("JobIDRaw|State|Submit|Start|End|AllocTRES|" + elapsed, "t", "slurm");
    ASSERT_EQ(trace.rows.size(), 1u);
    EXPECT_EQ(trace.rows[0].duration_s, 600);
  }
}

TEST(TraceSlurm, NamesThePlaceOfAMalformedLine) {
  expect_complaint(sacct_rows + "7|lee|bio\n", "t:8: error: the line has 3 fields, the header 16", "");
  std::string bad = sacct_rows;
  bad.replace(bad.find("gres/gpu:a100=16"), 16, "gres/gpu:a100=xx");
  expect_complaint(bad, "t:1:", "AllocTRES has an entry without a count");
  bad = sacct_rows;
  bad.replace(bad.find("2024-05-01T12:00:00"), 19, "2024-13-01T12:00:00");
  expect_complaint(bad, "t:1:33: error: Submit is not a time", "2024-13-01");
}

TEST(TraceText, ReadsSpansAsSlurmWritesThem) {
  EXPECT_EQ(trace::to_span("1-00:00:00"), 86400);
  EXPECT_EQ(trace::to_span("10-01:02:03"), 10 * 86400 + 3723);
  EXPECT_EQ(trace::to_span("100:00:00"), 360000);
  EXPECT_EQ(trace::to_span("05:30.5"), 330.5);
  for (const char* bad : {"", "5", "1-", "1-05", "1-05:00", "a:b", "-1:00:00", "1:2:3:4", "1e3:00", "nan:00", "1::2"})
    EXPECT_FALSE(trace::to_span(bad)) << bad;
}

// Published rules of the zone: New York is 4 h behind UTC in summer, 5 h in winter, Seoul always 9 h ahead.
TEST(TraceText, KnowsZonesAtAnInstant) {
  if (!trace::utc_offset("Asia/Seoul", 0)) GTEST_SKIP() << "no zone files on this machine";
  EXPECT_EQ(trace::utc_offset("Asia/Seoul", 1767225600), 9 * 3600);
  EXPECT_EQ(trace::utc_offset("America/New_York", 1767225600), -5 * 3600);  // 2026-01-01
  EXPECT_EQ(trace::utc_offset("America/New_York", 1782864000), -4 * 3600);  // 2026-07-01
  for (const char* bad : {"", "Mars/Olympus", "../../../etc/passwd", "/etc/passwd", "Asia"})
    EXPECT_FALSE(trace::utc_offset(bad, 0)) << bad;
}

// A header by JobID, a clock with an offset that changes: submissions are 1 h of instants apart, not 0.
TEST(TraceSlurm, CountsInstantsWhereTimesHaveOffsets) {
  const Trace trace = parse_trace(
      "JobID|State|Submit|Start|End|ElapsedRaw|AllocTRES\r\n"
      "1|COMPLETED|2026-11-01T01:30:00-04:00|2026-11-01T01:30:00-04:00|2026-11-01T01:40:00-04:00|600|gres/gpu=1\r\n"
      "2_7|COMPLETED|2026-11-01T01:30:00-05:00|2026-11-01T01:30:00-05:00|2026-11-01T01:40:00-05:00||gres/gpu=1\r\n",
      "t");
  EXPECT_EQ(trace.format, "slurm");
  ASSERT_EQ(trace.rows.size(), 2u);
  EXPECT_EQ(trace.rows[1].submit_s, 3600);
  EXPECT_EQ(trace.rows[1].duration_s, 600);
  EXPECT_EQ(trace.utc_offset_s, -4 * 3600);
}

// Whatever stands in a file, reading ends in a trace or in an Error.
TEST(TraceFile, DamagedOnesEndInATraceOrAnError) {
  const std::string seeds[] = {
      swf, sacct_rows, csv_head + "a,0,8,60\n\"b\",1,2,3\n",
      "JobID|State|Submit|Start|End|Elapsed|Timelimit|ReqGRES|NNodes\n"
      "1|COMPLETED|2020-03-02T00:00:00|2020-03-02T00:00:00|2020-03-02T02:00:00|1-02:00:00|UNLIMITED|gpu:a:4(S:0)|2\n",
      "; UnixStartTime: 1767225600\n; TimeZoneString: Asia/Seoul\n1 0 5 60 16 -1 -1 16 3600 -1 1 7 2 -1 3 -1 1 60\n"};
  const std::string_view inserts[] = {
      "",   "|", ",", "\n", "\r\n", "\"",  ":",   "-",           "1e308", "99999999999999999999",
      "-1", "(", ")", "=",  "nan",  "inf", "\0x", "\xEF\xBB\xBF"};
  std::uint64_t state = 1;  // a congruential generator: Knuth's MMIX
  const auto next = [&](std::size_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>((state >> 33) % n);
  };
  int read = 0, refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = seeds[next(std::size(seeds))];
    for (std::size_t changes = 1 + next(3); changes > 0; --changes)
      text.replace(next(text.size()), next(3), inserts[next(std::size(inserts))]);
    if (text.empty()) continue;
    try {
      const Trace trace = parse_trace(text, "t", "auto", i % 2 ? Strictness::strict : Strictness::lenient);
      for (const TraceRow& row : trace.rows) {
        ASSERT_GE(row.submit_s, 0) << text;
        ASSERT_GT(row.duration_s, 0) << text;
        ASSERT_GT(row.gpus, 0) << text;
      }
      ++read;
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(read, 1000);
  EXPECT_GT(refused, 1000);
}

TEST(TraceFile, IsReadGzippedAndWithAByteOrderMark) {
  const fs::path plain = fs::path(::testing::TempDir()) / "nadc_trace_test.csv", packed = plain.string() + ".gz";
  std::ofstream(plain) << "\xEF\xBB\xBF" << csv_head << "a,0,8,60\n";
  std::string text = csv_head;
  for (int i = 0; i < 5000; ++i)
    text += std::to_string(i) + "," + std::to_string(i * i % 977) + ",8," + std::to_string(i + 1) + "\n";
  gzFile file = gzopen(packed.c_str(), "wb");
  ASSERT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
  gzclose(file);
  EXPECT_EQ(read_trace(plain.string()).rows.size(), 1u);
  EXPECT_EQ(read_trace(packed.string()).rows.size(), 5000u);
  fs::resize_file(packed, fs::file_size(packed) / 2);
  EXPECT_THROW(
      {
        try {
          read_trace(packed.string(), "csv", Strictness::lenient);
        } catch (const Error& error) {
          EXPECT_NE(std::string(error.what()).find("cut short"), std::string::npos) << error.what();
          throw;
        }
      },
      Error);
  fs::remove(plain);
  fs::remove(packed);
}

TEST(TraceFile, ThatCannotBeReadIsNamed) {
  EXPECT_THROW(read_trace("/nowhere/at/all.csv"), Error);
  EXPECT_THROW(read_trace(::testing::TempDir()), Error);
  const fs::path empty = fs::path(::testing::TempDir()) / "nadc_trace_empty.csv";
  std::ofstream(empty) << "\n\n";
  EXPECT_THROW(read_trace(empty.string()), Error);
  fs::remove(empty);
  expect_complaint("hello world\n", "t:1: error: the format of the trace cannot be told", "--from");
  EXPECT_THROW(parse_trace("x", "t", "swff"), Error);
}

TEST(TraceTime, UnderstandsOffsetsFractionsAndLeapDays) {
  EXPECT_EQ(trace::to_time("1970-01-02T00:00:01Z")->unix_s, 86401);
  EXPECT_EQ(trace::to_time("2024-02-29 00:00:00.25")->unix_s, 1709164800.25);
  EXPECT_EQ(trace::to_time("2024-02-29 00:00:00-0530")->offset_s, -19800);
  for (const char* bad : {"", "2023-02-29 00:00:00", "2024-02-28", "2024-02-28 24:00:00", "2024-02-28 00:00:00+8",
                          "2024-02-28 00:00:00x", "24-02-28 00:00:00"})
    EXPECT_FALSE(trace::to_time(bad)) << bad;
}

TEST(TraceOnDisk, LingjunAndOpenbHaveTheirKnownCounts) {
  const std::string lingjun = shared_file("traces/lingjun_2023_first_week.csv");
  const std::string openb = shared_file("traces/openb_pod_list_default.csv.gz");
  if (!fs::exists(lingjun) || !fs::exists(openb))
    GTEST_SKIP() << lingjun << " is not here (NADC_SHARED names its folder)";
  const Trace a = read_trace(lingjun);
  EXPECT_EQ(a.format, "csv");
  EXPECT_EQ(static_cast<std::int64_t>(a.rows.size()) + a.dropped.total(), 912);
  const Trace b = read_trace(openb);
  EXPECT_EQ(b.format, "openb");
  EXPECT_EQ(static_cast<std::int64_t>(b.rows.size()) + b.dropped.total(), 8152);
  EXPECT_EQ(b.dropped[Drop::no_gpus], 1088);
}

}  // namespace
}  // namespace nadc
