using System.Diagnostics;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;
using Xunit.Abstractions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Execution;

/// <summary>Formulas of any depth: no pass may use the stack for it, or take more than linear time.</summary>
public class DepthTests(ITestOutputHelper output)
{
    private const int Depth = 200_000;

    private static readonly Expr X = Input("x", Shape.Row, differentiable: true);

    [Fact]
    public void A_chain_of_200000_nodes_is_built_simplified_differentiated_compiled_and_evaluated()
    {
        var chain = X;
        for (var i = 0; i < Depth / 2; i++)
        {
            chain = (chain * 0.5) + X;
        }

        var graph = Timed("graph", () => new LossGraph([chain], rewards: null));
        var gradient = Timed("gradient", () => graph.Gradient(1)["x"]);
        var batch = new FormulaBatch(Rows: 130) { Columns = { ["x"] = [.. Enumerable.Range(0, 130).Select(i => i - 64.0)] } };
        foreach (var keepsRegisters in new[] { true, false })
        {
            var program = Timed("program", () => ProgramCompiler.Compile([graph.Losses[0], gradient], keepsRegisters));

            // A chain needs a register for x and one or two for what is in hand.
            Assert.InRange(program.RowRegisters, 1, 4);
            if (!keepsRegisters)
            {
                // x (1 + ½ + ¼ + …) = 2x, exactly so once the halves are below the last digit.
                var values = Timed("values", () => FormulaRunner.Run<double>(batch, program));
                Assert.Equal(batch.Columns["x"].Select(x => 2 * x), values[0]);
                Assert.All(values[1], slope => Assert.Equal(2, slope));
            }
        }
    }

    [Fact]
    public void A_chain_of_scalars_is_evaluated_too()
    {
        Expr chain = Mean(X);
        for (var i = 0; i < Depth / 10; i++)
        {
            chain = (chain * 0.5) + 1;
        }

        var adjoint = Differentiation.VectorJacobianProduct([chain + X], [1])[X];
        var batch = new FormulaBatch(Rows: 3) { Columns = { ["x"] = [1, 2, 3] } };
        var values = FormulaRunner.Run<double>(batch, [chain, adjoint]);
        Assert.Equal([2], values[0]);
        Assert.Equal([1], values[1].Distinct());
    }

    [Fact]
    public void Three_hundred_reductions_of_one_another_are_compiled_and_evaluated()
    {
        // Each mean needs all rows, so each takes a phase of its own.
        var chain = X;
        for (var i = 0; i < 300; i++)
        {
            chain = X - (0.5 * Mean(chain));
        }

        var batch = new FormulaBatch(Rows: 3) { Columns = { ["x"] = [1, 2, 3] } };
        foreach (var keepsRegisters in new[] { true, false })
        {
            var program = Timed("program of 301 phases", () => ProgramCompiler.Compile([chain], keepsRegisters));
            Assert.Equal(301, program.Phases.Length);

            // The means converge to the solution of m = 2 − m/2, which is 4/3.
            var values = Timed("values", () => FormulaRunner.Run<double>(batch, program)[0]);
            Assert.Equal([1 - (2 / 3.0), 2 - (2 / 3.0), 3 - (2 / 3.0)], values, (expected, actual) => Math.Abs(expected - actual) < 1e-15);
        }
    }

    private T Timed<T>(string what, Func<T> work)
    {
        var clock = Stopwatch.StartNew();
        var result = work();
        output.WriteLine(FormattableString.Invariant($"{what}: {clock.Elapsed.TotalMilliseconds:F0} ms"));
        return result;
    }
}
