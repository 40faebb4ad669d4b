// Inside gpu/, for nvcc alone: memory and streams of the device that free themselves, and the check of return codes.
#pragma once
#include <cuda_runtime_api.h>

#include <cstddef>
#include <string>
#include <utility>

#include "sim/error.hpp"

namespace nadc::cuda {

inline void check(cudaError_t code, const char* doing) {
  if (code == cudaSuccess) return;
  (void)cudaGetLastError();  // so that the next call does not report it again
  throw Error(ErrorKind::failed, std::string("CUDA failed while ") + doing + ": " + cudaGetErrorString(code),
              code == cudaErrorMemoryAllocation ? "use a smaller batch, or another backend" : "");
}

// An array in device memory, or in pinned host memory that the device can reach.
enum class Where { device, host };
template <class T, Where where> class Array {
 public:
  Array() = default;
  explicit Array(std::size_t count) { grow(count); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() { release(); }

  // At least this many; what was in it is lost when it grows.
  void grow(std::size_t count) { check(resize(count), "allocating memory"); }
  // The same; false when there is not so much.
  bool try_grow(std::size_t count) {
    const cudaError_t code = resize(count);
    if (code == cudaErrorMemoryAllocation) return (void)cudaGetLastError(), false;
    check(code, "allocating memory");
    return true;
  }
  void release() {
    if constexpr (where == Where::device)
      (void)cudaFree(data_);
    else
      (void)cudaFreeHost(data_);
    data_ = nullptr;
    count_ = 0;
  }
  T* data() const { return data_; }
  // Where the device finds it.
  T* on_device() const {
    if constexpr (where == Where::device) return data_;
    void* there = nullptr;
    check(cudaHostGetDevicePointer(&there, data_, 0), "mapping memory of the host");
    return static_cast<T*>(there);
  }
  std::size_t size() const { return count_; }
  T& operator[](std::size_t i) const { return data_[i]; }

 private:
  cudaError_t resize(std::size_t count) {
    if (count <= count_) return cudaSuccess;
    release();
    void* memory = nullptr;
    const cudaError_t code = where == Where::device ? cudaMalloc(&memory, count * sizeof(T))
                                                    : cudaHostAlloc(&memory, count * sizeof(T), cudaHostAllocMapped);
    if (code == cudaSuccess) {
      data_ = static_cast<T*>(memory);
      count_ = count;
    }
    return code;
  }

  T* data_ = nullptr;
  std::size_t count_ = 0;
};
template <class T> using DeviceArray = Array<T, Where::device>;
template <class T> using HostArray = Array<T, Where::host>;

class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "creating a stream"); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { (void)cudaStreamDestroy(stream_); }
  operator cudaStream_t() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

class Event {
 public:
  Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "creating an event"); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { (void)cudaEventDestroy(event_); }
  operator cudaEvent_t() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

inline int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, which, device), "reading the device's attributes");
  return value;
}

}  // namespace nadc::cuda
