"""The texts that the reader is tested on, in our own words: losses as researchers publish them, and one expression per function.

CANDIDATES: the losses of the DiscoPOP paper (arXiv 2406.08414) and of its repository: what GPT-4 was given, what it found (appendices
E and F), the corrected forms, and the one-argument forms of the plots. What matters is that they compute the same in the same order.
EXPRESSIONS: x and y are the log-ratios of chosen and rejected; the value is one per pair, or one number that is multiplied by y.
"""

import textwrap

PAPER = """\
def {name}_loss(
    self,
    policy_chosen_logps: torch.FloatTensor,
    policy_rejected_logps: torch.FloatTensor,
    reference_chosen_logps: torch.FloatTensor,
    reference_rejected_logps: torch.FloatTensor,
) -> torch.FloatTensor:
"""

RHO = """\
    policy_ratio = policy_chosen_logps - policy_rejected_logps
    reference_ratio = reference_chosen_logps - reference_rejected_logps
    rho = policy_ratio - reference_ratio
"""

BODIES = {
    # What the language model was given.
    "logistic": "return -F.logsigmoid(self.beta * rho)",
    "smoothed-logistic": """
        return (
            -F.logsigmoid(self.beta * rho) * (1 - self.label_smoothing)
            - F.logsigmoid(-self.beta * rho) * self.label_smoothing
        )""",
    "hinge": "return torch.relu(1 - self.beta * rho)",
    "ipo": "return (rho - 1 / (2 * self.beta)) ** 2",
    "exponential": "return torch.exp(-self.beta * rho)",
    "kto-pair": """
        kl_chosen = (policy_chosen_logps - reference_chosen_logps).mean().clamp(min=0)
        kl_rejected = (policy_rejected_logps - reference_rejected_logps).mean().clamp(min=0)
        gain_chosen = policy_chosen_logps - reference_chosen_logps
        gain_rejected = policy_rejected_logps - reference_rejected_logps
        # each half is held against the other half's estimate
        return torch.cat(
            (
                1 - F.sigmoid(self.beta * (gain_chosen - kl_rejected)),
                1 - F.sigmoid(self.beta * (kl_chosen - gain_rejected)),
            ),
            0,
        )""",

    # What it found, as it wrote it.
    "dbaql-generated": """
        import torch.nn.functional as F
        level = 0.5
        rate = 0.01
        heat = 0.9
        blend = 1.0
        spread = rho.var()
        level + rate * (torch.sigmoid(rho.mean()) - level)
        share = torch.sigmoid(spread) * blend
        logistic = -F.logsigmoid(self.beta * rho / heat)
        exponential = torch.exp(-self.beta * rho * heat)
        return share * logistic + (1 - share) * exponential""",
    "aql-generated": """
        level = 0.5
        rate = 0.01
        moving = level + rate * (torch.sigmoid(rho.mean()) - level)
        share = torch.sigmoid(-self.beta * (rho - moving))
        logistic = -F.logsigmoid(self.beta * rho)
        hinge = torch.relu(1 - self.beta * rho)
        return share * logistic + (1 - share) * hinge""",
    "padll": """
        decay = 0.9
        penalty = 0.5  # for the pairs that are ranked wrongly
        wrong = (rho < 0).float()
        weight = decay * (1 - wrong * penalty)
        return weight * -F.logsigmoid(self.beta * rho)""",
    "aqfl-generated": """
        import torch.nn.functional as F
        rate = 0.05
        scale = 0.1
        spread = rho.std()
        quantile = spread * torch.sigmoid(-rho).mean()
        quantile += rate * (torch.sigmoid(rho.mean()) - quantile)
        distance = (rho - quantile).abs()
        share = torch.sigmoid(scale * distance)
        logistic = -F.logsigmoid(self.beta * rho)
        hinge = torch.relu(1 - self.beta * rho)
        return share * logistic + (1 - share) * hinge""",
    "cell": """
        exponential = torch.exp(-self.beta * rho)
        logistic = -F.logsigmoid(self.beta * rho)
        half = 0.5
        return half * exponential + (1 - half) * logistic""",
    "discopop-generated": """
        gate = torch.sigmoid(rho)
        logistic = -F.logsigmoid(self.beta * rho)
        exponential = torch.exp(-self.beta * rho)
        return logistic * (1 - gate) + exponential * gate""",
    "pfl-generated": """
        strength = 2.0
        ranked = policy_chosen_logps > policy_rejected_logps
        logistic = -F.logsigmoid(rho)
        hinge = torch.relu(1 - rho)
        return torch.where(
            ranked,
            logistic / strength,   # less for what is right
            hinge * strength       # more for what is not
        )""",

    # The same, corrected: everything in x = beta * rho.
    "dbaql": """
        heat = 0.9
        rho = rho * self.beta
        spread = (rho / 0.05).var()
        share = torch.sigmoid(spread)
        logistic = -F.logsigmoid(rho / heat)
        exponential = torch.exp(-rho * heat)
        return share * logistic + (1 - share) * exponential""",
    "aql": """
        level = 0.5
        rho = rho * self.beta
        moving = level + 0.01 * (torch.sigmoid((rho / 0.05).mean()) - level)
        share = torch.sigmoid(-(rho / 0.05 - moving))
        return share * -F.logsigmoid(rho) + (1 - share) * torch.relu(1 - rho)""",
    "aqfl": """
        rho = rho * self.beta
        quantile = (rho / 0.05).std() * torch.sigmoid(-rho / 0.05).mean()
        quantile += 0.05 * (torch.sigmoid((rho / 0.05).mean()) - quantile)
        share = torch.sigmoid(0.1 * (rho / 0.05 - quantile).abs())
        return share * -F.logsigmoid(rho) + (1 - share) * torch.relu(1 - rho)""",
    "discopop": """
        rho = rho * self.beta
        gate = torch.sigmoid(rho / 0.05)
        return -F.logsigmoid(rho) * (1 - gate) + torch.exp(-rho) * gate""",
    "pfl": """
        strength = 2.0
        rho = rho * self.beta
        ranked = policy_chosen_logps > policy_rejected_logps
        return torch.where(ranked, -F.logsigmoid(rho) / strength, torch.relu(1 - rho) * strength,)""",

    # The run log.
    "logistic-margin": "margin = 0.1\nreturn -F.logsigmoid(self.beta * (rho - margin))",
    "adaptive-margin-logistic": """
        margin = torch.abs(policy_ratio) - torch.abs(reference_ratio)
        return -F.logsigmoid(self.beta * (rho - margin))""",
    "combined-logistic-hinge": "return -F.logsigmoid(self.beta * rho) + F.relu(1 - self.beta * rho)",
    "scaled-combined-logistic-hinge": "return 2.0 * -F.logsigmoid(self.beta * rho) + 0.5 * F.relu(1 - self.beta * rho)",
    "annealed-combined-logistic-hinge": """
        share = torch.sigmoid(-rho)
        return share * -F.logsigmoid(self.beta * rho) + (1 - share) * F.relu(1 - self.beta * rho)""",
    "squared-logistic": "return (-F.logsigmoid(self.beta * rho)) ** 2",
    "focal-logistic": """
        gamma = 2
        chance = torch.sigmoid(rho)
        return ((1 - chance) ** gamma) * -F.logsigmoid(self.beta * rho)""",
    "temperature-scaled-logistic": "heat = 2.0\nreturn -F.logsigmoid(self.beta * rho / heat)",
    "corrected-label-smoothed-logistic": """
        good = torch.ones_like(rho) * 0.9
        bad = torch.zeros_like(rho) * 0.05
        return 0.5 * (
            F.binary_cross_entropy_with_logits(self.beta * rho, good, reduction='none')
            + F.binary_cross_entropy_with_logits(self.beta * rho, bad, reduction='none')
        )""",
    "decaying-weights-logistic": """
        size = rho.size(0)
        weights = 0.9 ** torch.arange(size - 1, -1, -1).to(rho.device)
        weights = weights / weights.sum()
        return weights * -F.logsigmoid(self.beta * rho)""",
    "hybrid-performance-margin-decay-logistic": """
        beyond = rho - 0.2
        wrong = (beyond < 0).float()
        return 0.9 * (1 - wrong * 0.5) * -F.logsigmoid(self.beta * beyond)""",
    "corrected-reinforced-margin-logistic": """
        margin = 0.1
        chosen = policy_chosen_logps - reference_chosen_logps + margin
        rejected = policy_rejected_logps - reference_rejected_logps - margin
        return -F.logsigmoid(self.beta * chosen) - F.logsigmoid(-self.beta * rejected)""",
    "certainty-scaled-logistic": """
        certainty = 0.5 * (
            torch.abs(policy_chosen_logps - reference_chosen_logps) + torch.abs(policy_rejected_logps - reference_rejected_logps)
        )
        return -F.logsigmoid(self.beta * policy_ratio) * certainty""",

    # What others write.
    "simple-reference-free": "return -F.logsigmoid(self.beta * policy_ratio - 0.5)",
    "cast-early": "wide = rho.float()\nreturn -F.logsigmoid(self.beta * wide)",
    "exo": """
        import math
        share = torch.sigmoid(self.beta * rho)
        return share * (F.logsigmoid(self.beta * rho) - math.log(1 - 1e-3)) + torch.sigmoid(-self.beta * rho) * (
            F.logsigmoid(-self.beta * rho) - math.log(1e-3))""",
    "detached-weight": """
        weight = (1 - torch.sigmoid(self.beta * rho)).detach()
        weight = weight / weight.mean()
        return weight * -F.logsigmoid(self.beta * rho)""",
    "ranked-weight": """
        rank = torch.argsort(torch.argsort(rho.detach()))
        weight = 1.0 - rank.float() / rho.numel()
        return weight * F.softplus(-self.beta * rho)""",
}

