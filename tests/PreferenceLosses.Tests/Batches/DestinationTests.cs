using System.Numerics;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Batches;

/// <summary>Writing into memory of the caller's: the same numbers, only what was asked for, and only there.</summary>
public sealed class DestinationTests
{
    private const int Guard = 9;

    public static TheoryData<string> EveryLoss => Claims.Where(_ => true);

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void Into_memory_of_the_callers_the_same_numbers_are_written_in_every_bit(string name)
    {
        AssertSame<double>(Evaluating.Loss(name));
        AssertSame<float>(Evaluating.Loss(name));
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void One_output_alone_is_written_where_it_belongs_and_nothing_beside_it(string name)
    {
        // 5 rows, which fill no vector.
        var loss = Evaluating.Loss(name);
        var pairs = PairColumns.Random(5, seed: 17);
        var expected = loss.On(pairs);
        var outputs = expected.Losses.Length;

        var guarded = Guarded(outputs);
        Assert.Equal(expected.Value, loss.Evaluate(pairs.Batch<double>(), new LossDestination<double> { Losses = Inside(guarded, outputs) }));
        AssertWritten(expected.Losses, guarded, "losses");

        foreach (var column in PairColumns.Names)
        {
            guarded = Guarded(5);
            loss.Evaluate(pairs.Batch<double>(), OnlyGradient(column, Inside(guarded, 5)));
            var scale = expected.Gradient(column).ToArray().Max(Math.Abs);
            Same.Within(expected.Gradient(column), Inside(guarded, 5), 1e-15 * scale, column);
            AssertGuards(guarded, 5, column);
        }

        var (chosen, rejected) = (Guarded(5), Guarded(5));
        loss.Evaluate(pairs.Batch<double>(), new LossDestination<double> { ChosenReward = Inside(chosen, 5), RejectedReward = Inside(rejected, 5) });
        AssertWritten(expected.Rewards!.Chosen, chosen, "chosen reward");
        AssertWritten(expected.Rewards.Rejected, rejected, "rejected reward");
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void Without_a_destination_the_reduced_loss_is_there_still(string name)
    {
        var pairs = PairColumns.Random(5, seed: 17);
        Assert.Equal(Evaluating.Loss(name).On(pairs).Value, Evaluating.Loss(name).Evaluate(pairs.Batch<double>(), new LossDestination<double>()));
    }

    [Theory]
    [InlineData("losses", 4)]
    [InlineData("losses", 2)]
    [InlineData(Columns.PolicyChosen, 4)]
    [InlineData(Columns.PolicyRejected, 2)]
    [InlineData(Columns.ReferenceChosen, 1)]
    [InlineData(Columns.ReferenceRejected, 5)]
    [InlineData("rewards", 2)]
    public void A_destination_of_the_wrong_length_is_refused_before_anything_is_written(string which, int length)
    {
        var values = Guarded(length)[..length];
        var refused = Assert.Throws<ArgumentException>(() => Evaluating.Loss("dpo").Evaluate(
            Evaluating.At(1, 2, 3).Batch<double>(),
            which switch
            {
                "losses" => new LossDestination<double> { Losses = values },
                "rewards" => new LossDestination<double> { ChosenReward = values, RejectedReward = values },
                _ => OnlyGradient(which, values),
            }));
        Assert.Contains($"has {length} values; 3 are written", refused.Message, StringComparison.Ordinal);
        Assert.Contains(which switch { "losses" => "Losses", "rewards" => "ChosenReward", _ => which }, refused.Message, StringComparison.Ordinal);
        Assert.All(values, value => Assert.True(double.IsNaN(value)));
    }

    [Fact]
    public void The_losses_of_a_2B_loss_take_two_values_per_row()
    {
        var refused = Assert.Throws<ArgumentException>(() => Evaluating.Loss("kto-pair").Evaluate(
            Evaluating.At(1, 2, 3).Batch<double>(), new LossDestination<double> { Losses = new double[3] }));
        Assert.Contains("has 3 values; 6 are written", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_reward_without_the_other_is_refused()
    {
        var refused = Assert.Throws<ArgumentException>(() => Evaluating.Loss("dpo").Evaluate(
            Evaluating.At(1).Batch<double>(), new LossDestination<double> { ChosenReward = new double[1] }));
        Assert.Contains("both destinations or neither", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gradient_for_a_column_that_the_batch_lacks_is_refused()
    {
        var policyOnly = PairLoss.Define("policy-only", [], pair => Formulas.Softplus(pair.PolicyRejected - pair.PolicyChosen));
        var refused = Assert.Throws<ArgumentException>(() => policyOnly.Evaluate(
            new PreferenceBatch<double> { PolicyChosen = new double[] { 1 }, PolicyRejected = new double[] { 2 } },
            new LossDestination<double> { ReferenceChosen = new double[1] }));
        Assert.Contains("reference_chosen has 1 values; 0 are written", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_gradient_of_a_column_that_the_loss_does_not_read_is_0()
    {
        // The batch has the references, and the loss does not look at them, not even whether they are numbers.
        var policyOnly = PairLoss.Define("policy-only", [], pair => Formulas.Softplus(pair.PolicyRejected - pair.PolicyChosen));
        var pairs = new PairColumns([0], [0], [double.NaN], [double.PositiveInfinity]);
        var result = policyOnly.On(pairs);
        Same.Bits([-0.5], result.Gradient(Columns.PolicyChosen));
        Same.Bits([0], result.Gradient(Columns.ReferenceChosen));

        double[] reference = [7];
        policyOnly.Evaluate(pairs.Batch<double>(), new LossDestination<double> { ReferenceRejected = reference });
        Same.Bits([0], reference);
    }

    [Fact]
    public void Every_call_writes_its_whole_destination_and_adds_to_nothing()
    {
        var gradient = new double[3];
        for (var i = 0; i < 2; i++)
        {
            Evaluating.Loss("slic", beta: 1).Evaluate(
                Evaluating.At(0, 5, 0).Batch<double>(),
                new LossDestination<double> { PolicyChosen = gradient },
                new EvaluationOptions { Reduction = Reduction.Sum });
            Same.Bits([-1, 0, -1], gradient);
        }
    }

    private static void AssertSame<T>(PreferenceLoss loss)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        foreach (var (rows, weights) in new (int, double[]?)[] { (2, null), (13, null), (3, [0.5, 2, 0]) })
        {
            var pairs = PairColumns.Random(rows, seed: rows);
            foreach (var reduction in Enum.GetValues<Reduction>())
            {
                var options = new EvaluationOptions { Reduction = reduction };
                var expected = loss.Evaluate(pairs.Batch<T>(weights), options);
                T[] losses = Filled<T>(expected.Losses.Length), chosen = Filled<T>(rows), rejected = Filled<T>(rows);
                var gradients = PairColumns.Names.ToDictionary(name => name, _ => Filled<T>(rows));
                var value = loss.Evaluate(
                    pairs.Batch<T>(weights),
                    new LossDestination<T>
                    {
                        Losses = losses,
                        ChosenReward = chosen,
                        RejectedReward = rejected,
                        PolicyChosen = gradients[Columns.PolicyChosen],
                        PolicyRejected = gradients[Columns.PolicyRejected],
                        ReferenceChosen = gradients[Columns.ReferenceChosen],
                        ReferenceRejected = gradients[Columns.ReferenceRejected],
                    },
                    options);

                Assert.Equal(expected.Value, value);
                Assert.Equal(expected.Losses.ToArray(), losses);
                Assert.Equal(expected.Rewards!.Chosen.ToArray(), chosen);
                Assert.Equal(expected.Rewards.Rejected.ToArray(), rejected);
                Assert.All(gradients, gradient => Assert.Equal(expected.Gradient(gradient.Key).ToArray(), gradient.Value));
            }
        }
    }

    private static LossDestination<double> OnlyGradient(string column, Span<double> values) => column switch
    {
        Columns.PolicyChosen => new LossDestination<double> { PolicyChosen = values },
        Columns.PolicyRejected => new LossDestination<double> { PolicyRejected = values },
        Columns.ReferenceChosen => new LossDestination<double> { ReferenceChosen = values },
        _ => new LossDestination<double> { ReferenceRejected = values },
    };

    private static T[] Filled<T>(int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var values = new T[length];
        Array.Fill(values, T.NaN);
        return values;
    }

    private static double[] Guarded(int length) => Filled<double>(length + (2 * Guard));

    private static Span<double> Inside(double[] guarded, int length) => guarded.AsSpan(Guard, length);

    private static void AssertWritten(ReadOnlySpan<double> expected, double[] guarded, string what)
    {
        Same.Bits(expected, Inside(guarded, expected.Length), what);
        AssertGuards(guarded, expected.Length, what);
    }

    private static void AssertGuards(double[] guarded, int length, string what)
    {
        for (var i = 0; i < guarded.Length; i++)
        {
            if (i < Guard || i >= Guard + length)
            {
                Assert.True(double.IsNaN(guarded[i]), $"{what}: {guarded[i]} was written {i - Guard} places from the start of {length}");
            }
        }
    }
}
