using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using PreferenceLosses.Analysis.Rules;
using PreferenceLosses.Analysis.Tests.Support;
using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;
using Xunit.Sdk;
using Interval = PreferenceLosses.Analysis.Rules.Interval;
using Property = PreferenceLosses.Tests.Support.Property;

namespace PreferenceLosses.Analysis.Tests.Rules;

/// <summary>Whatever the rules prove of a random formula is attacked by evaluating it at random.</summary>
public sealed class SoundnessTests
{
    private const int Count = 3000;
    private const int Responses = 3;

    private static readonly HashSet<string> Both = ["a_row", "b_row"];

    private static readonly int[] Order = [3, 1, 4, 0, 2];

    private static readonly Parameter Beta = new("beta", "β", 0.5, PreferenceLosses.Expressions.Bounds.Finite);

    private static readonly Arbitrary<Expr> AnyFormulas = new RandomFormulas(isTame: true).Of(Shape.Row);

    /// <summary>How often something was proven: a test in which nothing is tests nothing.</summary>
    private int proven;

    [Fact]
    public void Values_lie_in_their_ranges()
    {
        Attacked((loss, random) =>
        {
            var range = new Ranges(loss.Graph, loss.Parameters, _ => null)[loss.Graph.Losses[0]];
            if (!range.IsDefined)
            {
                return;
            }

            proven += range != Interval.All ? 1 : 0;
            for (var i = 0; i < 4; i++)
            {
                Assert.All(loss.Values(Batch(random, 4)), value =>
                    Assert.True(value >= range.Low - Slack(value) && value <= range.High + Slack(value), $"{value:R} outside {range.Low:R} … {range.High:R}"));
            }
        });
        Assert.True(proven > Count / 10, $"{proven}");
    }

    [Fact]
    public void Ranges_at_points_contain_the_values()
    {
        Attacked((loss, random) =>
        {
            if (loss.Graph.IsBatchCoupled || loss.Graph.Inputs.Any(i => i.Shape == Shape.Responses) || loss.Graph.Nodes.Any(n => n.Operation is Operation.RowIndex or Operation.ResponseIndex or Operation.ResponseCount))
            {
                return;
            }

            var batch = Batch(random, 1);
            var range = new Ranges(loss.Graph, loss.Parameters, name => Interval.Of(batch.Scalars.TryGetValue(name, out var scalar) ? scalar : batch.Columns[name][0]))[loss.Graph.Losses[0]];
            if (range.IsDefined)
            {
                proven++;
                var value = loss.Values(batch)[0];
                Assert.True(value >= range.Low - Slack(value) && value <= range.High + Slack(value), $"{value:R} outside {range.Low:R} … {range.High:R}");
            }
        });
        Assert.True(proven > Count / 20, $"{proven}");
    }

    [Fact]
    public void Formulas_move_the_way_that_is_proven()
    {
        Attacked((loss, random) =>
        {
            var ranges = new Ranges(loss.Graph, loss.Parameters, _ => null);
            var direction = new Monotony(loss.Graph, ranges, input => input.Name == "a_row")[loss.Graph.Losses[0]];
            if (direction == Direction.Unknown || !ranges[loss.Graph.Losses[0]].IsDefined)
            {
                return;
            }

            proven += direction == Direction.Constant ? 0 : 1;
            for (var i = 0; i < 4; i++)
            {
                var batch = Batch(random, 4);
                var raised = With(batch, "a_row", value => value + (random.Next(2) * random.NextDouble() * 3));
                Moves(direction, loss.Values(batch), loss.Values(raised));
            }
        });
        Assert.True(proven > Count / 20, $"{proven}");
    }

    [Fact]
    public void Formulas_move_the_way_that_their_derivatives_prove()
    {
        Attacked((loss, random) =>
        {
            foreach (var towards in new[] { Direction.Up, Direction.Down })
            {
                if (loss.Graph.Inputs.All(i => i.Name != "a_row") || !new Ranges(loss.Graph, loss.Parameters, _ => null)[loss.Graph.Losses[0]].IsDefined
                    || !Derivatives.Prove(loss.Graph, loss.Parameters, _ => null, "a_row", towards))
                {
                    continue;
                }

                proven++;
                for (var i = 0; i < 4; i++)
                {
                    var batch = Batch(random, 4);
                    Moves(towards, loss.Values(batch), loss.Values(With(batch, "a_row", value => value + (random.NextDouble() * 3))));
                }
            }
        });
        Assert.True(proven > Count / 50, $"{proven}");
    }

