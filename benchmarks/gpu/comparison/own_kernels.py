"""The committed kernels from logits to log-probabilities and back, launched from Python on tensors, through the driver alone (ctypes)."""

import ctypes
import os
import re

OVERRIDE = "PREFERENCE_LOSSES_CUDA_DRIVER"
THREADS = 256
# How many blocks share a row. The library lets several do that where rows are few.
ONE_BLOCK = 1


# Errors after which nothing of the context can be used: a kernel reached memory that is not there, or did not end well.
LOST_CONTEXT = (700, 702, 709, 714, 715, 716, 717, 718, 719)


class NoDriverError(RuntimeError):
    """The driver is not there."""


class DriverError(RuntimeError):
    """The driver refused a call."""

    def __init__(self, message, error=0):
        super().__init__(message)
        self.is_context_lost = error in LOST_CONTEXT


class RowKernels:
    """The module in the primary context, which is the one of PyTorch too."""

    def __init__(self, ptx_path):
        path = os.environ.get(OVERRIDE) or "libcuda.so.1"
        try:
            self.driver = ctypes.CDLL(path)
        except OSError as error:
            raise NoDriverError(f"the driver's library: {error}") from error
        device, context, module = ctypes.c_int(), ctypes.c_void_p(), ctypes.c_void_p()
        self._call("cuInit", 0)
        self._call("cuDeviceGet", ctypes.byref(device), 0)
        self._call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self._call("cuCtxSetCurrent", context)
        with open(ptx_path, encoding="ascii") as file:
            text = file.read()
        self._call("cuModuleLoadDataEx", ctypes.byref(module), ctypes.c_char_p(text.encode()), 0, None, None)
        self.module = module
        self.functions = {}
        # The driver does not know how many parameters a caller has: with fewer it would read what is behind them.
        self.counts = {name: declared.count(".param ") for name, declared in re.findall(r"\.entry (\w+)\(([^)]*)\)", text)}

    def launch(self, name, blocks, stream, *parameters):
        """Addresses and integers, each in eight bytes."""
        if self.counts.get(name) != len(parameters):
            raise DriverError(f"the kernel {name} has {self.counts.get(name)} parameters, not {len(parameters)}")
        if name not in self.functions:
            function = ctypes.c_void_p()
            self._call("cuModuleGetFunction", ctypes.byref(function), self.module, ctypes.c_char_p(name.encode()))
            self.functions[name] = function
        values = (ctypes.c_uint64 * len(parameters))(*parameters)
        start = ctypes.addressof(values)
        addresses = (ctypes.c_void_p * len(parameters))(*(start + 8 * i for i in range(len(parameters))))
        one = ctypes.c_uint(1)
        self._call(
            "cuLaunchKernel", self.functions[name], ctypes.c_uint(blocks), one, one, ctypes.c_uint(THREADS), one, one, ctypes.c_uint(0),
            ctypes.c_void_p(stream), addresses, None)

    def _call(self, name, *arguments):
        error = getattr(self.driver, name)(*arguments)
        if error != 0:
            raise DriverError(f"{name} failed with error {error} of the CUDA driver", error)


class OwnTokens:
    """Log-probabilities and gradients in place, by the kernels, of the sets of a work."""

    note = "one block a row"
    is_in_place = True
    gradient_weight = None

    def __init__(self, torch, kernels, work):
        self.torch, self.kernels, self.work = torch, kernels, work
        rows, sequences = work.shape.rows, work.shape.sequences
        self.suffix = work.shape.format
        self.labels = work.labels.reshape(-1).to(torch.int32)
        self.starts = torch.arange(0, rows + 1, work.shape.sequence_length, dtype=torch.int32, device=work.device)
        self.of_rows = torch.empty((4, rows), dtype=torch.float32, device=work.device)
        self.of_sequences = torch.empty((2, sequences), dtype=torch.float32, device=work.device)

    def forward(self, i):
        tokens, maxima, log_sums = (self.of_rows[k].data_ptr() for k in range(3))
        shape, labels = self.work.shape, self.labels.data_ptr()
        self._launch(
            f"forward_{self.suffix}", shape.rows, self.work.sets[i].data_ptr(), shape.vocabulary, shape.vocabulary, labels, tokens, maxima, log_sums, 0,
            ONE_BLOCK, 0)
        self._launch(
            "sum_sequences", shape.sequences, tokens, labels, self.starts.data_ptr(), self.of_sequences[0].data_ptr(), self.of_sequences[1].data_ptr())

    def backward(self, i):
        _, maxima, log_sums, upstream = (self.of_rows[k].data_ptr() for k in range(4))
        shape, logits = self.work.shape, self.work.sets[i].data_ptr()
        self._launch("spread_upstream", shape.sequences, self.work.upstream.data_ptr(), self.starts.data_ptr(), upstream)
        self._launch(
            f"backward_{self.suffix}", shape.rows, logits, shape.vocabulary, shape.vocabulary, self.labels.data_ptr(), maxima, log_sums, upstream,
            logits, shape.vocabulary, ONE_BLOCK)

    def both(self, i):
        self.forward(i)
        self.backward(i)

    def prepare_backward(self, calls):
        self.work.restore()
        self.forward(0)

    def results(self):
        self.work.restore()
        self.both(0)
        return self.of_rows[0].reshape(self.work.labels.shape), self.work.sets[0]

    def _launch(self, name, blocks, *parameters):
        stream = self.torch.cuda.current_stream().cuda_stream if self.work.device == "cuda" else 0
        self.kernels.launch(name, blocks, stream, *parameters)
