// What OpenMP and TBB promise and the thread sanitizer cannot see, because Debian's libraries are not compiled with it:
// workers see all that was done before they were started, and who started them sees all that they did. Nothing in other
// builds.
#pragma once

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace nadc {

#ifdef __SANITIZE_THREAD__
inline void happens_before(const void* what) { __tsan_release(const_cast<void*>(what)); }
inline void happens_after(const void* what) { __tsan_acquire(const_cast<void*>(what)); }
#else
inline void happens_before(const void*) {}
inline void happens_after(const void*) {}
#endif

// Around the call that starts workers and waits for them.
class Starting {
 public:
  explicit Starting(const void* what) : what_(what) { happens_before(what_); }
  Starting(const Starting&) = delete;
  Starting& operator=(const Starting&) = delete;
  ~Starting() { happens_after(what_); }

 private:
  const void* what_;
};

// Around what a worker does.
class Working {
 public:
  explicit Working(const void* what) : what_(what) { happens_after(what_); }
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;
  ~Working() { happens_before(what_); }

 private:
  const void* what_;
};

}  // namespace nadc
