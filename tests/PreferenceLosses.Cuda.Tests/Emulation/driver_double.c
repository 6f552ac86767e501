/* A stand-in for the NVIDIA driver, for tests: memory is the host's, kernels are handed to a function of the test. It is as strict as a driver about
   contexts, which are per thread, and counts what is not given back. Asynchronous copies are made as late as they can be: when somebody waits, or when
   something after them on the stream is done. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
enum { Success = 0, InvalidValue = 1, OutOfMemory = 2, NoDevice = 100, InvalidDevice = 101, InvalidContext = 201, InvalidImage = 218, NotFound = 500, LaunchFailed = 700 };

typedef int (*Launch)(const char *image, const char *kernel, unsigned blocks, unsigned threads, void **parameters);

typedef struct { char *text; } Module;
typedef struct { Module *module; char name[128]; } Function;

enum { Capacity = 256 };
typedef struct { void *address; long bytes; } Allocation;
static Allocation allocations[Capacity], pinned[Capacity];

typedef struct { void *to; const void *from; size_t bytes; } Copy;
static Copy copies[Capacity];
static int waiting, is_at_once;

static int version = 12000, devices = 1, capability = 9, shares;
static long live_allocations, live_modules, live_events, live_pinned, loads, host_allocations, largest_allocation = 1L << 32;
static Launch launch;
static int context; /* its address is the handle */
static _Thread_local void *current;

#define NEEDS_CONTEXT if (current != &context || shares == 0) return InvalidContext

EXPORT void double_configure(int new_version, int new_devices, int new_capability, long new_largest) {
  version = new_version, devices = new_devices, capability = new_capability, largest_allocation = new_largest, loads = host_allocations = 0;
}

static int arrive(void) {
  for (int i = 0; i < waiting; i++) memcpy(copies[i].to, copies[i].from, copies[i].bytes);
  return waiting = 0, Success;
}
static int within(const char *start, size_t bytes, const Allocation *a) {
  return start >= (const char *)a->address && start + bytes <= (const char *)a->address + a->bytes;
}
static int enqueue(void *to, const void *from, size_t bytes, const void *host, void *stream) {
  if (stream != NULL || waiting == Capacity) return InvalidValue;
  for (long i = 0; i < live_pinned; i++) { /* of other memory a driver makes a copy that waits: nobody here asks for one */
    if (within(host, bytes, &pinned[i])) return copies[waiting++] = (Copy){to, from, bytes}, is_at_once ? arrive() : Success;
  }
  return InvalidValue;
}

EXPORT void double_copies_at_once(int value) { is_at_once = value; }
EXPORT void double_on_launch(Launch function) { launch = function; }
EXPORT long double_live(int what) { return what == 0 ? live_allocations : what == 1 ? live_modules : what == 2 ? live_events : what == 3 ? shares : live_pinned; }
EXPORT long double_loads(void) { return loads; }
EXPORT long double_host_allocations(void) { return host_allocations; }

EXPORT int cuInit(unsigned flags) { return flags == 0 ? Success : InvalidValue; }
EXPORT int cuDriverGetVersion(int *out) { return *out = version, Success; }
EXPORT int cuDeviceGetCount(int *out) { return *out = devices, Success; }
EXPORT int cuDeviceGet(int *out, int ordinal) { return ordinal < devices ? (*out = ordinal, Success) : InvalidDevice; }
EXPORT int cuDeviceGetName(char *name, int length, int device) { return (void)device, strncpy(name, "stand-in", (size_t)length), Success; }
EXPORT int cuDeviceGetAttribute(int *out, int attribute, int device) {
  (void)device;
  *out = attribute == 75 ? capability : attribute == 76 ? 0 : attribute == 16 ? 4 : -1;
  return *out < 0 ? InvalidValue : Success;
}

EXPORT int cuDevicePrimaryCtxRetain(void **out, int device) { return (void)device, shares++, *out = &context, Success; }
EXPORT int cuDevicePrimaryCtxRelease_v2(int device) { return (void)device, shares > 0 ? (shares--, Success) : InvalidContext; }
EXPORT int cuCtxGetCurrent(void **out) { return *out = current, Success; }
EXPORT int cuCtxSetCurrent(void *handle) { return current = handle, Success; }
EXPORT int cuCtxSynchronize(void) { NEEDS_CONTEXT; return arrive(); }

EXPORT int cuModuleLoadDataEx(void **out, const char *image, unsigned count, int *options, void **values) {
  NEEDS_CONTEXT;
  if (strstr(image, ".version 7.0") == NULL || strstr(image, ".target sm_80") == NULL) {
    for (unsigned i = 0; i < count; i++) {
      if (options[i] == 5) strcpy(values[i], "line 1: no .version");
    }
    return InvalidImage;
  }
  Module *module = malloc(sizeof *module);
  module->text = strdup(image);
  live_modules++, loads++;
  return *out = module, Success;
}
EXPORT int cuModuleUnload(Module *module) { NEEDS_CONTEXT; return free(module->text), free(module), live_modules--, Success; }
EXPORT int cuModuleGetFunction(void **out, Module *module, const char *name) {
  NEEDS_CONTEXT;
  char declaration[160] = ".entry ";
  strncat(declaration, name, 120);
  strcat(declaration, "(");
  if (strstr(module->text, declaration) == NULL) return NotFound;
  Function *function = calloc(1, sizeof *function); /* as long as the process, as tests are few */
  function->module = module;
  strncpy(function->name, name, sizeof function->name - 1);
  return *out = function, Success;
}
EXPORT int cuLaunchKernel(
    Function *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void *stream, void **parameters, void **extra) {
  NEEDS_CONTEXT;
  if (gx == 0 || gy != 1 || gz != 1 || by != 1 || bz != 1 || shared != 0 || extra != NULL || stream != NULL) return InvalidValue;
  arrive();
  return launch == NULL ? LaunchFailed : launch(function->module->text, function->name, gx, bx, parameters);
}

