#!/usr/bin/python3
"""Runs the exported TRL trainers on stand-ins for TRL: one with a method dpo_loss (TRL 0.5 to 0.28), one without (0.29 and later).

The stand-ins have the signatures of TRL's DPOTrainer and no more. See README.md.
"""

import argparse
import json
import pathlib
import sys
import types
from types import SimpleNamespace

sys.dont_write_bytecode = True
import check_exports
from check_exports import CLI, PAIR, library
try:
    import torch
except ImportError:
    sys.exit("check_trl.py: torch is missing; on Debian: apt-get install python3-torch, then run it with /usr/bin/python3")

torch.manual_seed(1)
VOCABULARY, TOKENS, PAIRS = 7, 5, 3
LOGITS, REFERENCE_LOGITS = (torch.randn(2 * PAIRS, TOKENS, VOCABULARY, dtype=torch.float32) for _ in range(2))
INPUTS = {
    "input_ids": torch.randint(VOCABULARY, (2 * PAIRS, TOKENS)),
    "attention_mask": torch.ones(2 * PAIRS, TOKENS, dtype=torch.long),
    "completion_mask": torch.tensor([[0, 0, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 0, 1, 1]] * 2),
}


def log_probabilities(logits):
    """Summed over the completion, one by one, for the chosen and the rejected half."""
    sums = []
    for row in range(2 * PAIRS):
        terms = [torch.log_softmax(logits[row, t - 1], dim=0)[INPUTS["input_ids"][row, t]]
                 for t in range(1, TOKENS) if INPUTS["completion_mask"][row, t]]
        sums.append(torch.stack(terms).sum())
    return torch.stack(sums[:PAIRS]), torch.stack(sums[PAIRS:])


class Old:
    """TRL 0.12 to 0.28: compute_loss hands the log-probabilities to dpo_loss; from 0.20 on with two more arguments."""

    more = ()

    def __init__(self, args):
        self.args, self.beta = args, args.beta

    def dpo_loss(self, *arguments):
        raise AssertionError("TRL's own loss was called")

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        chosen, rejected = log_probabilities(model())
        losses, chosen_rewards, rejected_rewards = self.dpo_loss(chosen, rejected, *log_probabilities(REFERENCE_LOGITS), *self.more)
        assert not chosen_rewards.requires_grad and not rejected_rewards.requires_grad
        return (losses.mean(), None) if return_outputs else losses.mean()


class Middle(Old):
    more = ("sigmoid", {})


class New:
    """TRL 0.29 to 1.8: the loss is inside compute_loss."""

    def __init__(self, args):
        self.args, self.beta, self.precompute_ref_logps, self.ref_model, self.metrics = args, args.beta, False, None, 0
        self.model = lambda: REFERENCE_LOGITS

    def compute_ref_log_probs(self, inputs):
        with torch.no_grad():
            return log_probabilities(self.model())

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        self.metrics += 1
        outputs = SimpleNamespace(logits=model())
        return (torch.tensor(float("nan")), outputs) if return_outputs else torch.tensor(float("nan"))


class Newest(New):
    """TRL 1.9: the reference model is an argument."""

    def compute_ref_log_probs(self, model, inputs):
        with torch.no_grad():
            return log_probabilities(model())


class Precomputed(New):
    def __init__(self, args):
        super().__init__(args)
        self.precompute_ref_logps = True

    def compute_ref_log_probs(self, inputs):
        raise AssertionError("the reference's log-probabilities were precomputed")


def trainer(text, base):
    """The class that the exported file declares over one of the stand-ins."""
    module = types.ModuleType("trl")
    module.DPOTrainer = base
    sys.modules["trl"] = module
    scope = {}
    exec(text, scope)                                                      # our own text, and nobody else's
    return next(value for key, value in scope.items() if key.endswith("Trainer"))


def check(name, parameters):
    text = library("export", name, "--to", "trl")
    function = check_exports.Export(library("export", name, "--to", "pytorch")).function
    beta = parameters.get("beta", 0.1)
    reference = log_probabilities(REFERENCE_LOGITS)
    logits = LOGITS.clone().requires_grad_()
    expected = function(SimpleNamespace(beta=beta), *log_probabilities(logits), *reference).mean()
    expected.backward()

    for base in (Old, Middle, New, Newest, Precomputed):
        built = trainer(text, base)(SimpleNamespace(beta=beta, loss_type=["sigmoid"], f_divergence_type=SimpleNamespace(value="reverse_kl")))
        inputs = dict(INPUTS)
        if base is Precomputed:
            inputs["ref_chosen_logps"], inputs["ref_rejected_logps"] = reference
        given = LOGITS.clone().requires_grad_()
        loss, _ = built.compute_loss(lambda: given, inputs, return_outputs=True)
        alone = built.compute_loss(lambda: given, inputs)
        loss.backward()
        where = f"{name} on {base.__name__}"
        assert torch.equal(loss, alone), f"{where}: with and without outputs"
        assert torch.allclose(loss, expected, rtol=1e-5, atol=1e-6), f"{where}: {loss.item()} where {expected.item()} is right"
        assert torch.allclose(given.grad, logits.grad, rtol=1e-4, atol=1e-6), f"{where}: gradient"
        assert getattr(built, "metrics", 2) == 2, f"{where}: TRL's metrics"
    for option, value in {"loss_type": "ipo", "label_smoothing": 0.1, "ld_alpha": 0.5, "use_weighting": True, "use_liger_kernel": True}.items():
        try:
            trainer(text, New)(SimpleNamespace(beta=beta, **{option: value}))
        except ValueError as refused:
            assert option in str(refused)
        else:
            raise AssertionError(f"{name}: {option} was accepted and ignored")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cli", default=CLI)
    check_exports.cli = pathlib.Path(parser.parse_args(arguments).cli)
    losses = [loss for loss in json.loads(library("list", "--json")) if set(loss["inputs"]) <= set(PAIR)]
    for loss in losses:
        check(loss["name"], {p["name"]: p["default"] for p in loss["parameters"]})
    print(f"OK: the TRL trainers of {len(losses)} losses train with their loss on every generation of TRL")


if __name__ == "__main__":
    main(sys.argv[1:])
