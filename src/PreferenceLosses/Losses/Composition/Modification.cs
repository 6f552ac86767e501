namespace PreferenceLosses.Losses;

/// <summary>What can be done to a loss of pairs; not every modification makes sense for every loss, and then it is refused.</summary>
public enum Modification
{
    /// <summary>(1 − ε) ℓ(ρ) + ε ℓ(−ρ): a share ε of the labels is expected to be exchanged.</summary>
    LabelSmoothing,

    /// <summary>ρ becomes c_w/|y_w| − c_l/|y_l|.</summary>
    LengthNormalization,

    /// <summary>ρ becomes e^(−c_l) − e^(−c_w): the forward KL divergence holds the policy to the reference.</summary>
    ForwardKl,

    /// <summary>ρ becomes ln σ(c_w) − ln σ(c_l): the Jensen–Shannon divergence.</summary>
    JensenShannon,

    /// <summary>ρ becomes (e^(−(1−α)c_l) − e^(−(1−α)c_w)) / (1 − α): an α-divergence.</summary>
    AlphaDivergence,

    /// <summary>The reference's log-probabilities become 0: a uniform reference.</summary>
    ReferenceFree,

    /// <summary>ℓ is multiplied by the columns <c>chosen_weight</c> and <c>rejected_weight</c>, which are not differentiated: WPO.</summary>
    PairWeights,
}
