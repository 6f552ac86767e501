using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Losses;

/// <summary>What a formula gives: one value per pair, or two for a 2B loss. Made from a formula or from two in parentheses.</summary>
public readonly struct LossOutput
{
    private LossOutput(ImmutableArray<Expr> formulas) => Formulas = formulas;

    /// <summary>The formulas, one or two.</summary>
    public ImmutableArray<Expr> Formulas { get; }

    /// <summary>One value per pair.</summary>
    /// <param name="loss">The formula.</param>
    public static implicit operator LossOutput(Expr loss) => new([loss]);

    /// <summary>Two values per pair.</summary>
    /// <param name="losses">The formula of the chosen and of the rejected half.</param>
    public static implicit operator LossOutput((Expr Chosen, Expr Rejected) losses) => new([losses.Chosen, losses.Rejected]);
}
