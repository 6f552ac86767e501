"""The losses, each written once.

A loss is a function of a backend `f`, a batch of pairs and its parameters, and returns one number per output row.
Everything but + - * / ** < > comes from the backend, in two versions: `torch_backend` in make_goldens.py (double
precision, autograd) and exact.py (700 digits, its own differentiation).

    rho = (policy_chosen - policy_rejected) - (reference_chosen - reference_rejected),   x = beta * rho
    softplus(-x) = -log sigmoid(x) is the logistic loss, relu(1 - x) the hinge, exp(-x) the exponential loss

The gates of some losses look at rho itself in the code that earned the published score (`-generated`) and at x / tau
in the corrected version, so a shared helper takes whatever the `gate` looks at.
"""

from collections import namedtuple

Loss = namedtuple("Loss", "function defaults rows")    # rows: the fewest rows a batch may have
LOSSES = {}


def loss(name, rows=1, **defaults):
    def register(function):
        LOSSES[name] = Loss(function, defaults, rows)
        return function
    return register


class Pairs(namedtuple("Pairs", "policy_chosen policy_rejected reference_chosen reference_rejected")):
    @property
    def chosen(self):
        return self.policy_chosen - self.reference_chosen

    @property
    def rejected(self):
        return self.policy_rejected - self.reference_rejected

    @property
    def policy_margin(self):
        return self.policy_chosen - self.policy_rejected

    @property
    def reference_margin(self):
        return self.reference_chosen - self.reference_rejected

    @property
    def rho(self):
        return self.policy_margin - self.reference_margin


# ---- The baselines ---------------------------------------------------------------------------------------------------

@loss("dpo", beta=0.1)
def dpo(f, pairs, beta):
    return f.softplus(-beta * pairs.rho)


@loss("slic", beta=0.1)
def slic(f, pairs, beta):
    return f.relu(1 - beta * pairs.rho)


@loss("ipo", beta=0.1)
def ipo(f, pairs, beta):
    return (pairs.rho - 1 / (2 * beta)) ** 2


@loss("exponential", beta=0.1)
def exponential(f, pairs, beta):
    return f.exp(-beta * pairs.rho)


@loss("kto-pair", beta=0.1)
def kto_pair(f, pairs, beta):
    """Two outputs per pair: all chosen responses first, then all rejected ones. Nothing is detached."""
    chosen_kl = f.clamp_min(f.mean(pairs.chosen), 0)
    rejected_kl = f.clamp_min(f.mean(pairs.rejected), 0)
    return f.cat((1 - f.sigmoid(beta * (pairs.chosen - rejected_kl)),
                  1 - f.sigmoid(beta * (chosen_kl - pairs.rejected))))


# ---- The discovered losses -------------------------------------------------------------------------------------------

def log_ratio_modulated(f, gate, x):
    m = f.sigmoid(gate)
    return (1 - m) * f.softplus(-x) + m * f.exp(-x)


@loss("discopop", beta=0.05, tau=0.05)
def discopop(f, pairs, beta, tau):
    x = beta * pairs.rho
    return log_ratio_modulated(f, x / tau, x)


@loss("discopop-generated", beta=0.05)
def discopop_generated(f, pairs, beta):
    return log_ratio_modulated(f, pairs.rho, beta * pairs.rho)


def dynamic_blend(f, gate, x):
    c = f.sigmoid(f.var(gate))
    return c * f.softplus(-x / 0.9) + (1 - c) * f.exp(-0.9 * x)


@loss("dbaql", rows=2, beta=0.05, tau=0.05)
def dbaql(f, pairs, beta, tau):
    x = beta * pairs.rho
    return dynamic_blend(f, x / tau, x)


@loss("dbaql-generated", rows=2, beta=0.05)
def dbaql_generated(f, pairs, beta):
    return dynamic_blend(f, pairs.rho, beta * pairs.rho)


def logistic_to_hinge(f, share, x):
    return share * f.softplus(-x) + (1 - share) * f.relu(1 - x)


@loss("aql", beta=0.05, tau=0.05)
def aql(f, pairs, beta, tau):
    x = beta * pairs.rho
    quantile = 0.5 + 0.01 * (f.sigmoid(f.mean(x / tau)) - 0.5)
    return logistic_to_hinge(f, f.sigmoid(-(x / tau - quantile)), x)


@loss("aql-generated", beta=0.05)
def aql_generated(f, pairs, beta):
    quantile = 0.5 + 0.01 * (f.sigmoid(f.mean(pairs.rho)) - 0.5)
    return logistic_to_hinge(f, f.sigmoid(-beta * (pairs.rho - quantile)), beta * pairs.rho)


@loss("aql-printed", beta=0.05, tau=0.05)
def aql_printed(f, pairs, beta, tau):
    x = beta * pairs.rho
    quantile = 0.5 + 0.01 * (f.mean(f.sigmoid(x / tau)) - 0.5)
    return logistic_to_hinge(f, f.sigmoid(-beta * (x / tau - quantile)), x)


def quantile_feedback(f, gate, x):
    quantile = f.std(gate) * f.mean(f.sigmoid(-gate))
    quantile = quantile + 0.05 * (f.sigmoid(f.mean(gate)) - quantile)
    return logistic_to_hinge(f, f.sigmoid(0.1 * f.abs(gate - quantile)), x)


