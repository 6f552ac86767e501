using PreferenceLosses.Expressions;

namespace PreferenceLosses.Losses;

/// <summary>
/// A loss of single examples that are desirable or not. Losses and gradients are in the order of the input, and a batch may
/// hold examples of one kind only.
/// </summary>
public abstract record UnpairedLoss : PreferenceLoss
{
    /// <summary>A loss with its hyper-parameters at their defaults.</summary>
    /// <param name="name">The catalogue name, in kebab-case.</param>
    /// <param name="parameters">The hyper-parameters; the formula has to contain each of them.</param>
    protected UnpairedLoss(string name, params ReadOnlySpan<Parameter> parameters)
        : base(name, parameters)
    {
    }

    /// <summary>The loss of an example as a formula.</summary>
    /// <param name="example">The columns of the batch, and the log-ratio.</param>
    protected abstract Expr Formula(ExampleInputs example);

    /// <inheritdoc/>
    protected sealed override LossGraph BuildGraph()
    {
        var formula = Formula(new ExampleInputs());
        CheckParameters([formula]);
        return new LossGraph([formula], rewards: null);
    }
}
