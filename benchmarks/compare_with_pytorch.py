"""Loss and gradient of the mean beside PyTorch eager, single precision, one thread, alternating in one run on one machine.

    dotnet build -c Release benchmarks/PreferenceLosses.Benchmarks
    /usr/bin/python3 benchmarks/compare_with_pytorch.py > benchmarks/results/compare-with-pytorch.md

PyTorch is timed as a training step uses it: forward from four leaf tensors, backward to the two of the policy.
"""

import pathlib
import platform
import subprocess
import time

import torch
import torch.nn.functional as F

ROUNDS = 3
BENCHMARK = pathlib.Path(__file__).parent / "PreferenceLosses.Benchmarks/bin/Release/net10.0/PreferenceLosses.Benchmarks.dll"
BETA, TAU = 0.05, 0.05


def dpo(rho):
    return -F.logsigmoid(0.1 * rho)


def discopop(rho):
    x = BETA * rho
    gate = torch.sigmoid(x / TAU)
    return (1 - gate) * -F.logsigmoid(x) + gate * torch.exp(-x)


def aqfl(rho):
    x = BETA * rho
    u = x / TAU
    quantile = u.std() * torch.sigmoid(-u).mean()
    quantile = quantile + 0.05 * (torch.sigmoid(u.mean()) - quantile)
    gate = torch.sigmoid(0.1 * (u - quantile).abs())
    return gate * -F.logsigmoid(x) + (1 - gate) * torch.relu(1 - x)


def time_pytorch(loss, pairs):
    """The fastest of 20 repetitions, in microseconds per call."""
    columns = [-60 + 20 * torch.rand(pairs) for _ in range(4)]
    policy = [c.requires_grad_() for c in columns[:2]]

    def step():
        rho = (policy[0] - columns[2]) - (policy[1] - columns[3])
        for p in policy:
            p.grad = None
        loss(rho).mean().backward()

    started, calls = time.perf_counter(), 0
    while time.perf_counter() - started < 0.5:
        step()
        calls += 1
    calls = max(1, calls // 25)
    fastest = float("inf")
    for _ in range(20):
        started = time.perf_counter()
        for _ in range(calls):
            step()
        fastest = min(fastest, (time.perf_counter() - started) / calls)
    return fastest * 1e6


def time_ours(name, pairs):
    return float(subprocess.run(["dotnet", str(BENCHMARK), "time", name, str(pairs)], capture_output=True, text=True, check=True).stdout)


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    print("# Loss and gradient of the mean, beside PyTorch eager\n")
    print(f"{processor()}, one thread, single precision, PyTorch {torch.__version__}; {ROUNDS} alternating rounds, the fastest of 20")
    print("repetitions in each; the median over the rounds, and the range of the ratio.\n")
    print("| loss | pairs | PreferenceLosses, µs | PyTorch, µs | ratio |")
    print("| --- | ---: | ---: | ---: | --- |")
    for loss in (dpo, discopop, aqfl):
        for pairs in (64, 1024, 65536):
            rounds = [(time_ours(loss.__name__, pairs), time_pytorch(loss, pairs)) for _ in range(ROUNDS)]
            ours, theirs = (sorted(r[i] for r in rounds)[ROUNDS // 2] for i in (0, 1))
            ratios = sorted(t / o for o, t in rounds)
            print(f"| {loss.__name__} | {pairs} | {ours:.2f} | {theirs:.1f} | {theirs / ours:.1f} ({ratios[0]:.1f}–{ratios[-1]:.1f}) |", flush=True)


if __name__ == "__main__":
    main()
