// A grid on the host: the threads of a block are fibers, and take turns where a device's meet (barriers and shuffles). The order of warps and lanes
// is chosen, so that what depends on it can be seen. A shuffle that part of a warp reaches, or a barrier that part of a block reaches, ends the program.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <numeric>
#include <random>
#include <vector>

#define KERNEL static
#define DEVICE static inline
#define THREADS(count)

// Shared memory is in a section of its own, which is filled with NaN before each block: what the last block left is not there on a device.
#define SHARED static __attribute__((section("shared_memory")))
extern char __start_shared_memory[];
extern char __stop_shared_memory[];

namespace grid {

enum class Order { Forward, Backward, Random };
enum class State { Ready, Shuffle, Barrier, Ended };

constexpr int WarpSize = 32;
constexpr size_t StackSize = 256 * 1024;

struct Fiber {
  ucontext_t context;
  std::vector<char> stack = std::vector<char>(StackSize);
  State state = State::Ready;
  u32 value = 0;
  u32 distance = 0;
};

inline std::vector<Fiber> fibers;
inline ucontext_t scheduler;
inline std::function<void()> kernel;
inline int current, block;
inline std::mt19937 random(1);

[[noreturn]] inline void fail(const char *what) {
  std::printf("block %d, thread %d: %s\n", block, current, what);
  std::exit(2);
}

inline void wait(State state) {
  fibers[current].state = state;
  swapcontext(&fibers[current].context, &scheduler);
}

inline void body() {
  kernel();
  fibers[current].state = State::Ended;
  swapcontext(&fibers[current].context, &scheduler);
}

inline std::vector<int> arranged(int count, Order order) {
  std::vector<int> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  if (order == Order::Backward) {
    std::reverse(numbers.begin(), numbers.end());
  } else if (order == Order::Random) {
    std::shuffle(numbers.begin(), numbers.end(), random);
  }
  return numbers;
}

inline bool exchange(int warp) {
  Fiber *lanes = &fibers[warp * WarpSize];
  int waiting = std::count_if(lanes, lanes + WarpSize, [](const Fiber &f) { return f.state == State::Shuffle; });
  if (waiting == 0) {
    return false;
  }
  u32 values[WarpSize];
  for (int lane = 0; lane < WarpSize; lane++) {
    if (waiting != WarpSize || lanes[lane].distance != lanes[0].distance) {
      fail("not the whole warp is at the same shuffle");
    }
    values[lane] = lanes[lane].value;
  }
  for (int lane = 0; lane < WarpSize; lane++) {
    lanes[lane].value = values[lane ^ lanes[lane].distance];
    lanes[lane].state = State::Ready;
  }
  return true;
}

inline void run_block(int threads, Order order) {
  std::memset(__start_shared_memory, 0xFF, __stop_shared_memory - __start_shared_memory);
  fibers.resize(threads);
  for (Fiber &f : fibers) {
    getcontext(&f.context);
    f.context.uc_stack.ss_sp = f.stack.data();
    f.context.uc_stack.ss_size = StackSize;
    f.context.uc_link = nullptr;
    f.state = State::Ready;
    makecontext(&f.context, body, 0);
  }
  for (;;) {
    for (int warp : arranged(threads / WarpSize, order)) {
      do {
        for (int lane : arranged(WarpSize, order)) {
          current = warp * WarpSize + lane;
          if (fibers[current].state == State::Ready) {
            swapcontext(&scheduler, &fibers[current].context);
          }
        }
      } while (exchange(warp));
    }
    int ended = std::count_if(fibers.begin(), fibers.end(), [](const Fiber &f) { return f.state == State::Ended; });
    if (ended == threads) {
      return;
    }
    if (ended > 0) {
      fail("not the whole block is at the barrier");
    }
    for (Fiber &f : fibers) {
      f.state = State::Ready;
    }
  }
}

inline void launch(int blocks, int threads, Order order, std::function<void()> body) {
  kernel = std::move(body);
  for (int b : arranged(blocks, order)) {
    block = b;
    run_block(threads, order);
  }
}

}  // namespace grid

DEVICE u32 thread_index() { return grid::current; }
DEVICE u32 block_index() { return grid::block; }
DEVICE void barrier() { grid::wait(grid::State::Barrier); }
DEVICE u32 shuffle_xor(u32 bits, u32 distance) {
  grid::Fiber &fiber = grid::fibers[grid::current];
  fiber.value = bits;
  fiber.distance = distance;
  grid::wait(grid::State::Shuffle);
  return fiber.value;
}

DEVICE float exp2_fast(float x) { return exp2f(x); }
DEVICE float log2_fast(float x) { return log2f(x); }

DEVICE u32 round_bf16(float value) {
  u32 bits = __builtin_bit_cast(u32, value);
  return value != value ? 0x7FFFu : (bits + 0x7FFFu + ((bits >> 16) & 1)) >> 16;
}
DEVICE u32 pack_bf16(float low, float high) { return round_bf16(high) << 16 | round_bf16(low); }
DEVICE u32 round_fp16(float value) { return __builtin_bit_cast(u16, (_Float16)value); }
DEVICE u32 pack_fp16(float low, float high) { return round_fp16(high) << 16 | round_fp16(low); }
