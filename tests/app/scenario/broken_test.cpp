// Broken documents, each with the message that its author needs.
#include <gtest/gtest.h>

#include <random>

#include "sim/error.hpp"
#include "tests/app/scenario/test_spec.hpp"

namespace nadc::scenario_test {
namespace {

struct Broken {
  const char* what;
  std::string yaml;
  std::vector<const char*> says;  // all of these appear
};

std::string with(const std::string& lines) { return minimal + lines; }

const std::vector<Broken>& broken() {
  static const std::vector<Broken> all{
      {"unknown key",
       with("coolingg: air\n"),
       {"test.yaml:5:1: error: unknown key 'coolingg'", "\n  coolingg: air\n  ^", "did you mean 'cooling'?"}},
      {"unknown key far from all", with("zzz: 1\n"), {"unknown key 'zzz'", "known here: title, start"}},
      {"unknown nested key",
       "title: t\nsites:\n  - name: a\n    gpus: 8\n    grid: {conection: 4 MW}\n",
       {"test.yaml:5:12: error: sites[0].grid: unknown key 'conection'", "did you mean 'connection'?"}},
      {"duplicate key",
       with("strict: true\nstrict: false\n"),
       {"test.yaml:6:1: error: duplicate key 'strict'", "first given on line 5"}},
      {"duplicate key in a flow map", with("shares: {a: 10 %, a: 20 %}\n"), {"5:19", "duplicate key 'a'"}},
      {"bare number where a unit is due",
       "title: t\nsites: [{name: a, gpus: 8, grid: {connection: 40}}]\n",
       {"2:47: error: sites[0].grid.connection: '40' has no unit; expected a power such as \"40 MW\"",
        "units of a power: mW, W, kW, MW, GW"}},
      {"wrong dimension", with("outage: 5 kW\n"), {"5:9", "'5 kW' is a power; expected a duration such as \"90 min\""}},
      {"unknown unit", with("outage: 90 minn\n"), {"unknown unit 'minn'", "did you mean 'min'?"}},
      {"negative GPUs",
       "title: t\nsites: [{name: a, gpus: -8}]\n",
       {"2:25: error: sites[0].gpus: '-8' is out of range: must be at least 1"}},
      {"number beyond its range",
       with("ratio: 2\n"),
       {"ratio: '2' is out of range: must be at least 0 and less than 2"}},
      {"quantity beyond its range", with("outage: 2 d\n"), {"must be at least 0 s and at most 1 d"}},
      {"octal", "title: t\nsites: [{name: a, gpus: 010}]\n", {"the number '010' begins with a zero"}},
      {"hexadecimal",
       "title: t\nsites: [{name: a, gpus: 0x10}]\n",
       {"'0x10' is not a number; expected a whole number"}},
      {"fraction of a GPU", "title: t\nsites: [{name: a, gpus: 1.5}]\n", {"'1.5' is not a whole number"}},
      {"integer beyond 32 bits", "title: t\nsites: [{name: a, gpus: 8, crews: 3000000000}]\n", {"out of range"}},
      {"1e400", with("ratio: 1e400\n"), {"the number '1e400' does not fit a double"}},
      {"NaN", with("ratio: .nan\n"), {"'.nan' is not a number; expected a number"}},
      {"infinity", with("ratio: .inf\n"), {"'.inf' is not a number"}},
      {"thousands with commas", with("ratio: \"1,000\"\n"), {"the text \"1,000\" stands here; expected a number"}},
      {"quoted number", with("ratio: \"1.5\"\n"), {"expected a number", "remove the quotes"}},
      {"text where a list is due", with("hours: 5\n"), {"'5' stands here; expected a list of numbers"}},
      {"bad item of a list", with("hours: [1, two]\n"), {"5:12: error: hours[1]: 'two' is not a number"}},
      {"list where a map is due", with("shares: [1]\n"), {"a list stands here; expected a map from names"}},
      {"yes for true", with("strict: yes\n"), {"'yes' stands here; expected true or false"}},
      {"unknown choice", with("cooling: liquidd\n"), {"'liquidd' is none of air, liquid", "did you mean 'liquid'?"}},
      {"unknown alternative",
       with("order: fifoo\n"),
       {"'fifoo' is none of fifo, spread, smallest", "did you mean 'fifo'?"}},
      {"parameters of an alternative without any", with("order: {fifo: {depth: 3}}\n"), {"'fifo' takes no parameters"}},
      {"unknown parameter of an alternative",
       with("order: {spread: {penalti: 5 %}}\n"),
       {"5:18: error: order.spread: unknown key 'penalti'", "did you mean 'penalty'?"}},
      {"two alternatives", with("order: {spread: {}, fifo: {}}\n"), {"one alternative at a time"}},
      {"missing key",
       "title: t\nsites:\n  - name: a\n",
       {"3:5: error: sites[0]: the key 'gpus' is missing", "GPUs here."}},
      {"missing key at the top",
       "sites: [{name: a, gpus: 8}]\n",
       {"1:1: error: the key 'title' is missing; expected text"}},
      {"empty value", with("outage:\n"), {"5:1: error: outage: no value stands here", "it is 90 min"}},
      {"empty list", "title: t\nsites: []\n", {"0 entries stand here: there must be at least 1"}},
      {"scalar where an object is due",
       "title: t\nsites: [north]\n",
       {"sites[0]: 'north' stands here; expected a map of keys"}},
      {"bad date", with("end: 2026-02-30\n"), {"'2026-02-30' is not in the calendar"}},
      {"rule that spans fields",
       with("end: 2025-06-01\n"),
       {"5:1: error: end: the end is not after the start", "move it"}},
      {"missing file", with("trace: none.csv\n"), {"trace: there is no such file: 'none.csv'"}},
      {"law that does not exist",
       with("jobs: {train: {runtime: {lognormall: {median: 2 h, sigma: 1}}}}\n"),
       {"'lognormall' is no law", "did you mean 'lognormal'?"}},
      {"law without a parameter",
       with("jobs: {train: {runtime: {lognormal: {median: 2 h}}}}\n"),
       {"jobs.train.runtime.lognormal: the key 'sigma' is missing", "{lognormal: {median: \"90 min\", sigma: 1.5}}"}},
      {"law with a unit missing",
       with("jobs: {train: {runtime: {lognormal: {median: 2, sigma: 1}}}}\n"),
       {"jobs.train.runtime.lognormal.median: '2' has no unit"}},
      {"law with an impossible parameter",
       with("jobs: {train: {runtime: {uniform: {low: 3 h, high: 1 h}}}}\n"),
       {"low is greater than high"}},
      {"law that leaves the range",
       with("jobs: {train: {runtime: {normal: {mean: 1 h, sd: 1 h}}}}\n"),
       {"this law gives values such as", "must be at least 0 s", "cap it with min"}},
      {"law where a number is due",
       with("ratio: {uniform: [0, 1]}\n"),
       {"a map stands here; expected a number", "{uncertain: {…}}"}},
      {"uncertain without a law",
       with("ratio: {uncertain: {unifrm: [0, 1]}}\n"),
       {"'unifrm' is no law", "did you mean 'uniform'?"}},
      {"uncertain beyond the range",
       with("ratio: {uncertain: {uniform: [0, 3]}}\n"),
       {"must be at least 0 and less than 2"}},
      {"uncertain inside of uncertain",
       with("ratio: {uncertain: {uniform: [0, {uncertain: {uniform: [1, 1.5]}}]}}\n"),
       {"an uncertain value cannot have uncertain parameters"}},
      {"name with a dot", with("jobs: {gpt.3: {}}\n"), {"the name 'gpt.3' has a character that key paths need"}},
      {"several documents", with("---\ntitle: again\n"), {"a second document begins here"}},
      {"tab",
       "title: t\nsites:\n\t- name: a\n",
       {"test.yaml:3:1: error: a tab indents this line", "indent with spaces"}},
      {"not UTF-8", std::string("title: caf\xe9\n"), {"1:11: error: the file is not UTF-8 text"}},
      {"a zero byte", std::string("title: a\0b\n", 11), {"1:9: error: a control character"}},
      {"empty file", "", {"test.yaml: error: the file is empty"}},
      {"only comments", "# nothing\n\n", {"the file is empty"}},
      {"a scalar document", "hello\n", {"'hello' stands here; expected a map of keys"}},
      {"bad indentation", "title: t\n  sites: 1\n", {"this is not YAML"}},
      {"bracket never closed", "title: [1, 2\n", {"this is not YAML: a '[' is not closed"}},
      {"tag", with("ratio: !!float 1.5\n"), {"the tag 'tag:yaml.org,2002:float' is not understood"}},
      {"merge key", with("jobs: {a: &a {weight: 2}, b: {<<: *a}}\n"), {"merge keys ('<<') are not supported"}},
      {"alias without anchor", with("ratio: *nothing\n"), {"this is not YAML: the referenced anchor is not defined"}},
      {"aliased value shows the alias",
       with("hours: [&x 3]\nratio: *x\n"),
       {"test.yaml:6:8: error: ratio: '3' is out of range"}},
      {"a key that is no text", with("[1, 2]: 3\n"), {"a key must be plain text"}},
      {"extends that is no file name",
       with("extends: {a: 1}\n"),
       {"'extends' names a file, or a list of them; found a map"}},
      {"extends a missing file",
       with("extends: none.yaml\n"),
       {"5:10: error: extends: there is no such file: 'none.yaml'"}},
  };
  return all;
}

TEST(BrokenScenario, SaysWhatIsWrongAndWhere) {
  for (const Broken& each : broken()) {
    const std::string errors = errors_of(each.yaml);
    for (const char* text : each.says)
      EXPECT_NE(errors.find(text), std::string::npos) << each.what << "\nexpected: " << text << "\ngot:\n" << errors;
    EXPECT_FALSE(errors.empty()) << each.what;
  }
}

TEST(BrokenScenario, ShowsAllProblemsAtOnce) {
  try {
    load("titel: t\nsites: [{name: a, gpus: -1, grid: {connection: 4}}]\nratio: .nan\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_EQ(error.problems().size(), 5u) << error.what();  // titel, title missing, gpus, connection, ratio
    EXPECT_EQ(error.problems()[0].place.line, 1);
  }
}

TEST(BrokenScenario, StopsAnAliasBomb) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k ? ", " : "") + before;
    bomb += "]\n";
  }
  const std::string errors = errors_of(bomb);
  EXPECT_NE(errors.find("more than 200000 nodes once aliases are expanded"), std::string::npos) << errors;
}

