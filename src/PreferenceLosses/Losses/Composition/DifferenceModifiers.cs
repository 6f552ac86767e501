namespace PreferenceLosses.Losses;

/// <summary>
/// Modifications of losses. Each is checked when the loss is made: where it makes no sense an <see cref="ArgumentException"/> says why.
/// <code>var loss = new SlicLoss().With(Modification.ForwardKl).WithLabelSmoothing(0.1);</code>
/// </summary>
public static class DifferenceModifiers
{
    /// <summary>
    /// A modified loss. Divergences and length normalisation put something else in the place of ρ = c_w − c_l, so the loss has to be a function
    /// of ρ alone: where log-ratios enter by themselves, the partition function does not cancel. Label smoothing needs a
    /// function of ρ that depends on its own pair alone and has no smoothing yet. Pair weights are refused where rows are matched by rank (AOT).
    /// </summary>
    /// <param name="loss">The loss.</param>
    /// <param name="modification">What to do to it; the parameter that it brings along is at its default.</param>
    /// <exception cref="ArgumentException">The modification makes no sense for this loss, which the message explains.</exception>
    public static ModifiedLoss With(this PreferenceLoss loss, Modification modification)
    {
        ArgumentNullException.ThrowIfNull(loss);
        var own = ModifiedLoss.OwnOf(modification).Select(bound => bound.Parameter.Name!).FirstOrDefault();
        if (own is not null && loss.Parameters.Any(bound => bound.Parameter.Name!.EndsWith(own, StringComparison.Ordinal)))
        {
            throw new ArgumentException($"'{ModifiedLoss.NameOf(modification)}' is refused for '{loss.Name}': it has the parameter '{own}' already.", nameof(loss));
        }

        return new ModifiedLoss(loss, modification);
    }

    /// <summary>(1 − ε) ℓ(ρ) + ε ℓ(−ρ).</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="share">ε, from 0 to below 0.5.</param>
    /// <exception cref="ArgumentException">Label smoothing makes no sense for this loss, or the share is not accepted.</exception>
    public static PreferenceLoss WithLabelSmoothing(this PreferenceLoss loss, double share) =>
        loss.With(Modification.LabelSmoothing).With("label_smoothing", share);

    /// <summary>The loss regularised by an α-divergence.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="alpha">α, from 0 (forward KL) to below 1.</param>
    /// <exception cref="ArgumentException">The loss is not one of ρ alone, or α is not accepted.</exception>
    public static PreferenceLoss WithAlphaDivergence(this PreferenceLoss loss, double alpha) =>
        loss.With(Modification.AlphaDivergence).With("f_alpha", alpha);
}
