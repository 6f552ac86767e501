using PreferenceLosses.Expressions;

namespace PreferenceLosses.Losses;

/// <summary>A loss that is its graph: what was read from data, and has no type of its own. Equal if name, values and formulas are.</summary>
internal sealed record FormulaLoss : PreferenceLoss
{
    private readonly LossGraph formulas;

    /// <summary>A loss with its hyper-parameters at their defaults.</summary>
    /// <param name="name">A name, in kebab-case.</param>
    /// <param name="parameters">The hyper-parameters, among them all that the formulas contain.</param>
    /// <param name="formulas">The formulas.</param>
    /// <exception cref="ArgumentException">The formulas contain a hyper-parameter that is not declared.</exception>
    public FormulaLoss(string name, ReadOnlySpan<Parameter> parameters, LossGraph formulas)
        : base(name, parameters)
    {
        this.formulas = formulas;
        foreach (var parameter in formulas.Parameters)
        {
            if (!parameters.Contains(parameter))
            {
                throw new ArgumentException($"The formula of '{name}' contains the parameter '{parameter.Name}', which the loss does not declare.", nameof(parameters));
            }
        }
    }

    /// <inheritdoc/>
    public bool Equals(FormulaLoss? other) => base.Equals(other) && formulas.Key == other.formulas.Key;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), formulas.Key);

    /// <inheritdoc/>
    protected override LossGraph BuildGraph() => formulas;
}
