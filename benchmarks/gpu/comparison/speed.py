"""The speed of our program, of PyTorch and of Liger-Kernel on one device in one session."""

import json
import shutil
import subprocess
import sys
import tempfile

from . import own_kernels, torch_pairs, torch_rows
from .clock import Clock, Deadline
from .report import Report, first_line

KINDS = ("forward", "backward", "forward + backward")
COMPARED_LOSSES = ("dpo", "aqfl")
SECONDS_EACH = 4
# Below this there is no sense in starting something.
LEAST_LEFT = 10
# The exit status of our program where there is no device.
NO_DEVICE = 3


class DeviceLost(Exception):
    """Nothing of the context of this process can be used: everything that follows would fail for the same reason."""


def run(options):
    import torch

    deadline = Deadline(options.seconds)
    report = Report(options.output, "speed")
    report.set("environment", environment(torch, options))
    ours = run_program(options, report, deadline)
    report.set("ours", ours)
    report.write(markdown)
    try:
        compare(torch, options, ours, report, deadline)
    except DeviceLost as lost:
        report.missing(f"everything after {lost}: the device is lost to this process")
    report.write(markdown)
    print(report.path("md").read_text())
    # What is missing is named; something that ran and was wrong is a failure.
    return 1 if report.failures else 0


def compare(torch, options, ours, report, deadline):
    try:
        clock = Clock(torch, options.device, options.quick)
    except Exception as error:
        not_compared(torch, options, report, "PyTorch on the device", error)
        return
    for work in (compare_rows, compare_pairs):
        work(torch, options, ours, report, deadline, clock)


def environment(torch, options):
    versions = {"python": sys.version.split()[0], "torch": torch.__version__, "device": options.device}
    if options.device == "cuda":
        versions["gpu"] = described(lambda: torch.cuda.get_device_name(0))
        versions["torch's CUDA"] = torch.version.cuda
        versions["driver"] = described(driver_version)
    versions["triton"] = described(triton_version)
    return versions


def described(look):
    """What others say of themselves; or why they do not, which can be any exception and is no reason to stop."""
    try:
        return look()
    except Exception as error:
        return f"none ({type(error).__name__}: {first_line(error)})"


def triton_version():
    import triton

    return triton.__version__


def driver_version():
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "unknown (no nvidia-smi)"
    return first_line(subprocess.run([tool, "--query-gpu=driver_version", "--format=csv,noheader"], capture_output=True, text=True, timeout=60).stdout)


def run_program(options, report, deadline):
    """The measurements of the published program, in a process of its own that has ended before PyTorch takes memory. Rows and pairs apart: one of them may fail."""
    results = {"measurements": []}
    for part in ("rows", "pairs"):
        path = report.folder / f"program-{part}.json"
        command = [options.binary, "benchmark", "--only", part, "--json", str(path), "--repeats", str(options.repeats)]
        command += ["--quick"] if options.quick else []
        command += ["--memory", str(options.memory)] if options.memory else []
        # What another session has measured is not of this one.
        path.unlink(missing_ok=True)
        try:
            done = subprocess.run(command, capture_output=True, timeout=max(LEAST_LEFT, deadline.left()))
        except subprocess.TimeoutExpired as late:
            write_log(report, part, late.stdout, late.stderr)
            report.missing(f"our program, {part}: did not end in time")
        except OSError as error:
            report.failure(f"our program, {part}: it cannot be run: {error}")
        else:
            write_log(report, part, done.stdout, done.stderr)
            judge_program(report, part, done)
        # Our program puts a whole file in the place of the last one after each measurement: one that did not end has one too.
        if not path.exists():
            continue
        found = json.loads(path.read_text())
        results.update({k: v for k, v in found.items() if k != "measurements"})
        results["measurements"] += found["measurements"]
    return results


def write_log(report, part, *outputs):
    """What a process has written, as bytes; None where it was ended before it wrote any."""
    (report.folder / f"program-{part}.log").write_bytes(b"".join(output or b"" for output in outputs))


def judge_program(report, part, done):
    wrong = [line for line in done.stdout.decode(errors="replace").splitlines() if line.startswith("FAILED")]
    for line in wrong:
        report.failure(f"our program, {part}: {line}")
    # Status 1 is what those lines say; any other one is more than that.
    if done.returncode != 0 and not (wrong and done.returncode == 1):
        (report.missing if done.returncode == NO_DEVICE else report.failure)(f"our program, {part}: status {done.returncode}: {first_line(done.stderr.decode(errors='replace'))}")


