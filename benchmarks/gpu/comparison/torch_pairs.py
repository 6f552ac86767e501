"""Losses of pairs with gradients and metrics, as PyTorch's users write them."""

import importlib.util
import pathlib


def losses():
    """The formulas that the comparison on the CPU has."""
    path = pathlib.Path(__file__).resolve().parents[2] / "pytorch_worker.py"
    spec = importlib.util.spec_from_file_location("pytorch_worker", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.LOSSES


class PairStep:
    """Losses, the gradient of their mean for the policy's columns, rewards, their means and the accuracy."""

    # The β of what the metrics are of; it does not change the time.
    BETA = 0.1

    def __init__(self, torch, device, loss, pairs, count, prepare):
        """In so many copies; `prepare` makes of the evaluation what is called."""
        self.torch = torch
        torch.manual_seed(1)
        self.sets = [[-60 + 20 * torch.rand(pairs, device=device) for _ in range(4)] for _ in range(count)]
        for columns in self.sets:
            for policy in columns[:2]:
                policy.requires_grad_()

        def evaluate(policy_chosen, policy_rejected, reference_chosen, reference_rejected):
            chosen, rejected = policy_chosen - reference_chosen, policy_rejected - reference_rejected
            values = loss(chosen - rejected, chosen, rejected, policy_chosen, policy_rejected, reference_chosen, reference_rejected)
            of_chosen, of_rejected = (self.BETA * chosen).detach(), (self.BETA * rejected).detach()
            return values.mean(), values, of_chosen.mean(), of_rejected.mean(), (of_chosen > of_rejected).float().mean()

        self.evaluate = prepare(evaluate)

    def both(self, i):
        columns = self.sets[i]
        self.torch.autograd.grad(self.evaluate(*columns)[0], columns[:2])
