using System.Collections.Immutable;
using PreferenceLosses.Discovery.Validation;
using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery;

/// <summary>
/// The search for losses of preference pairs: functions of the four summed log-probabilities, in nats, with the interface of the DiscoPOP paper (Lu et al. 2024,
/// arXiv 2406.08414, appendix A).
/// </summary>
/// <remarks>
/// <para>
/// A proposal is refused if it is no formula of the vocabulary (rungs <c>syntax</c>, <c>names</c>, <c>shape</c>, <c>inputs</c>), if a log-probability of the policy has no influence (<c>influence</c>), if
/// losses or gradients are not finite on ordinary rows, where the policy is the reference, where it ranks pairs rightly or wrongly by up to 20 nats, where all rows are equal, with
/// |ρ| up to 100 nats in single precision and 1000 in double (<c>finite-…</c>), if one row breaks it (<c>one-row</c>), if its gradient does not say how it changes (<c>gradient</c>), or if it is the
/// same function as an earlier objective, or the same scaled and shifted (<c>duplicate</c>).
/// </para>
/// <para>
/// Everything else is a note: what is not finite farther out, a statistic that needs two rows, two losses per pair, no use of the reference, dependence on the order of rows
/// (<c>order</c>), and what its properties tell: that the first step goes the wrong way, that β is not used (<c>properties</c>).
/// </para>
/// <para>Established losses: logistic (DPO), which others are compared with, hinge (SLiC), IPO and KTO of pairs.</para>
/// </remarks>
public sealed class PairDomain : IObjectiveDomain
{
    private const string Signature = "self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps";

    private readonly Ladder ladder = new(new Terms
    {
        Row = "pair",
        Inputs =
        [
            new(Columns.PolicyChosen, "policy_chosen_logps", Role.Trained),
            new(Columns.PolicyRejected, "policy_rejected_logps", Role.Trained),
            new(Columns.ReferenceChosen, "reference_chosen_logps", Role.Optional),
            new(Columns.ReferenceRejected, "reference_rejected_logps", Role.Optional),
        ],
        Read = LossCode.Parse,
        Probes = PairProbes.All,
        Describe = PairProbes.Describe,
        WithoutOptional = ". That is allowed; without the reference nothing in the loss keeps the policy near where it began.",
        Portrait = PairPortrait.Of,
    });

    /// <inheritdoc/>
    public string Name => "pairs";

    /// <inheritdoc/>
    public string Instructions =>
        $$"""
        You are a machine-learning researcher who invents loss functions for learning from preferences. A language model, the policy, is trained on pairs of completions of one prompt, of
        which people preferred one (chosen) to the other (rejected), without a reward model. You propose one loss function at a time as PyTorch code. It is trained with, and you are told how good the trained
        policy is: the fitness, higher is better. Use what you learn from the fitness of earlier proposals, and propose functions that differ from them in an interesting way.

        The function has this signature:

        def name_of_the_loss({{Signature}}):

        - The four arguments are tensors of shape (N,), one value for each of N pairs: the log-probability in nats, summed over the tokens of the completion, that the trained policy and the frozen
          reference model give to the chosen and to the rejected completion. They are negative, often between -500 and -5. At the start of training the policy equals the reference.
        - self.beta is a float, 0.05 unless it is swept: how strongly the policy is held to the reference. A larger value holds it more. A loss that uses it as in self.beta * rho, with
          rho = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps), can be compared with others over several values of it.
        - Return one loss for each pair: a tensor of shape (N,), lower is better, without the final .mean(). Its mean over the batch is minimised by gradient descent.
        - Further parameters with a number as default (margin=0.1) are allowed. There is no state, no randomness, no loop and no if: a function of the four tensors, written as assignments
          and one return.

        These operations are available, as torch functions, in torch.nn.functional as F, or as methods:
        + - * / **, comparisons, & | ~ on masks, torch.where, exp, log, log1p, expm1, sqrt, abs, sign, square, pow, clamp, maximum, minimum, sigmoid, tanh, atan, erf, sin, cos, relu, F.logsigmoid, F.softplus, F.elu,
        F.leaky_relu, F.silu, F.gelu, F.huber_loss, F.smooth_l1_loss, F.binary_cross_entropy_with_logits, logaddexp, lerp, .detach(); over the batch: mean, sum, var, std, amax, amin, median, quantile, logsumexp, softmax, log_softmax, cumsum,
        sort, argsort; ones_like, zeros_like, full_like, arange.

        The code is read as a formula and never executed. A proposal is refused, with the reason, if it uses anything else, if losses or gradients are not finite (for example where the
        policy equals the reference, where all pairs are equal, or with |rho| of 100), if it does not depend on both log-probabilities of the policy, or if it is an earlier function again, also scaled or shifted.

        Answer with one JSON object and nothing else:
        {"thought": "why this could work, in a few sentences", "name": "short_name_in_snake_case", "code": "def short_name_in_snake_case_loss({{Signature}}):\n    ..."}
        """;

    /// <inheritdoc/>
    public ImmutableArray<Proposal> Established { get; } =
    [
        Loss(
            "logistic",
            "The negative log-likelihood of the preferences in a Bradley-Terry model of implicit rewards (DPO).",
            """
            rho = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)
            return -F.logsigmoid(self.beta * rho)
            """),
        Loss(
            "hinge",
            "Every pair is pushed equally hard until it is ranked correctly by a margin (SLiC).",
            """
            rho = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)
            return torch.relu(1 - self.beta * rho)
            """),
        Loss(
            "ipo",
            "The difference of log-ratios is regressed to a target, so that certain preferences do not drive it to infinity (IPO).",
            """
            rho = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)
            return (rho - 1 / (2 * self.beta)) ** 2
            """),
        Loss(
            "kto-pair",
            "Each completion is compared with how far the policy has moved on the other kind; two losses for each pair, 2N in all (KTO of pairs).",
            """
            chosen_ratio = policy_chosen_logps - reference_chosen_logps
            rejected_ratio = policy_rejected_logps - reference_rejected_logps
            chosen_moved = chosen_ratio.mean().clamp(min=0)
            rejected_moved = rejected_ratio.mean().clamp(min=0)
            chosen_losses = 1 - torch.sigmoid(self.beta * (chosen_ratio - rejected_moved))
            rejected_losses = 1 - torch.sigmoid(self.beta * (chosen_moved - rejected_ratio))
            return torch.cat((chosen_losses, rejected_losses), 0)
            """),
    ];

    /// <inheritdoc/>
    public ValidationReport Validate(Proposal proposal, int number, IReadOnlyList<Objective> earlier) => ladder.Climb(proposal, number, earlier);

    private static Proposal Loss(string name, string thought, string body) =>
        new(thought, name, $"def {name.Replace('-', '_')}_loss({Signature}):\n    {body.ReplaceLineEndings("\n    ")}\n");
}
