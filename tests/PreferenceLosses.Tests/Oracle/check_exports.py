#!/usr/bin/python3
"""Runs the exported PyTorch of every loss of the catalogue, and of operations.jsonl, in PyTorch, and compares with the library.

Values and gradients (autograd's) are compared, in double precision. The library is asked through its command line (a built preference-losses; --cli names another). See README.md.
"""

import argparse
import itertools
import json
import keyword
import math
import pathlib
import random
import re
import subprocess
import sys
from types import SimpleNamespace

sys.dont_write_bytecode = True
try:
    import torch
    import torch.nn.functional as F
except ImportError:
    sys.exit("check_exports.py: torch is missing; on Debian: apt-get install python3-torch, then run it with /usr/bin/python3")

OPERATIONS = pathlib.Path(__file__).with_name("operations.jsonl")
ROOT = pathlib.Path(__file__).resolve().parents[3]
CLI = ROOT / "src/PreferenceLosses.Cli/bin/Release/net10.0/PreferenceLosses.Cli.dll"
PAIR = ["policy_chosen", "policy_rejected", "reference_chosen", "reference_rejected"]
EPSILON = 2.0 ** -52
STEP = 2.0 ** -28       # relative to an input: far above rounding, far below any curvature
ALLOWED_UNITS = 8        # as for the library itself, in GoldenTests
TINIEST = sys.float_info.min
torch.set_num_threads(1)


# ---- The library -----------------------------------------------------------------------------------------------------

def library(*arguments, lines=None):
    run = subprocess.run(["dotnet", str(cli), *arguments], input=lines, capture_output=True, encoding="utf-8")
    if run.returncode != 0 and not (lines and run.stdout):
        sys.exit(f"check_exports.py: {' '.join(arguments)}: {run.stderr.strip()}")
    return run.stdout


def catalogue():
    """Every loss of the catalogue: what the command line calls it, its inputs, how many rows it needs, its parameters."""
    for loss in json.loads(library("list", "--json")):
        inputs = {name: "row" for name in loss["inputs"]} if set(loss["inputs"]) <= set(PAIR) else shapes(loss["name"])
        numbers = {p["name"]: (p["default"], "at most" in p["accepted"] or "less than" in p["accepted"]) for p in loss["parameters"]}
        yield SimpleNamespace(name=loss["name"], line={"loss": loss["name"]}, inputs=inputs, rows=loss["minimum_rows"], parameters=numbers,
                              export=Export(library("export", loss["name"], "--to", "pytorch")))


def operations():
    """The losses of operations.jsonl, one or more for each operation that a formula can have."""
    for text in OPERATIONS.read_text().splitlines():
        spec = json.loads(text)
        formula = spec["formula"]
        yield SimpleNamespace(
            name=formula["name"], line={"spec": spec}, rows=1 + any(n["operation"] in ("variance", "standard_deviation") for n in formula["nodes"]),
            inputs={n["name"]: n["shape"] for n in formula["nodes"] if n["operation"] == "input"},
            parameters={p["name"]: (p["default"], False) for p in formula["parameters"]},
            export=Export(library("export", "--spec", "-", "--to", "pytorch", lines=text)))


def shapes(name):
    """The inputs of a loss with their shapes, as `show` tells them."""
    text = re.search(r"^  inputs +(.*)$", library("show", name), re.MULTILINE).group(1)
    kinds = {"one number": "scalar", "K responses per row": "responses", None: "row"}
    return {m.group(1): kinds[m.group(2)] for m in re.finditer(r"(\w+)(?: \(([^)]*)\))?(?:, |$)", text)}


# ---- Batches ---------------------------------------------------------------------------------------------------------

generator = random.Random(5)


def noise():
    return sum(generator.random() for _ in range(12)) - 6


def uniform(low, high):
    return low + (high - low) * generator.random()