ONE_ARGUMENT = {
    "plot-dbaql": """\
def plot_dbaql_loss(logits) -> torch.FloatTensor:
    share = torch.sigmoid(logits.var())
    return share * -F.logsigmoid(beta * logits / 0.9) + (1 - share) * torch.exp(beta * logits * 0.9)
""",
    "plot-pfl": """\
def plot_pfl_loss(logits: torch.Tensor):
    ranked = logits > 0
    return torch.where(ranked, -F.logsigmoid(logits) / 2.0, torch.relu(1 - logits) * 2.0)
""",
    "plot-ipo": """\
def plot_ipo_loss(logits):
    return (logits - 1 / (2 * 0.1)) ** 2
""",
}


def candidates():
    """Name and text of each candidate."""
    for name, body in BODIES.items():
        lines = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
        yield name, PAPER.format(name=name.replace("-", "_")) + RHO + lines + "\n"
    yield from ONE_ARGUMENT.items()


ELEMENTWISE = """
    -x | +x | x + y | x - y | x * y | x / y | x ** 2 | x ** 3 | x ** 0.5 | x ** -1 | x ** 0 | x ** y | 2 ** x | 0.9 ** x | 2 - x | 2 / x
    x // 1 if False else x | x if 2 > 1 else y | (x < y).float() * y | (x >= y).float() * y | (x == y) * y | (x != y) * y | (x <= 0) * y
    ~(x > 0) * y | ((x > 0) & (y > 0)) * x | ((x > 0)|(y > 0)) * x | ((x > 0) ^ (y > 0)) * x | ((x > 0) + (y > 0)) * x
    torch.exp(x) | x.exp() | torch.expm1(x) | torch.exp2(x) | torch.log(x.abs()) | torch.log(x) | torch.log1p(x) | torch.log2(x) | torch.log10(x)
    torch.sqrt(x) | torch.rsqrt(x) | torch.reciprocal(x) | torch.sin(x) | torch.cos(x) | torch.atan(x) | torch.arctan(x) | torch.tanh(x) | F.tanh(x)
    torch.erf(x) | torch.erfc(x) | torch.special.erf(x) | torch.abs(x) | x.abs() | torch.neg(x) | torch.sign(x) * y | torch.square(x) | x.square()
    torch.nan_to_num(torch.log(x), nan=0.5, posinf=1.0, neginf=-2.0) | torch.nan_to_num(torch.sqrt(x)) | torch.nan_to_num(1 / x)
    torch.add(x, y, alpha=2) | torch.sub(x, y) | x.sub(y, alpha=0.5) | torch.mul(x, y) | x.mul(2.0) | torch.div(x, y) | torch.true_divide(x, 2)
    torch.pow(x, 2) | torch.pow(0.5, x) | x.pow(3.0) | torch.maximum(x, y) | torch.minimum(x, y) | torch.max(x, y) | torch.min(x, y) | torch.fmax(x, y)
    torch.fmin(x, y) | torch.logaddexp(x, y) | torch.lerp(x, y, 0.3) | torch.lerp(x, y, 0.75) | torch.addcmul(x, x, y, value=0.5)
    torch.addcdiv(x, y, x, value=2.0) | torch.xlogy(x, y) | torch.xlogy(x, y.abs()) | torch.special.xlogy(x, x.abs())
    torch.clamp(x, -1, 1) | x.clamp(min=0) | x.clamp(max=0.5) | torch.clip(x, min=-1.0) | torch.clamp(x, min=y) | torch.clamp(x, -y.abs(), y.abs())
    x.clamp_min(0.5) | x.clamp_max(0.5) | torch.where(x > 0, x, y) | torch.where(x > y, x * x, -y) | torch.where(x > 0, x, torch.zeros_like(x))
    torch.where(x > 0, x, 0.5) | x.masked_fill(x < 0, 0.25) | torch.where(x > 0, torch.log(x), y)
    torch.gt(x, y) * y | x.lt(y) * y | x.ge(0) * y | x.le(0) * y | x.eq(y) * y | x.ne(y) * y | torch.isnan(torch.log(x)) * y | torch.isfinite(1 / x) * y
    torch.subtract(x, y) | torch.multiply(x, y) | torch.divide(x, y) | torch.negative(x) | torch.absolute(x) | torch.sgn(x) * y | torch.greater(x, y) * y
    x.less(y) * y | torch.greater_equal(x, y) * y | x.less_equal(y) * y | torch.not_equal(x, y) * y | math.fabs(-2) * x
    torch.logical_and(x > 0, y > 0) * y | torch.logical_or(x > 0, y > 0) * y | torch.logical_not(x > 0) * y | torch.logical_xor(x > 0, y > 0) * y
"""

