using System.Numerics;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Execution;

/// <summary>Programs of whole formulas: that registers, phases and buffers hold what they should, in both kinds of program.</summary>
public class ProgramTests
{
    private static readonly double[] NastyValues =
        [0, -0.0, 1, -1, 0.5, 3, -1e-30, 1e20, -88.5, 90, double.PositiveInfinity, double.NegativeInfinity, double.NaN];

    [Theory]
    [InlineData(Shape.Scalar)]
    [InlineData(Shape.Row)]
    [InlineData(Shape.Responses)]
    public void Both_kinds_of_program_give_random_formulas_the_same_bits(Shape shape) =>
        Property.Check(new RandomFormulas(isTame: false).Of(shape), formula =>
        {
            var random = new Random(NodeOrder.Of([formula]).Count);
            var batch = OperationSamples.Batch(
                random.Next(1, 129), 3, FormulaBatch.RaggedMask(128, 3, random), () => random.Next(3) == 0 ? NastyValues[random.Next(NastyValues.Length)] : random.NextDouble());
            AssertSameBits<float>(batch, WithGradients(formula));
            AssertSameBits<double>(batch, WithGradients(formula));
        }, 150);

    [Fact]
    public void Both_kinds_of_program_give_losses_the_same_bits()
    {
        foreach (var loss in LossCatalog.BuiltIn.Entries.Select(e => e.Loss).Concat(TestLosses.All))
        {
            var batch = AnyBatch.Random(loss, 100, seed: 4) with { Parameters = loss.Parameters.ToDictionary(p => p.Parameter.Name!, p => p.Value) };
            AssertSameBits<float>(batch, [.. loss.Graph.Losses.SelectMany(WithGradients)]);
            AssertSameBits<double>(batch, [.. loss.Graph.Losses.SelectMany(WithGradients)]);
        }
    }

    [Theory]
    [InlineData(Shape.Scalar)]
    [InlineData(Shape.Row)]
    [InlineData(Shape.Responses)]
    public void Random_formulas_and_their_gradients_agree_with_the_reference(Shape shape)
    {
        var (compared, open) = (0, 0);
        Property.Check(new RandomFormulas(isTame: true).Of(shape), formula =>
        {
            var random = new Random(NodeOrder.Of([formula]).Count);
            var rows = random.Next(2) == 0 ? random.Next(2, 12) : random.Next(127, 131);
            var batch = OperationSamples.Batch(rows, 3, FormulaBatch.RaggedMask(rows, 3, random, atLeast: 2), () => (3 * random.NextDouble()) - 1.2);
            var roots = WithGradients(formula);
            var expected = ReferenceEvaluator.Evaluate(batch, roots, Precision.Double);
            var actual = FormulaRunner.Run<double>(batch, roots);
            for (var i = 0; i < roots.Length; i++)
            {
                open += expected[i].AssertAgrees(actual[i], $"{(i == 0 ? "value" : "gradient " + i)} of {FormulaText.Of(formula)}");
                compared += actual[i].Length;
            }
        }, 100);

        // Comparisons of numbers that are equal but for rounding leave some values open.
        Assert.InRange(open / (double)compared, 0, 0.1);
    }

    [Fact]
    public void A_program_reads_each_column_once_and_reuses_registers()
    {
        var x = Input("x", Shape.Row, differentiable: true);
        var program = ProgramCompiler.Compile([Exp(x) + Exp(-x), x * x * x * x * x], keepsRegisters: true);
        Assert.Equal("x", Assert.Single(program.Columns).Name);
        Assert.Single(program.Phases);
        Assert.InRange(program.RowRegisters, 2, 4);
    }