    [Fact]
    public void Formulas_bend_the_way_that_is_proven()
    {
        Attacked((loss, random) =>
        {
            var ranges = new Ranges(loss.Graph, loss.Parameters, _ => null);
            var bends = new Bending(loss.Graph, ranges, input => input.Name is "a_row" or "a_responses", alongOneLine: null)[loss.Graph.Losses[0]];
            Bend(loss, ranges, bends, random, batch => With(With(batch, "a_row", value => value + Any(random)), "a_responses", value => value + Any(random)));
        });
        Assert.True(proven > Count / 20, $"{proven}");
    }

    /// <summary>Products of functions of one number: every column is a multiple of one, in a row that sees no other.</summary>
    [Fact]
    public void Functions_of_one_number_bend_the_way_that_is_proven()
    {
        Attacked((loss, random) =>
        {
            if (loss.Graph.IsBatchCoupled)
            {
                return;
            }

            var ranges = new Ranges(loss.Graph, loss.Parameters, _ => null);
            bool Varies(Expr input) => input.Name == "a_row";
            var bends = new Bending(loss.Graph, ranges, Varies, new Monotony(loss.Graph, ranges, Varies))[loss.Graph.Losses[0]];
            Bend(loss, ranges, bends, random, batch => With(batch, "a_row", value => value + Any(random)));
        });
        Assert.True(proven > Count / 20, $"{proven}");
    }

    /// <summary>The formulas see a and b through their difference, or a sum, or alone: proofs are found for some, and hold.</summary>
    [Fact]
    public void Shifts_cancel_where_that_is_proven()
    {
        var (a, b) = (OperationSamples.Operand('a', Shape.Row), OperationSamples.Operand('b', Shape.Row));
        Attacked((original, random) =>
        {
            var through = random.Next(5);
            var loss = Rewritten(original, node => ReferenceEquals(node, a) ? through switch { 0 => a - b, 1 => Beta * (b - a), 2 => (2 * a) - (b + b), 3 => a + b, _ => (Beta * a) - b }
                : ReferenceEquals(node, b) ? through == 3 ? b : (b - a) / 3 : null);
            if (!ShiftInvariance.IsProven(loss.Graph, Both) || loss.Graph.Inputs.All(i => i.Name is not "a_row"))
            {
                return;
            }

            proven++;
            var batch = Batch(random, 4);
            var by = Enumerable.Range(0, 4).Select(_ => Any(random)).ToArray();
            var row = 0;
            var shifted = With(batch, "a_row", value => value + by[row++ % 4]);
            row = 0;
            shifted = With(shifted, "b_row", value => value + by[row++ % 4]);
            Same(loss.Values(batch), loss.Values(shifted));
        });
        Assert.True(proven > Count / 20, $"{proven}");
    }

    [Fact]
    public void Scaling_by_beta_does_what_is_proven()
    {
        Expr[] inputs =
        [
            OperationSamples.Operand('a', Shape.Row), OperationSamples.Operand('b', Shape.Row),
            OperationSamples.Operand('a', Shape.Responses), OperationSamples.Operand('b', Shape.Responses),
        ];
        Attacked((original, random) =>
        {
            var scaled = random.Next(3) > 0;
            var loss = Rewritten(original, node => scaled && inputs.Contains(node) ? Beta * node : null);
            if (Scaling.Degree(loss.Graph, loss.Parameters, ofScalars: 0) is not { } degree || double.IsNaN(degree) || loss.Graph.Inputs.All(i => i.Shape == Shape.Scalar))
            {
                return;
            }

            proven++;
            var batch = Batch(random, 4);
            var smaller = batch with { Columns = batch.Columns.ToDictionary(c => c.Key, c => c.Value.Select(v => v / 2).ToArray()) };
            var larger = new BareLoss(loss.Graph, ParameterValues.DefaultsOf([.. loss.Parameters.Select(p => p.Parameter)]) is var values && loss.Graph.Parameters.Any(p => p.Name == "beta")
                ? values.With("beta", 2 * Beta.Default) : values);
            Same(loss.Values(batch), [.. larger.Values(smaller).Select(v => v / Math.Pow(2, degree))]);
        });
        Assert.True(proven > Count / 20, $"{proven}");
    }

