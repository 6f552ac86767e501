"""The numbers of TorchGoldenTests.cs: the same small model and training in PyTorch, with its autograd, its clipping and its AdamW.

python3 make_torch_golden.py      (PyTorch 1.13; prints the weights after six steps)

Seven tokens in classes {0, 1, 2}, {3, 4, 5}, {6}; no context. Every step has a token of each class, so that every row has a gradient and the
optimizer's rule for rows without one plays no part.
"""
import torch

torch.set_default_dtype(torch.float64)
CLASSES = torch.zeros(3, requires_grad=True)
TOKENS = [torch.zeros(n, requires_grad=True) for n in (3, 3, 1)]
SEQUENCES = [[0, 3, 6], [1, 1, 4, 6, 0], [5, 2], [6, 6, 4, 0]]


def log_probability(sequence):
    total = 0
    for token in sequence:
        total = total + torch.log_softmax(CLASSES, 0)[token // 3] + torch.log_softmax(TOKENS[token // 3], 0)[token % 3]
    return total


optimizer = torch.optim.AdamW([CLASSES, *TOKENS], betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1)
for step in range(6):
    optimizer.zero_grad()
    weights = [torch.sin(torch.tensor(1.0 + 4 * step + i)) for i in range(4)]
    objective = sum(w * log_probability(s) for w, s in zip(weights, SEQUENCES))
    objective.backward()
    norm = torch.nn.utils.clip_grad_norm_([CLASSES, *TOKENS], 1.5)
    for group in optimizer.param_groups:
        group["lr"] = 0.1 / (1 + step)
    optimizer.step()
    print("norm", repr(norm.item()), "objective", repr(objective.item()))
for parameter in [CLASSES, *TOKENS]:
    print([float(x) for x in parameter])
