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
from losses import LOSSES, Examples, Group, Pairs

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


FOUR = "policy_chosen policy_rejected reference_chosen reference_rejected".split()


def columns(rows):
    return dict(zip(FOUR, map(list, zip(*([single(value) for value in row] for row in rows)))))


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
generator = random.Random(9)    # a second one, so that the batches above stay what they were


def two_digits(u):
    """The number with about five significant digits in binary, so that small multiples of it are exact in single precision."""
    scale = 2.0 ** (math.floor(math.log2(u)) - 4)
    return round(u / scale) * scale


SCALES = [two_digits(t) if t < 1 else t for t in (1e-8, 1, 20, 88, 89, 100, 700, 1e4)]


def scale_rows():
    """Log-ratios of the sizes at which exponentials round, overflow and underflow, all log-probabilities below 0."""
    for t in SCALES:
        for chosen, rejected in ((0.5, -0.5), (-0.5, 0.5), (1, 0), (-1, 0), (0, 1), (0, -1)):
            yield (-2 + chosen) * t, (-2 + rejected) * t, -2 * t, -2 * t


BATCHES["scale"] = columns(scale_rows())
for name, batch in BATCHES.items():    # what some losses read beside the four columns
    n = len(batch["policy_chosen"])
    batch["chosen_length"] = [1 if name == "scale" else int(uniform(1, 60)) for _ in range(n)]
    batch["rejected_length"] = [1 if name == "scale" else int(uniform(1, 60)) for _ in range(n)]
    for score in "chosen_score", "rejected_score":
        batch[score] = [round(64 * uniform(0, 1)) / 64 for _ in range(n)]
    batch["margin"] = [round(64 * uniform(-1, 2)) / 64 for _ in range(n)]
    batch["policy_gold"] = [round(64 * uniform(-90, -5)) / 64 for _ in range(n)]
    batch["gold_length"] = [int(uniform(1, 60)) for _ in range(n)]
    for divergence in "chosen_kl", "rejected_kl":
        batch[divergence] = [0.0 if name == "scale" else round(64 * uniform(0, 9)) / 64 for _ in range(n)]
    batch["scalars"] = {"shift": 0.3125, "running_mean": -0.25, "running_deviation": 1.5}
BATCHES["table"]["chosen_length"], BATCHES["table"]["rejected_length"] = [10, 20, 5, 64], [12, 18, 6, 80]


def examples(pairs_of_numbers, desirable, kl=0.5):
    policy, reference = zip(*pairs_of_numbers)
    return {"policy": [single(v) for v in policy], "reference": [single(v) for v in reference],
            "desirable": [desirable(i) for i in range(len(policy))], "scalars": {"kl": kl, "shift": 0.3125}}


def near(reference):
    return reference + 2 * noise(), reference


EXAMPLES = {
    "examples": examples([near(uniform(-300, -10)) for _ in range(9)], lambda i: int(i % 3 != 1)),
    "examples-initial": examples([2 * (uniform(-90, -10),) for _ in range(4)], lambda i: i % 2, kl=0.0),
    "examples-undesirable": examples([near(uniform(-90, -10)) for _ in range(3)], lambda i: 0, kl=-0.75),
    "examples-one": examples([near(-31.0)], lambda i: 1),
    "examples-scale": examples([((-2 + side) * t, -2 * t) for t in SCALES for side in (1, 1, -1, -1)], lambda i: i % 2, kl=0.0),
}


def groups(sizes, scores=lambda: round(64 * uniform(-3, 3)) / 64, drift=lambda: 2 * noise(), length=lambda: int(uniform(1, 60))):
    reference = [[single(uniform(-300, -10)) for _ in range(size)] for size in sizes]
    return {"policy": [[single(v + drift()) for v in row] for row in reference], "reference": reference,
            "length": [[length() for _ in row] for row in reference], "score": [[scores() for _ in row] for row in reference]}


