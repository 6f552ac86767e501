using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Token-level DPO, first form: DPO with the difference of sequential KL divergences.</summary>
/// <remarks>
/// <para>ℓ = S(−β(ρ − (K_l − K_w))).</para>
/// <para>
/// K_w and K_l are the columns <c>chosen_kl</c> and <c>rejected_kl</c>: the KL divergence of reference from policy at
/// each position, summed over the response's positions. Their producer needs the logits of both models, and continues the
/// gradients.
/// </para>
/// <para>Zeng et al. 2024, arXiv 2404.11999.</para>
/// </remarks>
public sealed record Tdpo1Loss() : PairLoss("tdpo1", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");

    internal static LossEntry Entry { get; } = new(
        new Tdpo1Loss(),
        new Paper("Token-level Direct Preference Optimization", "2404.11999", ""),
        "DPO with the difference of the sequential KL divergences.")
    {
        Formula = "S(−β(ρ − (K_l − K_w)))",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var divergence = Named("δ", Tdpo2Loss.RejectedDivergence - Tdpo2Loss.ChosenDivergence);
        return Softplus(-(β * (pair.LogRatioDifference - divergence)));
    }
}

/// <summary>Token-level DPO, second form: the divergence of the chosen response is a baseline without gradient.</summary>
/// <remarks>
/// <para>ℓ = S(−β(ρ − α(K_l − sg[K_w]))).</para>
/// <para>
/// K_w and K_l are the columns <c>chosen_kl</c> and <c>rejected_kl</c>: the KL divergence of reference from policy at
/// each position, summed over the response's positions. Their producer needs the logits of both models, and continues the
/// gradients.
/// </para>
/// <para>Zeng et al. 2024, arXiv 2404.11999.</para>
/// </remarks>
public sealed record Tdpo2Loss() : PairLoss("tdpo2", β, α)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");
    private static readonly Parameter α = new("alpha", "α", 0.5, Bounds.NonNegative, "The paper uses 0.5; 0 is DPO.");

    internal static LossEntry Entry { get; } = new(
        new Tdpo2Loss(),
        new Paper("Token-level Direct Preference Optimization", "2404.11999", ""),
        "Token-level DPO with a detached baseline and a weight.")
    {
        Formula = "S(−β(ρ − α(K_l − sg[K_w])))",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>α: the weight of the divergences; 0 or greater.</summary>
    /// <value>The default value is 0.5.</value>
    public double Alpha { get => this[α]; init => this[α] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var divergence = Named("δ", RejectedDivergence - StopGradient(ChosenDivergence));
        return Softplus(-(β * (pair.LogRatioDifference - (α * divergence))));
    }

    internal static Expr ChosenDivergence => Named("K_w", Input(Columns.ChosenKl, Shape.Row, differentiable: true));

    internal static Expr RejectedDivergence => Named("K_l", Input(Columns.RejectedKl, Shape.Row, differentiable: true));
}
