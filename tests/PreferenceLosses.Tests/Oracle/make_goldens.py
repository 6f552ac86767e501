#!/usr/bin/python3
"""Writes goldens.json, the reference values of the losses; with --check, compares it with freshly computed ones.

Every loss of losses.py is evaluated on every batch below by two independent calculators: PyTorch's double precision
with autograd, and 700-digit arithmetic (exact.py) rounded to double at the very end. See README.md.
"""

import json
import math
import pathlib
import random
import struct
import sys
from types import SimpleNamespace

sys.dont_write_bytecode = True
try:
    import torch
    import torch.nn.functional as F
    import mpmath
except ImportError as missing:
    sys.exit(f"make_goldens.py: {missing.name} is missing; on Debian: apt-get install python3-torch python3-mpmath, "
             "then run it with /usr/bin/python3")
import exact
from losses import LOSSES, Pairs

GOLDENS = pathlib.Path(__file__).with_name("goldens.json")
torch.set_num_threads(1)


# ---- Batches ---------------------------------------------------------------------------------------------------------

generator = random.Random(8)    # only its random() is used: the same numbers from every Python


def single(value):
    """The nearest number that a float can hold, so that single precision can be tested on the same inputs."""
    return struct.unpack("f", struct.pack("f", value))[0]


def noise():
    """Roughly a standard normal number."""
    return sum(generator.random() for _ in range(12)) - 6


def uniform(low, high):
    return low + (high - low) * generator.random()


def columns(rows):
    return dict(zip(Pairs._fields, map(list, zip(*([single(value) for value in row] for row in rows)))))


def ordinary_row():
    return [noise() for _ in range(4)]


def sequence_row():
    chosen, rejected = uniform(-500, -20), uniform(-500, -20)
    return chosen + 2 * noise(), rejected + 2 * noise(), chosen, rejected


def far_row(rho):
    """A pair with exactly this rho: every value is a multiple of 1/8."""
    chosen, rejected = (-2000 - round(8 * uniform(0, 500)) / 8 for _ in range(2))
    drift = round(8 * uniform(-3, 3)) / 8
    return chosen + drift + rho / 2, rejected + drift - rho / 2, chosen, rejected


BATCHES = {
    "ordinary": columns(ordinary_row() for _ in range(10)),
    "sequence": columns(sequence_row() for _ in range(7)),
    "initial": columns(2 * pair for pair in ((-7.25, -9.0), (-31.5, -28.125), (-120.3, -119.6), (-9.5, -9.5))),
    "equal": columns([ordinary_row()] * 3),
    "two": columns(ordinary_row() for _ in range(2)),
    "one": columns([ordinary_row()]),
    "extreme": columns(map(far_row, (15, -15, 1.25, 60, -60, -0.75, 300, -300, 1000, -1000, 2000, -2000))),
    "far-below": columns(map(far_row, (-2000, -1999.5))),
    "far-above": columns(map(far_row, (2000, 1999.5))),
    "overflow": columns(map(far_row, (-3000, 3000, 0.5))),
    "table": {    # decimals, so not representable in single precision
        "policy_chosen": [-12.3, -40.0, -7.25, -100.0],
        "policy_rejected": [-15.1, -38.5, -9.0, -130.0],
        "reference_chosen": [-13.0, -39.0, -7.25, -104.0],
        "reference_rejected": [-14.2, -38.0, -9.0, -112.0],
    },
}
ON_KINKS = {"initial", "table"}                                       # all other batches stay away from kinks and jumps
TAILS = {"extreme", "far-below", "far-above", "overflow"}             # where double precision may fail


def settings(loss, batch):
    """The parameter values with which a loss is evaluated on a batch."""
    if not loss.defaults:
        return [{}]
    if batch == "table":
        return [{**loss.defaults, "beta": 0.1}]
    other = {"beta": 0.3, "tau": 0.2}
    return [loss.defaults, {name: other[name] for name in loss.defaults}]


# ---- The two calculators ---------------------------------------------------------------------------------------------

torch_backend = SimpleNamespace(
    sigmoid=torch.sigmoid, softplus=lambda u: -F.logsigmoid(-u), exp=torch.exp, abs=torch.abs, relu=torch.relu,
    clamp_min=lambda u, bound: torch.clamp(u, min=bound), where=torch.where, cat=torch.cat,
    sum=torch.sum, mean=torch.mean, var=torch.var, std=torch.std,
    countdown=lambda u: torch.arange(len(u) - 1, -1, -1, dtype=torch.float64))


