using MathNet.Numerics.RootFinding;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>The landscape of DiscoPOP: where it rises, where it turns, and for which τ.</summary>
public sealed class DiscoPopTests
{
    private static readonly DiscoPopLoss Paper = new() { Beta = 0.05, Tau = 0.05 };

    [Fact]
    public void The_slope_at_zero_follows_from_tau_and_is_positive_below_one_minus_ln_2_over_3() =>
        Property.Check(Any.Positive.Where(tau => tau is > 0.01 and < 2).And(Any.Beta), both =>
        {
            // m = ½, m' = 1/(4τ): dℓ/dx = (1 − ln 2)/(4τ) − ½·½ − ½.
            var (tau, beta) = both;
            var slope = new DiscoPopLoss { Beta = beta, Tau = tau }.Slope(0);
            var inX = ((1 - Math.Log(2)) / (4 * tau)) - 0.75;
            Assert.Equal(beta * inX, slope, 1e-15 * beta / tau);
            if (Math.Abs(inX) > 1e-9)
            {
                Assert.Equal(tau < (1 - Math.Log(2)) / 3, slope > 0);
            }
        });

    [Fact]
    public void At_the_papers_tau_it_starts_uphill()
    {
        // 0.05 · ((1 − ln 2)/0.2 − 0.75) = 0.0392: descending, training pushes ρ down first.
        Assert.Equal(0.0392, Paper.Slope(0), 5e-5);
        Assert.Equal((1 + Math.Log(2)) / 2, Paper.Value(0), 1e-15);
    }

    [Theory]
    [InlineData(-0.5, 0, -0.11857, 0.7859)]
    [InlineData(0, 0.5, 0.07201, 0.8783)]
    public void It_has_a_local_minimum_and_a_local_maximum_about_zero(double from, double to, double x, double value)
    {
        var root = Brent.FindRoot(at => Paper.Slope(at / 0.05), from, to, accuracy: 1e-10);
        Assert.Equal(x, root, 5e-6);
        Assert.Equal(value, Paper.Value(root / 0.05), 5e-5);

        // The minimum has a falling slope on its left, the maximum on its right.
        var isMinimum = x < 0;
        Assert.Equal(isMinimum, Paper.Slope((root - 0.01) / 0.05) < 0);
        Assert.Equal(isMinimum, Paper.Slope((root + 0.01) / 0.05) > 0);
    }

    [Fact]
    public void Outside_the_two_it_falls_everywhere() =>
        Property.Check(Any.Difference, ρ =>
        {
            var x = 0.05 * ρ;
            if (x is < -0.1186 or > 0.0721)
            {
                Assert.True(Paper.Slope(ρ) < 0);
            }
            else if (x is > -0.1185 and < 0.0720)
            {
                Assert.True(Paper.Slope(ρ) > 0);
            }
        });

    [Theory]
    [InlineData(0.1097, false)]
    [InlineData(0.1099, true)]
    public void It_is_monotone_from_tau_0_1098_on(double tau, bool monotone)
    {
        // x from −0.3 to 0.3, where the slope is largest, in steps of 1/20000.
        var loss = new DiscoPopLoss { Beta = 1, Tau = tau };
        var x = Enumerable.Range(-6000, 12000).Select(i => i / 20000.0).ToArray();
        Assert.Equal(monotone, loss.Gradient(Evaluating.At(x)).PolicyChosen.Max() < 0);
    }
}
