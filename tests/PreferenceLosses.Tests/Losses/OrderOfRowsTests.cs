using FsCheck.Fluent;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Rows in another order have the same losses in that order, and a row of a pointwise loss is on its own.</summary>
public sealed class OrderOfRowsTests
{
    public static TheoryData<string> Pointwise => Claims.Where(claims => claims.Pointwise);

    /// <summary>But those that read positions, ranks (ties are broken by position) or lengths (which are all the same here).</summary>
    public static TheoryData<string> Coupled => Claims.Where(
        claims => !claims.Pointwise && claims.Name is not ("decaying-weights-logistic" or "aot" or "aot-unpaired" or "sft" or "tpo" or "tpo-l"));

    [Theory]
    [MemberData(nameof(Pointwise))]
    public void The_loss_and_gradient_of_a_row_are_those_of_the_row_alone_in_every_bit(string name)
    {
        var loss = Evaluating.Loss(name);
        Property.Check(
            // e^x of the base library treats all lanes of a vector in another way where one of them is beyond ±709.
            Any.Pairs(maximum: 20).Where(pairs => pairs.Differences().All(ρ => Math.Abs(ρ) < 700)),
            pairs =>
            {
                var (losses, gradient) = (loss.Values(pairs), loss.Gradient(pairs));
                for (var row = 0; row < pairs.Rows; row++)
                {
                    var alone = pairs.Select(i => i == row);
                    Same.Bits([losses[row]], loss.Values(alone), $"loss of row {row}");
                    Same.Bits(gradient.Select(i => i == row), loss.Gradient(alone), $"gradient of row {row}");
                }
            },
            count: 20);
    }

    [Theory]
    [MemberData(nameof(Pointwise))]
    public void Beside_a_row_whose_exponential_overflows_the_loss_of_a_row_keeps_all_but_its_last_digits(string name)
    {
        var loss = Evaluating.Loss(name);
        Property.Check(Any.Difference.And(Any.Difference), both =>
        {
            var (ρ, neighbour) = both;
            Same.Relative(loss.Value(ρ), loss.Values(Evaluating.At(ρ, neighbour))[0], 1e-15);
        });
    }

    [Theory]
    [MemberData(nameof(Coupled))]
    public void Rows_in_another_order_have_the_same_losses_and_gradients_in_that_order(string name)
    {
        var loss = Evaluating.Loss(name);
        Property.Check(
            Any.Pairs(minimum: 2, maximum: 20).And(Arb.From(Gen.Choose(0, int.MaxValue - 1))),
            both =>
            {
                var (pairs, seed) = both;
                var order = Enumerable.Range(0, pairs.Rows).ToArray();
                new Random(seed).Shuffle(order);
                var reordered = PairColumns.From(column => [.. order.Select(i => pairs[column][i])]);

                // A 2B loss has a second half.
                var losses = loss.Values(pairs);
                var halves = losses.Chunk(pairs.Rows).SelectMany(half => order.Select(i => half[i])).ToArray();

                // Statistics are summed in another order, which may change their last digit.
                Same.Within(halves, loss.Values(reordered), 1e-12 * losses.Max(), "losses");
                var (gradient, expected) = (loss.Gradient(pairs), loss.Gradient(reordered));
                foreach (var column in PairColumns.Names)
                {
                    var values = order.Select(i => gradient[column][i]).ToArray();
                    Same.Within(values, expected[column], 1e-11 * values.Max(Math.Abs), column);
                }
            },
            count: 40);
    }

    [Theory]
    [MemberData(nameof(Coupled))]
    public void The_loss_of_a_row_depends_on_another_row(string name)
    {
        var loss = Evaluating.Loss(name);
        var pairs = PairColumns.WithDifferences(0.5, 1, 2);
        var other = pairs.Map(value => value, PairColumns.Names);
        other.PolicyChosen[2] += 3;
        Assert.NotEqual(loss.Values(pairs)[0] + loss.Values(pairs)[^3], loss.Values(other)[0] + loss.Values(other)[^3]);
    }

    [Fact]
    public void Decaying_weights_follow_the_position_and_not_the_row()
    {
        var loss = Evaluating.Loss("decaying-weights-logistic");
        var (first, second) = (loss.Values(Evaluating.At(1, -1)), loss.Values(Evaluating.At(-1, 1)));
        Assert.NotEqual(first[0], second[1], 1e-3);

        // Two equal rows share in the ratio 0.9 : 1.
        var equal = loss.Values(Evaluating.At(3, 3));
        Assert.Equal(0.9, equal[0] / equal[1], 1e-15);
    }
}
