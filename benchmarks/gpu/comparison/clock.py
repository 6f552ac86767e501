"""Times by the device's clock; on the CPU, by its own."""

import statistics
import time

WARM_UP = 3
FEWEST = 5


class Deadline:
    """What is left of the time that all of it may take."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def left(self):
        return max(0.0, self.end - time.monotonic())


def measure(torch, device, samples, calls, call, before, seconds):
    """Medians, extremes and the number of samples of the time of a call, in microseconds; fewer samples where they would take longer than is given."""
    times = []
    started = time.monotonic()
    for sample in range(-WARM_UP, samples):
        before()
        if device == "cuda":
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            for i in range(calls):
                call(i)
            end.record()
            end.synchronize()
            elapsed = start.elapsed_time(end) * 1000
        else:
            begun = time.perf_counter()
            for i in range(calls):
                call(i)
            elapsed = (time.perf_counter() - begun) * 1e6
        if sample >= 0:
            times.append(elapsed / calls)
        if time.monotonic() - started > seconds and len(times) >= FEWEST:
            break
    return {
        "microseconds": statistics.median(times), "fastest": min(times), "slowest": max(times), "samples": len(times), "calls_per_sample": calls,
    }