// Damaged text loads or is refused with our own error; nothing else may come out.
TEST(BrokenScenario, RandomDamageIsAnErrorAndNothingElse) {
  const std::string whole =
      std::string(minimal) +
      "jobs: {train: {runtime: {lognormal: {median: \"2 h\", sigma: 1.9}}, weight: &w 0.25},\n"
      "  infer: {weight: *w}}\norder: {spread: {penalty: 7 %}}\nhours: [0, {uncertain: {uniform: [1, 2]}}]\n";
  ASSERT_EQ(errors_of(whole), "");
  std::mt19937 random(20260101);
  const std::string letters = "{}[]:,&*!|>'\"%@`#-?~ \n\t019aeE.+\\";
  int refused = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string text = whole;
    for (int k = 0; k < 1 + i % 4; ++k) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = letters[random() % letters.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 5);
          break;
        default:
          text.insert(at, 1, letters[random() % letters.size()]);
          break;
      }
    }
    if (!errors_of(text).empty()) ++refused;  // anything but nadc::Error fails the test
  }
  EXPECT_GT(refused, 500);
}

TEST(BrokenScenario, StopsDeepNesting) {
  const std::string errors = errors_of("title: " + std::string(5000, '[') + std::string(5000, ']') + "\n");
  EXPECT_NE(errors.find("levels of nesting"), std::string::npos) << errors;
}

