// nadc_export_blob FILE: writes the built-in studies and those to be timed, with the hashes that this machine's plain
// loop gives. nadc_export_blob --hashes FILE: writes those hashes as the table that is kept under tests/gpu.
#include <cstdio>
#include <exception>
#include <string>

#include "tests/gpu/hash_table.hpp"
#include "tests/gpu/worlds.hpp"

int main(int count, char** words) {
  using namespace nadc;
  const bool hashes = count == 3 && std::string(words[1]) == "--hashes";
  if (count != 2 && !hashes) {
    std::fprintf(stderr, "usage: nadc_export_blob FILE | --hashes FILE\n");
    return 2;
  }
  try {
    std::vector<BlobStudy> studies = test::built_in_studies();
    if (hashes) {
      test::write_hashes(words[2], studies);
    } else {
      for (BlobStudy& study : test::timed_studies(10)) studies.push_back(std::move(study));
      write_study_blob(words[1], studies);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
