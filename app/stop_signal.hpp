// Ctrl-C and SIGTERM as a flag that work in progress polls. A second signal ends the process at once.
#pragma once
#include <atomic>

namespace nadc {

inline constexpr int interrupted_exit = 130;

// Thrown out of work that cannot be kept in part.
struct Interrupted {};

// Catches SIGINT and SIGTERM while it lives. One at a time.
class StopSignal {
 public:
  StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  ~StopSignal();
  const std::atomic<bool>& flag() const;
};

}  // namespace nadc
