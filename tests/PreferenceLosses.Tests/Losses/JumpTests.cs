using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Losses that jump, the side that the point itself belongs to, and derivatives at kinks.</summary>
public sealed class JumpTests
{
    /// <summary>Small enough to see the jump alone, exact beside a log-probability of −500.</summary>
    private const double Tiny = 1.0 / (1L << 40);

    [Theory]
    [InlineData(0, 0.9)]
    [InlineData(Tiny, 0.9)]
    [InlineData(-Tiny, 0.45)]
    [InlineData(-0.0, 0.9)]
    public void Padll_jumps_at_zero_which_counts_as_ranked_correctly(double ρ, double weight)
    {
        // S(0) = ln 2; the slope of the logistic part is −β/2 on both sides.
        Assert.Equal(weight * Math.Log(2), new PadllLoss().Value(ρ), 1e-12);
        Assert.Equal(-weight * 0.05 / 2, new PadllLoss().Slope(ρ), 1e-12);
    }

    [Fact]
    public void Padll_finds_zero_exactly_where_the_policy_is_the_reference() =>
        Property.Check(Any.Pairs(), pairs =>
        {
            var initial = pairs with { PolicyChosen = pairs.ReferenceChosen, PolicyRejected = pairs.ReferenceRejected };
            Assert.All(new PadllLoss().Values(initial), value => Assert.Equal(0.9 * Math.Log(2), value, 1e-15));

            // Also with log-probabilities that are not exact: the same number less itself.
            var thirds = initial.Map(value => value / 3, PairColumns.Names);
            Assert.All(new PadllLoss().Values(thirds), value => Assert.Equal(0.9 * Math.Log(2), value, 1e-15));
        });

    [Theory]
    [InlineData(0.2, 0.9)]
    [InlineData(0.2 + Tiny, 0.9)]
    [InlineData(0.2 - Tiny, 0.45)]
    public void The_hybrid_jumps_at_its_margin(double ρ, double weight) =>
        Assert.Equal(weight * Math.Log(2), Evaluating.Loss("hybrid-performance-margin-decay-logistic").Value(ρ), 1e-12);

    [Theory]
    [InlineData(-10.0, -10 - Tiny, false)]
    [InlineData(-10.0, -10.0, true)]
    [InlineData(-10 - Tiny, -10.0, true)]
    public void Pfl_jumps_where_the_policys_own_preference_changes_and_a_tie_is_a_hinge(double chosen, double rejected, bool hinge)
    {
        // The reference prefers the rejected completion by 4 nats, so x = 0.5·4 = 2 in all three rows: the gate is not ρ.
        var pairs = new PairColumns([chosen], [rejected], [-14], [-10]);
        var loss = new PflLoss { Beta = 0.5 };
        Assert.Equal(hinge ? 0 : 0.5 * Math.Log(1 + Math.Exp(-2)), loss.Values(pairs)[0], 1e-12);

        // Where the reference prefers the chosen one, x = −2 and the hinge counts twice.
        var other = new PairColumns([chosen], [rejected], [-10], [-14]);
        Assert.Equal(hinge ? 6 : 0.5 * Math.Log(1 + Math.Exp(2)), loss.Values(other)[0], 1e-11);
        Assert.Equal(hinge ? -1 : -0.25 / (1 + Math.Exp(-2)), loss.Gradient(other).PolicyChosen[0], 1e-12);
    }

    [Fact]
    public void Slic_has_no_derivative_left_at_its_kink()
    {
        // x = 1 exactly.
        Assert.Equal(0, new SlicLoss { Beta = 0.5 }.Slope(2));
        Assert.Equal(-0.5, new SlicLoss { Beta = 0.5 }.Slope(2 - Tiny));
    }

    [Fact]
    public void The_adaptive_margin_has_a_gradient_at_its_kinks_where_abs_has_derivative_0()
    {
        // π_w = π_l and r_w = r_l: S(−β(d − e − |d| + |e|)) with the derivative of |·| taken as 0: −β/2, β/2, β/2, −β/2.
        var gradient = Evaluating.Loss("adaptive-margin-logistic").Gradient(new PairColumns([-7], [-7], [-8], [-8]));
        Same.Bits(new PairColumns([-0.025], [0.025], [0.025], [-0.025]), gradient);
    }

    [Fact]
    public void Aqfl_has_no_derivative_of_the_distance_where_a_row_is_at_the_quantile()
    {
        // Two rows at u = 0 and one whose u is the quantile cannot be written down exactly; three rows at u = a can: with equal
        // rows a = 0.05 σ(u), so u is the fixed point 0.02531… of that. Then r = ½ and sign(0) = 0: nothing flows through r.
        var u = 0.0253;
        for (var i = 0; i < 100; i++)
        {
            u = 0.05 / (1 + Math.Exp(-u));
        }

        // The fixed point is met up to rounding; the losses are those of r = ½.
        var x = 0.05 * u;
        var value = Evaluating.Loss("aqfl-generated").Values(Evaluating.At(u, u, u))[0];
        Assert.Equal((0.5 * Math.Log(1 + Math.Exp(-x))) + (0.5 * (1 - x)), value, 1e-14);
    }
}