GROUPS = {
    "groups": groups([4, 2, 5, 3, 4]),
    "groups-initial": groups([3, 4], drift=lambda: 0),
    "groups-ties": groups([4, 3, 5], scores=lambda: round(uniform(0, 1))),
    "groups-one": groups([1, 2, 1]),
    "groups-scale": {
        "policy": [[(-2 + side) * t for side in sides] for t in SCALES for sides in ((1, 0, -1), (-1, 0, 1), (0, 1), (-0.5, 0.5))],
        "reference": [[-2 * t for _ in range(count)] for t in SCALES for count in (3, 3, 2, 2)],
        "length": [[1] * count for _ in SCALES for count in (3, 3, 2, 2)],
        "score": [[1, 0.5, 0][:count] for _ in SCALES for count in (3, 3, 2, 2)]},
}
KINDS = {"pairs": BATCHES, "examples": EXAMPLES, "groups": GROUPS}
DIFFERENTIATED = [*FOUR, "policy_gold", "chosen_kl", "rejected_kl", "policy", "reference"]

# All other batches stay away from kinks and jumps.
ON_KINKS = {"initial", "table", "scale", "examples-initial", "groups-initial", "groups-ties", "groups-scale"}
# Where double precision may fail.
TAILS = {"extreme", "far-below", "far-above", "overflow", "scale", "examples-scale", "groups-scale"}


def settings(name, loss, batch):
    """The parameter values with which a loss is evaluated on a batch."""
    if not loss.defaults:
        return [{}]
    if batch == "table":
        return [{**loss.defaults, **({"beta": 0.1} if "beta" in loss.defaults else {}), **TABLE_PARAMETERS.get(name, {})}]
    if batch.endswith("scale"):
        return [{**loss.defaults, **({"beta": 1.0} if "beta" in loss.defaults else {})}]
    other = {"beta": 0.3, "tau": 0.2}
    return [loss.defaults, {name: other.get(name, 0.8 * default or 0.2) for name, default in loss.defaults.items()}]


def fits(loss, batch):
    """Whether a loss is defined on a batch."""
    rows = len(batch.get("policy_chosen", batch.get("policy")))
    if rows < loss.rows or rows > loss.most:
        return False    # an unbiased variance of one row: NaN in PyTorch, and its backward pass throws
    return not loss.below_zero or max(batch["policy_chosen"] + batch["policy_rejected"]) < 0


# ---- The two calculators ---------------------------------------------------------------------------------------------

torch_backend = SimpleNamespace(
    sigmoid=torch.sigmoid, softplus=lambda u: -F.logsigmoid(-u), exp=torch.exp, abs=torch.abs, relu=torch.relu,
    clamp_min=lambda u, bound: torch.clamp(u, min=bound), where=torch.where, cat=torch.cat,
    clamp=torch.clamp, log1m=lambda u: torch.log1p(-u), scalar_log=math.log, detach=lambda u: u.detach(),
    order=lambda u: torch.sort(u.detach(), stable=True).indices.tolist(), take=lambda u, positions: u[positions],
    logsumexp=lambda u: torch.logsumexp(u, 0), numbers=lambda u: u.tolist(), row=lambda u: u.reshape(1),
    sum=torch.sum, mean=torch.mean, var=torch.var, std=torch.std,
    countdown=lambda u: torch.arange(len(u) - 1, -1, -1, dtype=torch.float64))


def evaluate(f, leaf, loss, parameters, batch):
    """The losses, and for each differentiated column its leaves: one, or one for each group."""
    scalars = {name: leaf([value]) for name, value in batch.get("scalars", {}).items()}
    if loss.kind == "groups":
        rows = [{name: leaf(column[i]) for name, column in batch.items()} for i in range(len(batch["policy"]))]
        losses = f.cat([f.row(loss.function(f, Group(**row), **parameters)) for row in rows])
        return losses, {name: [row[name] for row in rows] for name in ("policy", "reference")}
    leaves = {name: leaf(column) for name, column in batch.items() if name != "scalars"}
    if loss.kind == "examples":
        losses = loss.function(f, Examples(**leaves, shift=scalars["shift"], kl=batch["scalars"]["kl"]), **parameters)
    else:
        losses = loss.function(f, Pairs(**leaves, **scalars), **parameters)
    return losses, {name: [u] for name, u in leaves.items() if name in DIFFERENTIATED}


def autograd(loss, parameters, batch):
    def leaf(column):
        return torch.tensor(column, dtype=torch.float64, requires_grad=True)
    losses, leaves = evaluate(torch_backend, leaf, loss, parameters, batch)
    mean = losses.mean()
    mean.backward()
    gradients = {name: [(torch.zeros_like(u) if u.grad is None else u.grad).tolist() for u in some]
                 for name, some in leaves.items() if name in FOUR + ["policy", "reference"] or some[0].grad is not None}
    return result(losses.tolist(), mean.item(), gradients)


