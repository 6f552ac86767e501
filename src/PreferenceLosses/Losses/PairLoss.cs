using PreferenceLosses.Expressions;

namespace PreferenceLosses.Losses;

/// <summary>A loss of pairs of a chosen and a rejected completion. A loss of your own derives from this, or is made with <see cref="Define"/>.</summary>
/// <example>
/// <code>
/// public sealed record SquaredHingeLoss() : PairLoss("squared-hinge", β)
/// {
///     private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "");
///     public double Beta { get => this[β]; init => this[β] = value; }
///     protected override LossOutput Formula(PairInputs pair) => Square(Relu(1 - (β * pair.LogRatioDifference)));
/// }
/// </code>
/// </example>
public abstract record PairLoss : PreferenceLoss
{
    /// <summary>A loss with its hyper-parameters at their defaults.</summary>
    /// <param name="name">The catalogue name, in kebab-case.</param>
    /// <param name="parameters">The hyper-parameters; the formula has to contain each of them.</param>
    protected PairLoss(string name, params ReadOnlySpan<Parameter> parameters)
        : base(name, parameters)
    {
    }

    /// <summary>A loss from a formula alone, without a type of its own.</summary>
    /// <param name="name">A name, in kebab-case.</param>
    /// <param name="parameters">The hyper-parameters; the formula has to contain each of them.</param>
    /// <param name="formula">The formula; called once for each instance.</param>
    public static PairLoss Define(string name, ReadOnlySpan<Parameter> parameters, Func<PairInputs, LossOutput> formula)
    {
        ArgumentNullException.ThrowIfNull(formula);
        return new DefinedPairLoss(name, parameters, formula);
    }

    /// <summary>The loss of a pair as a formula. It receives nodes: hyper-parameters enter as their <see cref="Parameter"/>, never as numbers.</summary>
    /// <param name="pair">The columns of the batch, and the differences that losses are made of.</param>
    protected abstract LossOutput Formula(PairInputs pair);

    /// <summary>
    /// What the loss implies that each response is worth. By default β times the log-ratio to the reference, with β = 1 where
    /// the loss has no <c>beta</c>; without a reference, the policy's log-probability takes the place of the log-ratio.
    /// </summary>
    /// <param name="pair">The columns of the batch.</param>
    /// <param name="usesReference">Whether the formula reads the reference's log-probabilities.</param>
    protected virtual ImplicitRewards Rewards(PairInputs pair, bool usesReference)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return DefaultRewards(pair, Parameters.Select(bound => bound.Parameter).FirstOrDefault(p => p.Name == "beta"), usesReference);
    }

    internal static ImplicitRewards DefaultRewards(PairInputs pair, Parameter? beta, bool usesReference)
    {
        Expr Scaled(Expr logRatio) => beta is null ? logRatio : beta * logRatio;
        return usesReference
            ? new(Scaled(pair.ChosenLogRatio), Scaled(pair.RejectedLogRatio))
            : new(Scaled(pair.PolicyChosen), Scaled(pair.PolicyRejected));
    }

    /// <inheritdoc/>
    protected sealed override LossGraph BuildGraph()
    {
        var pair = new PairInputs();
        var losses = Formula(pair).Formulas;
        if (losses.IsDefault)
        {
            throw new InvalidOperationException($"The formula of '{Name}' gave nothing.");
        }

        CheckParameters(losses);
        var usesReference = NodeOrder.Of(losses).Any(n => n is { Operation: Operation.Input, Name: Columns.ReferenceChosen or Columns.ReferenceRejected });
        return new LossGraph(losses, Rewards(pair, usesReference));
    }

    /// <summary>A loss made with <see cref="Define"/>.</summary>
    private sealed record DefinedPairLoss : PairLoss
    {
        private readonly Func<PairInputs, LossOutput> formula;

        public DefinedPairLoss(string name, ReadOnlySpan<Parameter> parameters, Func<PairInputs, LossOutput> formula)
            : base(name, parameters) => this.formula = formula;

        protected override LossOutput Formula(PairInputs pair) => formula(pair);
    }
}
