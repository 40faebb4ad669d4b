#include "sim/error.hpp"

#include <utility>

namespace nadc {
namespace {

std::string render_all(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) text += '\n';
    text += render(problem);
  }
  return text;
}

}  // namespace

std::string render(const Problem& problem) {
  const Place& place = problem.place;
  std::string text;
  if (!place.file.empty()) {
    text += place.file;
    if (place.line > 0) text += ':' + std::to_string(place.line);
    if (place.line > 0 && place.column > 0) text += ':' + std::to_string(place.column);
    text += ": ";
  }
  text += "error: ";
  if (!place.path.empty()) text += place.path + ": ";
  text += problem.message;
  if (!place.source_line.empty()) {
    text += "\n  " + place.source_line;
    if (place.column > 0) {
      text += "\n  ";
      // Tabs stay tabs, so that the caret stands under its column on any terminal.
      for (int i = 0; i + 1 < place.column; ++i) {
        const bool tab =
            i < static_cast<int>(place.source_line.size()) && place.source_line[static_cast<std::size_t>(i)] == '\t';
        text += tab ? '\t' : ' ';
      }
      text += '^';
    }
  }
  if (!problem.hint.empty()) text += "\n  hint: " + problem.hint;
  return text;
}

Error::Error(ErrorKind kind, std::vector<Problem> problems)
    : std::runtime_error(render_all(problems)), kind_(kind), problems_(std::move(problems)) {}

Error::Error(ErrorKind kind, std::string message, std::string hint, Place place)
    : Error(kind, std::vector<Problem>{Problem{std::move(message), std::move(hint), std::move(place)}}) {}

}  // namespace nadc
