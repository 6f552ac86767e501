namespace PreferenceLosses.Expressions;

/// <summary>The closed set of things a node of a formula can be. Every pass over formulas is a switch over this list.</summary>
/// <remarks>
/// Conventions at kinks and ties are PyTorch's. Their derivatives are in one place too: <c>DerivativeRules</c>.
/// Comparisons give 1 or 0, so they can be multiplied, averaged and selected on; there is no separate Boolean type.
/// </remarks>
public enum Operation
{
    // Leaves ---------------------------------------------------------------------------------------------------

    /// <summary>A number.</summary>
    Constant,
    /// <summary>A hyper-parameter, bound when the formula is evaluated.</summary>
    Parameter,
    /// <summary>A named column (or a named scalar) of the batch.</summary>
    Input,
    /// <summary>Scalar: the number of rows that take part (those whose weight is not 0).</summary>
    BatchSize,
    /// <summary>Row: 0, 1, … in the order of the rows that take part.</summary>
    RowIndex,
    /// <summary>Row: the number of valid responses.</summary>
    ResponseCount,
    /// <summary>Responses: 0, 1, … K−1.</summary>
    ResponseIndex,

    // Wrappers: the value of the operand, with a meaning attached ----------------------------------------------

    /// <summary>A named sub-expression (ρ, x): kept through differentiation so that a person recognises the formula.</summary>
    Named,
    /// <summary>The operand's value, with no gradient.</summary>
    StopGradient,
    /// <summary>The operand repeated to a larger shape.</summary>
    Broadcast,

    // Elementwise, one operand ---------------------------------------------------------------------------------

    /// <summary>−x.</summary>
    Negate,
    /// <summary>|x|; derivative 0 at 0.</summary>
    Abs,
    /// <summary>−1, 0 or 1; 0 for NaN, as in PyTorch.</summary>
    Sign,
    /// <summary>max(x, 0); derivative 0 at 0.</summary>
    Relu,
    /// <summary>√x.</summary>
    Sqrt,
    /// <summary>e^x.</summary>
    Exp,
    /// <summary>e^x − 1, accurate near 0.</summary>
    Expm1,
    /// <summary>ln x.</summary>
    Log,
    /// <summary>ln(1 + x), accurate near 0.</summary>
    Log1p,
    /// <summary>ln(1 − e^x) for x ≤ 0, accurate near 0 and for very negative x.</summary>
    Log1mExp,
    /// <summary>1 / (1 + e^(−x)), accurate in both tails.</summary>
    Sigmoid,
    /// <summary>ln σ(x) = −softplus(−x), accurate in both tails.</summary>
    LogSigmoid,
    /// <summary>ln(1 + e^x), accurate in both tails.</summary>
    Softplus,
    /// <summary>Hyperbolic tangent.</summary>
    Tanh,
    /// <summary>Sine.</summary>
    Sin,
    /// <summary>Cosine.</summary>
    Cos,
    /// <summary>Arc tangent.</summary>
    Atan,
    /// <summary>Error function.</summary>
    Erf,
    /// <summary>1 − erf(x), accurate for large x.</summary>
    Erfc,
    /// <summary>The nearest single-precision number, whatever the precision of the evaluation: a cast to float32 in a text. So is its gradient.</summary>
    RoundToSingle,

    // Elementwise, two operands --------------------------------------------------------------------------------

    /// <summary>a + b.</summary>
    Add,
    /// <summary>a − b.</summary>
    Subtract,
    /// <summary>a · b.</summary>
    Multiply,
    /// <summary>a / b.</summary>
    Divide,
    /// <summary>a to the power b.</summary>
    Power,
    /// <summary>The smaller one; at ties each gets half the gradient. NaN if either is NaN.</summary>
    Minimum,
    /// <summary>The larger one; at ties each gets half the gradient. NaN if either is NaN.</summary>
    Maximum,
    /// <summary>ln(e^a + e^b).</summary>
    LogAddExp,
    /// <summary>1 where a &lt; b, else 0.</summary>
    Less,
    /// <summary>1 where a ≤ b, else 0.</summary>
    LessOrEqual,
    /// <summary>1 where a = b, else 0.</summary>
    Equal,