def correctly_rounded(loss, parameters, batch):
    losses, leaves = evaluate(exact, exact.Vector, loss, {name: exact.mpf(value) for name, value in parameters.items()}, batch)
    mean = exact.mean(losses)
    exact.backward(mean)
    gradients = {name: [[float(v) for v in u.adjoint] for u in some] for name, some in leaves.items()
                 if name in FOUR + ["policy", "reference"] or any(u.adjoint != [0] * len(u.adjoint) for u in some)}
    return result(map(float, losses.values), float(mean.values[0]), gradients)


def result(losses, mean, gradients):
    return {"losses": [number(value) for value in losses], "mean": number(mean),
            "gradient": {name: [number(value) for part in parts for value in part] for name, parts in gradients.items()}}


def number(value):
    return value + 0.0 if math.isfinite(value) else str(value)    # + 0.0 turns -0.0 into 0.0


def cases():
    for name, loss in LOSSES.items():
        for batch, inputs in KINDS[loss.kind].items():
            if not fits(loss, inputs):
                continue
            for parameters in settings(name, loss, batch):
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
    "cdpo": "0.632343773 0.713459648 0.6931471806 0.3250833198",
    "robust": "0.596343773 0.724709648 0.6931471806 -0.1699166802",
    "ipo-averaged": "23.571025 25.22271605 25 22.20765625",
    "sigmoid-norm": "0.6859234616 0.694258909 0.6931471806 0.6788754973",
    "exo-pair": "2.488738179 2.847859564 2.761230709 0.3654182719",
    "nca-pair": "1.347719003 1.400824814 1.386294361 1.046011684",
    "bco-pair": "1.307918895 1.412856308 1.386294361 0.6659928629",
    "sppo-hard": "35.3 56.25 50 170",
    "apo-zero": "0.9600223175 1.012481791 1 0.5431634048",
    "apo-down": "0.9775779731 0.987518209 1 0.6984381492",
    "aot": "0.6420246729 0.718459648 0.6660252579 0.1050833198",    # in the order of the pairs, not the sorted one
    "aot-unpaired": "0.6349461016 0.1677860294 0.649159339 0.5130152524",
    "f-dpo-js": "0.6521262702 0.7102502167 0.6931471806 0.1532352696",
    "simpo": "0.9391833039 0.8104184715 0.9130152524 0.8981232641",
    "cpo": "0.5629153336 0.7709570478 0.6094704307 0.04858735157",
    "alphapo": "0.694810161 0.4807095006 0.6535908987 0.6289799",
    "dpop": "0.616343773 1.005492481 0.6931471806 0.1050833198",
    "dpo-shift": "0.6267586025 0.7248853824 0.6931471806 0.1602241504",
    "aipo": "0.6936303692 0.8133471672 0.7884002842 0.201523812",
    "r-dpo": "0.6255951823 0.7082596763 0.6981596805 0.1222430403",
}
TABLE_PARAMETERS = {
    "simpo": {"beta": 2.0}, "cpo": {"alpha": 0.0}, "alphapo": {"beta": 2.5}, "dpop": {"lambda": 5.0}, "aipo": {"gamma": 0.1},
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
    inputs = dict(zip(FOUR, (BLEND_RHO, zero, zero, zero)))
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
    batches = ",\n".join(f"{line(name)}:{line(batch)}" for kind in KINDS.values() for name, batch in kind.items())
    return (f'{{"generator":{line(versions)},\n"batches":{{\n{batches}\n}},\n"cases":[\n'
            + ",\n".join(map(line, all_cases)) + "\n]}\n")


def check(fresh):
    if not GOLDENS.exists():
        sys.exit(f"make_goldens.py: there is no {GOLDENS.name} to check; run it without --check first")
    committed = json.loads(GOLDENS.read_text())
    expect(committed["batches"] == {name: batch for kind in KINDS.values() for name, batch in kind.items()}, "the batches differ")
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
    print(f"OK: {len(LOSSES)} losses, {sum(map(len, KINDS.values()))} batches, {len(fresh)} cases "
          + ("agree with" if arguments else "written to") + f" {GOLDENS.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
