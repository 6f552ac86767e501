namespace PreferenceLosses.Losses;

/// <summary>A trainer of TRL: the same <c>loss_type</c> is another loss in another trainer.</summary>
public enum TrlTrainer
{
    /// <summary>DPOTrainer.</summary>
    Dpo,

    /// <summary>CPOTrainer, which has SimPO and AlphaPO too.</summary>
    Cpo,

    /// <summary>TPOTrainer.</summary>
    Tpo,

    /// <summary>KTOTrainer.</summary>
    Kto,

    /// <summary>BCOTrainer.</summary>
    Bco,

    /// <summary>ORPOTrainer.</summary>
    Orpo,
}

/// <summary>
/// What a TRL configuration says about the loss, under TRL's names. What is left null has TRL's default. What is set and
/// makes no difference to the loss that is chosen, or makes one that is not available here, is refused by
/// <see cref="TrlLosses.FromTrl"/>.
/// </summary>
public sealed record TrlConfig
{
    /// <summary>The trainer that the configuration is for.</summary>
    public TrlTrainer Trainer { get; init; }

    /// <summary><c>loss_type</c>: one name or several, in DPOTrainer; null for the trainer's default.</summary>
    public IReadOnlyList<string>? LossTypes { get; init; }

    /// <summary><c>loss_weights</c>: one for each loss type; null for 1 each.</summary>
    public IReadOnlyList<double>? LossWeights { get; init; }

    /// <summary><c>beta</c>; by default 0.1, and 0.01 in TPOTrainer.</summary>
    public double? Beta { get; init; }

    /// <summary>
    /// <c>label_smoothing</c>; by default 0. With DPOTrainer's <c>sigmoid</c> alone it gives <see cref="CdpoLoss"/>, which TRL computed before 0.29.
    /// </summary>
    public double? LabelSmoothing { get; init; }

    /// <summary><c>discopop_tau</c>; by default 0.05.</summary>
    public double? DiscoPopTau { get; init; }

    /// <summary><c>f_divergence_type</c>: reverse_kl (the default), forward_kl, js_divergence or alpha_divergence.</summary>
    public string? FDivergenceType { get; init; }

    /// <summary><c>f_alpha_divergence_coef</c>, from 0 to 1; by default 0.5. 1 is the reverse KL divergence.</summary>
    public double? FAlpha { get; init; }

    /// <summary><c>ld_alpha</c>: refused, as it changes how columns are summed; see <see cref="LengthDesensitization"/>.</summary>
    public double? LdAlpha { get; init; }

    /// <summary><c>rpo_alpha</c>, which TRL has removed: refused.</summary>
    public double? RpoAlpha { get; init; }

    /// <summary><c>reference_free</c>: a uniform reference. DPOTrainer had it before TRL 0.29, and has no such option now.</summary>
    public bool ReferenceFree { get; init; }

    /// <summary>
    /// <c>use_weighting</c>: WPO; the loss then reads <c>chosen_weight</c> and <c>rejected_weight</c>. Refused with <c>sft</c>.
    /// </summary>
    public bool UseWeighting { get; init; }

    /// <summary>CPOTrainer's <c>cpo_alpha</c>: the weight of the likelihood; by default 1.</summary>
    public double? CpoAlpha { get; init; }

    /// <summary>CPOTrainer's <c>simpo_gamma</c>; by default 0.5.</summary>
    public double? SimPoGamma { get; init; }

    /// <summary>CPOTrainer's <c>alpha</c>, the shape of AlphaPO's reward; by default 0, which is SimPO. Of other loss types only 0 is available.</summary>
    public double? Alpha { get; init; }

    /// <summary>TPOTrainer's <c>tpo_alpha</c>: the weight of the gold responses' likelihood; by default 1. At 0 the loss reads no gold columns.</summary>
    public double? TpoAlpha { get; init; }

    /// <summary>TPOTrainer's <c>tpo_l_gamma</c>; by default 0.5.</summary>
    public double? TpoLengthGamma { get; init; }

    /// <summary>KTOTrainer's <c>desirable_weight</c>; by default 1, which alone is available for <c>apo_zero_unpaired</c>.</summary>
    public double? DesirableWeight { get; init; }

    /// <summary>KTOTrainer's <c>undesirable_weight</c>; by default 1, which alone is available for <c>apo_zero_unpaired</c>.</summary>
    public double? UndesirableWeight { get; init; }
}
