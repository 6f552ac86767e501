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
from types import SimpleNamespace

# kind: pairs, examples or groups; rows, most: the fewest and the most rows a batch may have; below_zero: whether all log-probabilities of the
# policy have to be below 0
Loss = namedtuple("Loss", "function defaults rows most kind below_zero")
LOSSES = {}


def loss(name, rows=1, most=1000, kind="pairs", below_zero=False, **defaults):
    """Registers a loss with its default parameters; an underscore ends the names that Python has taken (lambda_)."""
    def register(function):
        def call(f, batch, **parameters):
            return function(f, batch, **{"lambda_" if name == "lambda" else name: value for name, value in parameters.items()})
        LOSSES[name] = Loss(call, {key.rstrip("_"): value for key, value in defaults.items()}, rows, most, kind, below_zero)
        return function
    return register


class Pairs(SimpleNamespace):
    """The columns of pairs as attributes, with what losses are made of."""

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

    @property
    def chosen_average(self):
        return self.policy_chosen / self.chosen_length

    @property
    def rejected_average(self):
        return self.policy_rejected / self.rejected_length

    @property
    def average_rho(self):
        return self.chosen / self.chosen_length - self.rejected / self.rejected_length


class Examples(SimpleNamespace):
    """Unpaired examples: policy, reference, desirable (1 or 0)."""

    @property
    def ratio(self):
        return self.policy - self.reference


class Group(SimpleNamespace):
    """The responses to one prompt: policy, reference, length, score."""

    @property
    def ratio(self):
        return self.policy - self.reference


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


@loss("decaying-weights-logistic", most=20, beta=0.05)    # 0.9 ** 47 in single precision is mostly the rounding of 0.9
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


# ---- Pairs with a reference ------------------------------------------------------------------------------------------

def smoothed(f, share, z):
    """Cross-entropy of sigmoid(z) with a label that is wrong with probability `share`."""
    return (1 - share) * f.softplus(-z) + share * f.softplus(z)


@loss("cdpo", beta=0.1, label_smoothing=0.1)
def cdpo(f, pairs, beta, label_smoothing):
    return smoothed(f, label_smoothing, beta * pairs.rho)


@loss("robust", beta=0.1, label_smoothing=0.1)
def robust(f, pairs, beta, label_smoothing):
    x = beta * pairs.rho
    return ((1 - label_smoothing) * f.softplus(-x) - label_smoothing * f.softplus(x)) / (1 - 2 * label_smoothing)


@loss("ipo-averaged", beta=0.1)
def ipo_averaged(f, pairs, beta):
    return (pairs.average_rho - 1 / (2 * beta)) ** 2


@loss("sigmoid-norm", beta=0.1)
def sigmoid_norm(f, pairs, beta):
    return f.softplus(-beta * pairs.average_rho)


@loss("exo-pair", beta=0.1, label_smoothing=0.001)
def exo_pair(f, pairs, beta, label_smoothing):
    x = beta * pairs.rho
    chosen = f.sigmoid(x) * (-f.softplus(-x) - f.scalar_log(1 - label_smoothing))
    return chosen + f.sigmoid(-x) * (-f.softplus(x) - f.scalar_log(label_smoothing))


@loss("nca-pair", beta=0.1)
def nca_pair(f, pairs, beta):
    chosen, rejected = beta * pairs.chosen, beta * pairs.rejected
    return f.softplus(-chosen) + f.softplus(chosen) / 2 + f.softplus(rejected) / 2


@loss("bco-pair", beta=0.1)
def bco_pair(f, pairs, beta):
    return f.softplus(-beta * pairs.chosen) + f.softplus(beta * pairs.rejected)


@loss("bco-pair-shifted", beta=0.1)
def bco_pair_shifted(f, pairs, beta):
    return f.softplus(pairs.shift - beta * pairs.chosen) + f.softplus(beta * pairs.rejected - pairs.shift)


