using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>What an unpaired loss is a function of; one value per example, in nats.</summary>
public sealed class ExampleInputs
{
    internal ExampleInputs()
    {
    }

    /// <summary>log π(completion).</summary>
    public Expr Policy { get; } = Input(Columns.Policy, Shape.Row, differentiable: true);

    /// <summary>log π_ref(completion).</summary>
    public Expr Reference { get; } = Input(Columns.Reference, Shape.Row, differentiable: true);

    /// <summary>1 for a desirable example, 0 for an undesirable one.</summary>
    public Expr IsDesirable { get; } = Input(Columns.Desirable, Shape.Row, differentiable: false);

    /// <summary>Tokens of the completion.</summary>
    public Expr Length { get; } = Input(Columns.Length, Shape.Row, differentiable: false);

    /// <summary>Score of the completion.</summary>
    public Expr Score { get; } = Input(Columns.Score, Shape.Row, differentiable: false);

    /// <summary>c = log π(completion) − log π_ref(completion).</summary>
    public Expr LogRatio => Named("c", Policy - Reference);
}