def autograd(loss, parameters, batch):
    inputs = Pairs(*(torch.tensor(column, dtype=torch.float64, requires_grad=True) for column in batch.values()))
    losses = loss.function(torch_backend, inputs, **parameters)
    mean = losses.mean()
    mean.backward()
    gradients = [torch.zeros_like(u) if u.grad is None else u.grad for u in inputs]
    return result(losses.tolist(), mean.item(), [u.tolist() for u in gradients])


def correctly_rounded(loss, parameters, batch):
    inputs = Pairs(*map(exact.Vector, batch.values()))
    losses = loss.function(exact, inputs, **{name: exact.mpf(value) for name, value in parameters.items()})
    mean = exact.mean(losses)
    exact.backward(mean)
    return result(map(float, losses.values), float(mean.values[0]), [map(float, u.adjoint) for u in inputs])


def result(losses, mean, gradients):
    return {"losses": [number(value) for value in losses], "mean": number(mean),
            "gradient": {name: [number(value) for value in column] for name, column in zip(Pairs._fields, gradients)}}


def number(value):
    return value + 0.0 if math.isfinite(value) else str(value)    # + 0.0 turns -0.0 into 0.0


def cases():
    for name, loss in LOSSES.items():
        for batch, inputs in BATCHES.items():
            if len(inputs["policy_chosen"]) < loss.rows:
                continue    # an unbiased variance of one row: NaN in PyTorch, and its backward pass throws
            for parameters in settings(loss, batch):
                exact.kink_distances.clear()
                case = {"loss": name, "parameters": parameters, "batch": batch,
                        "autograd": autograd(loss, parameters, inputs),
                        "exact": correctly_rounded(loss, parameters, inputs)}
                nearest = float(min(exact.kink_distances, default=math.inf))
                expect(batch in ON_KINKS or nearest > 0.01, f"{title(case)} is only {nearest:.2g} away from a kink")
                yield case


# ---- Comparing -------------------------------------------------------------------------------------------------------

failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def title(case):
    parameters = [f"{name}={value}" for name, value in case["parameters"].items()]
    return " ".join([case["loss"], *parameters, "on", case["batch"]])


def compare(what, actual, expected, relative, of_largest=0):
    """Equal up to `relative` times the number itself plus `of_largest` times the largest loss or gradient entry."""
    for part, wanted in flat(expected).items():
        values = flat(actual)[part]
        expect(len(values) == len(wanted), f"{what}, {part}: {len(values)} numbers instead of {len(wanted)}")
        largest = max((abs(b) for b in wanted if isinstance(b, float)), default=0)
        for index, (a, b) in enumerate(zip(values, wanted)):
            both_finite = isinstance(a, float) and isinstance(b, float)
            same = abs(a - b) <= relative * abs(b) + of_largest * largest if both_finite else a == b
            expect(same, f"{what}, {part}[{index}]: {a} instead of {b}")


def flat(values):
    return {"losses": values["losses"], "mean": [values["mean"]],
            "gradient": [value for column in values["gradient"].values() for value in column]}


# ---- Self-checks -----------------------------------------------------------------------------------------------------

