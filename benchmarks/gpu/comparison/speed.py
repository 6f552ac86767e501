"""The speed of our program, of PyTorch and of Liger-Kernel on one device in one session."""

import json
import shutil
import subprocess
import sys
import tempfile

from . import own_kernels, torch_pairs, torch_rows
from .clock import Deadline, measure
from .report import Report, first_line

KINDS = ("forward", "backward", "forward + backward")
COMPARED_LOSSES = ("dpo", "aqfl")
SECONDS_EACH = 4
# Below this there is no sense in starting something.
LEAST_LEFT = 10


def run(options):
    import torch

    deadline = Deadline(options.seconds)
    report = Report(options.output, "speed")
    report.set("environment", environment(torch, options))
    ours = run_program(options, report, deadline)
    report.set("ours", ours)
    report.write(markdown)
    for work in (compare_rows, compare_pairs):
        work(torch, options, ours, report, deadline)
    report.write(markdown)
    print(report.path("md").read_text())
    # What is missing is named; something that ran and was wrong is a failure.
    return 1 if report.failures else 0


def environment(torch, options):
    versions = {"python": sys.version.split()[0], "torch": torch.__version__, "device": options.device}
    if options.device == "cuda":
        versions["gpu"] = torch.cuda.get_device_name(0)
        versions["torch's CUDA"] = torch.version.cuda
        versions["driver"] = driver_version()
    try:
        import triton

        versions["triton"] = triton.__version__
    except ImportError as error:
        versions["triton"] = f"none ({error})"
    return versions


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
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=max(LEAST_LEFT, deadline.left()))
        except subprocess.TimeoutExpired:
            report.missing(f"our program, {part}: did not end in time")
            continue
        (report.folder / f"program-{part}.log").write_text(done.stdout + done.stderr)
        wrong = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
        for line in wrong:
            report.failure(f"our program, {part}: {line}")
        if done.returncode != 0 and not wrong:
            report.missing(f"our program, {part}: status {done.returncode}: {first_line(done.stderr)}")
        if not path.exists():
            continue
        found = json.loads(path.read_text())
        results.update({k: v for k, v in found.items() if k != "measurements"})
        results["measurements"] += found["measurements"]
    return results


def compare_rows(torch, options, ours, report, deadline):
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
            work = torch_rows.Work(torch, options.device, shape)
        except RuntimeError as error:
            report.missing(f"{shape}: {first_line(error)}")
            continue
        for name, make in implementations(torch, options, kernels):
            compare_rows_of(torch, options, report, deadline, work, name, make, measured)
            report.write(markdown)
        del work
        release(torch, options)


def load_kernels(options, report):
    """The text that our program has within it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run([options.binary, "ptx", "--output", folder], capture_output=True, check=True, timeout=60)
            return own_kernels.RowKernels(f"{folder}/logits.ptx")
        except (own_kernels.DriverError, subprocess.SubprocessError) as error:
            report.missing(f"our kernels from Python: {first_line(error)}")
            return None


def implementations(torch, options, kernels):
    """Names, and what makes each of them for a work."""
    if kernels is not None:
        yield "ours, from Python", lambda work: own_kernels.OwnTokens(torch, kernels, work)
    functions = torch_rows.functions(torch)
    for name, function in functions.items():
        yield name, lambda work, function=function: torch_rows.AutogradTokens(torch, function, work)
    yield "torch.compile, logsumexp in fp32", lambda work: torch_rows.AutogradTokens(torch, compiled(torch, functions["eager, logsumexp in fp32"]), work)
    if options.liger:
        yield "Liger-Kernel, selective log-softmax", lambda work: torch_rows.LigerTokens(torch, work)
        yield "Liger-Kernel, cross-entropy", lambda work: torch_rows.LigerCrossEntropy(torch, work)


def compiled(torch, function):
    # Each shape is compiled for itself, and none is given up because there were others before.
    torch.compiler.reset()
    return torch.compile(function, dynamic=False)


def compare_rows_of(torch, options, report, deadline, work, name, make, measured):
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
            result = measure(torch, options.device, options.repeats, calls, call, before, min(SECONDS_EACH, deadline.left()))
            result["error"] = {"forward": of_tokens, "backward": of_gradients}.get(kind)
            before()
            result["extra_bytes"] = peak(torch, options, call)
            result["note"] = one.note
            report.add(subject=subject, kind=kind, by=name, result=result, bytes=measured[kind]["bytes"])
    except (RuntimeError, ImportError, AttributeError, TypeError) as error:
        # Another version of PyTorch or of Liger-Kernel, no memory, a format that the CPU does not have: the others go on, and the reason is in the report.
        report.missing(f"{name}, {subject}: {type(error).__name__}: {first_line(error)}")
    else:
        if name.startswith("ours"):
            check_ours(report, subject, work.shape, of_tokens, of_gradients)
    finally:
        release(torch, options)


def check_ours(report, subject, shape, of_tokens, of_gradients):
    """Ours has to be right here too: a fast wrong kernel is no result."""
    roundoff = {"bf16": 2**-8, "fp16": 2**-10, "fp32": 1e-5}[shape.format]
    for what, error, most in (("log-probability", of_tokens, 1e-5), ("gradient", of_gradients, roundoff)):
        if not error <= most:
            report.failure(f"ours, from Python, {subject}: a {what} is off by {error:.2g}, more than {most:.2g}")


def compare_pairs(torch, options, ours, report, deadline):
    losses = torch_pairs.losses()
    for one in ours["measurements"]:
        if "pairs" not in one:
            continue
        subject, kind = f"{one['loss']}, {one['pairs']} pairs", one["what"]
        report.add(subject=subject, kind=kind, by="ours, the .NET program", result=one, bytes=one["bytes"])
        if one["loss"] not in COMPARED_LOSSES or kind != "losses, gradients, metrics":
            continue
        for name, is_compiled in (("eager", False), ("torch.compile", True)):
            if deadline.left() < LEAST_LEFT:
                report.missing(f"{name}, {subject}: out of time")
                continue
            try:
                step = torch_pairs.PairStep(torch, options.device, losses[one["loss"]], one["pairs"], is_compiled)
                result = measure(torch, options.device, options.repeats, len(step.sets), step.both, lambda: None, min(SECONDS_EACH, deadline.left()))
                result["extra_bytes"] = peak(torch, options, step.both)
                report.add(subject=subject, kind=kind, by=name, result=result, bytes=one["bytes"])
            except (RuntimeError, AttributeError, TypeError) as error:
                report.missing(f"{name}, {subject}: {type(error).__name__}: {first_line(error)}")
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
    if options.device == "cuda":
        torch.cuda.empty_cache()


def markdown(report):
    rate = report.data.get("ours", {}).get("copy_bytes_per_second")
    lines = ["# Speed", "", ", ".join(f"{k} {v}" for k, v in report.data["environment"].items()), ""]
    if rate:
        lines += [f"Our program: {report.data['ours']['device']}. Copy rate {rate / 1e9:.1f} GB/s, read and written.", ""]
    lines += [
        "Medians of one call; above 1, ours is that many times faster. The share of the copy rate counts the fewest bytes that the work has to move, whatever is moved.",
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
            by = r["by"] + (f" ({r['note']})" if r.get("note") else "")
            lines.append(f"| {by} | {r['microseconds']:.2f} | {r['fastest']:.2f}–{r['slowest']:.2f} | {ratio} | {share} | {extra} | {error} |")
        lines.append("")
    return lines