EXPORT int cuMemAlloc_v2(void **out, size_t bytes) {
  NEEDS_CONTEXT;
  if (bytes == 0) return InvalidValue;
  if ((long)bytes > largest_allocation || live_allocations == Capacity) return OutOfMemory;
  *out = aligned_alloc(256, (bytes + 255) / 256 * 256);
  memset(*out, 0xFF, bytes);
  allocations[live_allocations++] = (Allocation){*out, (long)bytes};
  return Success;
}
EXPORT int cuMemFree_v2(void *memory) {
  NEEDS_CONTEXT;
  for (long i = 0; i < live_allocations; i++) {
    if (allocations[i].address == memory) return arrive(), free(memory), allocations[i] = allocations[--live_allocations], Success;
  }
  return InvalidValue;
}
EXPORT int cuMemGetInfo_v2(size_t *free_bytes, size_t *total) { NEEDS_CONTEXT; return *free_bytes = *total = (size_t)largest_allocation, Success; }
EXPORT int cuMemcpyDtoDAsync_v2(void *to, const void *from, size_t bytes, void *stream) {
  NEEDS_CONTEXT;
  return stream == NULL ? (arrive(), memcpy(to, from, bytes), Success) : InvalidValue;
}
EXPORT int cuMemsetD8Async(void *memory, unsigned char value, size_t bytes, void *stream) { NEEDS_CONTEXT; return (void)stream, arrive(), memset(memory, value, bytes), Success; }

/* What there is, for the function that runs kernels. */
EXPORT long double_allocation(long i, void **address) { return i < live_allocations ? (*address = allocations[i].address, allocations[i].bytes) : -1; }
EXPORT int cuMemcpyHtoD_v2(void *to, const void *from, size_t bytes) { NEEDS_CONTEXT; return arrive(), memcpy(to, from, bytes), Success; }
EXPORT int cuMemcpyDtoH_v2(void *to, const void *from, size_t bytes) { NEEDS_CONTEXT; return arrive(), memcpy(to, from, bytes), Success; }

EXPORT int cuMemHostAlloc(void **out, size_t bytes, unsigned flags) {
  NEEDS_CONTEXT;
  if (bytes == 0 || flags != 0) return InvalidValue;
  if ((long)bytes > largest_allocation || live_pinned == Capacity) return OutOfMemory;
  *out = aligned_alloc(256, (bytes + 255) / 256 * 256);
  memset(*out, 0xFF, bytes);
  host_allocations++;
  return pinned[live_pinned++] = (Allocation){*out, (long)bytes}, Success;
}
EXPORT int cuMemFreeHost(void *memory) {
  NEEDS_CONTEXT;
  for (long i = 0; i < live_pinned; i++) {
    if (pinned[i].address != memory) continue;
    for (int c = 0; c < waiting; c++) { /* a driver may free under a copy */
      if (within(copies[c].to, 1, &pinned[i]) || within(copies[c].from, 1, &pinned[i])) return InvalidValue;
    }
    return free(memory), pinned[i] = pinned[--live_pinned], Success;
  }
  return InvalidValue;
}
EXPORT int cuMemcpyHtoDAsync_v2(void *to, const void *from, size_t bytes, void *stream) { NEEDS_CONTEXT; return enqueue(to, from, bytes, from, stream); }
EXPORT int cuMemcpyDtoHAsync_v2(void *to, const void *from, size_t bytes, void *stream) { NEEDS_CONTEXT; return enqueue(to, from, bytes, to, stream); }

EXPORT int cuStreamSynchronize(void *stream) { NEEDS_CONTEXT; return stream == NULL ? arrive() : InvalidValue; }
EXPORT int cuEventCreate(void **out, unsigned flags) { NEEDS_CONTEXT; return (void)flags, live_events++, *out = malloc(1), Success; }
EXPORT int cuEventRecord(void *event, void *stream) { NEEDS_CONTEXT; return event != NULL && stream == NULL ? Success : InvalidValue; }
EXPORT int cuEventSynchronize(void *event) { NEEDS_CONTEXT; return event != NULL ? arrive() : InvalidValue; }
EXPORT int cuEventElapsedTime(float *out, void *start, void *end) { NEEDS_CONTEXT; return (void)start, (void)end, *out = 0.5f, Success; }
EXPORT int cuEventDestroy_v2(void *event) { NEEDS_CONTEXT; return free(event), live_events--, Success; }

EXPORT int cuGetErrorName(int error, const char **out) {
  switch (error) {
    case InvalidValue: return *out = "CUDA_ERROR_INVALID_VALUE", Success;
    case OutOfMemory: return *out = "CUDA_ERROR_OUT_OF_MEMORY", Success;
    case InvalidContext: return *out = "CUDA_ERROR_INVALID_CONTEXT", Success;
    case InvalidImage: return *out = "CUDA_ERROR_INVALID_PTX", Success;
    case NotFound: return *out = "CUDA_ERROR_NOT_FOUND", Success;
    case LaunchFailed: return *out = "CUDA_ERROR_ILLEGAL_ADDRESS", Success;
    default: return *out = "CUDA_ERROR_UNKNOWN", InvalidValue;
  }
}
