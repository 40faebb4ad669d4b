#include "app/stop_signal.hpp"

#include <csignal>

namespace nadc {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

void on_signal(int number) {
  stop = true;
  std::signal(number, SIG_DFL);
}

}  // namespace

StopSignal::StopSignal() {
  stop = false;
  // A shell that starts a job in the background has it ignore SIGINT; that stays.
  for (const int number : {SIGINT, SIGTERM})
    if (std::signal(number, on_signal) == SIG_IGN) std::signal(number, SIG_IGN);
}

StopSignal::~StopSignal() {
  for (const int number : {SIGINT, SIGTERM})
    if (std::signal(number, SIG_DFL) == SIG_IGN) std::signal(number, SIG_IGN);
}

const std::atomic<bool>& StopSignal::flag() const { return stop; }

}  // namespace nadc
