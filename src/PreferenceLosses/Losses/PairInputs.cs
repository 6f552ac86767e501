using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>What a pairwise loss is a function of, as nodes to write formulas with; one value per pair, in nats.</summary>
public sealed class PairInputs
{
    internal PairInputs()
    {
    }

    /// <summary>log π(chosen).</summary>
    public Expr PolicyChosen { get; } = Input(Columns.PolicyChosen, Shape.Row, differentiable: true);

    /// <summary>log π(rejected).</summary>
    public Expr PolicyRejected { get; } = Input(Columns.PolicyRejected, Shape.Row, differentiable: true);

    /// <summary>log π_ref(chosen).</summary>
    public Expr ReferenceChosen { get; } = Input(Columns.ReferenceChosen, Shape.Row, differentiable: true);

    /// <summary>log π_ref(rejected).</summary>
    public Expr ReferenceRejected { get; } = Input(Columns.ReferenceRejected, Shape.Row, differentiable: true);

    /// <summary>Tokens of the chosen completion.</summary>
    public Expr ChosenLength { get; } = Input(Columns.ChosenLength, Shape.Row, differentiable: false);

    /// <summary>Tokens of the rejected completion.</summary>
    public Expr RejectedLength { get; } = Input(Columns.RejectedLength, Shape.Row, differentiable: false);

    /// <summary>Score of the chosen completion.</summary>
    public Expr ChosenScore { get; } = Input(Columns.ChosenScore, Shape.Row, differentiable: false);

    /// <summary>Score of the rejected completion.</summary>
    public Expr RejectedScore { get; } = Input(Columns.RejectedScore, Shape.Row, differentiable: false);

    /// <summary>By how much the chosen completion is better.</summary>
    public Expr Margin { get; } = Input(Columns.Margin, Shape.Row, differentiable: false);

    /// <summary>c_w = log π(chosen) − log π_ref(chosen).</summary>
    public Expr ChosenLogRatio => Named("c_w", PolicyChosen - ReferenceChosen);

    /// <summary>c_l = log π(rejected) − log π_ref(rejected).</summary>
    public Expr RejectedLogRatio => Named("c_l", PolicyRejected - ReferenceRejected);

    /// <summary>
    /// ρ = c_w − c_l. The log-ratios are taken first: policy and reference are close, so their difference is exact or nearly
    /// so, and ρ is exactly 0 where the policy is the reference.
    /// </summary>
    public Expr LogRatioDifference => Named("ρ", ChosenLogRatio - RejectedLogRatio);

    /// <summary>a_w = log π(chosen) / |chosen|.</summary>
    public Expr ChosenAverage => Named("a_w", PolicyChosen / ChosenLength);

    /// <summary>a_l = log π(rejected) / |rejected|.</summary>
    public Expr RejectedAverage => Named("a_l", PolicyRejected / RejectedLength);

    /// <summary>ρ̄ = c_w / |chosen| − c_l / |rejected|.</summary>
    public Expr AverageLogRatioDifference => Named("ρ̄", (ChosenLogRatio / ChosenLength) - (RejectedLogRatio / RejectedLength));
}