def far_row(rho):
    """A pair with exactly this rho: every value is a multiple of 1/8."""
    chosen, rejected = (-2000 - round(8 * uniform(0, 500)) / 8 for _ in range(2))
    drift = round(8 * uniform(-3, 3)) / 8
    return chosen + drift + rho / 2, rejected + drift - rho / 2, chosen, rejected


def sequence_row():
    chosen, rejected = uniform(-500, -20), uniform(-500, -20)
    return chosen + 2 * noise(), rejected + 2 * noise(), chosen, rejected


PAIRS = {
    "ordinary": [[noise() for _ in range(4)] for _ in range(10)],
    "sequence": [sequence_row() for _ in range(7)],
    "initial": [2 * pair for pair in ((-7.25, -9.0), (-31.5, -28.125), (-120.3, -119.6), (-9.5, -9.5))],
    "extreme": [far_row(rho) for rho in (-1000, -300, -60, -9, -1, 1, 9, 60, 300, 1000, 0.25)],
    "far below": [far_row(-1000), far_row(-999.5)],
    "far above": [far_row(1000), far_row(999.5)],
    "one row": [sequence_row()],
    "one row far below": [far_row(-700)],
    "one row far above": [far_row(700)],
}
RAGGED = [[4, 3, 4, 2], [1], [2, 2], [5, 1, 3]]     # responses per row, for ranked losses


def column(name, rows):
    """A column that no log-probability is: lengths, scores, truth values."""
    if name == "desirable":
        return [i % 2 == 0 for i in range(rows)]
    if "length" in name:
        return [float(generator.randrange(5, 60)) for _ in range(rows)]
    if name in ("policy", "reference"):
        return [uniform(-60, -20) for _ in range(rows)]
    return [uniform(0.1, 2) for _ in range(rows)]


def batches(inputs):
    """Batches by name: columns as the library reads them."""
    def with_others(table, rows):
        for name, shape in inputs.items():
            if name not in table:
                table[name] = uniform(0, 1) if shape == "scalar" else column(name, rows)
        return table

    if "responses" in inputs.values():
        for lengths in RAGGED:
            yield f"responses {lengths}", {
                name: uniform(0, 1) if shape == "scalar" else column(name, len(lengths)) if shape == "row" else [column(name, k) for k in lengths]
                for name, shape in inputs.items()}
    elif any(name in PAIR for name in inputs):
        for name, rows in PAIRS.items():
            yield name, with_others(dict(zip(PAIR, map(list, zip(*rows)))), len(rows))
    else:
        for rows in (8, 2, 1):
            yield f"{rows} rows", with_others({}, rows)
        yield "initial", with_others({"policy": [-7.25, -31.5, -9.5], "reference": [-7.25, -31.5, -9.5]}, 3)


def settings(loss):
    """The defaults, and one other value for every parameter that has room for it."""
    yield {name: default for name, (default, _) in loss.parameters.items()}
    if loss.parameters:
        yield {name: default if is_bounded else 1.5 * default for name, (default, is_bounded) in loss.parameters.items()}


# ---- The export ------------------------------------------------------------------------------------------------------

class Rounded(torch.autograd.Function):
    """A function whose derivative PyTorch takes from its result, as a sum with a term of size 1 that is rounded as such."""

    rounding = 0.0      # what to add to that sum
    derivatives = {
        torch.sigmoid: lambda s: s * (1 - s + Rounded.rounding),
        torch.tanh: lambda t: 1 - t * t + Rounded.rounding,
        torch.expm1: lambda e: e + 1 + Rounded.rounding,
    }

    @staticmethod
    def forward(context, x, function):
        result = function(x)
        context.save_for_backward(result)
        context.derivative = Rounded.derivatives[function]
        return result

    @staticmethod
    def backward(context, gradient):
        return gradient * context.derivative(*context.saved_tensors), None


