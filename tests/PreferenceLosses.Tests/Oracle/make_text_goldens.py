#!/usr/bin/python3
"""Writes text_goldens.json: what PyTorch itself gives for the texts of texts.py; with --check, compares it with freshly computed values.

Each text is run as it stands, in float64 (values and autograd gradients of the mean) and in float32 (values: where they are
not finite). See README.md.
"""

import json
import math
import pathlib
import sys
import warnings

sys.dont_write_bytecode = True
try:
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    sys.exit(f"make_text_goldens.py: {missing.name} is missing; on Debian: apt-get install python3-torch, then run it with /usr/bin/python3")
from texts import candidates, expressions

GOLDENS = pathlib.Path(__file__).with_name("text_goldens.json")
COLUMNS = ["policy_chosen", "policy_rejected", "reference_chosen", "reference_rejected"]
torch.set_num_threads(1)
warnings.simplefilter("ignore")


def against_zero(x, y):
    """A batch whose log-ratios are exactly x and y."""
    return dict(zip(COLUMNS, [x, y, [0.0] * len(x), [0.0] * len(y)]))


BATCHES = {
    # Sequence log-probabilities; all of them multiples of 1/64, so that float32 holds them.
    "ordinary": {
        "policy_chosen": [-12.296875, -40.0, -7.25, -100.0, -55.515625, -3.125, -20.75],
        "policy_rejected": [-15.09375, -38.5, -9.0, -130.0, -54.25, -6.0, -21.5],
        "reference_chosen": [-13.0, -39.0, -8.5, -104.0, -55.0, -3.375, -18.140625],
        "reference_rejected": [-14.203125, -38.0, -9.625, -112.0, -56.765625, -5.03125, -21.515625],
    },
    "initial": {
        "policy_chosen": [-7.25, -31.5, -120.25, -9.5],
        "policy_rejected": [-9.0, -28.125, -119.5, -9.5],
        "reference_chosen": [-7.25, -31.5, -120.25, -9.5],
        "reference_rejected": [-9.0, -28.125, -119.5, -9.5],
    },
    # Where functions have kinks, ties and thresholds.
    "kinks": against_zero([-3.0, -1.0, 0.0, 0.5, 1.0, 3.0, 6.0, 25.0, -2.0, 2.5], [-3.0, 1.0, 0.0, -0.5, 1.0, 2.0, 6.0, -25.0, 0.75, 2.5]),
    "tied": against_zero([2.0, 2.0, -1.0, 2.0, -1.0], [1.0, 1.0, 1.0, 1.0, 1.0]),
    "zero": against_zero([0.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
    "extreme": against_zero([-720.0, 720.0, -95.0, 95.0, 1e-5, -40.0, 40.0, -2000.0, 1500.0], [720.0, -720.0, 95.0, 3.0, -40.0, 1e-3, 2000.0, -95.0, 2.0]),
    "one": against_zero([-1.5], [0.75]),
}


class Owner:
    """What the functions are methods of."""
    beta = 0.05
    label_smoothing = 0.0


def run(text, batch, dtype):
    space = {"torch": torch, "F": F, "math": math, "beta": Owner.beta}
    exec(text, space)    # pylint: disable=exec-used    (our own text)
    function = next(value for name, value in space.items() if name.endswith("_loss"))
    columns = [torch.tensor(batch[name], dtype=dtype, requires_grad=True) for name in COLUMNS]
    chosen, rejected, reference_chosen, reference_rejected = columns
    if "self" in text[:text.index(")")]:
        losses = function(Owner(), *columns)
    else:
        losses = function((chosen - rejected) - (reference_chosen - reference_rejected))
    return columns, losses


def case(name, text, batch):
    columns, losses = run(text, BATCHES[batch], torch.float64)
    gradient = None
    try:
        losses.double().mean().backward()
        gradient = {name: numbers(c.grad if c.grad is not None else torch.zeros_like(c)) for name, c in zip(COLUMNS, columns)}
    except (RuntimeError, IndexError):
        pass    # PyTorch 1.13 has no gradient of the variance of one number, and none where nothing depends on the inputs.
    single = run(text, BATCHES[batch], torch.float32)[1]
    return {"text": name, "batch": batch, "losses": numbers(losses.detach()), "gradient": gradient, "single": numbers(single.detach())}


def numbers(tensor):
    return [v if math.isfinite(v) else str(v) for v in tensor.double().tolist()]


def render():
    texts = dict([*candidates(), *expressions()])
    head = {"torch": torch.__version__, "texts": texts, "batches": BATCHES}
    lines = [json.dumps(case(name, text, batch)) for name, text in texts.items() for batch in BATCHES]
    return json.dumps(head, indent=1)[:-2] + ',\n "cases": [\n' + ",\n".join(lines) + "\n]}\n", len(texts), len(lines)


def agree(fresh, committed):
    """Whether both are the same but for rounding, which differs between processors (float32 is part of some texts)."""
    if isinstance(fresh, dict) and isinstance(committed, dict):
        return fresh.keys() == committed.keys() and all(agree(fresh[key], committed[key]) for key in fresh)
    if not isinstance(fresh, list) or not isinstance(committed, list):
        return fresh == committed
    if len(fresh) != len(committed) or any(isinstance(v, (dict, list)) for v in fresh):
        return len(fresh) == len(committed) and all(map(agree, fresh, committed))
    largest = max((abs(v) for v in committed if not isinstance(v, str)), default=0)
    return all(a == b or (not isinstance(a, str) and not isinstance(b, str) and abs(a - b) <= 1e-6 * largest) for a, b in zip(fresh, committed))


def main(arguments):
    text, texts, cases = render()
    if "--check" not in arguments:
        GOLDENS.write_text(text, encoding="utf-8")
        print(f"{texts} texts, {cases} cases written to {GOLDENS.name}")
        return 0
    fresh, committed = json.loads(text), json.loads(GOLDENS.read_text(encoding="utf-8"))
    same = all(fresh[part] == committed[part] for part in ("texts", "batches")) and agree(fresh["cases"], committed["cases"])
    print(f"OK: {texts} texts, {cases} cases agree with {GOLDENS.name}" if same else f"{GOLDENS.name} is not what this script gives: run it, and look at the difference")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