@loss("aqfl", rows=2, beta=0.05, tau=0.05)
def aqfl(f, pairs, beta, tau):
    x = beta * pairs.rho
    return quantile_feedback(f, x / tau, x)


@loss("aqfl-generated", rows=2, beta=0.05)
def aqfl_generated(f, pairs, beta):
    return quantile_feedback(f, pairs.rho, beta * pairs.rho)


@loss("aqfl-printed", rows=2, beta=0.05, tau=0.05)
def aqfl_printed(f, pairs, beta, tau):
    """The variance for the standard deviation, and the first quantile inside the sigmoid."""
    x = beta * pairs.rho
    gate = x / tau
    first = f.var(gate) * f.mean(f.sigmoid(-gate))
    second = first + 0.05 * f.sigmoid(f.mean(gate) - first)
    return logistic_to_hinge(f, f.sigmoid(0.1 * f.abs(gate - second)), x)


@loss("padll", beta=0.05)
def padll(f, pairs, beta):
    """0.9 (1 - 0.5 [rho < 0]) times the logistic loss; 0.45 is exactly half of 0.9 in binary too."""
    logistic = f.softplus(-beta * pairs.rho)
    return f.where(pairs.rho < 0, 0.45 * logistic, 0.9 * logistic)


@loss("cell", beta=0.05)
def cell(f, pairs, beta):
    x = beta * pairs.rho
    return 0.5 * f.exp(-x) + 0.5 * f.softplus(-x)


def policy_focused(f, pairs, x):
    return f.where(pairs.policy_chosen > pairs.policy_rejected, f.softplus(-x) / 2, 2 * f.relu(1 - x))


@loss("pfl", beta=0.05)
def pfl(f, pairs, beta):
    return policy_focused(f, pairs, beta * pairs.rho)


@loss("pfl-generated")
def pfl_generated(f, pairs):
    return policy_focused(f, pairs, pairs.rho)


# ---- The candidates in the published log of the discovery run --------------------------------------------------------

@loss("logistic-margin", beta=0.05)
def logistic_margin(f, pairs, beta):
    return f.softplus(-beta * (pairs.rho - 0.1))


@loss("adaptive-margin-logistic", beta=0.05)
def adaptive_margin_logistic(f, pairs, beta):
    margin = f.abs(pairs.policy_margin) - f.abs(pairs.reference_margin)
    return f.softplus(-beta * (pairs.rho - margin))


@loss("combined-logistic-hinge", beta=0.05)
def combined_logistic_hinge(f, pairs, beta):
    x = beta * pairs.rho
    return f.softplus(-x) + f.relu(1 - x)


@loss("scaled-combined-logistic-hinge", beta=0.05)
def scaled_combined_logistic_hinge(f, pairs, beta):
    x = beta * pairs.rho
    return 2 * f.softplus(-x) + 0.5 * f.relu(1 - x)


@loss("annealed-combined-logistic-hinge", beta=0.05)
def annealed_combined_logistic_hinge(f, pairs, beta):
    x = beta * pairs.rho
    return f.sigmoid(-pairs.rho) * f.softplus(-x) + f.sigmoid(pairs.rho) * f.relu(1 - x)


@loss("squared-logistic", beta=0.05)
def squared_logistic(f, pairs, beta):
    return f.softplus(-beta * pairs.rho) ** 2


@loss("focal-logistic", beta=0.05)
def focal_logistic(f, pairs, beta):
    return f.sigmoid(-pairs.rho) ** 2 * f.softplus(-beta * pairs.rho)


@loss("temperature-scaled-logistic", beta=0.05)
def temperature_scaled_logistic(f, pairs, beta):
    return f.softplus(-beta * pairs.rho / 2)


@loss("corrected-label-smoothed-logistic", beta=0.05)
def corrected_label_smoothed_logistic(f, pairs, beta):
    """The mean of two cross-entropies softplus(x) - target * x, with targets 0.9 and 0."""
    x = beta * pairs.rho
    return ((f.softplus(x) - 0.9 * x) + f.softplus(x)) / 2


@loss("decaying-weights-logistic", beta=0.05)
def decaying_weights_logistic(f, pairs, beta):
    """Weights ..., 0.9 ** 2, 0.9, 1 in row order, divided by their sum."""
    weights = 0.9 ** f.countdown(pairs.rho)
    return weights * f.softplus(-beta * pairs.rho) / f.sum(weights)


@loss("hybrid-performance-margin-decay-logistic", beta=0.05)
def hybrid_performance_margin_decay_logistic(f, pairs, beta):
    shifted = pairs.rho - 0.2
    logistic = f.softplus(-beta * shifted)
    return f.where(shifted < 0, 0.45 * logistic, 0.9 * logistic)


@loss("corrected-reinforced-margin-logistic", beta=0.05)
def corrected_reinforced_margin_logistic(f, pairs, beta):
    return f.softplus(-beta * (pairs.chosen + 0.1)) + f.softplus(beta * (pairs.rejected - 0.1))


@loss("certainty-scaled-logistic", beta=0.05)
def certainty_scaled_logistic(f, pairs, beta):
    certainty = (f.abs(pairs.chosen) + f.abs(pairs.rejected)) / 2
    return f.softplus(-beta * pairs.policy_margin) * certainty
