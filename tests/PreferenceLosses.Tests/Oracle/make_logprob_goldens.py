#!/usr/bin/python3
"""Writes logprob_goldens.json, reference values of sequence log-probabilities; with --check, compares it with freshly computed ones.

Everything is PyTorch in double precision, gradients by autograd, on logits that are exactly representable in the format of the case.
"""

import json
import math
import pathlib
import random
import sys

sys.dont_write_bytecode = True
try:
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    sys.exit(f"make_logprob_goldens.py: {missing.name} is missing; on Debian: apt-get install python3-torch, "
             "then run it with /usr/bin/python3")

GOLDENS = pathlib.Path(__file__).with_name("logprob_goldens.json")
IGNORED = -100
FORMATS = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
torch.set_num_threads(1)
generator = random.Random(20)    # only its random() is used: the same numbers from every Python


def uniform(low, high):
    return low + (high - low) * generator.random()


def index(count):
    return int(generator.random() * count)


def noise(scale):
    return scale * (sum(generator.random() for _ in range(12)) - 6)


def rounded(values, form):
    """The nearest numbers of the format, in double precision."""
    return torch.tensor(values, dtype=torch.float64).to(FORMATS[form]).to(torch.float64)


# ---- Cases -----------------------------------------------------------------------------------------------------------


def ordinary(rows, vocabulary):
    return [[noise(3) for _ in range(vocabulary)] for _ in range(rows)]


def steep(rows, vocabulary):
    return [[uniform(-80, 80) for _ in range(vocabulary)] for _ in range(rows)]


def huge(rows, vocabulary):
    return [[(1e4, -1e4, 9990.0, 0.0)[index(4)] for _ in range(vocabulary)] for _ in range(rows)]


def flat(rows, vocabulary):
    return [[5.0] * vocabulary for _ in range(rows)]


def certain(rows, vocabulary):
    """One logit so far above the others that its probability is 1 in single precision."""
    return [[60.0 if j == row % vocabulary else noise(1) for j in range(vocabulary)] for row in range(rows)]