@loss("sppo-hard", beta=0.1)
def sppo_hard(f, pairs, beta):
    return (pairs.chosen - 1 / (2 * beta)) ** 2 + (pairs.rejected + 1 / (2 * beta)) ** 2


@loss("sppo", beta=0.1)
def sppo(f, pairs, beta):
    """The scores are probabilities of winning."""
    return ((pairs.chosen - (pairs.chosen_score - 0.5) / beta) ** 2
            + (pairs.rejected - (pairs.rejected_score - 0.5) / beta) ** 2)


def transported(f, first, second, beta, share):
    """Both sorted, compared place by place, and put back to where the first ones were."""
    order = f.order(first)
    back = [order.index(i) for i in range(len(order))]
    difference = f.take(first, order) - f.take(second, f.order(second))
    return f.take(smoothed(f, share, beta * difference), back)


@loss("aot", beta=0.1, label_smoothing=0.0)
def aot(f, pairs, beta, label_smoothing):
    return transported(f, pairs.policy_margin, pairs.reference_margin, beta, label_smoothing)


@loss("aot-unpaired", beta=0.1, label_smoothing=0.0)
def aot_unpaired(f, pairs, beta, label_smoothing):
    return transported(f, pairs.chosen, pairs.rejected, beta, label_smoothing)


@loss("apo-zero", beta=0.1)
def apo_zero(f, pairs, beta):
    return f.sigmoid(-beta * pairs.chosen) + f.sigmoid(beta * pairs.rejected)


@loss("apo-down", beta=0.1)
def apo_down(f, pairs, beta):
    return f.sigmoid(beta * pairs.chosen) + f.sigmoid(-beta * pairs.rho)


@loss("odpo", beta=0.1)
def odpo(f, pairs, beta):
    return f.softplus(pairs.margin - beta * pairs.rho)


@loss("r-dpo", beta=0.1, alpha=0.01)
def r_dpo(f, pairs, beta, alpha):
    return f.softplus(-(beta * pairs.rho + alpha * (pairs.chosen_length - pairs.rejected_length)))


@loss("dpop", beta=0.1, lambda_=50.0)
def dpop(f, pairs, beta, lambda_):
    return f.softplus(-beta * (pairs.rho - lambda_ * f.relu(-pairs.chosen)))


@loss("dpo-shift", beta=0.1, lambda_=0.75)
def dpo_shift(f, pairs, beta, lambda_):
    return f.softplus(-beta * (pairs.chosen - lambda_ * pairs.rejected))


@loss("cal-dpo", beta=0.1)
def cal_dpo(f, pairs, beta):
    target = 1 / (2 * beta)
    return f.softplus(-pairs.rho) + ((pairs.chosen - target) ** 2 + (pairs.rejected + target) ** 2) / 2


@loss("chi-po", beta=0.1, reward_bound=1.0)
def chi_po(f, pairs, beta, reward_bound):
    """phi(u) = u + log u of the two probability ratios."""
    z = beta * (f.exp(pairs.chosen) + pairs.chosen - f.exp(pairs.rejected) - pairs.rejected)
    return f.softplus(-f.clamp(z, -2 * reward_bound, 2 * reward_bound))


@loss("aipo", beta=0.1, alpha=0.2, lambda_=0.05, gamma=0.0, label_smoothing=0.0)
def aipo(f, pairs, beta, alpha, lambda_, gamma, label_smoothing):
    z = beta * (pairs.policy_margin - (1 + alpha) * pairs.reference_margin - gamma)
    return smoothed(f, label_smoothing, z) - lambda_ * pairs.chosen_average


@loss("gpo-squared", beta=0.1)
def gpo_squared(f, pairs, beta):
    return (beta * pairs.rho - 1) ** 2


@loss("gpo-truncated-quadratic", beta=0.1)
def gpo_truncated_quadratic(f, pairs, beta):
    return f.relu(1 - beta * pairs.rho) ** 2


@loss("gpo-savage", beta=0.1)
def gpo_savage(f, pairs, beta):
    return f.sigmoid(-beta * pairs.rho) ** 2


