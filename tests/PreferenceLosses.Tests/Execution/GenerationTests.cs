using System.Numerics;
using PreferenceLosses.Execution;
using PreferenceLosses.Execution.Generation;
using PreferenceLosses.Execution.Vectors;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Execution;

/// <summary>Generated code gives the same digits as the interpreter, with vectors of every width.</summary>
public class GenerationTests
{
    private static readonly double[] NastyValues =
        [0, -0.0, 1, -1, 0.5, 3, -1e-30, 1e20, -88.5, 90, double.PositiveInfinity, double.NegativeInfinity, double.NaN];

    public static TheoryData<string> Losses =>
        [.. LossCatalog.BuiltIn.Entries.Where(e => e.Loss.Graph.Inputs.All(i => i.Shape != Shape.Responses)).Select(e => e.Name)];

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_loss_and_its_gradients_have_the_same_digits(string name) => HasTheSameDigits<float>(name, rows: 300);

    [Theory]
    [MemberData(nameof(Losses))]
    [Trait("Category", "Long")]
    public void A_loss_and_its_gradients_have_the_same_digits_at_every_size_in_both_precisions(string name)
    {
        foreach (var rows in new[] { 1, 5, 16, 100, 128, 129, 300 })
        {
            HasTheSameDigits<float>(name, rows);
            HasTheSameDigits<double>(name, rows);
        }
    }

    [Theory]
    [InlineData(Shape.Scalar)]
    [InlineData(Shape.Row)]
    public void A_random_formula_and_its_gradients_have_the_same_digits(Shape shape) =>
        Property.Check(new RandomFormulas(isTame: false).Of(shape), formula =>
        {
            if (NodeOrder.Of([formula]).Any(n => n.Shape == Shape.Responses || n.Operation == Operation.ResponseCount))
            {
                return;
            }

            var random = new Random(NodeOrder.Of([formula]).Count);
            var batch = OperationSamples.Batch(
                random.Next(1, 300), 1, mask: null, () => random.Next(3) == 0 ? NastyValues[random.Next(NastyValues.Length)] : random.NextDouble());
            AssertSameDigits<double>(batch, WithGradients(formula));
        }, 40);

    [Fact]
    public void Every_elementwise_operation_has_the_same_digits()
    {
        var (x, y, z) = (Column("x"), Column("y"), Column("z"));
        var random = new Random(8);
        double[] Values() => [.. Enumerable.Range(0, 150).Select(_ => random.Next(4) == 0 ? NastyValues[random.Next(NastyValues.Length)] : 20 * (random.NextDouble() - 0.5))];
        var batch = new FormulaBatch(150) { Columns = { ["x"] = Values(), ["y"] = Values(), ["z"] = Values() } };
        foreach (var operation in Enum.GetValues<Operation>().Where(o => o.IsElementwise()))
        {
            // That one takes what another gives of the same number.
            var second = operation == Operation.ExpTimesOfRest ? Elementwise(Operation.ExpOfRest, x) : y;
            var result = Arity(operation) switch { 1 => Elementwise(operation, x), 2 => Elementwise(operation, x, y), _ => Elementwise(operation, x, second, z) };
            AssertSameDigits<float>(batch, [result]);
            AssertSameDigits<double>(batch, [result]);
        }
    }

    [Fact]
    public void A_long_formula_is_cut_into_segments_that_hand_values_on()
    {
        var x = Input("x", Shape.Row, differentiable: true);
        var first = Exp(x * 0.01);
        var sum = first;
        for (var i = 1; i <= 40; i++)
        {
            sum += Log(first + Exp(x / i));
        }

        var program = ProgramCompiler.Compile([sum * first, x], keepsRegisters: false);
        var segments = SegmentPlanner.Plan(new MachineCode(program, 8, responses: 1));
        Assert.True(segments[0].Length > 3);
        Assert.All(segments[0].SkipLast(1).Skip(1), segment => Assert.NotEmpty(segment.Inputs));
        AssertSameDigits<double>(new FormulaBatch(77) { Columns = { ["x"] = [.. Enumerable.Range(0, 77).Select(i => i - 30.0)] } }, [sum * first, x]);
    }

    [Fact]
    public void An_output_houses_a_row_buffer_only_until_it_is_written()
    {
        var houses = 0;
        foreach (var (name, graph) in LossCatalog.BuiltIn.Entries.Select(e => (e.Name, e.Loss.Graph)))
        {
            var program = ProgramCompiler.Compile(graph.Losses.SelectMany(WithGradients), keepsRegisters: false);
            var homes = program.BufferHomes.Where(home => home >= 0).ToList();
            Assert.Equal(homes.Distinct().Count(), homes.Count);
            houses += homes.Count;
            for (var buffer = 0; buffer < program.RowBuffers; buffer++)
            {
                var written = program.Phases.ToList().FindIndex(phase => phase.Outputs.Any(o => o.Target == program.BufferHomes[buffer]));
                var later = program.Phases.Skip(written + 1).SelectMany(phase => phase.Instructions);
                Assert.False(program.BufferHomes[buffer] >= 0 && later.Any(i => i.LoadsBuffer && i.A.Index == buffer), $"{name}, buffer {buffer}");
                Assert.False(program.BufferHomes[buffer] >= 0 && program.Phases.Any(phase => phase.Permutations.Any(p => p.Values == buffer || p.Key == buffer || p.Result == buffer)), $"{name}, buffer {buffer}");
            }
        }

        Assert.InRange(houses, 20, 1000);
    }

