#!/usr/bin/env bash
# What benchmarks/gpu does on a machine with a device, as far as that goes without one: the published program with no driver and on a driver that runs the row
# kernels on an emulated grid, and the comparison with PyTorch on the CPU, whose answers have to agree with the kernels'.
set -euo pipefail
cd "$(dirname "$0")/../benchmarks/gpu"
emulation=../../tests/PreferenceLosses.Cuda.Tests/Emulation
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
fail() { echo "$1" && exit 1; }

gcc -c -std=gnu17 -fPIC -O1 "$emulation/driver_double.c" -o "$out/double.o"
g++ -std=c++20 -O2 -ffp-contract=off -shared -fPIC -Wall -Wextra -Wno-unknown-pragmas -Wno-unused-function \
  -I ../../src/PreferenceLosses.Cuda/Kernels -I "$emulation" "$emulation/grid_driver.cpp" "$out/double.o" -ldl -o "$out/driver.so"

./publish.sh "$out/program"
program=$out/program/preference-losses-gpu
[ "$(stat -c %s "$program")" -lt $((16 << 20)) ] || fail "the published program has 16 MiB or more"

status=0
PREFERENCE_LOSSES_CUDA_DRIVER=/nowhere/libcuda.so "$program" self-test >"$out/log" 2>&1 || status=$?
[ "$status" -eq 3 ] && grep -q "There is no NVIDIA driver" "$out/log" || fail "without a driver: status $status, $(cat "$out/log")"
export PREFERENCE_LOSSES_CUDA_DRIVER=$out/driver.so
"$program" self-test --quick --only rows
status=0
"$program" self-test --quick --only losses >"$out/log" 2>&1 || status=$?
[ "$status" -eq 1 ] && grep -q "^FAILED dpo" "$out/log" || fail "a driver that cannot run the kernels of losses: status $status, $(cat "$out/log")"

# Debian's Python is the one that has PyTorch here.
# A Liger-Kernel that cannot be imported, by an exception that is none of the usual ones, is missing; our program, which fails for pairs on this driver, has failed.
speed() { /usr/bin/python3 compare.py speed --device cpu --quick --repeats 3 "$@" >"$out/log" 2>&1; }
mkdir -p "$out/liger/liger_kernel"
echo 'raise AssertionError("no device here")' >"$out/liger/liger_kernel/__init__.py"
status=0
speed --binary "$program" --output "$out/speed" --liger "$out/liger" || status=$?
[ "$status" -eq 1 ] || fail "compare.py speed: status $status, $(cat "$out/log")"
/usr/bin/python3 - "$out/speed/speed.json" <<'CHECK'
import json
import sys

found = json.load(open(sys.argv[1]))
assert len(found["failures"]) == 1 and found["failures"][0].startswith("our program, pairs: status 1: cuLaunchKernel"), found["failures"]
assert sum("AssertionError: no device here" in line for line in found["missing"]) == 6, found["missing"]
assert not any(line.startswith("ours") for line in found["missing"]), found["missing"]
for kind in ("forward", "backward", "forward + backward"):
    by = {one["by"] for one in found["results"] if one["subject"] == "8 × 515 bf16" and one["kind"] == kind}
    assert {"ours, the .NET program", "ours, from Python", "eager, log_softmax + gather", "eager, logsumexp in fp32"} <= by, (kind, by)
errors = [one["error"] for one in found["results"] if one["by"] == "ours, from Python" and one["kind"] == "forward"]
assert len(errors) == 3 and all(0 < error < 4e-6 for error in errors), errors
CHECK

# No device is none of our faults, and what another session has measured is not shown; a program that cannot be run is one.
PREFERENCE_LOSSES_CUDA_DRIVER=/nowhere/libcuda.so speed --binary "$program" --output "$out/speed" || fail "without a driver: $(cat "$out/log")"
grep -q "missing: our program, rows: status 3" "$out/log" && ! grep -q "515" "$out/log" || fail "without a driver: $(cat "$out/log")"
status=0
speed --binary "$out/log" --output "$out/speed" || status=$?
[ "$status" -eq 1 ] && grep -q "FAILED our program, rows: it cannot be run" "$out/log" || fail "a program that cannot be run: status $status, $(cat "$out/log")"

status=0
/usr/bin/python3 compare.py check --binary "$program" --output "$out/check" --quick --parts rows >"$out/log" 2>&1 || status=$?
[ "$status" -eq 1 ] && grep -q "| self-test rows | 0 |" "$out/check/check.md" && grep -q "FAILED compile, cold: .*cuLaunchKernel" "$out/log" || fail "compare.py check: status $status, $(cat "$out/log")"
echo "the program for GPUs and its comparison run without one"
