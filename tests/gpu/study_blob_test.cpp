#include "gpu/study_blob.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "sim/error.hpp"
#include "tests/gpu/worlds.hpp"

namespace nadc::test {
namespace {

class StudyBlob : public testing::Test {
 protected:
  std::string path(const std::string& name) const {
    return (std::filesystem::path(testing::TempDir()) /
            (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + "_" + name))
        .string();
  }
  static std::vector<BlobStudy> two() {
    return {make_study("one", {lean_scenario(128, 2, 50)}, 2, 1),
            make_study("another", {full_scenario(640, 2, 50)}, 1, 2)};
  }
  static std::string bytes_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::string error_of(const std::string& file) {
    try {
      read_study_blob(file);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input);
      return error.what();
    }
    return "";
  }
};

TEST_F(StudyBlob, ReadsBackWhatWasWritten) {
  const auto written = two();
  write_study_blob(path("blob"), written);
  const auto read = read_study_blob(path("blob"));
  ASSERT_EQ(read.size(), 2u);
  for (std::size_t s = 0; s < 2; ++s) {
    EXPECT_EQ(read[s].name, written[s].name);
    EXPECT_EQ(read[s].world_block, written[s].world_block);
    EXPECT_EQ(read[s].points, written[s].points);
    ASSERT_EQ(read[s].rows.size(), written[s].rows.size());
    for (std::size_t r = 0; r < read[s].rows.size(); ++r) {
      EXPECT_EQ(read[s].rows[r].task.point, written[s].rows[r].task.point);
      EXPECT_EQ(read[s].rows[r].task.replica, written[s].rows[r].task.replica);
      EXPECT_EQ(read[s].rows[r].hash, written[s].rows[r].hash);
    }
  }
}

TEST_F(StudyBlob, RefusesAFileThatIsCutAnywhere) {
  write_study_blob(path("blob"), two());
  const std::string bytes = bytes_of(path("blob"));
  for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 50) {
    std::ofstream(path("cut"), std::ios::binary) << bytes.substr(0, length);
    EXPECT_NE(error_of(path("cut")), "") << length;
  }
}

TEST_F(StudyBlob, NamesWhatIsWrongWithAFile) {
  EXPECT_NE(error_of(path("missing")).find("cannot be opened"), std::string::npos);
  write_study_blob(path("blob"), two());
  const std::string bytes = bytes_of(path("blob"));
  const auto with = [&](std::size_t place, char byte) {
    std::string changed = bytes;
    changed[place] = byte;
    std::ofstream(path("changed"), std::ios::binary) << changed;
    return error_of(path("changed"));
  };
  EXPECT_NE(with(0, 'X').find("does not begin as one"), std::string::npos);
  EXPECT_NE(with(8, 99).find("has version 99"), std::string::npos);
  EXPECT_NE(with(16, static_cast<char>(~bytes[16])).find("look different"), std::string::npos);
  std::ofstream(path("long"), std::ios::binary) << bytes << "x";
  EXPECT_NE(error_of(path("long")).find("goes on"), std::string::npos);
}

}  // namespace
}  // namespace nadc::test