class Noisy(torch.autograd.Function):
    """A variable as one of its uses sees it, rounded there, and the gradient that comes back from that use, rounded too."""

    roundings = iter(())

    @staticmethod
    def forward(context, x):
        forwards, context.backwards = next(Noisy.roundings), next(Noisy.roundings)
        return x * (1 + forwards)

    @staticmethod
    def backward(context, gradient):
        return gradient * (1 + context.backwards)


class Torch:
    """What the exports get for torch while the yardstick is taken."""

    def __getattr__(self, name):
        function = getattr(torch, name)
        return (lambda x: Rounded.apply(x, function)) if name in ("sigmoid", "tanh", "expm1") else function


class Export:
    def __init__(self, text):
        self.function = self.compile(text, torch)
        self.yardstick = self.compile(self.with_noise(text), Torch())
        self.names = self.function.__code__.co_varnames[1:self.function.__code__.co_argcount]

    @staticmethod
    def with_noise(text):
        """The same function with every use of a tensor apart."""
        body = text[text.index("-> torch.FloatTensor:"):]
        names = {*re.findall(r"^    (\w+): torch.FloatTensor,$", text, re.MULTILINE), *re.findall(r"^    (\w+) = ", body, re.MULTILINE)}
        use = re.compile(rf"\b({'|'.join(sorted(names, key=len, reverse=True))})\b(?! = )")
        return text[:-len(body)] + use.sub(r"noisy(\1)", body)

    @staticmethod
    def compile(text, module):
        noisy = lambda x: Noisy.apply(x) if isinstance(x, torch.Tensor) and x.dtype == torch.float64 else x
        scope = {"torch": module, "F": F, "noisy": noisy}
        exec(text, scope)                                                  # our own text, and nobody else's
        return next(value for key, value in scope.items() if key.endswith("_loss"))

    def run(self, table, parameters, function=None):
        """Losses, and the gradient of their mean by column."""
        tensors, mask = {}, None
        for name, values in table.items():
            if isinstance(values, list) and isinstance(values[0], list):
                width = max(map(len, values))
                mask = torch.tensor([[k < len(row) for k in range(width)] for row in values])
                values = [row + [0.0] * (width - len(row)) for row in values]
            tensors[name] = torch.tensor(values, dtype=torch.float64, requires_grad=True)
        values = {name: value for name, value in parameters.items() if name != "beta"}
        for name, tensor in tensors.items():
            values[name + "_logps" if name in PAIR else name] = tensor
        arguments = {name + "_" if keyword.iskeyword(name) else name: value for name, value in values.items()}
        if "response_mask" in self.names:
            arguments["response_mask"] = mask
        losses = (function or self.function)(SimpleNamespace(beta=parameters.get("beta")), **arguments)
        losses.mean().backward()
        gradients = {n: torch.zeros_like(t) if t.grad is None else t.grad for n, t in tensors.items()}
        return losses.detach(), gradients


def units(export, table, parameters, losses, gradients):
    """
    The yardstick, for an epsilon of 1: a result's own size; what such a change of the inputs does to it; what such a rounding of
    every variable does, and of what comes back from every one of its uses; and what one in the derivatives of `Rounded` does.
    Of two directions it is the smaller change, because at a jump the other one says nothing.
    """
    sizes = [losses.abs().clone()] + [g.abs().clone() for g in gradients.values()]
    at = [losses, *gradients.values()]

    def add_changes(run):
        changes = []
        for direction in (STEP, -STEP):
            other_losses, other_gradients = run(direction)
            changes.append([(a - b).abs() / STEP for a, b in zip(at, [other_losses, *other_gradients.values()])])
        for size, up, down in zip(sizes, *changes):
            size += torch.nan_to_num(torch.minimum(up, down), nan=0.0, posinf=0.0)

    def rounded(direction):
        Rounded.rounding, Noisy.roundings = direction, itertools.repeat(0.0)
        result = export.run(table, parameters, export.yardstick)
        Rounded.rounding = 0.0
        return result

    def noise(seed):
        def run(direction):
            signs = random.Random(seed)
            Noisy.roundings = (direction if signs.random() < 0.5 else -direction for _ in itertools.count())
            return export.run(table, parameters, export.yardstick)
        return run

    for name, values in table.items():
        if isinstance(values, list) and not isinstance(values[0], bool):
            add_changes(lambda direction: export.run({**table, name: scaled(values, 1 + direction)}, parameters))
    add_changes(rounded)
    for seed in range(3):
        add_changes(noise(seed))
    return sizes[0], dict(zip(gradients, sizes[1:]))