@loss("f-dpo-forward-kl", beta=0.1)
def f_dpo_forward_kl(f, pairs, beta):
    return f.softplus(-beta * (f.exp(-pairs.rejected) - f.exp(-pairs.chosen)))


@loss("f-dpo-js", beta=0.1)
def f_dpo_js(f, pairs, beta):
    return f.softplus(-beta * (f.softplus(-pairs.rejected) - f.softplus(-pairs.chosen)))


@loss("f-dpo-alpha", beta=0.1, alpha=0.5)
def f_dpo_alpha(f, pairs, beta, alpha):
    power = alpha - 1
    return f.softplus(-beta * (f.exp(power * pairs.chosen) - f.exp(power * pairs.rejected)) / power)


@loss("beta-dpo", beta=0.1, alpha=0.6)
def beta_dpo(f, pairs, beta, alpha):
    current = beta * (1 + alpha * (f.detach(f.mean(pairs.rho)) - pairs.running_mean))
    return f.softplus(-f.clamp_min(current, 0.001) * pairs.rho)


@loss("alpha-dpo", beta=0.1, alpha=0.05, gamma=0.5)
def alpha_dpo(f, pairs, beta, alpha, gamma):
    margin = f.detach(gamma / beta + alpha * (pairs.average_rho - pairs.running_mean) / pairs.running_deviation)
    return f.softplus(-beta * (pairs.chosen_average - pairs.rejected_average - margin))


@loss("tdpo1", beta=0.1)
def tdpo1(f, pairs, beta):
    return f.softplus(-beta * (pairs.rho - (pairs.rejected_kl - pairs.chosen_kl)))


@loss("tdpo2", beta=0.1, alpha=0.5)
def tdpo2(f, pairs, beta, alpha):
    return f.softplus(-beta * (pairs.rho - alpha * (pairs.rejected_kl - f.detach(pairs.chosen_kl))))


# ---- Pairs without a reference ---------------------------------------------------------------------------------------

@loss("cpo", beta=0.1, alpha=1.0, label_smoothing=0.0)
def cpo(f, pairs, beta, alpha, label_smoothing):
    return smoothed(f, label_smoothing, beta * pairs.policy_margin) - alpha * pairs.chosen_average


@loss("simpo", beta=0.1, gamma=0.5)
def simpo(f, pairs, beta, gamma):
    return f.softplus(gamma - beta * (pairs.chosen_average - pairs.rejected_average))


@loss("alphapo", beta=0.1, alpha=0.25, gamma=0.1)
def alphapo(f, pairs, beta, alpha, gamma):
    """The reward of an average probability p is (1 - p ** -alpha) / alpha."""
    chosen, rejected = ((1 - f.exp(-alpha * average)) / alpha for average in (pairs.chosen_average, pairs.rejected_average))
    return f.softplus(gamma - beta * (chosen - rejected))


@loss("orpo", below_zero=True, lambda_=0.1)
def orpo(f, pairs, lambda_):
    chosen, rejected = pairs.chosen_average, pairs.rejected_average
    odds = (chosen - f.log1m(f.exp(chosen))) - (rejected - f.log1m(f.exp(rejected)))
    return lambda_ * f.softplus(-odds) - chosen


@loss("slic-hf", delta=1.0, lambda_=0.1)
def slic_hf(f, pairs, delta, lambda_):
    return f.relu(delta - pairs.policy_margin) - lambda_ * pairs.policy_chosen


@loss("tpo", beta=0.1, alpha=1.0)
def tpo(f, pairs, beta, alpha):
    return f.softplus(-beta * pairs.policy_margin) - alpha * pairs.policy_gold / f.mean(pairs.gold_length)


@loss("tpo-l", beta=0.1, alpha=1.0, gamma=0.5)
def tpo_l(f, pairs, beta, alpha, gamma):
    return simpo(f, pairs, beta, gamma) - alpha * pairs.policy_gold / f.mean(pairs.gold_length)


