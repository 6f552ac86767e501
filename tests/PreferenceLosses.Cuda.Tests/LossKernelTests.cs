using PreferenceLosses.Cuda.Tests.Interpretation;
using PreferenceLosses.Cuda.Tests.Support;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Cuda.Tests;

/// <summary>
/// The emitted kernels of every loss of the catalogue against the CPU path: losses, gradients, rewards, metrics, weights, in one block
/// and in many, with threads in every order. They have to have the same digits: the kernels use the CPU's polynomials and its roundings,
/// and what is added up over the batch is added up in double precision by both.
/// </summary>
public class LossKernelTests
{
    private static readonly string[] Sorting = ["aot", "aot-unpaired"];

    public static TheoryData<string> Losses => [.. LossCatalog.BuiltIn.Entries.Select(e => e.Name).Except(Sorting)];

    public static TheoryData<string> Ranked => [.. LossCatalog.BuiltIn.Entries.Where(e => e.Loss is RankedLoss).Select(e => e.Name)];

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_kernel_gives_the_digits_of_the_CPU(string name)
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        foreach (var (rows, isWeighted) in new[] { (1, false), (2, true), (7, false), (31, true), (257, false), (257, true), (1025, true) })
        {
            var weights = isWeighted && name != Comparison.NumberingLoss ? Comparison.Weights(rows) : null;
            var reduction = rows % 2 == 0 ? Reduction.Sum : Reduction.Mean;
            var shape = rows > 1000 ? LaunchShape.Default : Comparison.SmallBlocks;
            Comparison.AssertSameDigits(loss, Comparison.Batch(loss, rows), reduction, weights, shape, (ThreadOrder)(rows % 3));
        }
    }

    [Theory]
    [MemberData(nameof(Ranked))]
    public void Without_a_mask_all_responses_are_there(string name)
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        Comparison.AssertSameDigits(loss, Comparison.Batch(loss, 33) with { Mask = null }, Reduction.Mean, null, Comparison.SmallBlocks, ThreadOrder.Random);
    }

    [Theory]
    [InlineData("dpo")]
    [InlineData("kto-pair")]
    [InlineData("aqfl")]
    [InlineData("beta-dpo")]
    [InlineData("plackett-luce")]
    public void No_digit_depends_on_the_order_of_threads_on_alignment_or_on_the_run(string name)
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var batch = Comparison.Batch(loss, 300);
        foreach (var shape in new[] { LaunchShape.Default, Comparison.SmallBlocks })
        {
            var variant = Comparison.Variant(loss, batch, Reduction.Mean, isWeighted: true) with { Excludes = true };
            var runs = new[] { (ThreadOrder.Forward, true), (ThreadOrder.Backward, false), (ThreadOrder.Random, true), (ThreadOrder.Random, false) }
                .Select(run => EmulatedLoss.Run(loss, batch, variant, Comparison.Weights(300), shape: shape, order: run.Item1, isAligned: run.Item2)).ToArray();
            foreach (var run in runs)
            {
                Assert.Equal(runs[0].Scalars, run.Scalars);
                Assert.All(run.Rows, output => Assert.Equal(runs[0].Rows[output.Key], output.Value));
            }
        }
    }

    [Theory]
    [InlineData("dpo")]
    [InlineData("kto-pair")]
    [InlineData("dbaql")]
    public void Gradients_are_of_the_losses_weighted_by_an_upstream(string name)
    {
        const int Rows = 70;
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var batch = Comparison.Batch(loss, Rows);
        var upstream = Enumerable.Range(0, Rows * loss.Graph.Losses.Length).Select(i => (i % 7) - 2.5f).ToArray();
        var chosen = new float[Rows];
        var rejected = new float[Rows];
        loss.VectorJacobianProduct(Comparison.Batch(batch, null), upstream, new LossDestination<float> { PolicyChosen = chosen, PolicyRejected = rejected });

        var actual = EmulatedLoss.Run(
            loss, batch, Comparison.Variant(loss, batch, Reduction.Sum, isWeighted: true), upstream: upstream, shape: Comparison.SmallBlocks);

        Assert.Equal(chosen, actual.Rows[Columns.PolicyChosen]);
        Assert.Equal(rejected, actual.Rows[Columns.PolicyRejected]);
    }

    [Fact]
    public void Where_no_row_takes_part_everything_is_0_and_the_mean_is_NaN()
    {
        var loss = new DpoLoss();
        var batch = Comparison.Batch(loss, 50);
        var variant = Comparison.Variant(loss, batch, Reduction.Mean, isWeighted: true) with { Excludes = true };
        var actual = EmulatedLoss.Run(loss, batch, variant, new double[50], shape: Comparison.SmallBlocks);
        Assert.All(actual.Rows.Values, values => Assert.All(values, value => Assert.Equal(0, value)));
        Assert.Equal(double.NaN, actual.Scalars[0]);
    }

    [Fact]
    public void An_excluded_row_may_hold_anything()
    {
        var loss = new DpoLoss();
        var batch = Comparison.Batch(loss, 100);
        var weights = Comparison.Weights(100);
        var spoiled = batch.With(Columns.PolicyChosen, Array.IndexOf(weights, 0), double.NaN);
        var variant = Comparison.Variant(loss, batch, Reduction.Mean, isWeighted: true) with { Excludes = true };
        var (expected, actual) = (EmulatedLoss.Run(loss, batch, variant, weights), EmulatedLoss.Run(loss, spoiled, variant, weights));
        Assert.Equal(expected.Scalars, actual.Scalars);
        Assert.All(expected.Rows, output => Assert.Equal(output.Value, actual.Rows[output.Key]));
    }

    [Fact]
    public void Another_value_of_a_parameter_needs_no_other_kernel()
    {
        var batch = Comparison.Batch(new DpoLoss(), 3);
        var variant = Comparison.Variant(new DpoLoss(), batch, Reduction.Mean);
        Assert.Same(LossKernel.Of(new DpoLoss { Beta = 0.1 }, variant), LossKernel.Of(new DpoLoss { Beta = 0.7 }, variant));
        Comparison.AssertSameDigits(new DpoLoss { Beta = 0.7 }, batch, Reduction.Mean, null, LaunchShape.Default, ThreadOrder.Forward);
    }

    [Theory]
    [InlineData("aot")]
    [InlineData("aot-unpaired")]
    public void A_sort_over_the_batch_is_no_kernel(string name)
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var refused = Assert.Throws<NotSupportedException>(() => LossKernel.Of(loss, Comparison.Variant(loss, Comparison.Batch(loss, 3), Reduction.Mean)));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.Contains("through the host", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_are_numbered_cannot_be_left_out()
    {
        var loss = LossCatalog.BuiltIn.Find(Comparison.NumberingLoss).Loss;
        var variant = Comparison.Variant(loss, Comparison.Batch(loss, 3), Reduction.Mean, isWeighted: true) with { Excludes = true };
        Assert.Contains("numbers the rows", Assert.Throws<NotSupportedException>(() => LossKernel.Of(loss, variant)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_responses_are_refused()
    {
        var loss = LossCatalog.BuiltIn.Find("plackett-luce").Loss;
        var variant = Comparison.Variant(loss, Comparison.Batch(loss, 3), Reduction.Mean) with { Responses = 33 };
        Assert.Contains("1 to 32", Assert.Throws<NotSupportedException>(() => LossKernel.Of(loss, variant)).Message, StringComparison.Ordinal);
    }
}
