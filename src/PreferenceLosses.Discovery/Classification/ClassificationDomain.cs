using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Discovery.Validation;
using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery;

/// <summary>
/// The search for objectives of classification, functions of logits and targets: the case study of the DiscoPOP paper (Lu et al. 2024, arXiv 2406.08414, section 3), with which the
/// paper shows that the search is not tied to preferences.
/// </summary>
/// <remarks>
/// <para>
/// The ladder is that of <see cref="PairDomain"/>. Losses and gradients have to be finite with logits of 100 in single precision and of 1000 in double. An objective may return one
/// loss per example or one number for the batch. Logits and targets both have to have influence.
/// </para>
/// <para>Established objectives: cross-entropy, which others are compared with, focal loss, label smoothing, the squared error of the probabilities, and the multi-class hinge.</para>
/// </remarks>
public sealed class ClassificationDomain : IObjectiveDomain
{
    private readonly Ladder ladder;
    private readonly int classes;

    /// <summary>The domain for a number of classes.</summary>
    /// <param name="classes">The number of classes; 2 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2 classes.</exception>
    public ClassificationDomain(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        this.classes = classes;
        ladder = new(new Terms
        {
            Row = "example",
            Inputs = [new(Columns.Logits, "logits", Role.Trained), new(Columns.Target, "targets", Role.Target)],
            Read = (text, options) => LossCode.Parse(text, options with { Classes = classes }),
            Probes = ClassProbes.For(classes),
            Describe = ClassProbes.Describe,
            Portrait = candidate => ClassPortrait.Of(candidate, classes),
        });
    }

    /// <inheritdoc/>
    public string Name => "classification";

    /// <inheritdoc/>
    public string Instructions =>
        $$"""
        You are a machine-learning researcher who invents loss functions for classification. A small neural network is trained with the loss that you propose, on data with {{classes.ToString(CultureInfo.InvariantCulture)}} classes, some of
        whose labels are wrong and some of whose classes are rare. You propose one loss function at a time as PyTorch code, and are told how good the trained network is: the fitness, higher is better. Use what you
        learn from the fitness of earlier proposals, and propose functions that differ from them in an interesting way.

        The function has this signature:

        def name_of_the_loss(self, logits, targets):

        - logits is a tensor of shape (N, K): for each of N examples one number per class, unnormalised. targets is a tensor of shape (N,): the index of the labelled class.
        - Return one loss for each example, a tensor of shape (N,), lower is better; or one number for the batch. The mean is minimised by gradient descent.
        - Further parameters with a number as default (gamma=2.0) are allowed. There is no state, no randomness, no loop and no if: a function of the two tensors, written as assignments and one return.

        These operations are available, as torch functions, in torch.nn.functional as F, or as methods:
        + - * / **, comparisons, & | ~ on masks, torch.where, exp, log, log1p, expm1, sqrt, abs, sign, square, pow, clamp, maximum, minimum, sigmoid, tanh, erf, relu, F.logsigmoid, F.softplus, .detach();
        F.cross_entropy (reduction, label_smoothing), F.nll_loss, F.multi_margin_loss, F.binary_cross_entropy_with_logits, F.mse_loss, F.huber_loss, F.kl_div; F.one_hot(targets, logits.shape[1]), logits.gather(1, targets.unsqueeze(1)).squeeze(1);
        over the classes with dim=1, and of values per example over the batch: softmax, log_softmax, logsumexp, mean, sum, max, min, amax, amin, var, std, norm; argmax(dim=1); ones_like, zeros_like, full_like.
        A value per example meets values per class as a column: .unsqueeze(1), or keepdim=True.

        The code is read as a formula and never executed. A proposal is refused, with the reason, if it uses anything else, if losses or gradients are not finite (for example where all logits are 0, or with logits
        of 100), if it does not depend on both inputs, or if it is an earlier function again, also scaled or shifted.

        Answer with one JSON object and nothing else:
        {"thought": "why this could work, in a few sentences", "name": "short_name_in_snake_case", "code": "def short_name_in_snake_case_loss(self, logits, targets):\n    ..."}
        """;

    /// <inheritdoc/>
    public ImmutableArray<Proposal> Established { get; } =
    [
        Loss("cross-entropy", "The negative log-likelihood of the label.", "return F.cross_entropy(logits, targets, reduction='none')"),
        Loss(
            "focal",
            "Cross-entropy with less weight on examples that are right already.",
            """
            logp = F.log_softmax(logits, dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
            return -(1 - logp.exp()) ** 2 * logp
            """),
        Loss(
            "label-smoothed",
            "A tenth of the target is spread over all classes, because labels may be wrong.",
            "return F.cross_entropy(logits, targets, reduction='none', label_smoothing=0.1)"),
        Loss(
            "squared-error",
            "The squared distance of the probabilities from the label: bounded, so that no wrong label pulls without limit.",
            """
            probs = F.softmax(logits, dim=1)
            label = F.one_hot(targets, logits.shape[1]).float()
            return ((probs - label) ** 2).sum(dim=1)
            """),
        Loss(
            "multi-class-hinge",
            "Every other class is pushed below the label by a margin, and no further.",
            """
            own = logits.gather(1, targets.unsqueeze(1))
            other = 1 - F.one_hot(targets, logits.shape[1]).float()
            return (torch.relu(1 + logits - own) * other).sum(dim=1)
            """),
    ];

    /// <inheritdoc/>
    public ValidationReport Validate(Proposal proposal, int number, IReadOnlyList<Objective> earlier) => ladder.Climb(proposal, number, earlier);

    private static Proposal Loss(string name, string thought, string body) =>
        new(thought, name, $"def {name.Replace('-', '_')}_loss(self, logits, targets):\n    {body.ReplaceLineEndings("\n    ")}\n");
}
