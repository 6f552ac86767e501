namespace PreferenceLosses.Losses;

/// <summary>A loss of the catalogue: the loss at its defaults, and what there is to know of it that is no mathematics.</summary>
/// <param name="Loss">The loss at its defaults.</param>
/// <param name="Paper">Where it was published; null for a loss that was not.</param>
/// <param name="Summary">One sentence.</param>
public sealed record LossEntry(PreferenceLoss Loss, Paper? Paper, string Summary)
{
    /// <summary>The catalogue name.</summary>
    public string Name => Loss.Name;

    /// <summary>
    /// The loss of a row as the paper prints it, for readers: x = βρ, c_w and c_l the log-ratios, S softplus. The formula that is
    /// computed is the graph's.
    /// </summary>
    public string Formula { get; init; } = "";

    /// <summary>Other names that lead to this loss and to no other.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What TRL calls it as a <c>loss_type</c>; null where TRL does not have this loss.</summary>
    /// <remarks>
    /// Two have the same preference term in TRL and a likelihood of other scope. <c>cpo</c> averages it over each chosen response, TRL's CPOTrainer
    /// over all chosen tokens of the batch, which <see cref="TrlLosses.FromTrl"/> takes into account. <c>orpo</c> averages it over each chosen
    /// response, TRL's ORPOTrainer over all tokens of prompts and responses, which no column here gives.
    /// </remarks>
    public string? TrlLossType { get; init; }

    /// <summary>The class of TRL that has the <see cref="TrlLossType"/>; null where there is none.</summary>
    public string? TrlTrainer
    {
        get => field ?? (TrlLossType is null ? null : "DPOTrainer");
        init;
    }

    /// <summary>Whether it is a candidate of a discovery run, kept as data rather than recommended.</summary>
    public bool IsCandidate { get; init; }

    /// <summary>
    /// The fitness that the DiscoPOP paper published for exactly this function at β = 0.05: the MT-Bench score of one training
    /// run. Its standard error is about 0.15, larger than most differences between losses.
    /// </summary>
    public double? PublishedFitness { get; init; }
}
