using PreferenceLosses.Analysis.Tests.Support;
using PreferenceLosses.Losses;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Analysis.Tests.Answers;

/// <summary>Minima, maxima, kinks and jumps where they can be derived.</summary>
public sealed class LandscapeTests
{
    [Fact]
    public void DiscoPop_has_a_minimum_and_a_maximum_about_0()
    {
        var points = Cards.Of("discopop").Landscape.Points;
        Assert.Equal([PointKind.Minimum, PointKind.Maximum], points.Select(p => p.Kind));
        Assert.Equal(-0.11857, points[0].At * 0.05, 5e-6);
        Assert.Equal(0.7859, points[0].Loss, 5e-5);
        Assert.Equal(0.07201, points[1].At * 0.05, 5e-6);
        Assert.Equal(0.8783, points[1].Loss, 5e-5);

        // (1 − ln 2)/(4τ) − ¾ in x.
        var slope = ((1 - Math.Log(2)) / 0.2) - 0.75;
        Assert.Equal(0.784, slope, 5e-4);
        Assert.Equal(0.05 * slope, Cards.Of("discopop").Start.Slope!.Value, 1e-14);
    }

    /// <summary>The slope is nowhere positive from τ ≈ 0.10978 on; a derivative of a few ten-thousandths between has to be found.</summary>
    [Theory]
    [InlineData(0.05, false)]
    [InlineData(0.10, false)]
    [InlineData(0.109, false)]
    [InlineData(0.1097, false)]
    [InlineData(0.1099, true)]
    [InlineData(0.2, true)]
    [InlineData(1, true)]
    public void DiscoPop_is_monotone_from_tau_0_10978_on(double tau, bool monotone)
    {
        var card = PropertyCard.Of(new DiscoPopLoss { Tau = tau });
        Assert.Equal(monotone ? Verdict.Unknown : Verdict.Refuted, card.Monotone.Verdict);
        Assert.Equal(monotone ? 0 : 1, card.Points(PointKind.Minimum).Length);
        Assert.Equal(tau < (1 - Math.Log(2)) / 3 ? StartDirection.PushesChosenDown : StartDirection.Learns, card.Start.Direction);
    }

    [Fact]
    public void The_label_smoothing_of_the_run_log_has_its_minimum_on_the_wrong_side()
    {
        // σ(x) = 0.45 at x = ln(0.45/0.55).
        var minimum = Assert.Single(Cards.Of("corrected-label-smoothed-logistic", 0.05).Landscape.Points);
        Assert.Equal(Math.Log(0.45 / 0.55) / 0.05, minimum.At, 1e-8);
        Assert.Equal(-0.2007, minimum.At * 0.05, 5e-5);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.05)]
    [InlineData(2)]
    public void Ipo_has_its_minimum_at_the_target(double beta)
    {
        var minimum = Assert.Single(Cards.Of("ipo", beta).Landscape.Points);
        Assert.Equal((PointKind.Minimum, 0.0), (minimum.Kind, Math.Round(minimum.Loss, 15)));
        Assert.Equal(0.5 / beta, minimum.At, 1e-9);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.05)]
    [InlineData(0.37)]
    [InlineData(2)]
    public void The_hinge_has_its_kink_at_the_margin(double beta)
    {
        var kink = Assert.Single(Cards.Of("slic", beta).Landscape.Points);
        Assert.Equal(PointKind.Kink, kink.Kind);
        Assert.Equal(1 / beta, kink.At, 1e-8);
    }

    [Theory]
    [InlineData("padll", 0, 0.45, 0.9)]
    [InlineData("hybrid-performance-margin-decay-logistic", 0.2, 0.45, 0.9)]
    public void Jumps_are_where_the_condition_changes(string name, double at, double before, double after)
    {
        var card = Cards.Of(name, 0.05);
        var jump = Assert.Single(card.Landscape.Points);
        Assert.Equal(PointKind.Jump, jump.Kind);
        Assert.Equal(at, jump.At, 1e-8);

        // S(0) = ln 2 on both sides.
        var seen = card.Continuous.Witness!.Observations;
        Assert.Equal(before * Math.Log(2), seen[0].Loss, 1e-7);
        Assert.Equal(after * Math.Log(2), seen[1].Loss, 1e-7);
    }

    [Fact]
    public void A_kink_may_be_a_minimum()
    {
        var card = Cards.Of(pair => Abs((Cards.Beta * pair.LogRatioDifference) - 0.3));
        Assert.Equal([PointKind.Minimum, PointKind.Kink], card.Landscape.Points.Select(p => p.Kind));
        Assert.All(card.Landscape.Points, point => Assert.Equal(3, point.At, 1e-8));
        Assert.Equal(Verdict.Proven, card.Convex.Verdict);
    }

    [Fact]
    public void A_flat_bottom_is_one_minimum() =>
        Assert.Single(Cards.Of(pair => Relu(Abs(Cards.Beta * pair.LogRatioDifference) - 0.25)).Points(PointKind.Minimum));

    [Fact]
    public void All_minima_of_a_wave_are_found()
    {
        // cos has its minima at odd multiples of π; the parabola keeps those about 0 as minima and moves them inwards a little.
        var minima = Cards.WithoutBeta(pair => Cos(pair.LogRatioDifference) + (1e-4 * Square(pair.LogRatioDifference)))
            .Points(PointKind.Minimum).Where(p => Math.Abs(p.At) < 7).Select(p => p.At).ToArray();
        Assert.Equal(2, minima.Length);
        Assert.Equal(Math.PI, minima[1], 1e-3);
        Assert.Equal(-minima[0], minima[1], 1e-9);
    }
}