ACTIVATIONS = """
    torch.sigmoid(x) | F.sigmoid(x) | x.sigmoid() | torch.special.expit(x) | F.logsigmoid(x) | F.relu(x) | torch.relu(x) | x.relu()
    F.softplus(x) | F.softplus(x, beta=2) | F.softplus(x, beta=0.5, threshold=3) | F.softplus(-x, 1, 5) | F.softsign(x) | F.tanhshrink(x)
    F.silu(x) | F.mish(x) | F.gelu(x) | F.gelu(x, approximate='tanh') | F.elu(x) | F.elu(x, alpha=0.5) | F.celu(x, alpha=2.0) | F.selu(x)
    F.leaky_relu(x) | F.leaky_relu(x, 0.2) | F.relu6(x) | F.hardtanh(x) | F.hardtanh(x, -3, 0.5) | F.hardsigmoid(x) | F.hardswish(x)
    F.threshold(x, 0.5, -1.0)
"""

REDUCTIONS = """
    x.mean() * y | torch.mean(x) * y | x.mean(0) * y | x.mean(dim=0) * y | x.mean(dim=-1, keepdim=True) * y | x.sum() * y | torch.sum(x, dim=0) * y
    x.prod() * y | torch.prod(x) * y | x.amax() * y | torch.amin(x, dim=0) * y | x.max() * y | torch.min(x) * y | x.median() * y | torch.median(x) * y
    x.var() * y | x.var(unbiased=False) * y | torch.var(x, 0) * y | x.std() * y | x.std(False) * y | torch.std(x, dim=0, unbiased=True) * y
    x.var(correction=0, dim=0) * y | torch.logsumexp(x, dim=0) * y | x.logsumexp(0) * y | torch.quantile(x, 0.25) * y | x.quantile(0.9) * y
    torch.quantile(x, 0.5, dim=0) * y | x.norm() * y | torch.norm(x, p=1) * y | x.norm(p=3) * y | torch.dot(x, y) * y
    torch.softmax(x, dim=0) * y | F.softmax(x, dim=-1) * y | x.log_softmax(0) * y | F.log_softmax(x, dim=0) * y | torch.cumsum(x, 0) * y
    torch.cumsum(x, dim=0) * y | torch.logcumsumexp(x, dim=0) * y | torch.sort(x).values * y | torch.sort(x, descending=True)[0] * y | x.sort()[0] * y
    torch.sort(x, dim=0).indices * y | torch.argsort(x) * y | torch.argsort(torch.argsort(x)).float() * y | torch.argsort(x, descending=True) * y
    torch.flip(x, [0]) * y | x.flip(0) * y | torch.roll(x, 1) * y | torch.roll(x, -1, 0) * y | torch.roll(x, 3) * y | x.roll(shifts=2, dims=0) * y
    (x > 0).sum() * y | (x > 0).float().mean() * y | torch.sum(x > y) / x.numel() * y | (x - x.mean()) / (x.std() + 1e-8) * y
    torch.concat((x, y), 0) | torch.cat((x, y), 0) | torch.cat([x, -y], dim=0).abs() | torch.cat((x, y)).mean() * y | torch.cat((x, y), 0).sum() * x | torch.cat((x, y)).std() * x
    torch.cat((x, y)).var(unbiased=False) * x | torch.cat((x, y)).max() * y | torch.cat((x, y)) - torch.cat((x, y)).mean() | torch.logsumexp(torch.cat((x, y)), 0) * x
"""

