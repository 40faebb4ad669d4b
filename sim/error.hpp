// The one error type. A message says: problem (why), suggestion. The place is where a user can mend it.
#pragma once
#include <stdexcept>
#include <string>
#include <vector>

namespace nadc {

// Maps one to one to the exit code of the command.
enum class ErrorKind {
  failed = 1,   // a run or a check failed
  usage = 2,    // the command line is wrong
  input = 3,    // a scenario or an input file is wrong
  partial = 4,  // some replicas failed, or shards are missing
};

// Where a problem stands. Line and column count from 1; 0 means that there is none.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  std::string path;         // key path, for example "sites[0].power.grid"
  std::string source_line;  // text of the line, for the caret
};

struct Problem {
  std::string message;  // what is wrong, and why
  std::string hint;     // what would work; may be empty
  Place place;
};

// Renders "file:line:column: error: message", the source line with a caret, the key path and the hint.
std::string render(const Problem& problem);

// Carries all problems found at once. what() is every problem, rendered.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::vector<Problem> problems);
  Error(ErrorKind kind, std::string message, std::string hint = {}, Place place = {});

  ErrorKind kind() const noexcept { return kind_; }
  const std::vector<Problem>& problems() const noexcept { return problems_; }

 private:
  ErrorKind kind_;
  std::vector<Problem> problems_;
};

}  // namespace nadc