TEST(BrokenScenario, PlacesCountCharactersNotBytes) {
  const std::string errors = errors_of("title: t\nsites: [{name: 광주, gpus: -8}]\n");
  EXPECT_NE(errors.find("test.yaml:2:26: error: sites[0].gpus"), std::string::npos) << errors;
}

TEST(BrokenScenario, FilesThatCannotBeRead) {
  const Folder folder;
  const auto errors = [&](const std::string& file) -> std::string {
    try {
      load_file(file);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(errors(folder.path()).find("this is a directory"), std::string::npos);
  EXPECT_NE(errors(folder.path() + "/none.yaml").find("there is no such file"), std::string::npos);
  EXPECT_NE(errors(folder.write("empty.yaml", "")).find("empty.yaml: error: the file is empty"), std::string::npos);
  EXPECT_NE(errors(folder.write("large.yaml", std::string((16u << 20) + 1, '#'))).find("larger than 16 MiB"),
            std::string::npos);
}

TEST(BrokenScenario, ExtendsInACircle) {
  const Folder folder;
  folder.write("a.yaml", "extends: b.yaml\n");
  folder.write("b.yaml", "extends: sub/c.yaml\n");
  folder.write("sub/c.yaml", "title: c\nextends: ../a.yaml\n");
  try {
    load_file(folder.path() + "/a.yaml");
    FAIL();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(
        text.find("c.yaml:2:10: error: extends: 'extends' goes round in a circle: a.yaml → b.yaml → c.yaml → a.yaml"),
        std::string::npos)
        << text;
  }
}

TEST(BrokenScenario, ErrorsInABasePointAtTheBase) {
  const Folder folder;
  folder.write("base.yaml", "title: base\nratio: 9\n");
  const std::string file = folder.write("top.yaml", "extends: base.yaml\nsites: [{name: a, gpus: -8}]\n");
  try {
    load_file(file);
    FAIL();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("base.yaml:2:8: error: ratio"), std::string::npos) << text;
    EXPECT_NE(text.find("top.yaml:2:25: error: sites[0].gpus"), std::string::npos) << text;
  }
}

TEST(BrokenScenario, LawFilesNameTheLine) {
  const Folder folder;
  folder.write("gaps.csv", "gap_s\n1\n2\nthree\n");
  const std::string file =
      folder.write("a.yaml", "title: t\nsites: [{name: a, gpus: 8}]\njobs: {a: {runtime: {empirical: gaps.csv}}}\n");
  try {
    load_file(file);
    FAIL();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("gaps.csv:4:1: error: jobs.a.runtime.empirical: 'three' is not a number"), std::string::npos)
        << text;
  }
}