@loss("nll")
def nll(f, pairs):
    return -1 * pairs.chosen_average


@loss("sft")
def sft(f, pairs):
    return -1 * pairs.policy_chosen / f.mean(pairs.chosen_length)


# ---- Unpaired examples -----------------------------------------------------------------------------------------------

@loss("kto", kind="examples", beta=0.1, desirable_weight=1.0, undesirable_weight=1.0)
def kto(f, examples, beta, desirable_weight, undesirable_weight):
    z = beta * (examples.ratio - max(0, examples.kl))
    return (examples.desirable * (desirable_weight * f.sigmoid(-z))
            + (1 - examples.desirable) * (undesirable_weight * f.sigmoid(z)))


@loss("bco", kind="examples", beta=0.1)
def bco(f, examples, beta):
    z = beta * examples.ratio - examples.shift
    return examples.desirable * f.softplus(-z) + (1 - examples.desirable) * f.softplus(z)


@loss("apo-zero-unpaired", kind="examples", beta=0.1)
def apo_zero_unpaired(f, examples, beta):
    z = beta * examples.ratio
    return examples.desirable * f.sigmoid(-z) + (1 - examples.desirable) * f.sigmoid(z)


# ---- Groups of responses: one number for a group ---------------------------------------------------------------------

def softmax(f, u):
    return f.exp(u - f.logsumexp(u))


@loss("plackett-luce", kind="groups", beta=0.1)
def plackett_luce(f, group, beta):
    rewards = beta * group.ratio
    count = len(f.order(rewards))
    terms = [f.logsumexp(f.take(rewards, list(range(k, count)))) - f.take(rewards, [k]) for k in range(count)]
    return f.sum(f.cat(terms))


@loss("info-nca", kind="groups", beta=0.1, temperature=1.0)
def info_nca(f, group, beta, temperature):
    rewards = beta * group.ratio
    return -1 * f.sum(softmax(f, group.score / temperature) * (rewards - f.logsumexp(rewards)))


@loss("nca", kind="groups", beta=0.1, temperature=1.0)
def nca(f, group, beta, temperature):
    rewards = beta * group.ratio
    return f.sum(softmax(f, group.score / temperature) * f.softplus(-rewards)) + f.mean(f.softplus(rewards))


@loss("exo", kind="groups", beta=0.1, reward_beta=1.0)
def exo(f, group, beta, reward_beta):
    rewards, wanted = beta * group.ratio, group.score / reward_beta
    log_policy, log_wanted = rewards - f.logsumexp(rewards), wanted - f.logsumexp(wanted)
    return f.sum(f.exp(log_policy) * (log_policy - log_wanted))


@loss("pro", kind="groups", lambda_=0.05)
def pro(f, group, lambda_):
    best_first = f.order(-1 * group.score)
    average, score, policy = (f.take(u, best_first) for u in (group.policy / group.length, group.score, group.policy))
    terms, last = [], len(best_first) - 1
    for k in range(last + 1):
        own = f.take(average, [k]) * (f.take(score, [k]) - f.take(score, [last]))
        worse = [f.take(average, [j]) * (f.take(score, [k]) - f.take(score, [j])) for j in range(k + 1, last + 1)]
        terms.append(f.logsumexp(f.cat([own, *worse])) - own)
    return f.sum(f.cat(terms)) - lambda_ * last ** 2 * f.take(policy, [0])


@loss("rrhf", kind="groups", rank_weight=100.0, length_penalty=1.0)
def rrhf(f, group, rank_weight, length_penalty):
    normalized = group.policy / group.length ** length_penalty
    scores = f.numbers(group.score)
    terms = [f.relu(f.take(normalized, [i]) - f.take(normalized, [j]))
             for i in range(len(scores)) for j in range(len(scores)) if scores[i] < scores[j]]
    best = scores.index(max(scores))
    likelihood = f.take(group.policy / group.length, [best])
    return (rank_weight * f.sum(f.cat(terms)) if terms else 0) - f.sum(likelihood)
