#!/usr/bin/python3
"""Writes class_goldens.json: what PyTorch gives for objectives of logits and targets; with --check, compares it with freshly computed values.

Each text is run as it stands, in float64 (values and autograd gradients of the mean with respect to the logits) and in float32 (values:
where they are not finite). See README.md.
"""

import json
import math
import pathlib
import sys
import textwrap
import warnings

sys.dont_write_bytecode = True
try:
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    sys.exit(f"make_class_goldens.py: {missing.name} is missing; on Debian: apt-get install python3-torch, then run it with /usr/bin/python3")
from make_text_goldens import agree, numbers

GOLDENS = pathlib.Path(__file__).with_name("class_goldens.json")
CLASSES = 4
torch.set_num_threads(1)
warnings.simplefilter("ignore")

BATCHES = {
    "ordinary": {
        "logits": [[1.5, -0.25, 0.75, -2.0], [0.0, 2.25, -1.5, 0.5], [-3.0, -1.25, 4.0, 0.125], [0.625, 0.5, -0.75, 1.0], [6.0, -5.5, 0.25, 3.0], [-0.5, 1.75, 1.0, -4.25]],
        "target": [0, 1, 2, 3, 1, 0],
    },
    "initial": {"logits": [[0.0] * 4] * 5, "target": [0, 1, 2, 3, 3]},
    "tied": {"logits": [[2.0, 2.0, -1.0, 2.0], [1.0, 0.0, 1.0, 0.0], [-3.0, -3.0, -3.0, 5.0]], "target": [3, 1, 0]},
    "extreme": {"logits": [[120.0, -40.0, 0.0, 3.0], [-900.0, 900.0, 0.5, 1.0], [30.0, 29.0, -800.0, 7.0], [1e-5, -1e-3, 95.0, 2000.0]], "target": [1, 0, 2, 3]},
    "one": {"logits": [[0.5, -1.5, 2.0, 0.25]], "target": [2]},
}