    [Fact]
    public void An_output_that_houses_a_row_buffer_is_written_after_the_last_segment_that_loads_it()
    {
        // In the second pass the first output is known early, and what was kept in its place is loaded late.
        var (x, cost) = (Column("x"), Exp(Column("x") + Column("y") + Column("z")));
        var mean = Mean(x);
        var early = x - mean;
        var sum = early;
        for (var i = 1; i <= 40; i++)
        {
            sum += Log(1 + Exp(early / i));
        }

        Expr[] roots = [early, sum * (cost - Mean(cost))];
        var program = ProgramCompiler.Compile(roots, keepsRegisters: false);
        var segments = SegmentPlanner.Plan(new MachineCode(program, 8, responses: 1))[1];
        Assert.InRange(segments.Length, 3, 100);
        Assert.Contains(segments[^1].Instructions, i => i.LoadsBuffer && program.BufferHomes[i.Source] == 0);

        double[] Values(int seed) => [.. Enumerable.Range(0, 300).Select(i => Math.Sin(i + seed))];
        AssertSameDigits<double>(new FormulaBatch(300) { Columns = { ["x"] = Values(1), ["y"] = Values(2), ["z"] = Values(3) } }, roots);
    }

    [Fact]
    public void Where_outputs_share_memory_they_house_nothing()
    {
        var loss = LossCatalog.BuiltIn.Find("aqfl").Loss;
        var batch = AnyBatch.Random(loss, 300, seed: 1) with { Parameters = loss.Parameters.ToDictionary(p => p.Parameter.Name!, p => p.Value) };
        var program = ProgramCompiler.Compile(loss.Graph.Losses.SelectMany(WithGradients), keepsRegisters: false);
        var homes = program.BufferHomes.Where(home => home >= 0).ToArray();
        Assert.True(homes.Length >= 2);
        Same("with each other", (_, outputs) => outputs[homes[0]] = outputs[homes[1]]);

        // The columns are read in the first pass, and these outputs written in the last.
        Same("with a column", (columns, outputs) => outputs[homes[0]] = columns[0] + (Block.LongestVector * sizeof(float)));

        void Same(string what, Action<nint[], nint[]> place) => AssertSame(
            FormulaRunner.Run<PlatformLanes<float>, float>(batch, program, generates: false, place: place),
            FormulaRunner.Run<PlatformLanes<float>, float>(batch, program, generates: true, place: place),
            what,
            [.. loss.Graph.Losses.SelectMany(WithGradients)]);
    }

    private static void HasTheSameDigits<T>(string name, int rows)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var batch = AnyBatch.Random(loss, rows, seed: rows) with { Parameters = loss.Parameters.ToDictionary(p => p.Parameter.Name!, p => p.Value) };
        AssertSameDigits<T>(batch, [.. loss.Graph.Losses.SelectMany(WithGradients)]);
    }

    private static Expr Column(string name) => Input(name, Shape.Row, differentiable: true);

    private static int Arity(Operation operation) => operation switch
    {
        Operation.Select or Operation.Clamp or Operation.SigmoidFromExp or Operation.ExpTimesOfRest => 3,
        >= Operation.Add and <= Operation.Equal or Operation.ExpTimes => 2,
        _ => 1,
    };

    private static Expr[] WithGradients(Expr formula)
    {
        var adjoints = Differentiation.VectorJacobianProduct([formula], [1]);
        return [formula, .. GradientCheck.Inputs(formula).Select(input => Broadcast(adjoints[input], input.Shape))];
    }

    private static void AssertSameDigits<T>(FormulaBatch batch, Expr[] roots)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var program = ProgramCompiler.Compile(roots, keepsRegisters: batch.Rows <= Block.Rows);
        var expected = FormulaRunner.Run<PlatformLanes<T>, T>(batch, program, generates: false);
        AssertSame(expected, FormulaRunner.Run<PlatformLanes<T>, T>(batch, program, generates: true), "generated", roots);
        AssertSame(expected, FormulaRunner.Run<WideLanes<T>, T>(batch, program, generates: false), "wide", roots);
        AssertSame(expected, FormulaRunner.Run<WideLanes<T>, T>(batch, program, generates: true), "wide, generated", roots);
    }

    private static void AssertSame(double[][] expected, double[][] actual, string what, Expr[] roots)
    {
        for (var i = 0; i < roots.Length; i++)
        {
            var same = expected[i].AsSpan().CommonPrefixLength(actual[i]);
            if (same < expected[i].Length)
            {
                Assert.Fail($"{what}: root {i} at {same} of {expected[i].Length}: {expected[i][same]:R}, {actual[i][same]:R} of {FormulaText.Of(roots[i])}");
            }
        }
    }
}
