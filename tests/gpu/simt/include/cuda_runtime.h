// Stands in for CUDA's header where kernels run on the host (../simt.hpp): the words of the language, the intrinsics,
// and as much of the runtime's interface as gpu/ uses. Names and meanings are CUDA's, after the programming guide and
// the runtime's reference (13.0); where CUDA leaves a choice, this takes the least friendly one.
#pragma once
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <tuple>
#include <type_traits>

#define __global__
#define __device__
#define __host__
#define __launch_bounds__(...)

namespace simt {

struct Index {
  unsigned x = 0, y = 0, z = 0;
};
const Index& thread_index();
const Index& block_index();
std::byte* shared_memory();  // dynamic, of this block

enum class Collective { barrier, shuffle, shuffle_up, shuffle_xor, ballot };
// Waits for the lanes of the mask; what the collective gives to this lane.
std::uint64_t meet(Collective collective, unsigned mask, std::uint64_t value, int argument);
unsigned fetch_add(unsigned* where, unsigned value);

template <class T> std::uint64_t bits_of(T value) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}
template <class T> T value_of(std::uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace simt

#define threadIdx (::simt::thread_index())
#define blockIdx (::simt::block_index())

inline void __syncwarp(unsigned mask = 0xffffffffu) { (void)simt::meet(simt::Collective::barrier, mask, 0, 0); }
template <class T> T __shfl_sync(unsigned mask, T value, int from) {
  return simt::value_of<T>(simt::meet(simt::Collective::shuffle, mask, simt::bits_of(value), from));
}
template <class T> T __shfl_up_sync(unsigned mask, T value, unsigned by) {
  return simt::value_of<T>(simt::meet(simt::Collective::shuffle_up, mask, simt::bits_of(value), static_cast<int>(by)));
}
template <class T> T __shfl_xor_sync(unsigned mask, T value, int with) {
  return simt::value_of<T>(simt::meet(simt::Collective::shuffle_xor, mask, simt::bits_of(value), with));
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
  return static_cast<unsigned>(simt::meet(simt::Collective::ballot, mask, predicate != 0, 0));
}
inline unsigned atomicAdd(unsigned* where, unsigned value) { return simt::fetch_add(where, value); }
inline void __threadfence_system() {}
inline int __ffs(int x) { return x ? std::countr_zero(static_cast<unsigned>(x)) + 1 : 0; }
inline int __ffsll(long long x) { return x ? std::countr_zero(static_cast<unsigned long long>(x)) + 1 : 0; }
inline int __clzll(long long x) { return std::countl_zero(static_cast<unsigned long long>(x)); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline double __dsqrt_rn(double x) { return std::sqrt(x); }
inline long long __double_as_longlong(double x) { return std::bit_cast<long long>(x); }
inline double __longlong_as_double(long long x) { return std::bit_cast<double>(x); }

// ---- the runtime

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorNoKernelImageForDevice = 209,
  cudaErrorNotReady = 600,
  cudaErrorLaunchFailure = 719,
  cudaErrorDeviceLost = 998,  // no number of CUDA's: whatever a card says that is gone
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
enum cudaDeviceAttr {
  cudaDevAttrClockRate = 13,
  cudaDevAttrMultiProcessorCount = 16,
  cudaDevAttrKernelExecTimeout = 17,
  cudaDevAttrMaxThreadsPerMultiProcessor = 39,
  cudaDevAttrMaxSharedMemoryPerMultiprocessor = 81,
  cudaDevAttrMaxSharedMemoryPerBlockOptin = 97,
  cudaDevAttrReservedSharedMemoryPerBlock = 111,
};
enum cudaFuncAttribute {
  cudaFuncAttributeMaxDynamicSharedMemorySize = 8,
  cudaFuncAttributePreferredSharedMemoryCarveout = 9,
};
inline constexpr int cudaSharedmemCarveoutMaxShared = 100;
inline constexpr unsigned cudaHostAllocMapped = 2, cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2;

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct cudaFuncAttributes {
  std::size_t localSizeBytes = 0;
};
struct cudaDeviceProp {
  char name[256];
  int major, minor, multiProcessorCount;
  std::size_t totalGlobalMem;
};
namespace simt {
struct Stream;
struct Event;
}  // namespace simt
using cudaStream_t = simt::Stream*;
using cudaEvent_t = simt::Event*;
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  std::size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
  void* attrs = nullptr;
  unsigned numAttrs = 0;
};

const char* cudaGetErrorString(cudaError_t code);
cudaError_t cudaGetLastError();
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaGetDevice(int* device);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int device);
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total);
cudaError_t cudaMalloc(void** memory, std::size_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned flags);
cudaError_t cudaFreeHost(void* memory);
cudaError_t cudaHostGetDevicePointer(void** there, void* here, unsigned flags);
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind);
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventQuery(cudaEvent_t event);

namespace simt {
cudaError_t launch(const cudaLaunchConfig_t& config, const void* kernel, std::function<void()> body);
cudaError_t occupancy(int* blocks, const void* kernel, int threads, std::size_t shared);
cudaError_t set_attribute(const void* kernel, cudaFuncAttribute which, int value);
cudaError_t get_attributes(cudaFuncAttributes* attributes, const void* kernel);
}  // namespace simt

template <class... P, class... A>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(P...), A&&... arguments) {
  const std::tuple<std::decay_t<P>...> bound(std::forward<A>(arguments)...);
  return simt::launch(*config, reinterpret_cast<const void*>(kernel), [kernel, bound] { std::apply(kernel, bound); });
}
template <class T>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, T* kernel, int threads, std::size_t shared) {
  return simt::occupancy(blocks, reinterpret_cast<const void*>(kernel), threads, shared);
}
template <class T> cudaError_t cudaFuncSetAttribute(T* kernel, cudaFuncAttribute which, int value) {
  return simt::set_attribute(reinterpret_cast<const void*>(kernel), which, value);
}
template <class T> cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, T* kernel) {
  return simt::get_attributes(attributes, reinterpret_cast<const void*>(kernel));
}
