using PreferenceLosses.Expressions;

namespace PreferenceLosses.Losses;

/// <summary>A loss of K ranked or scored responses to a prompt, of which a mask may leave some out.</summary>
public abstract record RankedLoss : PreferenceLoss
{
    /// <summary>A loss with its hyper-parameters at their defaults.</summary>
    /// <param name="name">The catalogue name, in kebab-case.</param>
    /// <param name="parameters">The hyper-parameters; the formula has to contain each of them.</param>
    protected RankedLoss(string name, params ReadOnlySpan<Parameter> parameters)
        : base(name, parameters)
    {
    }

    /// <summary>The largest K that the formula is written for; null if it is for any.</summary>
    protected virtual int? MaximumResponses => null;

    /// <summary>The loss of a prompt as a formula, reduced over its responses.</summary>
    /// <param name="group">The columns of the batch, and what losses are made of.</param>
    protected abstract Expr Formula(ResponseInputs group);

    /// <inheritdoc/>
    protected sealed override LossGraph BuildGraph()
    {
        var formula = Formula(new ResponseInputs());
        CheckParameters([formula]);
        return new LossGraph([formula], rewards: null, maximumResponses: MaximumResponses);
    }
}
