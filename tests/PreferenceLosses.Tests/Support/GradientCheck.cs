using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Support;

/// <summary>Derivatives from <see cref="Differentiation"/> against differences of the reference evaluator.</summary>
internal static class GradientCheck
{
    /// <summary>
    /// Differences at this step and at half of it are extrapolated to an error of h⁶: where the function is smooth on a scale of
    /// 1 it is below 1e-12, and rounding adds 1e-16/h.
    /// </summary>
    private const double Step = 1.0 / 128;

    /// <summary>Above what both errors give on functions with values up to some hundreds.</summary>
    private const double Tolerance = 1e-7;

    /// <summary>
    /// The derivative of Σ seed · output with respect to every value of every differentiable input, against differences. Near a
    /// kink there is no derivative, and the difference depends on the step: such entries are skipped.
    /// </summary>
    /// <returns>The number of entries that were compared, and that were skipped.</returns>
    public static (int Compared, int Skipped) Assert(Expr output, FormulaBatch batch)
    {
        var seed = Input("seed", output.Shape, differentiable: false);
        var inputs = Inputs(output);
        var adjoints = Differentiation.VectorJacobianProduct([output], [seed]);
        var weighted = batch with
        {
            Columns = new(batch.Columns) { ["seed"] = Seeds(output.Shape == Shape.Responses ? batch.Rows * batch.Responses : batch.Rows) },
            Scalars = new(batch.Scalars) { ["seed"] = 0.75 },
        };
        var gradients = ReferenceEvaluator.Values(weighted, [.. inputs.Select(i => Broadcast(adjoints[i], i.Shape))]);
        var objective = Total(seed * output);

        var (compared, skipped) = (0, 0);
        for (var i = 0; i < inputs.Count; i++)
        {
            for (var at = 0; at < gradients[i].Length; at++)
            {
                if (Difference(objective, weighted, inputs[i], at) is { } expected)
                {
                    // A large term that cancels in a sum is in the differences' rounding error.
                    var tolerance = Tolerance * (1 + Math.Abs(expected));
                    Xunit.Assert.True(
                        Math.Abs(gradients[i][at] - expected) <= tolerance,
                        FormattableString.Invariant($"d/d {inputs[i].Name}[{at}]: {gradients[i][at]:R}, by differences {expected:R}, of {FormulaText.Of(output)}"));
                    compared++;
                }
                else
                {
                    skipped++;
                }
            }
        }

        return (compared, skipped);
    }

    /// <summary>
    /// Whether some part of a formula is not finite, although the formula may be: a quotient by a deviation of 0 that is not
    /// selected. It has no derivative there, or one that PyTorch does not find either.
    /// </summary>
    public static bool IsSingular(Expr formula, FormulaBatch batch) =>
        ReferenceEvaluator.Values(batch, NodeOrder.Of([formula])).Any(values => !values.All(double.IsFinite));

    /// <summary>The differentiable inputs; each name is one node.</summary>
    public static List<Expr> Inputs(Expr formula) =>
        [.. NodeOrder.Of([formula]).Where(n => n.Operation == Operation.Input && n.Value != 0)];

    private static Expr Total(Expr x) => x.Shape switch
    {
        Shape.Responses => Sum(Sum(x, Axis.Responses)),
        Shape.Row => Sum(x),
        _ => x,
    };

    private static double[] Seeds(int count) => [.. Enumerable.Range(0, count).Select(i => 0.5 + ((i * 7 % 5) - 2.25) / 2)];

    private static double? Difference(Expr objective, FormulaBatch batch, Expr input, int at)
    {
        double Slope(double h)
        {
            double Moved(double step) => ReferenceEvaluator.Values(
                input.Shape == Shape.Scalar
                    ? batch with { Scalars = new(batch.Scalars) { [input.Name!] = batch.Scalars[input.Name!] + step } }
                    : batch.With(input.Name!, at, batch.Columns[input.Name!][at] + step),
                objective)[0][0];
            return ((8 * (Moved(h) - Moved(-h))) - (Moved(2 * h) - Moved(-2 * h))) / (12 * h);
        }

        var (coarse, fine) = (Slope(Step), Slope(Step / 2));
        var extrapolated = fine + ((fine - coarse) / 15);
        return Math.Abs(fine - coarse) <= 1e-6 * (1 + Math.Abs(fine)) ? extrapolated : null;
    }
}