def scaled(values, factor):
    return [scaled(v, factor) if isinstance(v, list) else v * factor for v in values]


# ---- Comparing -------------------------------------------------------------------------------------------------------

failures = []
worst = (0.0, "nothing")


def flat(values):
    return [x for v in values for x in flat(v)] if isinstance(values, (list, tuple)) else [float(values)]


def unpadded(tensor, table, name):
    values = table[name]
    if isinstance(values, list) and isinstance(values[0], list):
        return [x for row, kept in zip(tensor.tolist(), values) for x in row[:len(kept)]]
    return flat(tensor.tolist())


def compare(what, expected, actual, unit):
    global worst
    if len(expected) != len(actual):
        failures.append(f"{what}: {len(actual)} numbers where the library has {len(expected)}")
        return
    for i, (a, b, u) in enumerate(zip(expected, actual, unit)):
        if a == b or (math.isnan(a) and math.isnan(b)):
            continue
        error = abs(a - b) / (EPSILON * max(u, TINIEST)) if math.isfinite(a) and math.isfinite(b) else math.inf
        where = f"{what}[{i}]: {b!r} where the library has {a!r}"
        worst = max(worst, (error, where))
        if not error <= ALLOWED_UNITS:
            failures.append(f"{where} ({error:.3g} units)")


def main(arguments):
    global cli
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cli", default=CLI)
    parser.add_argument("names", nargs="*", help="the losses to check; all if left out")
    options = parser.parse_args(arguments)
    cli = pathlib.Path(options.cli)
    if not cli.exists():
        sys.exit(f"check_exports.py: {cli} is not there; dotnet build -c Release makes it")

    losses = [loss for loss in (*catalogue(), *operations()) if not options.names or loss.name in options.names]
    cases = [
        (loss, batch, table, parameters)
        for loss in losses for batch, table in batches(loss.inputs) for parameters in settings(loss)
        if len(next(iter(table.values()))) >= loss.rows]                    # PyTorch 1.13 throws in the backward of var of one number
    lines = "".join(json.dumps({"id": i, **loss.line, "set": parameters, "input": table}) + "\n"
                    for i, (loss, _, table, parameters) in enumerate(cases))
    answers = [json.loads(line) for line in library("evaluate", "--batch", "-", lines=lines).splitlines()]
    for (loss, batch, table, parameters), answer in zip(cases, answers):
        title = f"{loss.name} {parameters} on {batch}"
        if "error" in answer:
            failures.append(f"{title}: {answer['error']}")
            continue
        values, gradients = loss.export.run(table, parameters)
        value_units, gradient_units = units(loss.export, table, parameters, values, gradients)
        compare(f"{title}, losses", flat(answer["losses"]), values.tolist(), value_units.tolist())
        for name, expected in answer["gradient"].items():
            actual, unit = (unpadded(t, table, name) for t in (gradients[name], gradient_units[name]))
            compare(f"{title}, gradient of {name}", flat(expected), actual, unit)
    if len(answers) != len(cases):
        failures.append(f"{len(answers)} answers to {len(cases)} lines")

    if failures:
        sys.exit("\n".join(failures[:40] + [f"check_exports.py: {len(failures)} differences"]))
    print(f"OK: the exports of {len(losses)} losses agree with the library in {len(cases)} cases; worst: {worst[0]:.1f} units at {worst[1]}")


if __name__ == "__main__":
    main(sys.argv[1:])