struct BrokenOverride {
  const char* override;
  const char* says;
};

TEST(BrokenOverride, SaysWhatIsWrongAndWhere) {
  const BrokenOverride all[] = {
      {"coolin=air",
       "command line: error: coolin: unknown key 'coolin' in the scenario\n  coolin=air\n  ^\n  hint: did you mean "
       "'cooling'?"},
      {"sites[3].gpus=8", "sites[3].gpus: 'sites' has 1 items; [3] is beyond the last"},
      {"sites.north.gpus=8", "'sites' is a list: 'north' is not an index"},
      {"sites[0].gpus=-8",
       "sites[0].gpus: '-8' is out of range: must be at least 1\n  sites[0].gpus=-8\n                ^"},
      {"sites[0].grid.connection=40", "'40' has no unit; expected a power"},
      {"jobs.train.weight=2", "unknown key 'train' in 'jobs'"},
      {"+new=1", "unknown key 'new' in the scenario"},
      {"~outage", "'outage' is not set, so it cannot be removed"},
      {"~sites", "the key 'sites' is missing"},
      {"title.x=1", "'title' is a plain value and has no key 'x'"},
      {"order.spread.penalty=5 %",
       "'order' is 'fifo' here, not 'spread'\n  order.spread.penalty=5 %\n  ^\n  hint: set order=spread first"},
      {"hours=[1, 2", "this is not YAML"},
      {"trace=none.csv", "a path on the command line starts from the working directory"},
      {"title", "'title' is no override"},
      {"~title=3", "'~' removes a key and takes no value"},
      {"title=", "no value after '='"},
      {"a..b=3", "'a..b' is no key path"},
      {"sites[x]=3", "'sites[x]' is no key path"},
  };
  for (const BrokenOverride& each : all) {
    const std::string errors = errors_of(minimal, {each.override});
    EXPECT_NE(errors.find(each.says), std::string::npos) << each.override << "\nexpected: " << each.says << "\ngot:\n"
                                                         << errors;
  }
}

}  // namespace
}  // namespace nadc::scenario_test
