// With driver_double.c a driver for programs that have no interpreter around them: kernels from logits are run from their source, on the emulated grid.
// Those of losses, which exist as PTX alone, fail.
#define EMULATED
#include "device.h"

#undef KERNEL
#define KERNEL extern "C" __attribute__((visibility("default")))
#include "logits.cu"

#include <dlfcn.h>

#include <string>

typedef int (*Launch)(const char *image, const char *kernel, unsigned blocks, unsigned threads, void **parameters);
extern "C" void double_on_launch(Launch function);

enum { Success = 0, InvalidImage = 218, LaunchFailed = 700, MostParameters = 12 };

static int launch(const char *image, const char *name, unsigned blocks, unsigned threads, void **parameters) {
  static void *self = [] {
    Dl_info info;
    return dladdr((const void *)&launch, &info) != 0 ? dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD) : nullptr;
  }();
  typedef void (*Kernel)(u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64);
  Kernel function = self == nullptr ? nullptr : (Kernel)dlsym(self, name);
  std::string text(image);
  size_t start = text.find(".entry " + std::string(name) + "(");
  if (function == nullptr || start == std::string::npos) {
    return LaunchFailed;
  }

  // All parameters are integers; those of 32 bits are passed like those of 64.
  u64 values[MostParameters] = {};
  int count = 0;
  size_t end = text.find(')', start);
  for (size_t at = text.find(".param .", start); at < end; at = text.find(".param .", at + 1)) {
    bool isWide = text.compare(at, 11, ".param .u64") == 0;
    if (count == MostParameters || (!isWide && text.compare(at, 11, ".param .u32") != 0)) {
      return InvalidImage;
    }
    values[count] = isWide ? *(u64 *)parameters[count] : *(u32 *)parameters[count];
    count++;
  }

  const u64 *v = values;
  grid::launch(blocks, threads, grid::Order::Random, [=] { function(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11]); });
  return Success;
}

__attribute__((constructor)) static void start() { double_on_launch(launch); }
