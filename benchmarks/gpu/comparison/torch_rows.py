"""Log-probabilities of labels from logits, and back, as PyTorch's users write them, and by Liger-Kernel."""

import dataclasses

LONGEST_SEQUENCE = 2048


@dataclasses.dataclass(frozen=True)
class Shape:
    """Rows of logits of sequences of one length; the first rows of each, a prompt, do not count."""

    rows: int
    vocabulary: int
    format: str
    masked: float

    @property
    def sequence_length(self):
        return max(1, min(self.rows // 4, LONGEST_SEQUENCE))

    @property
    def sequences(self):
        return self.rows // self.sequence_length

    @property
    def element(self):
        return 4 if self.format == "fp32" else 2

    @property
    def bytes(self):
        return self.rows * self.vocabulary * self.element

    def __str__(self):
        masked = f", {self.masked:.0%} masked" if self.masked else ""
        return f"{self.rows} × {self.vocabulary} {self.format}{masked}"


class Work:
    """Random logits in as many copies as our program has, so that no call finds its logits in the cache; labels; and a weight for each sequence."""

    def __init__(self, torch, device, shape, count):
        self.torch, self.device, self.shape = torch, device, shape
        size = (shape.sequences, shape.sequence_length, shape.vocabulary)
        dtype = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[shape.format]
        torch.manual_seed(1)
        self.pristine = torch.empty(size, dtype=dtype, device=device)
        for sequence in self.pristine:
            sequence.copy_(2 * torch.randn(sequence.shape, device=device))
        self.sets = [self.pristine.clone() for _ in range(count)]
        self.labels = torch.randint(shape.vocabulary, size[:2], device=device)
        self.labels[:, : round(shape.masked * shape.sequence_length)] = -100
        self.mask = self.labels >= 0
        self.upstream = torch.tensor([-0.1 if s % 2 == 0 else 0.1 for s in range(shape.sequences)], device=device)

    def restore(self):
        for one in self.sets:
            one.copy_(self.pristine)

    def objective(self, tokens):
        return ((tokens * self.mask).sum(1) * self.upstream).sum()

    def errors(self, tokens, gradient, weight=None):
        """Largest error of a log-probability in nats, and of a gradient relative to the largest of its row, against double precision, of a few rows."""
        torch = self.torch
        known = self.labels.shape[1] if tokens is None else tokens.shape[1]
        counting = self.mask[:, :known].nonzero().tolist()
        of_tokens, of_gradients = [], []
        for i in range(min(8, len(counting))):
            sequence, position = counting[i * (len(counting) - 1) // 7]
            label = self.labels[sequence, position]
            exact = self.pristine[sequence, position].double().log_softmax(-1)
            if tokens is not None:
                of_tokens.append((exact[label] - tokens[sequence, position].double()).abs())
            if gradient is not None:
                slope = -exact.exp()
                slope[label] += 1
                slope *= self.upstream[sequence].double() if weight is None else weight
                of_gradients.append((gradient[sequence, position].double() - slope).abs().max() / slope.abs().max())
        # The largest of some with a NaN is NaN.
        return tuple(torch.stack(found).max().item() if found else None for found in (of_tokens, of_gradients))


def functions(torch):
    """Log-probabilities of labels, by several ways of writing them."""
    softmax = torch.nn.functional.log_softmax

    def whole(logits, labels):
        return softmax(logits, -1).gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1).float()

    def by_sequence(logits, labels):
        return torch.stack([whole(one, of_one) for one, of_one in zip(logits, labels)])

    def in_single_precision(logits, labels):
        selected = logits.gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1).float()
        return selected - logits.float().logsumexp(-1)

    return {"eager, log_softmax + gather": whole, "eager, a sequence at a time": by_sequence, "eager, logsumexp in fp32": in_single_precision}


class AutogradTokens:
    """A function of PyTorch, with autograd's gradient, in new memory."""

    note = ""
    is_in_place = False
    gradient_weight = None

    def __init__(self, torch, function, work):
        self.torch, self.function, self.work = torch, function, work
        self.prepared = []

    def forward(self, i):
        with self.torch.no_grad():
            self.function(self.work.sets[i], self.work.labels)

    def both(self, i):
        leaf, objective = self._objective(i)
        self.torch.autograd.grad(objective, leaf)

    def prepare_backward(self, calls):
        self.prepared = [self._objective(i) for i in range(calls)]

    def backward(self, i):
        leaf, objective = self.prepared[i]
        self.torch.autograd.grad(objective, leaf)
        self.prepared[i] = None

    def results(self):
        leaf = self.work.pristine.detach().requires_grad_()
        tokens = self.function(leaf, self.work.labels)
        return tokens.detach(), self.torch.autograd.grad(self.work.objective(tokens), leaf)[0]

    def _objective(self, i):
        leaf = self.work.sets[i].detach().requires_grad_()
        return leaf, self.work.objective(self.function(leaf, self.work.labels))


class LigerTokens:
    """Liger-Kernel's forward pass, which has no gradient; the last row of each sequence is not one of its."""

    note = "one row less per sequence"
    is_in_place = False
    gradient_weight = None
    backward = both = None

    def __init__(self, torch, work):
        from liger_kernel.ops.grpo_loss import fused_selective_log_softmax

        self.function, self.work = fused_selective_log_softmax, work
        self.labels = work.labels[:, :-1].clamp(min=0).contiguous()
        self.mask = work.mask[:, :-1].to(torch.int32).contiguous()

    def forward(self, i):
        return self.function(self.work.sets[i], self.labels, 1.0, self.mask)

    def results(self):
        self.work.restore()
        return self.forward(0), None


class LigerCrossEntropy:
    """Liger-Kernel's cross-entropy: forward writes the gradient in the logits' place. It is the gradient of a plain sum, which saves a pass."""

    note = "of the sum over all tokens, all of weight 1"
    is_in_place = True
    # Cross-entropy is the sum of the log-probabilities with the other sign.
    gradient_weight = -1.0
    forward = backward = None

    def __init__(self, torch, work):
        from liger_kernel.transformers.functional import liger_cross_entropy

        self.torch, self.function, self.work = torch, liger_cross_entropy, work

    def both(self, i):
        leaf = self.work.sets[i].detach().requires_grad_()
        loss = self.function(leaf.view(-1, leaf.shape[-1]), self.work.labels.view(-1), reduction="sum")
        return self.torch.autograd.grad(loss, leaf)[0]

    def results(self):
        self.work.restore()
        return None, self.both(0)