LOSSES = """
    F.mse_loss(x, y, reduction='none') | F.l1_loss(x, y, reduction='none') | F.smooth_l1_loss(x, y, reduction='none') | F.mse_loss(x, y) * y
    F.smooth_l1_loss(x, y, reduction='none', beta=2.0) | F.huber_loss(x, y, reduction='none') | F.huber_loss(x, y, reduction='none', delta=0.5)
    F.mse_loss(x, y, reduction='sum') * y | F.soft_margin_loss(x, torch.sign(y).detach(), reduction='none') | F.hinge_embedding_loss(x, torch.ones_like(x), reduction='none')
    F.hinge_embedding_loss(x, -torch.ones_like(x), margin=2.0, reduction='none') | F.kl_div(x, torch.sigmoid(y), reduction='none')
    F.kl_div(x, y, reduction='none', log_target=True) | F.binary_cross_entropy_with_logits(x, torch.ones_like(x), reduction='none')
    F.binary_cross_entropy_with_logits(x, torch.zeros_like(x), reduction='none') | F.binary_cross_entropy_with_logits(x, torch.full_like(x, 0.3), reduction='none')
    F.binary_cross_entropy_with_logits(x, torch.ones_like(x) * 0.9, weight=y.detach(), reduction='none')
    F.binary_cross_entropy_with_logits(x, torch.ones_like(x) * 0.9, pos_weight=torch.tensor(2.0), reduction='none')
    F.binary_cross_entropy(torch.sigmoid(x), torch.ones_like(x), reduction='none') | F.binary_cross_entropy(torch.sigmoid(x), torch.sigmoid(y).detach(), reduction='none')
    F.margin_ranking_loss(x, y, torch.ones_like(x), margin=0.5, reduction='none') | F.cosine_similarity(x, y, dim=0) * y
"""