    [Fact]
    public void The_order_of_rows_does_not_matter_where_that_is_proven()
    {
        Attacked((loss, random) =>
        {
            if (!OrderOfRows.IsProvenIrrelevant(loss.Graph))
            {
                return;
            }

            proven += loss.Graph.IsBatchCoupled ? 1 : 0;
            var batch = Batch(random, 5);
            Same([.. loss.Values(batch).Order()], [.. loss.Values(batch.Reordered(Order)).Order()]);
        });
        Assert.True(proven > Count / 20, $"{proven}");
    }

    private void Bend(BareLoss loss, Ranges ranges, Curvature bends, Random random, Func<FormulaBatch, FormulaBatch> move)
    {
        if (bends == Curvature.Unknown || !ranges[loss.Graph.Losses[0]].IsDefined)
        {
            return;
        }

        proven += bends == Curvature.Affine ? 0 : 1;
        for (var i = 0; i < 4; i++)
        {
            var left = Batch(random, 4);
            var right = move(left);
            var middle = left with { Columns = left.Columns.ToDictionary(c => c.Key, c => c.Value.Zip(right.Columns[c.Key], (x, y) => (x + y) / 2).ToArray()) };
            var (atLeft, atMiddle, atRight) = (loss.Values(left), loss.Values(middle), loss.Values(right));
            for (var row = 0; row < atMiddle.Length; row++)
            {
                var above = atMiddle[row] - ((atLeft[row] + atRight[row]) / 2);
                var slack = Slack(atMiddle[row]) + Slack(atLeft[row]) + Slack(atRight[row]);
                Assert.True(bends.HasFlag(Curvature.Concave) || above <= slack, $"{bends}: {above:R} above the chord");
                Assert.True(bends.HasFlag(Curvature.Convex) || above >= -slack, $"{bends}: {-above:R} below the chord");
            }
        }
    }

    private static void Moves(Direction direction, double[] before, double[] after)
    {
        for (var row = 0; row < before.Length; row++)
        {
            var (rise, slack) = (after[row] - before[row], Slack(before[row]) + Slack(after[row]));
            Assert.True(direction.HasFlag(Direction.Up) || rise <= slack, $"{direction}: rises by {rise:R}");
            Assert.True(direction.HasFlag(Direction.Down) || rise >= -slack, $"{direction}: falls by {-rise:R}");
        }
    }

    private static void Same(double[] expected, double[] actual)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Slack(expected[i]), $"{expected[i]:R} and {actual[i]:R}");
        }
    }

    private static double Slack(double value) => Attack.Rounding * (1 + Math.Abs(value));

    /// <summary>Random formulas as losses, each with a source of numbers that is always the same.</summary>
    private static void Attacked(Action<BareLoss, Random> attack, [CallerMemberName] string test = "") =>
        Property.Check(
            Arb.From(Gen.OneOf(AnyFormulas.Generator, BentFormulas.All.Generator), AnyFormulas.Shrinker),
            formula =>
            {
                var loss = Rewritten(new BareLoss(new LossGraph([formula], rewards: null), ParameterValues.DefaultsOf([])), _ => null);
                if (loss.Graph.Inputs.Any(i => i.Shape != Shape.Scalar))
                {
                    Describing(loss, () => attack(loss, new Random(1)));
                }
            },
            Count,
            test);

    private static void Describing(BareLoss loss, Action attack)
    {
        try
        {
            attack();
        }
        catch (XunitException failure)
        {
            throw new XunitException($"{failure.Message}\nof {FormulaText.Of(loss.Graph.Losses[0])}", failure);
        }
    }

    /// <summary>The formula with some nodes replaced, and its parameter called β.</summary>
    private static BareLoss Rewritten(BareLoss original, Func<Expr, Expr?> replacement)
    {
        var rewritten = Simplifier.Rewrite(original.Graph.Losses, (node, _) => node is Parameter ? Beta : replacement(node) ?? node);
        var graph = new LossGraph(rewritten, rewards: null);
        return new BareLoss(graph, ParameterValues.DefaultsOf([.. graph.Parameters]));
    }

    private static FormulaBatch Batch(Random random, int rows) => OperationSamples.Batch(rows, Responses, mask: null, () => Any(random));

    private static FormulaBatch With(FormulaBatch batch, string column, Func<double, double> change) =>
        batch with { Columns = batch.Columns.ToDictionary(c => c.Key, c => c.Key == column ? c.Value.Select(change).ToArray() : c.Value) };

    private static double Any(Random random) => Math.Round(6 * (random.NextDouble() - 0.5) * 64) / 64;
}
