"""The PyTorch side of the compare command: takes a piece of work per line of standard input, answers with what it cost.

    {"work": "loss", "loss": "dpo", "pairs": 64, "threads": 1, "seconds": 0.2}
    {"work": "log_probabilities", "vocabulary": 32000, "rows": 64, "format": "bf16", "backward": true, "threads": 1, "seconds": 0.2}

Answers: {"microseconds": [one per repetition], "bytes": allocated by one run}. A loss is timed as a training step uses it: forward
from four leaf tensors, backward to the two of the policy, of the mean. Log-probabilities are log_softmax and gather, as trainers have them.
"""

import json
import platform
import sys
import time

import torch
import torch.nn.functional as F

BETA, TAU = 0.05, 0.05


def dpo(rho, *_):
    return -F.logsigmoid(0.1 * rho)


def ipo(rho, *_):
    return (rho - 1 / (2 * 0.1)) ** 2


def discopop(rho, *_):
    x = BETA * rho
    gate = torch.sigmoid(x / TAU)
    return (1 - gate) * -F.logsigmoid(x) + gate * torch.exp(-x)


def aqfl(rho, *_):
    x = BETA * rho
    u = x / TAU
    quantile = u.std() * torch.sigmoid(-u).mean()
    quantile = quantile + 0.05 * (torch.sigmoid(u.mean()) - quantile)
    gate = torch.sigmoid(0.1 * (u - quantile).abs())
    return gate * -F.logsigmoid(x) + (1 - gate) * torch.relu(1 - x)


def kto_pair(rho, chosen, rejected, *_):
    chosen_kl, rejected_kl = chosen.mean().clamp(min=0), rejected.mean().clamp(min=0)
    return torch.cat((1 - torch.sigmoid(0.1 * (chosen - rejected_kl)), 1 - torch.sigmoid(0.1 * (chosen_kl - rejected))))


def aot(rho, chosen, rejected, policy_chosen, policy_rejected, reference_chosen, reference_rejected):
    delta = torch.sort(policy_chosen - policy_rejected)[0] - torch.sort(reference_chosen - reference_rejected)[0]
    return -F.logsigmoid(0.1 * delta)


LOSSES = {"dpo": dpo, "ipo": ipo, "discopop": discopop, "aqfl": aqfl, "kto-pair": kto_pair, "aot": aot}


def loss_step(request):
    loss = LOSSES[request["loss"]]
    columns = [-60 + 20 * torch.rand(request["pairs"]) for _ in range(4)]
    policy = [c.requires_grad_() for c in columns[:2]]

    def step():
        chosen, rejected = policy[0] - columns[2], policy[1] - columns[3]
        for p in policy:
            p.grad = None
        loss(chosen - rejected, chosen, rejected, *policy, *columns[2:]).mean().backward()

    return step


FORMATS = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def log_probability_step(request):
    source = (2 * torch.randn(request["rows"], request["vocabulary"])).to(FORMATS[request["format"]])
    labels = torch.randint(request["vocabulary"], (request["rows"], 1))
    # PyTorch has no log_softmax for fp16 on the CPU.
    widens = request["format"] == "fp16"

    def forward(logits):
        return (logits.float() if widens else logits).log_softmax(-1).gather(1, labels).float().sum()

    def step():
        if request["backward"]:
            source.grad = None
            source.requires_grad_()
            forward(source).backward()
        else:
            with torch.no_grad():
                forward(source)

    return step


def allocated(step):
    """Bytes that one run asks the allocator for."""
    with torch.autograd.profiler.profile(profile_memory=True) as profile:
        step()
    return sum(max(e.cpu_memory_usage, 0) for e in profile.function_events if e.name == "[memory]" or not e.cpu_children)


def main():
    print(json.dumps({"pytorch": torch.__version__, "python": platform.python_version()}), flush=True)
    steps = {}
    for line in sys.stdin:
        request = json.loads(line)
        torch.set_num_threads(request["threads"])
        key = json.dumps({k: v for k, v in request.items() if k not in ("seconds", "threads")})
        if key not in steps:
            steps.clear()
            torch.manual_seed(1)
            step = loss_step(request) if request["work"] == "loss" else log_probability_step(request)
            step()
            steps[key] = (step, allocated(step))
        step, size = steps[key]
        started = time.perf_counter()
        step()
        calls = max(1, int(0.005 / max(time.perf_counter() - started, 1e-7)))
        times = []
        while time.perf_counter() - started < request["seconds"] or len(times) < 3:
            before = time.perf_counter()
            for _ in range(calls):
                step()
            times.append((time.perf_counter() - before) / calls * 1e6)
        print(json.dumps({"microseconds": times, "bytes": size}), flush=True)


if __name__ == "__main__":
    main()
