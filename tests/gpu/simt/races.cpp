// The shadow of device memory, and the hooks of -fsanitize=thread that keep it.
#include <cxxabi.h>
#include <dlfcn.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

#include "tests/gpu/simt/internal.hpp"

namespace simt {
namespace {

constexpr std::size_t arena_bytes = std::size_t{1} << 30;
constexpr std::size_t word = 1;  // bytes are locations of their own

// The last write and the last read of a byte: the stretch of the warp, and the lane.
struct Cell {
  std::uint64_t written, read;  // stretch * 64 + lane, read: + 32 when several lanes did
  const void *writer, *reader;  // code
};

template <class T> T* reserve(std::size_t count) {
  void* memory =
      ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  return static_cast<T*>(memory);
}

std::byte* const arena = reserve<std::byte>(arena_bytes);
Cell* const shadow = reserve<Cell>(arena_bytes / word);
std::map<std::size_t, std::size_t> holes{{0, arena_bytes}};  // offset, bytes
bool watching = true;
std::set<std::pair<const void*, const void*>> told;

void tell(const char* what, const std::byte* address, const Position& me, const void* my_code, std::uint64_t other,
          const void* other_code, const char* did) {
  const auto pair = std::minmax(my_code, other_code);
  if (!told.insert({pair.first, pair.second}).second || told.size() > 50) return;
  const std::uint32_t other_warp = warp_of(other / 64);
  report_fault(std::string("a race on the word at ") + std::to_string(address - arena) + ": lane " +
               std::to_string(me.lane) + " of warp " + std::to_string(me.warp) + " " + what + " it at " +
               place(my_code) + ", lane " + std::to_string(other % 32) + " of warp " + std::to_string(other_warp) +
               " " + did + " it at " + place(other_code) + ", and no barrier is between");
}

// Whether what was done in the stretch by the lane is unordered with what this lane does now.
bool unordered(std::uint64_t mark, const Position& me) {
  const std::uint64_t stretch = mark / 64;
  if (stretch < me.launch_begins) return false;
  if (stretch == me.stretch) return (mark & 32) != 0 || mark % 32 != me.lane;
  return warp_of(stretch) != me.warp;
}

void touch(const void* memory, std::size_t bytes, bool writes, const void* code) {
  const auto* address = static_cast<const std::byte*>(memory);
  if (address < arena || address >= arena + arena_bytes || !watching) return;
  const Position* me = position();
  if (!me) return;
  const std::uint64_t mark = me->stretch * 64 + me->lane;
  for (std::size_t w = static_cast<std::size_t>(address - arena) / word,
                   end = (static_cast<std::size_t>(address - arena) + bytes - 1) / word;
       w <= end; ++w) {
    Cell& cell = shadow[w];
    if (cell.written && unordered(cell.written, *me))
      tell(writes ? "writes" : "reads", arena + w * word, *me, code, cell.written, cell.writer, "wrote");
    if (writes) {
      if (cell.read && unordered(cell.read, *me))
        tell("writes", arena + w * word, *me, code, cell.read, cell.reader, "read");
      cell.written = mark;
      cell.writer = code;
    } else {
      const bool same = cell.read / 64 == me->stretch && cell.read % 32 != me->lane;
      cell.read = mark | (same ? 32 : 0);
      cell.reader = code;
    }
  }
}

}  // namespace

void watch_races(bool on) {
  watching = on;
  told.clear();
}

std::byte* arena_take(std::size_t bytes) {
  bytes = (std::max<std::size_t>(bytes, 1) + 255) / 256 * 256;
  for (auto hole = holes.begin(); hole != holes.end(); ++hole) {
    if (hole->second < bytes) continue;
    const std::size_t offset = hole->first, left = hole->second - bytes;
    holes.erase(hole);
    if (left) holes[offset + bytes] = left;
    std::memset(arena + offset, 0xa5, bytes);
    return arena + offset;
  }
  std::abort();
}

void arena_give(std::byte* memory, std::size_t bytes) {
  bytes = (std::max<std::size_t>(bytes, 1) + 255) / 256 * 256;
  auto hole = holes.emplace(static_cast<std::size_t>(memory - arena), bytes).first;
  if (auto next = std::next(hole); next != holes.end() && hole->first + hole->second == next->first) {
    hole->second += next->second;
    holes.erase(next);
  }
  if (hole != holes.begin())
    if (auto before = std::prev(hole); before->first + before->second == hole->first) {
      before->second += hole->second;
      holes.erase(hole);
    }
}

std::string place(const void* code) {
  char text[24];
  std::snprintf(text, sizeof text, "\x01%zx\x02", reinterpret_cast<std::size_t>(code));
  return text;
}

std::string with_places(std::string text) {
  for (std::size_t begin; (begin = text.find('\x01')) != std::string::npos;) {
    const std::size_t end = text.find('\x02', begin);
    const auto code = std::strtoull(text.substr(begin + 1, end - begin - 1).c_str(), nullptr, 16);
    text.replace(begin, end - begin + 1, where(reinterpret_cast<const void*>(code)));
  }
  return text;
}

std::string where(const void* code) {
  Dl_info info{};
  if (!code || !dladdr(code, &info) || !info.dli_fname) return "";
  const auto offset = static_cast<const char*>(code) - static_cast<const char*>(info.dli_fbase) - 1;
  char command[4352];
  std::snprintf(command, sizeof command, "addr2line -e '%s' -s -C -f -p 0x%tx 2>/dev/null", info.dli_fname, offset);
  std::string text;
  if (FILE* pipe = ::popen(command, "r")) {
    char line[4096];
    if (std::fgets(line, sizeof line, pipe)) text = line;
    ::pclose(pipe);
  }
  if (text.empty() || text[0] == '?') return info.dli_sname ? info.dli_sname : "";
  text.resize(text.find_last_not_of('\n') + 1);
  // The function's arguments and templates tell little.
  const std::size_t at = text.rfind(" at ");
  std::string function = text.substr(0, at);
  if (function.size() > 60) function = function.substr(0, 57) + "...";
  return at == std::string::npos ? text : function + " (" + text.substr(at + 4) + ")";
}

}  // namespace simt

