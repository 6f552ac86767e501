namespace PreferenceLosses;

/// <summary>The names of the columns that a batch can have. Log-probabilities are in nats, summed over the completion's tokens.</summary>
public static class Columns
{
    /// <summary>log π(chosen | prompt) of the policy being trained.</summary>
    public const string PolicyChosen = "policy_chosen";

    /// <summary>log π(rejected | prompt) of the policy being trained.</summary>
    public const string PolicyRejected = "policy_rejected";

    /// <summary>log π_ref(chosen | prompt) of the frozen reference.</summary>
    public const string ReferenceChosen = "reference_chosen";

    /// <summary>log π_ref(rejected | prompt) of the frozen reference.</summary>
    public const string ReferenceRejected = "reference_rejected";

    /// <summary>log π(completion | prompt) of unpaired examples, or of K responses per prompt.</summary>
    public const string Policy = "policy";

    /// <summary>log π_ref(completion | prompt) of unpaired examples, or of K responses per prompt.</summary>
    public const string Reference = "reference";

    /// <summary>Number of tokens of the chosen completion.</summary>
    public const string ChosenLength = "chosen_length";

    /// <summary>Number of tokens of the rejected completion.</summary>
    public const string RejectedLength = "rejected_length";

    /// <summary>Number of tokens of unpaired or ranked completions.</summary>
    public const string Length = "length";

    /// <summary>Score that a judge or reward model gave the chosen completion.</summary>
    public const string ChosenScore = "chosen_score";

    /// <summary>Score that a judge or reward model gave the rejected completion.</summary>
    public const string RejectedScore = "rejected_score";

    /// <summary>Score of unpaired or ranked completions.</summary>
    public const string Score = "score";

    /// <summary>By how much the chosen completion is better.</summary>
    public const string Margin = "margin";

    /// <summary>1 for a desirable unpaired example, 0 for an undesirable one.</summary>
    public const string Desirable = "desirable";

    /// <summary>log π(gold response), differentiated: a third response that is learned by its likelihood.</summary>
    public const string PolicyGold = "policy_gold";

    /// <summary>Number of tokens of the gold response.</summary>
    public const string GoldLength = "gold_length";

    /// <summary>Sequential KL divergence along the chosen completion, differentiated.</summary>
    public const string ChosenKl = "chosen_kl";

    /// <summary>Sequential KL divergence along the rejected completion, differentiated.</summary>
    public const string RejectedKl = "rejected_kl";

    /// <summary>Weight of the chosen completion in a loss that is multiplied by two of them; not differentiated.</summary>
    public const string ChosenWeight = "chosen_weight";

    /// <summary>Weight of the rejected completion.</summary>
    public const string RejectedWeight = "rejected_weight";

    /// <summary>Scalar: an estimate of the divergence of the policy from the reference, KTO's baseline.</summary>
    public const string Kl = "kl";

    /// <summary>Scalar: the running mean of rewards, BCO's δ.</summary>
    public const string Shift = "shift";

    /// <summary>Scalar: the running mean of a log-ratio difference.</summary>
    public const string RunningMean = "running_mean";

    /// <summary>Scalar: the running standard deviation of a log-ratio difference.</summary>
    public const string RunningDeviation = "running_deviation";

    /// <summary>Unnormalised log-probabilities of K classes, [rows, K] row-major, differentiated: for objectives of classification.</summary>
    public const string Logits = "logits";

    /// <summary>The index, from 0, of the right one of K classes; [rows].</summary>
    public const string Target = "target";

    /// <summary>Weight of a row; 0 excludes the row from everything.</summary>
    public const string Weight = "weight";

    /// <summary>The columns of log-probabilities: those that gradients are wanted for.</summary>
    public static IReadOnlyList<string> LogProbabilities { get; } =
        [PolicyChosen, PolicyRejected, ReferenceChosen, ReferenceRejected, Policy, Reference];

    /// <summary>The columns with a property of their own in <see cref="PreferenceBatch{T}"/>, but the weight.</summary>
    internal static readonly string[] Known =
    [
        .. LogProbabilities, ChosenLength, RejectedLength, Length, ChosenScore, RejectedScore, Score, Margin, Desirable,
    ];

    /// <summary>Whether <see cref="PreferenceBatch{T}"/> has a property for a column; another goes into <see cref="PreferenceBatch{T}.Other"/>, or if it is one value for the batch into <see cref="PreferenceBatch{T}.Scalars"/>.</summary>
    /// <param name="name">The column's name.</param>
    public static bool HasProperty(string name) => name == Weight || Known.Contains(name);

    /// <summary>Whether a known column may have K values per row.</summary>
    internal static bool MayBePerResponse(int known) => Known[known] is Policy or Reference or Length or Score;

    /// <summary>Whether a known column accepts only some of the finite numbers.</summary>
    internal static bool HasDomain(int known) => Known[known] is ChosenLength or RejectedLength or Length or Desirable;
}