# Ten digits computed elsewhere, by other code: the batch "table" at beta = 0.1, tau = 0.05.
TABLE = {
    "dpo": "0.616343773 0.718459648 0.6931471806 0.1050833198",
    "slic": "0.84 1.05 1 0",
    "ipo": "11.56 30.25 25 289",
    "kto-pair": "0.4825071423 0.5249791875 0.5 0.4013123399 0.4545012128 0.464435162 0.4768914745 0.1309596837",
    "discopop": "0.8429085109 0.807966432 0.8465735903 0.1108031584",
    "discopop-generated": "0.8125337215 0.8441095048 0.8465735903 0.1108031584",
    "dbaql": "0.6082037174 0.7213107112 0.6931471806 0.08321397801",
    "dbaql-generated": "0.6082037174 0.7213107112 0.6931471806 0.08321397801",
    "aql": "0.8258494865 0.7786942273 0.8086362698 1.354862593e-20",
    "aql-generated": "0.734288538 0.8759071327 0.8427006338 0.01096835167",
    "aql-printed": "0.7431676149 0.8718052829 0.8427247419 0.001339249586",
    "aqfl": "0.7093495298 0.8241135186 0.7977134521 0.1026454014",
    "aqfl-generated": "0.7182660165 0.8524975805 0.820916331 0.09095730376",
    "padll": "0.5547093957 0.3233068416 0.6238324625 0.09457498779",
    "cell": "0.734243781 0.8848653722 0.8465735903 0.1079432391",
    "pfl": "0.3081718865 2.1 0.3465735903 0.05254165988",
    "pfl-generated": "0.09195037044 3 0.3465735903 1.394734046e-10",
}
TABLE_SLOPES = {    # d loss / d rho
    "dpo": "-0.04600851154 -0.05124973965 -0.05 -0.009975048912",
    "discopop": "-0.06593170933 0.06512980842 0.07842640972 -0.01108031584",
}
BLEND_RHO = [0.3, -0.2, 0.5, 0.0]    # a small variance, so that both halves of the blend count
BLEND = {
    "dbaql-generated": "0.8178246368 0.85366286 0.8038675861 0.8391637496",
    "dbaql": "0.7966574045 0.8312757688 0.7831639785 0.8172752799",
}


def check_printed(what, values, digits):
    printed = " ".join(f"{value:.10g}" for value in values)
    expect(printed == digits, f"{what}: computed {printed}, expected {digits}")


def self_check(all_cases):
    for case in all_cases:
        if case["batch"] not in TAILS:
            compare(f"{title(case)}: autograd against exact", case["autograd"], case["exact"], 1e-12, 1e-12)
        if case["batch"] == "table":
            name, values = case["loss"], case["exact"]
            if name in TABLE:
                check_printed(title(case), values["losses"], TABLE[name])
            if name in TABLE_SLOPES:
                slopes = [4 * value for value in values["gradient"]["policy_chosen"]]
                check_printed(f"slope of {title(case)}", slopes, TABLE_SLOPES[name])

    zero = [0.0] * len(BLEND_RHO)
    inputs = dict(zip(Pairs._fields, (BLEND_RHO, zero, zero, zero)))
    for name, digits in BLEND.items():
        loss = LOSSES[name]
        values = correctly_rounded(loss, {**loss.defaults, "beta": 0.1}, inputs)
        check_printed(f"{name} on rho = {BLEND_RHO}", values["losses"], digits)


# ---- The file --------------------------------------------------------------------------------------------------------

def text(all_cases):
    """One batch and one case per line."""
    def line(value):
        return json.dumps(value, separators=(",", ":"), allow_nan=False)

    versions = {"torch": torch.__version__, "mpmath": mpmath.__version__}
    batches = ",\n".join(f"{line(name)}:{line(batch)}" for name, batch in BATCHES.items())
    return (f'{{"generator":{line(versions)},\n"batches":{{\n{batches}\n}},\n"cases":[\n'
            + ",\n".join(map(line, all_cases)) + "\n]}\n")


def check(fresh):
    if not GOLDENS.exists():
        sys.exit(f"make_goldens.py: there is no {GOLDENS.name} to check; run it without --check first")
    committed = json.loads(GOLDENS.read_text())
    expect(committed["batches"] == BATCHES, "the batches differ")
    old, new = ({title(case): case for case in some} for some in (committed["cases"], fresh))
    for name in old.keys() | new.keys():
        if name not in old or name not in new:
            expect(False, f"{name}: only in the {'committed' if name in old else 'fresh'} goldens")
        else:
            compare(f"{name}, autograd", new[name]["autograd"], old[name]["autograd"], 1e-12, 1e-12)
            compare(f"{name}, exact", new[name]["exact"], old[name]["exact"], 1e-15)


def main(arguments):
    if arguments not in ([], ["--check"]):
        sys.exit("usage: make_goldens.py [--check]")
    fresh = list(cases())
    self_check(fresh)
    if arguments:
        check(fresh)
    if failures:
        sys.exit("\n".join(failures + [f"make_goldens.py: {len(failures)} differences"]))
    if not arguments:
        GOLDENS.write_text(text(fresh))
    print(f"OK: {len(LOSSES)} losses, {len(BATCHES)} batches, {len(fresh)} cases "
          + ("agree with" if arguments else "written to") + f" {GOLDENS.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
