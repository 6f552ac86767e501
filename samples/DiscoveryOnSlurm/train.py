#!/usr/bin/env python3
"""Trains with a candidate and prints its scores: the place of your own training.

Here it is one of seconds: for each of 32 prompts a policy chooses among 8 answers whose worth is known, and is trained on pairs of
them. The score is the mean gain in reward, less a twentieth of the KL to where it began.
"""
import json
import sys
import types

import torch
import torch.nn.functional as F

PROMPTS, ANSWERS, PAIRS, STEPS, KL_PRICE = 32, 8, 512, 60, 0.05


def read(path):
    """The loss. The text was written from a formula that PreferenceLosses has read; it is not what a language model wrote."""
    with open(path, encoding="utf-8") as file:
        candidate = json.load(file)
    if candidate["format"] != 1:
        sys.exit(f"the candidate's format is {candidate['format']}; 1 is known here")
    names = {"torch": torch, "F": F}
    before = set(names)
    exec(candidate["pytorch"], names)
    function = next(value for name, value in names.items() if name not in before and callable(value))
    return candidate, function


def train(function, seed):
    torch.manual_seed(seed)
    reward = torch.randn(PROMPTS, ANSWERS)
    reference = F.log_softmax(0.5 * torch.randn(PROMPTS, ANSWERS), dim=1)
    prompt = torch.randint(PROMPTS, (PAIRS,))
    one, other = torch.multinomial(reference.exp()[prompt], 2).unbind(1)
    is_better = torch.rand(PAIRS) < torch.sigmoid(2 * (reward[prompt, one] - reward[prompt, other]))
    chosen, rejected = torch.where(is_better, one, other), torch.where(is_better, other, one)

    logits = reference.clone().requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=0.1)
    steps, losses = [], []
    for step in range(STEPS):
        policy = F.log_softmax(logits, dim=1)
        loss = function(
            types.SimpleNamespace(beta=0.5), policy[prompt, chosen], policy[prompt, rejected], reference[prompt, chosen], reference[prompt, rejected]
        ).mean()
        if not torch.isfinite(loss):
            return {"seed": seed, "failure": f"the loss is {loss.item()} at step {step}"}
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 5 == 0:
            steps.append(step)
            losses.append(loss.item())

    policy = F.log_softmax(logits.detach(), dim=1)
    gain = ((policy.exp() - reference.exp()) * reward).sum(1).mean().item()
    kl = (policy.exp() * (policy - reference)).sum(1).mean().item()
    return {
        "seed": seed,
        "score": gain - KL_PRICE * kl,
        "measures": {"gain in reward": gain, "KL": kl},
        "curves": {"loss": {"steps": steps, "values": losses}},
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    candidate, function = read(sys.argv[1])
    print(json.dumps({"format": 1, "scores": [train(function, seed) for seed in candidate["seeds"]]}))
