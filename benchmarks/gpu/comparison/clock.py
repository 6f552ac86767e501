"""Times by the device's clock; on the CPU, by its own."""

import statistics
import time

WARM_UP = 3
FEWEST = 5
# What is on the stream before a sample, as in our program: the host puts calls there while it is copied, and is not part of their time.
LEAD_BYTES = 256 << 20
QUICK_LEAD_BYTES = 1 << 16
LEAD_COPIES = 8
LAUNCH_BOUND = 0.9


class Deadline:
    """What is left of the time that all of it may take."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def left(self):
        return max(0.0, self.end - time.monotonic())


class Clock:
    """Times calls on a device, or on the CPU."""

    def __init__(self, torch, device, quick):
        self.torch, self.device = torch, device
        self.lead = None
        if device == "cuda":
            self.lead = torch.zeros((2, QUICK_LEAD_BYTES if quick else LEAD_BYTES), dtype=torch.uint8, device=device)

    def measure(self, samples, calls, call, before, seconds):
        """Medians, extremes and the number of samples of the time of a call, in microseconds; fewer samples where they would take longer than is given."""
        of_calls, of_host, of_lead = [], [], []
        for sample in range(-WARM_UP, samples):
            if sample == 0:
                # The first calls compile.
                started = time.monotonic()
            before()
            elapsed, host, lead = (self._on_device if self.device == "cuda" else self._on_cpu)(calls, call)
            if sample < 0:
                continue
            for times, one in ((of_calls, elapsed / calls), (of_host, host / calls), (of_lead, lead / calls)):
                times.append(one)
            if time.monotonic() - started > seconds and len(of_calls) >= FEWEST:
                break
        median, host, lead = (statistics.median(times) for times in (of_calls, of_host, of_lead))
        return {
            "microseconds": median, "fastest": min(of_calls), "slowest": max(of_calls), "host_microseconds": host, "samples": len(of_calls), "calls_per_sample": calls,
            # On the CPU the host is what is timed.
            "launch_bound": self.device == "cuda" and host > lead and host > LAUNCH_BOUND * median,
        }

    def _on_device(self, calls, call):
        led, start, end = (self.torch.cuda.Event(enable_timing=True) for _ in range(3))
        led.record()
        for _ in range(LEAD_COPIES):
            self.lead[1].copy_(self.lead[0])
        start.record()
        begun = time.perf_counter()
        for i in range(calls):
            call(i)
        host = (time.perf_counter() - begun) * 1e6
        end.record()
        end.synchronize()
        return start.elapsed_time(end) * 1000, host, led.elapsed_time(start) * 1000

    def _on_cpu(self, calls, call):
        begun = time.perf_counter()
        for i in range(calls):
            call(i)
        elapsed = (time.perf_counter() - begun) * 1e6
        return elapsed, elapsed, 0.0