    [Fact]
    public void Phases_are_as_many_as_the_times_all_rows_have_to_be_seen()
    {
        var x = Input("x", Shape.Row, differentiable: true);
        Assert.Single(ProgramCompiler.Compile([Exp(x)], keepsRegisters: false).Phases);
        Assert.Single(ProgramCompiler.Compile([Mean(x), Sum(x), Max(x)], keepsRegisters: false).Phases);
        Assert.Equal(2, ProgramCompiler.Compile([x - Mean(x)], keepsRegisters: false).Phases.Length);
        Assert.Equal(3, ProgramCompiler.Compile([x / StandardDeviation(x)], keepsRegisters: false).Phases.Length);
        Assert.Empty(ProgramCompiler.Compile([Exp(Constant(1))], keepsRegisters: false).Phases);
    }

    [Fact]
    public void A_value_is_kept_for_later_phases_where_that_is_cheaper_than_computing_it_again()
    {
        var (x, y, z) = (Row("x"), Row("y"), Row("z"));
        Assert.Equal(0, Buffers([x - Mean(x)]));
        Assert.Equal(0, Buffers([Exp(x + y + z)]));

        // Three columns against one.
        var sum = x + y + z;
        Assert.Equal(1, Buffers([sum - Mean(sum), sum * sum]));

        // One column, but an exponential.
        Assert.Equal(1, Buffers([Exp(x) / Sum(Exp(x))]));

        // Of two exponentials that end in one number, the number.
        var cost = Exp(x) * Exp(y * y);
        Assert.Equal(1, Buffers([cost - Mean(cost)]));

        static Expr Row(string name) => Input(name, Shape.Row, differentiable: true);
        static int Buffers(Expr[] roots) => ProgramCompiler.Compile(roots, keepsRegisters: false).RowBuffers;
    }

    [Fact]
    public void Exponentials_of_one_argument_share_their_work_and_keep_every_bit()
    {
        var (x, y, factor) = (Input("x", Shape.Row, differentiable: true), Input("y", Shape.Row, differentiable: true), Input("factor", Shape.Scalar, differentiable: false));
        Expr[] roots = [Exp(x), factor * Exp(x), factor * (y * Exp(x))];
        var shared = ProgramCompiler.Compile(roots, keepsRegisters: true).Phases[0].Instructions;
        Assert.Single(shared, i => i.Operation == Operation.ExpOfRest);
        Assert.Equal(3, shared.Count(i => i.Operation == Operation.ExpTimesOfRest));
        Assert.DoesNotContain(shared, i => i.Operation is Operation.Exp or Operation.ExpTimes);

        double[] values = [.. OperationTests.SpecialValues, .. Enumerable.Range(-2000, 4000).Select(i => i * 0.77)];
        var batch = new FormulaBatch(values.Length) { Columns = { ["x"] = values, ["y"] = [.. values.Reverse()] }, Scalars = { ["factor"] = 1e-7 } };
        AssertSameAsAlone<float>();
        AssertSameAsAlone<double>();

        void AssertSameAsAlone<T>()
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            var together = FormulaRunner.Run<T>(batch, roots);
            for (var i = 0; i < roots.Length; i++)
            {
                Assert.Equal(FormulaRunner.Run<T>(batch, [roots[i]])[0].Select(BitConverter.DoubleToInt64Bits), together[i].Select(BitConverter.DoubleToInt64Bits));
            }
        }
    }

    private static Expr[] WithGradients(Expr formula)
    {
        var adjoints = Differentiation.VectorJacobianProduct([formula], [1]);
        return [formula, .. GradientCheck.Inputs(formula).Select(input => Broadcast(adjoints[input], input.Shape))];
    }

    private static void AssertSameBits<T>(FormulaBatch batch, Expr[] roots)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var kept = FormulaRunner.Run<T>(batch, roots, keepsRegisters: true);
        var streamed = FormulaRunner.Run<T>(batch, roots, keepsRegisters: false);
        for (var i = 0; i < roots.Length; i++)
        {
            var same = kept[i].AsSpan().CommonPrefixLength(streamed[i]);
            if (same < kept[i].Length)
            {
                // Written only now: the text of a formula is a tree, and may be far larger than its graph.
                Assert.Fail($"root {i} at {same}: {kept[i].ElementAtOrDefault(same):R}, {streamed[i].ElementAtOrDefault(same):R} of {FormulaText.Of(roots[i])}");
            }
        }
    }
}
