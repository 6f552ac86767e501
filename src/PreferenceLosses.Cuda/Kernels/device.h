// What the kernels need of the language, without any CUDA header. On a device these are built-ins of the compiler; on a host
// (EMULATED) they are functions of the emulated grid, so that the same source runs under sanitizers.
#pragma once

typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned long long u64;
typedef long long i64;

#ifdef EMULATED

#include "emulated_grid.h"

#else

#define KERNEL extern "C" __attribute__((global))
#define DEVICE static inline __attribute__((device)) __attribute__((always_inline))
#define SHARED __attribute__((shared))
#define THREADS(count) __attribute__((launch_bounds(count)))

DEVICE u32 thread_index() { return __nvvm_read_ptx_sreg_tid_x(); }
DEVICE u32 block_index() { return __nvvm_read_ptx_sreg_ctaid_x(); }
DEVICE void barrier() { __nvvm_bar_sync(0); }
DEVICE u32 shuffle_xor(u32 bits, u32 distance) { return (u32)__nvvm_shfl_sync_bfly_i32(0xFFFFFFFFu, (int)bits, (int)distance, 31); }

// 2^x and log2 x as the hardware has them: 2 ulp over the whole range, and 2^-22 absolute near x = 1.
DEVICE float exp2_fast(float x) { return __nvvm_ex2_approx_ftz_f(x); }
DEVICE float log2_fast(float x) { return __nvvm_lg2_approx_ftz_f(x); }

// Two floats, rounded to nearest even, as two halves of a word; the first is the lower one.
DEVICE u32 pack_bf16(float low, float high) { return __builtin_bit_cast(u32, __nvvm_ff2bf16x2_rn(high, low)); }
DEVICE u32 pack_fp16(float low, float high) { return __builtin_bit_cast(u32, __nvvm_ff2f16x2_rn(high, low)); }

#endif

// Sixteen bytes, which are read and written at once.
struct alignas(16) Words {
  u32 word[4];
};

DEVICE float bits_to_float(u32 bits) { return __builtin_bit_cast(float, bits); }
DEVICE u32 float_to_bits(float value) { return __builtin_bit_cast(u32, value); }
DEVICE float unpack_fp16(u16 bits) { return (float)__builtin_bit_cast(_Float16, bits); }
DEVICE float shuffle_xor(float value, u32 distance) { return bits_to_float(shuffle_xor(float_to_bits(value), distance)); }
DEVICE double shuffle_xor(double value, u32 distance) {
  u64 bits = __builtin_bit_cast(u64, value);
  u64 high = shuffle_xor((u32)(bits >> 32), distance);
  return __builtin_bit_cast(double, (high << 32) | shuffle_xor((u32)bits, distance));
}