TYPES = """
    torch.ones_like(x) * y | torch.full_like(x, 0.1) * y | torch.tensor(0.1) * y | torch.tensor(2) * y | torch.tensor(0.1, dtype=x.dtype) * y
    torch.ones(x.shape[0]) * y | torch.zeros(x.size(0)) + y | torch.full((x.size(0),), 0.1) * y | torch.ones(x.shape, dtype=torch.float64) * y
    torch.arange(x.size(0)) * y | torch.arange(len(x), 0, -1) * y | torch.arange(0, x.numel()).float() / 3 * y | torch.arange(1, x.shape[0] + 1) / 3 * y
    (1 + torch.arange(x.size(0))) ** 2 * y | 0.9 ** torch.arange(x.size(0)) * y | torch.arange(x.size(0)).to(x.dtype) / 3 * y
    (x > 0).float() * 0.1 * y | (x > 0) * 0.1 * y | (1 - 0.1 * (x > 0).float()) * y | ((x > 0) * 0.1 + x.mean()) * y | (x > 0).float() * x.mean() * y
    x.float() * y | x.float() * 0.1 + y | x.float().exp() + y | x.float().mean() * y | x.to(torch.float32).std() * y | x.double() * y | x.type_as(y)
    x.float().sum() * y.float() | x.detach() * y | x.data * y | x.clone() | x.to(y.device) | x.to(y) | x.to(dtype=torch.float32) / 3
    x.dim() * y | x.ndimension() * y | x.ndim * y | x.contiguous() * y | x.type(torch.float32) / 3 | x.shape[0] * y | x.size(dim=0) * y | x.size()[0] * y
    (x > 0).long() * y | (x > 0).int().float() * y | x.bool() * y | (0.1 * self.beta) * x | math.log(1 + math.exp(self.beta)) * x | math.sqrt(2) * x
    abs(x) | abs(-2) * x | max(1, 2.5) * x | min(self.beta, 0.5) * x | pow(x, 2) | float(2) * x | math.pi * x | x / x.shape[0] | x * len(x) | x / x.numel() ** 0.5
    1.0 / (1.0 + torch.exp(-x)) | torch.log(torch.sigmoid(x)) | torch.log(1 + torch.exp(x)) | torch.exp(-x) * torch.sigmoid(x) | 1 - torch.sigmoid(x) | torch.tanh(x) ** 2
"""


def expressions():
    """Name and text of a function for each expression."""
    groups = {"elementwise": ELEMENTWISE, "activations": ACTIVATIONS, "reductions": REDUCTIONS, "losses": LOSSES, "types": TYPES}
    for group, lines in groups.items():
        for number, expression in enumerate(e.strip() for line in lines.strip().splitlines() for e in line.split(" | ")):
            yield f"{group}-{number}", (
                PAPER.format(name="expression")
                + "    x = policy_chosen_logps - reference_chosen_logps\n"
                + "    y = policy_rejected_logps - reference_rejected_logps\n"
                + f"    return {expression}\n")