def masked_vocabulary(rows, vocabulary):
    """Runs of -inf, at the start, at the end and alone."""
    return [[-math.inf if j % 5 == 3 or j < vocabulary // 4 and j != row else noise(3) for j in range(vocabulary)] for row in range(rows)]


def rising(rows, vocabulary):
    """The maximum grows all along the row."""
    return [[0.25 * j + noise(0.1) for j in range(vocabulary)] for _ in range(rows)]


def sequences(lengths, ignored):
    """Offsets, and which rows count: about one in four does not."""
    offsets = [0]
    for length in lengths:
        offsets.append(offsets[-1] + length)
    counts = [not ignored or generator.random() > 0.25 for _ in range(offsets[-1])]
    return offsets, counts


# name: logits, format, vocabulary, lengths of the sequences, whether some rows are ignored
CASES = {
    "one token": (ordinary, "fp32", 1, [2, 1], False),
    "two tokens": (ordinary, "fp32", 2, [3], False),
    "three tokens, bf16": (ordinary, "bf16", 3, [2, 2], True),
    "seven": (ordinary, "fp32", 7, [5, 1, 3], True),
    "sixteen": (ordinary, "fp32", 16, [4], False),
    "seventeen, fp16": (ordinary, "fp16", 17, [3, 2], True),
    "thirty-three, bf16": (ordinary, "bf16", 33, [3, 2], True),
    "an empty sequence": (ordinary, "fp32", 9, [2, 0, 3], True),
    "a hundred": (ordinary, "fp32", 100, [2, 3], True),
    "three hundred": (ordinary, "fp32", 300, [1, 2], False),
    "three hundred, bf16": (ordinary, "bf16", 300, [2], False),
    "three hundred, fp16": (ordinary, "fp16", 300, [2], False),
    "steep": (steep, "fp32", 40, [3, 2], True),
    "steep, bf16": (steep, "bf16", 40, [3], False),
    "steep, fp16": (steep, "fp16", 40, [3], False),
    "huge": (huge, "fp32", 21, [4], False),
    "huge, bf16": (huge, "bf16", 21, [4], False),
    "huge, fp16": (huge, "fp16", 21, [4], False),
    "flat": (flat, "fp32", 64, [2], False),
    "certain": (certain, "fp32", 35, [4], False),
    "certain, bf16": (certain, "bf16", 35, [4], False),
    "masked vocabulary": (masked_vocabulary, "fp32", 50, [3, 2], False),
    "masked vocabulary, fp16": (masked_vocabulary, "fp16", 50, [3], False),
    "masked vocabulary, bf16": (masked_vocabulary, "bf16", 50, [3], False),
    "rising": (rising, "fp32", 257, [2], False),
}


def case(name, make, form, vocabulary, lengths, ignored):
    offsets, counts = sequences(lengths, ignored)
    rows = offsets[-1]
    logits = rounded(make(rows, vocabulary), form).requires_grad_(True)
    labels = [index(vocabulary) for _ in range(rows)]
    upstream = [round(uniform(-2, 2), 3) for _ in lengths]
    result = forward(logits, labels, counts, offsets)
    torch.dot(torch.stack(result["sums"]), torch.tensor(upstream, dtype=torch.float64)).backward()
    return {
        "name": name, "format": form, "vocabulary": vocabulary, "offsets": offsets,
        "labels": labels, "mask": [int(c) for c in counts], "upstream": upstream, "logits": numbers(logits.detach()),
        "tokens": numbers(result["tokens"]), "sums": numbers(torch.stack(result["sums"])), "lengths": result["lengths"],
        "entropies": numbers(result["entropies"]), "weights": numbers(torch.stack(result["weights"])), "gradient": numbers(logits.grad),
    }


def forward(logits, labels, counts, offsets):
    """Per-token log-probabilities as trainers compute them, summed over each sequence."""
    logs = F.log_softmax(logits, dim=-1)
    picked = torch.gather(logs, 1, torch.tensor(labels)[:, None])[:, 0] if labels else torch.zeros(0, dtype=torch.float64)
    mask = torch.tensor(counts)
    tokens = torch.where(mask, picked, torch.zeros_like(picked))
    with torch.no_grad():
        probabilities = logs.exp()
        entropies = torch.where(mask, -torch.where(probabilities > 0, probabilities * logs, torch.zeros_like(logs)).sum(-1), torch.zeros_like(picked))
        # WPO: the log-probability of a token, less that of two samples being the same token.
        aligned = tokens - torch.where(mask, torch.log((probabilities ** 2).sum(-1)), torch.zeros_like(picked))
    spans = [slice(a, b) for a, b in zip(offsets, offsets[1:])]
    lengths = [sum(counts[span]) for span in spans]
    return {"tokens": tokens, "entropies": entropies, "lengths": lengths, "sums": [tokens[span].sum() for span in spans],
            "weights": [torch.exp(aligned[span].sum() / length) if length else torch.tensor(math.nan, dtype=torch.float64)
                        for span, length in zip(spans, lengths)]}


# ---- Losses of pairs -------------------------------------------------------------------------------------------------


def dpo(x, c):
    return -F.logsigmoid(0.1 * (x["chosen"] - x["rejected"] - c["reference_chosen"] + c["reference_rejected"]))


def simpo(x, c):
    """With the parameters of the test: beta 2, gamma 1."""
    return -F.logsigmoid(2 * (x["chosen"] / x["chosen_length"] - x["rejected"] / x["rejected_length"]) - 1)


def wpo(x, c):
    return x["chosen_weight"] * x["rejected_weight"] * dpo(x, c)


PAIRS = {    # name: (loss, share of the tail)
    "dpo": (dpo, 1.0), "simpo": (simpo, 1.0), "wpo": (wpo, 1.0), "ld-dpo": (dpo, 0.5),
}


def pair_case(name, loss, share):
    lengths = [4, 2, 5, 3, 5, 2]
    offsets, counts = sequences(lengths, True)
    for start in offsets[:-1]:
        counts[start] = True
    pairs, vocabulary = len(lengths) // 2, 19
    logits = rounded(ordinary(offsets[-1], vocabulary), "fp32").requires_grad_(True)
    labels = [index(vocabulary) for _ in counts]
    columns = {name: [round(uniform(-12, -3), 3) for _ in range(pairs)] for name in ("reference_chosen", "reference_rejected")}
    result = forward(logits, labels, counts, offsets)
    sums = []
    for s, (start, end) in enumerate(zip(offsets, offsets[1:])):
        public = min(result["lengths"][s], result["lengths"][(s + pairs) % (2 * pairs)])
        tokens = [result["tokens"][row] for row in range(start, end) if counts[row]]
        sums.append(sum(t if position < public else share * t for position, t in enumerate(tokens)))
    as_tensor = {name: torch.tensor(column, dtype=torch.float64) for name, column in columns.items()}
    sides = {"chosen": slice(0, pairs), "rejected": slice(pairs, None)}
    inputs = {side: torch.stack(sums)[span] for side, span in sides.items()}
    inputs.update({f"{side}_length": torch.tensor(result["lengths"], dtype=torch.float64)[span] for side, span in sides.items()})
    inputs.update({f"{side}_weight": torch.stack(result["weights"])[span] for side, span in sides.items()})
    losses = loss(inputs, as_tensor)
    losses.mean().backward()
    return {
        "name": name, "share": share, "vocabulary": vocabulary, "offsets": offsets, "labels": labels, "mask": [int(c) for c in counts],
        "logits": numbers(logits.detach()), **columns, "losses": numbers(losses.detach()), "gradient": numbers(logits.grad),
    }


# ---- The file --------------------------------------------------------------------------------------------------------


def numbers(tensor):
    return [value + 0.0 if math.isfinite(value) else str(value) for value in tensor.detach().flatten().tolist()]


def document():
    return {"generator": {"torch": torch.__version__},
            "cases": [case(name, *rest) for name, rest in CASES.items()],
            "pairs": [pair_case(name, *rest) for name, rest in PAIRS.items()]}


def differences(path, actual, expected):
    """Where two documents differ: numbers by more than PyTorch versions round differently."""
    if isinstance(expected, dict):
        if actual.keys() != expected.keys():
            return [f"{path}: {sorted(actual.keys() ^ expected.keys())}"]
        return [d for key in expected for d in differences(f"{path}/{key}", actual[key], expected[key])]
    if isinstance(expected, list):
        if len(actual) != len(expected):
            return [f"{path}: {len(actual)} instead of {len(expected)}"]
        return [d for i, (a, b) in enumerate(zip(actual, expected)) for d in differences(f"{path}[{i}]", a, b)]
    if isinstance(expected, float) and isinstance(actual, float):
        return [] if abs(actual - expected) <= 1e-12 * (1 + abs(expected)) else [f"{path}: {actual} instead of {expected}"]
    return [] if actual == expected else [f"{path}: {actual} instead of {expected}"]


fresh = document()
if sys.argv[1:] == ["--check"]:
    committed = json.loads(GOLDENS.read_text())
    found = [d for part in ("cases", "pairs") for d in differences(part, fresh[part], committed[part])]
    print("\n".join(found[:20]) or f"{GOLDENS.name}: {len(fresh['cases'])} cases and {len(fresh['pairs'])} losses of pairs are as committed")
    sys.exit(1 if found else 0)
lines = [f' "{part}": [\n' + ",\n".join("  " + json.dumps(c) for c in fresh[part]) + "\n ]" for part in ("cases", "pairs")]
GOLDENS.write_text('{\n "generator": ' + json.dumps(fresh["generator"]) + ",\n" + ",\n".join(lines) + "\n}\n")
