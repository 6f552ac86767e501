using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Expressions;

/// <summary>The derivative rule of every operation, and the rule of its derivative, against differences.</summary>
public class DerivativeTests
{
    /// <summary>What lowering makes after differentiation; these have no rules.</summary>
    private static readonly Operation[] MadeByLowering = [Operation.ExpMinusAbs, Operation.SigmoidFromExp, Operation.Log1pOfUnit, Operation.ExpTimes, Operation.ExpOfRest, Operation.ExpTimesOfRest];

    public static TheoryData<Operation> Operations => [.. Enum.GetValues<Operation>().Except(MadeByLowering).Except([Operation.StopGradient])];

    [Theory]
    [MemberData(nameof(Operations))]
    public void First_derivatives_agree_with_differences(Operation operation)
    {
        foreach (var formula in OperationSamples.Of(operation))
        {
            AssertMostlyCompared(GradientCheck.Assert(formula, Batch(operation, rows: 5, responses: 3)));
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Second_derivatives_agree_with_differences_of_the_first(Operation operation)
    {
        foreach (var formula in OperationSamples.Of(operation))
        {
            var adjoints = Differentiation.VectorJacobianProduct([formula], [Formulas.Input("weight", formula.Shape, differentiable: false)]);
            foreach (var input in GradientCheck.Inputs(formula))
            {
                var batch = Batch(operation, rows: 3, responses: 2);
                AssertMostlyCompared(GradientCheck.Assert(adjoints[input], batch with
                {
                    Columns = new(batch.Columns) { ["weight"] = [1.5, -0.5, 1, 0.25, -1, 2] },
                    Scalars = new(batch.Scalars) { ["weight"] = 1.25 },
                }));
            }
        }
    }

    private static void AssertMostlyCompared((int Compared, int Skipped) entries) =>
        // Values are at least 0.03 apart, more than a step, so nothing is near a kink.
        Assert.Equal(0, entries.Skipped);

    /// <summary>Values in the domain of the operation, all different from each other and from 0.</summary>
    private static FormulaBatch Batch(Operation operation, int rows, int responses)
    {
        var random = new Random(1 + (int)operation);
        var values = Enumerable.Range(1, 200).Select(i => i / 32.0).ToArray();
        random.Shuffle(values);
        var next = 0;
        double Value() => operation switch
        {
            Operation.Sqrt or Operation.Log or Operation.Log1p or Operation.Power => 0.5 + (values[next++] / 2),
            Operation.Log1mExp => -0.25 - values[next++],
            Operation.Divide => (random.Next(2) == 0 ? 1 : -1) * (0.5 + values[next++]),
            _ => values[next++] - 3.01,
        };
        return OperationSamples.Batch(rows, responses, FormulaBatch.RaggedMask(rows, responses, random, atLeast: 2), Value);
    }
}
