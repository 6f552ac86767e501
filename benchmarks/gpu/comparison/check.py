"""Whether our kernels are right on this device: the self-test, the assembler's report, the tools that find bad accesses and races, and times of compilation."""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from .clock import Deadline
from .report import Report, first_line

ARCHITECTURES = ("sm_80", "sm_90", "sm_100", "sm_120")
# Assembled for all architectures; every other kernel for one.
WIDELY = ("logits", "dpo", "aqfl", "kto-pair", "plackett-luce", "pro", "rrhf")
SANITIZERS = ("memcheck", "racecheck", "synccheck")
TOOL_FOLDERS = ("/usr/local/cuda/bin", "/opt/cuda/bin")


def run(options):
    deadline = Deadline(options.seconds)
    report = Report(options.output, "check")
    steps = [self_test, compile_times, kernels, sanitizers]
    for step in steps:
        step(options, report, deadline)
        report.write(markdown)
    print(report.path("md").read_text())
    return 1 if report.failures else 0


def run_step(report, deadline, title, command, environment=None):
    """A command with its log in a file; its status, or None if it was not run or did not end."""
    started = time.monotonic()
    log = report.folder / (re.sub(r"[^\w]+", "-", title) + ".log")
    with log.open("w") as output:
        try:
            # A session of its own, so that what a tool has started ends with it: it would keep the device.
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}, start_new_session=True)
        except OSError as error:
            report.failure(f"{title}: it cannot be run: {error}")
            return None
        try:
            status = process.wait(max(1, deadline.left()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            report.missing(f"{title}: did not end in time")
            return None
    text = log.read_text(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = lines[-1] if lines else "no output"
    report.add(subject="steps", kind="", result={"step": title, "status": status, "seconds": time.monotonic() - started, "last": last})
    if status != 0:
        for line in [one for one in lines if one.startswith("FAILED")][:20] or [" ".join(lines[-3:])]:
            report.failure(f"{title}: {line[:300]}")
    return status


def find(name):
    return shutil.which(name) or next((str(pathlib.Path(folder) / name) for folder in TOOL_FOLDERS if (pathlib.Path(folder) / name).exists()), None)


def self_test(options, report, deadline):
    parts = [part for part in ("losses", "rows", "logits") if part in options.parts.split(",")]
    for part in parts:
        run_step(report, deadline, f"self-test {part}", [options.binary, "self-test", "--only", part] + (["--quick"] if options.quick else []))


def compile_times(options, report, deadline):
    """Twice with one cache of the driver that was empty."""
    with tempfile.TemporaryDirectory() as cache:
        for title in ("compile, cold", "compile, cached"):
            path = report.folder / (title.replace(", ", "-") + ".json")
            if run_step(report, deadline, title, [options.binary, "compile", "--json", str(path)], {"CUDA_CACHE_PATH": cache}) == 0:
                report.set(title, json.loads(path.read_text()))


def kernels(options, report, deadline):
    """What the assembler says of the text of every kernel."""
    with tempfile.TemporaryDirectory() as folder:
        if run_step(report, deadline, "ptx", [options.binary, "ptx", "--output", folder]) == 0:
            assemble_all(options, report, deadline, pathlib.Path(folder))


def assemble_all(options, report, deadline, folder):
    assembler = find("ptxas")
    if assembler is None:
        report.missing("ptxas: not on the PATH and not in " + ", ".join(TOOL_FOLDERS))
        return
    texts = sorted(folder.glob("*.ptx"))
    jobs = [(text, architecture) for text in texts for architecture in ARCHITECTURES if architecture == options.architecture or text.stem in WIDELY]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (text, architecture), outcome in zip(jobs, pool.map(lambda job: assemble(assembler, *job, deadline), jobs)):
            if isinstance(outcome, str):
                (report.missing if "is not defined for option 'gpu-name'" in outcome or "did not end" in outcome else report.failure)(f"ptxas {architecture} {text.name}: {outcome}")
            else:
                report.add(subject="assembled", kind=architecture, result={"module": text.stem, "entries": outcome})


def assemble(assembler, text, architecture, deadline):
    """Registers, bytes of spills and of shared memory by entry; or what is wrong. What it assembles is beside the text."""
    try:
        done = subprocess.run(
            [assembler, f"-arch={architecture}", "-v", str(text), "-o", str(text.with_suffix(f".{architecture}.cubin"))], capture_output=True, text=True, timeout=max(1, deadline.left()))
    except subprocess.TimeoutExpired:
        return "did not end in time"
    return read_assembly(done.stderr + done.stdout) if done.returncode == 0 else first_line(done.stderr)


def read_assembly(text):
    entries, current = {}, None
    for line in text.splitlines():
        if found := re.search(r"Compiling entry function '(\w+)'", line):
            current = entries.setdefault(found[1], {})
        if current is None:
            continue
        for name, pattern in (("registers", r"Used (\d+) registers"), ("spill stores", r"(\d+) bytes spill stores"), ("stack", r"(\d+) bytes stack frame"), ("shared", r"(\d+) bytes smem")):
            if found := re.search(pattern, line):
                current[name] = int(found[1])
    return entries


def sanitizers(options, report, deadline):
    tool = find("compute-sanitizer")
    if tool is None:
        report.missing("compute-sanitizer: not on the PATH and not in " + ", ".join(TOOL_FOLDERS))
        return
    for name in SANITIZERS:
        if deadline.left() < 10:
            report.missing(f"compute-sanitizer {name}: out of time")
            continue
        run_step(report, deadline, f"compute-sanitizer {name}", [
            tool, "--tool", name, "--error-exitcode", "9", "--target-processes", "all", options.binary, "self-test", "--quick"])


def markdown(report):
    lines = ["# Checks on a device", "", "| step | status | seconds | last line |", "| --- | ---: | ---: | --- |"]
    for one in report.data["results"]:
        if one["subject"] == "steps":
            lines.append(f"| {one['step']} | {one['status']} | {one['seconds']:.1f} | {one['last']} |")
    cold, cached = report.data.get("compile, cold"), report.data.get("compile, cached")
    if cold and cached:
        lines += ["", "## The driver's compiler, ms", "", "| module | cold | cached |", "| --- | ---: | ---: |"]
        for name in sorted(cold, key=cold.get, reverse=True)[:12]:
            lines.append(f"| {name} | {cold[name]:.1f} | {cached.get(name, float('nan')):.1f} |")
        lines.append(f"| all {len(cold)} | {sum(cold.values()):.1f} | {sum(cached.values()):.1f} |")
    assembled = [one for one in report.data["results"] if one["subject"] == "assembled"]
    if assembled:
        lines += ["", "## Assembled", "", "Every entry of a few modules, and of the others those that spill.", "", "| module | entry | for | registers | spilled, bytes | stack, bytes | shared, bytes |", "| --- | --- | --- | ---: | ---: | ---: | ---: |"]
        for one in assembled:
            for entry, of in one["entries"].items():
                if one["module"] in WIDELY or of.get("spill stores"):
                    lines.append(f"| {one['module']} | {entry} | {one['kind']} | {of.get('registers', '?')} | {of.get('spill stores', 0)} | {of.get('stack', 0)} | {of.get('shared', 0)} |")
        lines += ["", f"{len(assembled)} modules were assembled."]
    return lines + [""]