// The compiler calls these before every access that may be shared.
#define HOOK(size)                                                                                          \
  void __tsan_read##size(void* at) { simt::touch(at, size, false, __builtin_return_address(0)); }           \
  void __tsan_write##size(void* at) { simt::touch(at, size, true, __builtin_return_address(0)); }           \
  void __tsan_unaligned_read##size(void* at) { simt::touch(at, size, false, __builtin_return_address(0)); } \
  void __tsan_unaligned_write##size(void* at) { simt::touch(at, size, true, __builtin_return_address(0)); } \
  void __tsan_volatile_read##size(void*) {}                                                                 \
  void __tsan_volatile_write##size(void*) {}
extern "C" {
HOOK(1)
HOOK(2)
HOOK(4)
HOOK(8)
HOOK(16)
void __tsan_read_range(void* at, std::size_t bytes) { simt::touch(at, bytes, false, __builtin_return_address(0)); }
void __tsan_write_range(void* at, std::size_t bytes) { simt::touch(at, bytes, true, __builtin_return_address(0)); }
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
// Atomic operations order what they touch, and race with nothing.
std::uint32_t __tsan_atomic32_load(const volatile std::uint32_t* at, int) { return __atomic_load_n(at, 5); }
void __tsan_atomic32_store(volatile std::uint32_t* at, std::uint32_t value, int) { __atomic_store_n(at, value, 5); }
std::uint32_t __tsan_atomic32_fetch_add(volatile std::uint32_t* at, std::uint32_t value, int) {
  return __atomic_fetch_add(at, value, 5);
}
std::uint8_t __tsan_atomic8_load(const volatile std::uint8_t* at, int) { return __atomic_load_n(at, 5); }
void __tsan_atomic8_store(volatile std::uint8_t* at, std::uint8_t value, int) { __atomic_store_n(at, value, 5); }
}
