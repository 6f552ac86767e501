using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>What becomes of a loss when the chosen and the rejected completion change places: x changes its sign.</summary>
public sealed class SwapTests
{
    /// <summary>An identity between ℓ(x) and ℓ(−x): its two sides, and the largest term in them.</summary>
    private delegate (double Left, double Right, double Size) Identity(double x, double loss, double swapped);

    private static readonly Dictionary<string, Identity> Identities = new()
    {
        // S(−x) − S(x) = −x.
        ["dpo"] = (x, loss, swapped) => (loss - swapped, -x, loss + swapped),
        ["temperature-scaled-logistic"] = (x, loss, swapped) => (loss - swapped, -x / 2, loss + swapped),
        ["squared-logistic"] = (x, loss, swapped) => (Math.Sqrt(loss) - Math.Sqrt(swapped), -x, Math.Sqrt(loss) + Math.Sqrt(swapped)),

        // S(x) − 0.45 x − (S(−x) + 0.45 x) = 0.1 x: the only one that prefers the rejected answer.
        ["corrected-label-smoothed-logistic"] = (x, loss, swapped) => (loss - swapped, 0.1 * x, loss + swapped),

        // 0.9 S(−x) on the right, 0.45 S(x) on the left.
        ["padll"] = (x, loss, swapped) => x > 0
            ? ((loss / 0.9) - (swapped / 0.45), -x, (loss + swapped) / 0.45)
            : ((loss / 0.45) - (swapped / 0.9), -x, (loss + swapped) / 0.45),

        ["exponential"] = (_, loss, swapped) => (loss * swapped, 1, 1),
        ["cell"] = (x, loss, swapped) => (loss - swapped, -Math.Sinh(x) - (x / 2), loss + swapped),

        // max(0, 1 − x) − max(0, 1 + x) = −x − clamp(x, −1, 1).
        ["slic"] = (x, loss, swapped) => (loss - swapped, -x - Math.Clamp(x, -1, 1), loss + swapped),
        ["combined-logistic-hinge"] = (x, loss, swapped) => (loss - swapped, (-2 * x) - Math.Clamp(x, -1, 1), loss + swapped),
        ["scaled-combined-logistic-hinge"] = (x, loss, swapped) =>
            (loss - swapped, (-2.5 * x) - (0.5 * Math.Clamp(x, -1, 1)), loss + swapped),
    };

    public static TheoryData<string> Names => [.. Identities.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_loss_of_x_and_that_of_minus_x_are_related(string name) =>
        Property.Check(
            Any.Pairs().And(Any.Beta),
            both =>
            {
                // At x = 0 PADLL jumps; beyond ±300 the product of two exponentials or a square is not a finite number.
                var (pairs, beta) = both;
                var loss = Evaluating.Loss(name, beta);
                var (losses, swapped, differences) = (loss.Values(pairs), loss.Values(pairs.Swapped()), pairs.Differences());
                for (var i = 0; i < pairs.Rows; i++)
                {
                    var x = beta * differences[i];
                    if (x != 0 && Math.Abs(x) < 300)
                    {
                        var (left, right, size) = Identities[name](x, losses[i], swapped[i]);
                        Assert.True(Math.Abs(left - right) <= 3e-15 * Math.Max(1, size), $"x = {x:R}: {left:R} is not {right:R}");
                    }
                }
            });

    [Fact]
    public void Ipo_differs_by_the_linear_term_of_its_square() =>
        Property.Check(Any.Pairs().And(Any.Beta), both =>
        {
            // (ρ − t)² − (ρ + t)² = −4tρ with t = 1/(2β).
            var (pairs, beta) = both;
            var loss = Evaluating.Loss("ipo", beta);
            var (losses, swapped, differences) = (loss.Values(pairs), loss.Values(pairs.Swapped()), pairs.Differences());
            for (var i = 0; i < pairs.Rows; i++)
            {
                Assert.Equal(-2 * differences[i] / beta, losses[i] - swapped[i], 2e-15 * (losses[i] + swapped[i]));
            }
        });

    [Fact]
    public void A_margin_moves_the_center_of_the_symmetry() =>
        Property.Check(Any.Difference.And(Any.Beta), both =>
        {
            // S(−β(ρ − m)) at m + t and m − t.
            var (t, beta) = both;
            var loss = Evaluating.Loss("logistic-margin", beta);
            var (above, below) = (loss.Value(0.1 + t), loss.Value(0.1 - t));
            Assert.Equal(-beta * t, above - below, 1e-15 * (1 + above + below + (beta * Math.Abs(t))));
        });

    [Fact]
    public void Exchanging_the_models_with_the_completions_leaves_the_reinforced_margin_alone() =>
        Property.Check(Any.Pairs(), pairs =>
        {
            // c_w becomes −c_l and c_l becomes −c_w, and S(−β(c_w + 0.1)) + S(β(c_l − 0.1)) is symmetric in these.
            var exchanged = new PairColumns(pairs.ReferenceRejected, pairs.ReferenceChosen, pairs.PolicyRejected, pairs.PolicyChosen);
            var loss = Evaluating.Loss("corrected-reinforced-margin-logistic");
            Same.Bits(loss.Values(pairs), loss.Values(exchanged));
        });
}