# One value per row, or one number for the batch.
TEXTS = {
    "cross-entropy": "return F.cross_entropy(logits, targets, reduction='none')",
    "cross-entropy-mean": "return F.cross_entropy(logits, targets)",
    "cross-entropy-sum": "return F.cross_entropy(logits, targets, reduction='sum') / logits.size(0)",
    "label-smoothed": "return F.cross_entropy(logits, targets, reduction='none', label_smoothing=0.1)",
    "label-smoothed-by-hand": """
        smoothing = 0.1
        logp = F.log_softmax(logits, dim=-1)
        own = -logp.gather(1, targets.unsqueeze(1)).squeeze(1)
        return (1 - smoothing) * own - smoothing * logp.mean(dim=-1)""",
    "label-smoothed-one-hot": """
        shares = F.one_hot(targets, logits.shape[1]).to(logits.dtype) * 0.9 + 0.1 / logits.size(1)
        return F.cross_entropy(logits, shares, reduction='none')""",
    "focal": """
        logp = F.log_softmax(logits, dim=1)
        logpt = torch.gather(logp, 1, targets.unsqueeze(1)).squeeze(1)
        pt = logpt.exp()
        return -((1 - pt) ** 2) * logpt""",
    "focal-mean": """
        ce = F.cross_entropy(logits, targets, reduction='none')
        loss = ((1 - torch.exp(-ce)) ** 2 * ce).mean()
        return loss""",
    "squared-error": """
        probs = torch.softmax(logits, dim=1)
        onehot = F.one_hot(targets, num_classes=logits.shape[-1]).float()
        return ((probs - onehot) ** 2).sum(dim=1)""",
    "squared-error-mean": """
        probs = logits.softmax(dim=1)
        return F.mse_loss(probs, F.one_hot(targets, logits.size(-1)).to(logits.dtype))""",
    "multi-class-hinge": "return F.multi_margin_loss(logits, targets, reduction='none')",
    "multi-class-hinge-squared": "return F.multi_margin_loss(logits, targets, p=2, margin=1.5, reduction='none')",
    "hinge-by-hand": """
        own = logits.gather(1, targets.unsqueeze(1))
        margins = torch.clamp(1 + logits - own, min=0)
        mask = torch.zeros_like(logits).scatter(1, targets.unsqueeze(1), 1.0).bool()
        return margins.masked_fill(mask, 0.0).sum(1)""",
    "crammer-singer": """
        own = logits[torch.arange(logits.size(0)), targets]
        hidden = logits.masked_fill(F.one_hot(targets, logits.shape[1]).bool(), -1e4)
        rival = hidden.max(dim=1)[0]
        return F.relu(1 - (own - rival))""",
    "log-margin": """
        own = torch.gather(logits, dim=1, index=targets.unsqueeze(-1)).squeeze(-1)
        return torch.logsumexp(logits, dim=1) - own""",
    "poly": """
        ce = F.cross_entropy(logits, targets, reduction='none')
        pt = F.softmax(logits, dim=-1).gather(1, targets.unsqueeze(1)).squeeze()
        return ce + 1.0 * (1 - pt)""",
    "generalised": """
        q = 0.7
        pt = F.softmax(logits, dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
        return (1 - pt.clamp(min=1e-4) ** q) / q""",
    "symmetric": """
        logp = F.log_softmax(logits, dim=1)
        p = logp.exp()
        onehot = F.one_hot(targets, logits.shape[1]).float().clamp(min=1e-4)
        return F.nll_loss(logp, targets, reduction='none') - 0.1 * (p * torch.log(onehot)).sum(dim=1)""",
    "entropy": """
        logp = F.log_softmax(logits, dim=1)
        entropy = -(logp.exp() * logp).sum(dim=1)
        return F.nll_loss(logp, targets, reduction='none') - 0.05 * entropy""",
    "temperature": """
        heat = 1.5
        return F.cross_entropy(logits / heat, targets, reduction='none') * heat ** 2""",
    "normed": """
        norm = logits.norm(dim=1, keepdim=True) + 1e-6
        return F.cross_entropy(4 * logits / norm, targets, reduction='none')""",
    "weighted": """
        ce = F.cross_entropy(logits, targets, reduction='none')
        weights = torch.where(targets == 3, 2.0, 1.0)
        return ce * weights""",
    "confident": """
        ce = F.cross_entropy(logits, targets, reduction='none')
        right = (logits.argmax(dim=1) == targets).float()
        return ce * (1.0 - 0.5 * right)""",
    "batch-coupled": """
        ce = F.cross_entropy(logits, targets, reduction='none')
        weight = (ce / ce.mean()).detach()
        return (weight * ce).mean() + 0.01 * (logits ** 2).mean()""",
    "standardised": """
        z = (logits - logits.mean(dim=1, keepdim=True)) / (logits.std(dim=1, keepdim=True) + 0.1)
        return F.cross_entropy(z, targets, reduction='none') + 0.01 * logits.var(dim=1)""",
    "extremes": """
        top = logits.amax(dim=1, keepdim=True)
        low = logits.amin(1)
        best, where = torch.max(logits, 1)
        own = logits.gather(1, targets.unsqueeze(1)).squeeze(1)
        return torch.logsumexp(logits - top, -1) + 0.1 * (best - low) - 0.2 * own + 0.0 * where""",
    "least": """
        worst = logits.min(dim=-1).values
        spread = torch.norm(logits, p=1, dim=1) + (1 + 0.01 * torch.tanh(logits)).prod(dim=1)
        return F.cross_entropy(logits, targets, reduction='none') + 0.1 * worst + 0.01 * spread""",
    "sigmoids": """
        onehot = F.one_hot(targets, 4).type_as(logits)
        return F.binary_cross_entropy_with_logits(logits, onehot, reduction='none').mean(dim=1)""",
    "divergence": """
        shares = F.one_hot(targets, logits.shape[1]).to(logits.dtype) * 0.8 + 0.05
        return F.kl_div(F.log_softmax(logits, dim=1), shares, reduction='none').sum(dim=1)""",
    "taylor": """
        p = F.softmax(logits, dim=1)
        pt = (p * F.one_hot(targets, logits.shape[1])).sum(1)
        return (1 - pt) + (1 - pt) ** 2 / 2""",
    "numbers": "return F.cross_entropy(logits, targets, reduction='none') / math.log(logits.shape[1]) * logits.dim() / len(logits)",
}


class Owner:
    """What the functions are methods of."""
    beta = 0.05


def written(name, body):
    body = textwrap.dedent(body).strip()
    return f"def {name.replace('-', '_')}_loss(self, logits, targets):\n{textwrap.indent(body, '    ')}\n"


def run(name, body, batch, dtype):
    space = {"torch": torch, "F": F, "math": math}
    exec(written(name, body), space)    # pylint: disable=exec-used    (our own text)
    logits = torch.tensor(batch["logits"], dtype=dtype, requires_grad=True)
    return logits, space[f"{name.replace('-', '_')}_loss"](Owner(), logits, torch.tensor(batch["target"]))


def case(name, batch):
    logits, losses = run(name, TEXTS[name], BATCHES[batch], torch.float64)
    losses.double().mean().backward()
    single = run(name, TEXTS[name], BATCHES[batch], torch.float32)[1]
    return {
        "text": name, "batch": batch, "losses": numbers(losses.detach().reshape(-1)) if losses.dim() else None, "mean": numbers(losses.detach().mean().reshape(-1)),
        "gradient": numbers(logits.grad.reshape(-1)), "single": numbers(single.detach().mean().reshape(-1)),
    }


def render():
    head = {"torch": torch.__version__, "classes": CLASSES, "texts": {name: written(name, body) for name, body in TEXTS.items()}, "batches": BATCHES}
    lines = [json.dumps(case(name, batch)) for name in TEXTS for batch in BATCHES if not (name == "poly" and batch == "one")]
    return json.dumps(head, indent=1)[:-2] + ',\n "cases": [\n' + ",\n".join(lines) + "\n]}\n", len(TEXTS), len(lines)


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