def compare_rows(torch, options, ours, report, deadline, clock):
    mine = {}
    for one in ours["measurements"]:
        if "rows" in one:
            shape = torch_rows.Shape(one["rows"], one["vocabulary"], one["format"], one["masked"])
            mine.setdefault(shape, {})[one["what"]] = one
    kernels = load_kernels(options, report)
    for shape, measured in mine.items():
        for kind, one in measured.items():
            report.add(subject=str(shape), kind=kind, by="ours, the .NET program", result=one, bytes=one["bytes"])
        if deadline.left() < LEAST_LEFT:
            report.missing(f"{shape}: out of time")
            continue
        try:
            work = torch_rows.Work(torch, options.device, shape, measured["forward"]["calls_per_sample"])
        except Exception as error:
            not_compared(torch, options, report, str(shape), error)
            continue
        for name, make in implementations(torch, options, kernels):
            compare_rows_of(torch, options, report, deadline, clock, work, name, make, measured)
            report.write(markdown)
        del work
        release(torch, options)


def load_kernels(options, report):
    """The text that our program has within it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run([options.binary, "ptx", "--output", folder], capture_output=True, check=True, timeout=60)
            return own_kernels.RowKernels(f"{folder}/logits.ptx")
        except own_kernels.NoDriverError as error:
            report.missing(f"our kernels from Python: {first_line(error)}")
        except (own_kernels.DriverError, subprocess.SubprocessError, OSError) as error:
            report.failure(f"our kernels from Python: {first_line(error)}")
        return None


def implementations(torch, options, kernels):
    """Names, and what makes each of them for a work."""
    if kernels is not None:
        yield "ours, from Python", lambda work: own_kernels.OwnTokens(torch, kernels, work)
    functions = torch_rows.functions(torch)
    for name, function in functions.items():
        yield name, lambda work, function=function: torch_rows.AutogradTokens(torch, function, work)
    yield "torch.compile, logsumexp in fp32", lambda work: torch_rows.AutogradTokens(torch, compiled(torch, functions["eager, logsumexp in fp32"], False), work)
    if options.liger:
        yield "Liger-Kernel, selective log-softmax", lambda work: torch_rows.LigerTokens(torch, work)
        yield "Liger-Kernel, cross-entropy", lambda work: torch_rows.LigerCrossEntropy(torch, work)


def compiled(torch, function, dynamic):
    # Nothing is given up because there were other shapes before; where it would be all the same, it is said, and not timed as something that was compiled.
    torch.compiler.reset()
    if hasattr(torch._dynamo.config, "fail_on_recompile_limit_hit"):
        torch._dynamo.config.fail_on_recompile_limit_hit = True
    return torch.compile(function, dynamic=dynamic)


def compare_rows_of(torch, options, report, deadline, clock, work, name, make, measured):
    subject = str(work.shape)
    if deadline.left() < LEAST_LEFT:
        report.missing(f"{name}, {subject}: out of time")
        return
    try:
        one = make(work)
        work.restore()
        of_tokens, of_gradients = work.errors(*one.results(), one.gradient_weight)
        if one.is_in_place:
            work.restore()
        for kind, call in zip(KINDS, (one.forward, one.backward, one.both)):
            if call is None:
                continue
            calls = len(work.sets)
            before = (lambda: one.prepare_backward(calls)) if kind == "backward" else work.restore if one.is_in_place and kind != "forward" else (lambda: None)
            result = clock.measure(options.repeats, calls, call, before, min(SECONDS_EACH, deadline.left()))
            result["error"] = {"forward": of_tokens, "backward": of_gradients}.get(kind)
            before()
            result["extra_bytes"] = peak(torch, options, call)
            result["note"] = one.note
            report.add(subject=subject, kind=kind, by=name, result=result, bytes=measured[kind]["bytes"])
    except Exception as error:
        not_compared(torch, options, report, f"{name}, {subject}", error)
    else:
        if name.startswith("ours"):
            check_ours(report, subject, work.shape, of_tokens, of_gradients)
    finally:
        release(torch, options)


def not_compared(torch, options, report, what, error):
    """
    Says why, and ends the comparison if the device is lost. An implementation of others can raise anything: another version of PyTorch or of Liger-Kernel, no compiler, no
    memory, a format that the CPU does not have; it is missing, and the others go on. Ours has to work.
    """
    (report.failure if what.startswith("ours") else report.missing)(f"{what}: {type(error).__name__}: {first_line(error)}")
    if getattr(error, "is_context_lost", False) or is_lost(torch, options):
        raise DeviceLost(what) from error


def is_lost(torch, options):
    """An error that stays is seen by waiting for the device once more."""
    try:
        if options.device == "cuda":
            torch.cuda.synchronize()
    except RuntimeError:
        return True
    return False


def check_ours(report, subject, shape, of_tokens, of_gradients):
    """Ours has to be right here too: a fast wrong kernel is no result."""
    roundoff = {"bf16": 2**-8, "fp16": 2**-10, "fp32": 1e-5}[shape.format]
    for what, error, most in (("log-probability", of_tokens, 1e-5), ("gradient", of_gradients, roundoff)):
        if not error <= most:
            report.failure(f"ours, from Python, {subject}: a {what} is off by {error:.2g}, more than {most:.2g}")


def compare_pairs(torch, options, ours, report, deadline, clock):
    losses = torch_pairs.losses()
    for one in ours["measurements"]:
        if "pairs" not in one:
            continue
        subject, kind = f"{one['loss']}, {one['pairs']} pairs", one["what"]
        report.add(subject=subject, kind=kind, by="ours, the .NET program", result=one, bytes=one["bytes"])
        if one["loss"] not in COMPARED_LOSSES or kind != "losses, gradients, metrics":
            continue
        # A new size compiles nothing: a trainer's last batch is a smaller one.
        for name, prepare in (("eager", lambda evaluate: evaluate), ("torch.compile", lambda evaluate: compiled(torch, evaluate, True))):
            if deadline.left() < LEAST_LEFT:
                report.missing(f"{name}, {subject}: out of time")
                continue
            try:
                step = torch_pairs.PairStep(torch, options.device, losses[one["loss"]], one["pairs"], one["calls_per_sample"], prepare)
                result = clock.measure(options.repeats, len(step.sets), step.both, lambda: None, min(SECONDS_EACH, deadline.left()))
                result["extra_bytes"] = peak(torch, options, step.both)
                report.add(subject=subject, kind=kind, by=name, result=result, bytes=one["bytes"])
            except Exception as error:
                not_compared(torch, options, report, f"{name}, {subject}", error)
            finally:
                release(torch, options)
        report.write(markdown)


def peak(torch, options, call):
    """The most memory that a call has at a time beside what was there before; None on the CPU, where it is not known."""
    if options.device != "cuda":
        return None
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    there = torch.cuda.memory_allocated()
    call(0)
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - there


def release(torch, options):
    # A context that is lost has nothing to give back, and the reason is on its way.
    if options.device == "cuda" and not is_lost(torch, options):
        torch.cuda.empty_cache()


def markdown(report):
    rate = report.data.get("ours", {}).get("copy_bytes_per_second")
    lines = ["# Speed", "", ", ".join(f"{k} {v}" for k, v in report.data["environment"].items()), ""]
    if rate:
        lines += [f"Our program: {report.data['ours']['device']}. Copy rate {rate / 1e9:.1f} GB/s, read and written.", ""]
    lines += [
        "Medians of one call; above 1, ours is that many times faster. The share of the copy rate counts the fewest bytes that the work has to move, whatever is moved. "
        "Launch-bound: the device waited for the host, whose time this is.",
        "",
    ]
    for (subject, kind), results in report.groups().items():
        own = next((r["microseconds"] for r in results if r["by"].startswith("ours")), None)
        lines += [f"## {subject}: {kind}", "", "| by | median, µs | fastest–slowest | ours is faster | of the copy rate | more memory, MiB | error |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
        for r in results:
            ratio = f"{r['microseconds'] / own:.2f}×" if own else ""
            share = f"{r['bytes'] / (r['microseconds'] * 1e-6) / rate:.1%}" if rate else ""
            extra = "" if r.get("extra_bytes") is None else f"{r['extra_bytes'] / 2**20:.1f}"
            error = "" if r.get("error") is None else f"{r['error']:.2g}"
            by = r["by"] + (f" ({r['note']})" if r.get("note") else "") + (", launch-bound" if r["launch_bound"] else "")
            lines.append(f"| {by} | {r['microseconds']:.2f} | {r['fastest']:.2f}–{r['slowest']:.2f} | {ratio} | {share} | {extra} | {error} |")
        lines.append("")
    return lines