    // Elementwise, three operands ------------------------------------------------------------------------------

    /// <summary>Where the first operand is not 0, the second, else the third.</summary>
    Select,
    /// <summary>The first operand held between the second and the third; derivative 1 on the closed interval.</summary>
    Clamp,

    // Reductions over an axis ----------------------------------------------------------------------------------

    /// <summary>Sum.</summary>
    Sum,
    /// <summary>Mean.</summary>
    Mean,
    /// <summary>Product.</summary>
    Product,
    /// <summary>Σ(x − mean)² / (n − correction); the correction is the node's value: 1 (unbiased) or 0.</summary>
    Variance,
    /// <summary>√variance; gradient 0 where the variance is 0.</summary>
    StandardDeviation,
    /// <summary>Smallest value; ties share the gradient evenly.</summary>
    ReduceMin,
    /// <summary>Largest value; ties share the gradient evenly.</summary>
    ReduceMax,
    /// <summary>ln Σ e^x.</summary>
    LogSumExp,
    /// <summary>The quantile at the level that is the node's value, linear between the two nearest order statistics.</summary>
    Quantile,

    // Permutations and scans along an axis ---------------------------------------------------------------------

    /// <summary>The first operand in ascending (stable) order of the second, the key.</summary>
    SortBy,
    /// <summary>The inverse of <see cref="SortBy"/>: puts values that are in the key's order back to where they came from.</summary>
    UnsortBy,
    /// <summary>Running sum.</summary>
    CumulativeSum,
    /// <summary>Running sum from the end.</summary>
    ReverseCumulativeSum,
    /// <summary>Running ln Σ e^x.</summary>
    CumulativeLogSumExp,
    /// <summary>Running ln Σ e^x from the end.</summary>
    ReverseCumulativeLogSumExp,

    // Made by lowering: shared parts of the stable primitives, so that σ, log σ and softplus of ±x cost one exp ------

    /// <summary>e^(−|x|).</summary>
    ExpMinusAbs,
    /// <summary>σ(x) from x, e^(−|x|) and 1/(1 + e^(−|x|)).</summary>
    SigmoidFromExp,
    /// <summary>ln(1 + x) for x in [0, 1], which needs no care for large x.</summary>
    Log1pOfUnit,
    /// <summary>e^x · b, where e^x alone may overflow: the gradient of an exponential loss is β/N times its value.</summary>
    ExpTimes,
    /// <summary>e^r of x = n·ln 2 + r, n being the integer for which |r| is smallest: what the exponentials of one x share.</summary>
    ExpOfRest,
    /// <summary>e^x · b from x, the <see cref="ExpOfRest"/> of it and b. Not of scalars, whose precision is another one than that of rows.</summary>
    ExpTimesOfRest,
}

/// <summary>What family an <see cref="Operation"/> belongs to.</summary>
public static class OperationFamilies
{
    /// <summary>Whether the operation has no operands.</summary>
    /// <param name="operation">The operation.</param>
    public static bool IsLeaf(this Operation operation) => operation <= Operation.ResponseIndex;

    /// <summary>Whether the operation is its operand's value with a meaning attached.</summary>
    /// <param name="operation">The operation.</param>
    public static bool IsWrapper(this Operation operation) =>
        operation is Operation.Named or Operation.StopGradient or Operation.Broadcast;

    /// <summary>Whether element i of the result depends on element i of the operands alone.</summary>
    /// <param name="operation">The operation.</param>
    public static bool IsElementwise(this Operation operation) =>
        operation is (>= Operation.Negate and <= Operation.Clamp) or >= Operation.ExpMinusAbs;

    /// <summary>Whether the operation reduces an axis to one value.</summary>
    /// <param name="operation">The operation.</param>
    public static bool IsReduction(this Operation operation) => operation is >= Operation.Sum and <= Operation.Quantile;

    /// <summary>Whether the operation reorders or accumulates along an axis, keeping its length.</summary>
    /// <param name="operation">The operation.</param>
    public static bool IsSortOrScan(this Operation operation) =>
        operation is >= Operation.SortBy and <= Operation.ReverseCumulativeLogSumExp;
}
