using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using static System.Math;

namespace PreferenceLosses.Tests.Losses;

/// <summary>
/// One example per loss that can be redone by hand. The trick is x = ln 3: σ(x) = 3/4, σ(−x) = 1/4, S(−x) = ln(4/3), S(x) = ln 4,
/// e^(−x) = 1/3, and the hinge max(0, 1 − x) is 0 because ln 3 &gt; 1. At x = −ln 3 it is the other way round: S(−x) = ln 4,
/// e^(−x) = 3, hinge 1 + ln 3. Tolerances are a few units in the last place of numbers about 1.
/// </summary>
public sealed class WorkedExampleTests
{
    private const double Ulps = 2e-15;

    private static readonly double Ln3 = Log(3);

    /// <summary>
    /// One pair, π_w = −10 + ln 3, π_l = −12, r_w = −10, r_l = −12: c_w = ln 3, c_l = 0, ρ = ln 3. A swap gives ρ = −ln 3.
    /// </summary>
    private static readonly PairColumns Pair = new([-10 + Ln3], [-12], [-10], [-12]);

    [Fact]
    public void Dpo() => Check(new DpoLoss { Beta = 1 }, right: (Log(4.0 / 3), -1.0 / 4), wrong: (Log(4), -3.0 / 4));

    [Fact]
    public void Dpo_with_beta_2()
    {
        // x = 2 ln 3 = ln 9: S(−x) = ln(10/9), dℓ/dρ = −2·σ(−x) = −2/10.
        Check(new DpoLoss { Beta = 2 }, right: (Log(10.0 / 9), -0.2), wrong: (Log(10), -1.8));
    }

    [Fact]
    public void Slic() => Check(new SlicLoss { Beta = 1 }, right: (0, 0), wrong: (1 + Ln3, -1));

    [Fact]
    public void Ipo()
    {
        // The target is 1/(2·0.25) = 2: (ln 3 − 2)², 2(ln 3 − 2).
        Check(
            new IpoLoss { Beta = 0.25 },
            right: (Pow(Ln3 - 2, 2), 2 * (Ln3 - 2)),
            wrong: (Pow(Ln3 + 2, 2), 2 * (-Ln3 - 2)));
    }

    [Fact]
    public void Exponential() => Check(new ExponentialLoss { Beta = 1 }, right: (1.0 / 3, -1.0 / 3), wrong: (3, -3));

    [Fact]
    public void Cell()
    {
        // ½(1/3 + ln(4/3)), −½(1/3 + 1/4); ½(3 + ln 4), −½(3 + 3/4).
        Check(
            new CellLoss { Beta = 1 },
            right: (0.5 * ((1.0 / 3) + Log(4.0 / 3)), -7.0 / 24),
            wrong: (0.5 * (3 + Log(4)), -15.0 / 8));
    }

    [Fact]
    public void DiscoPop()
    {
        // τ = 1: m = σ(x) = 3/4, m' = 3/16. ℓ = ¼ ln(4/3) + ¾·⅓, dℓ/dx = 3/16·(1/3 − ln(4/3)) − ¼·¼ − ¾·⅓.
        Check(
            new DiscoPopLoss { Beta = 1, Tau = 1 },
            right: ((Log(4.0 / 3) / 4) + 0.25, (3.0 / 16 * ((1.0 / 3) - Log(4.0 / 3))) - (1.0 / 16) - 0.25),
            wrong: ((3 * Log(4) / 4) + 0.75, (3.0 / 16 * (3 - Log(4))) - (9.0 / 16) - 0.75));
    }

    [Fact]
    public void DiscoPop_with_another_tau()
    {
        // τ = ½: m = σ(2 ln 3) = 9/10, dm/dx = 2·9/100.
        Check(
            new DiscoPopLoss { Beta = 1, Tau = 0.5 },
            right: (
                (0.1 * Log(4.0 / 3)) + (0.9 / 3),
                (0.18 * ((1.0 / 3) - Log(4.0 / 3))) - (0.1 / 4) - (0.9 / 3)));
    }

    [Fact]
    public void DiscoPop_as_generated()
    {
        // β = 2, the gate at ρ = ln 3: m = 3/4. x = ln 9: S(−x) = ln(10/9), e^(−x) = 1/9, σ(−x) = 1/10.
        Check(
            new DiscoPopGeneratedLoss { Beta = 2 },
            right: (
                (Log(10.0 / 9) / 4) + (0.75 / 9),
                (3.0 / 16 * ((1.0 / 9) - Log(10.0 / 9))) - (2 * 0.25 * 0.1) - (2 * 0.75 / 9)));
    }

    [Fact]
    public void Padll() => Check(
        new PadllLoss { Beta = 1 }, right: (0.9 * Log(4.0 / 3), -0.9 / 4), wrong: (0.45 * Log(4), -0.45 * 3 / 4));

    [Fact]
    public void Pfl()
    {
        // The policy prefers the chosen completion in the pair and the rejected one in its swap.
        Check(new PflLoss { Beta = 1 }, right: (0.5 * Log(4.0 / 3), -1.0 / 8), wrong: (2 * (1 + Ln3), -2));
        Check(new PflGeneratedLoss(), right: (0.5 * Log(4.0 / 3), -1.0 / 8), wrong: (2 * (1 + Ln3), -2));
    }

    [Fact]
    public void Dbaql()
    {
        // ρ = 0 and ±√ln 3: mean 0, unbiased variance ln 3, c = 3/4. The row at 0 has ¾ ln 2 + ¼; in its derivative the variance
        // has none, as it is at the mean. dℓ₀/dρ₀ = −¾·½/0.9 − ¼·0.9.
        var d = Sqrt(Ln3);
        var pairs = Evaluating.At(0, d, -d);
        var result = new DbaqlLoss { Beta = 1, Tau = 1 }.On(pairs, reduction: Reduction.Sum);
        Assert.Equal((0.75 * Log(2)) + 0.25, result.Losses[0], Ulps);
        Assert.Equal((-0.375 / 0.9) - 0.225, result.Gradient(Columns.PolicyChosen)[0], Ulps);

        // At ρ = d the variance adds c(1 − c)·2(d − 0)/2·D = 3/16·d·D, D = Σ (S(−x/0.9) − e^(−0.9x)) over the three rows.
        double Difference(double x) => Log(1 + Exp(-x / 0.9)) - Exp(-0.9 * x);
        var expected = (-0.75 / 0.9 / (1 + Exp(d / 0.9))) - (0.225 * Exp(-0.9 * d))
            + (3.0 / 16 * d * (Difference(0) + Difference(d) + Difference(-d)));
        Assert.Equal(expected, result.Gradient(Columns.PolicyChosen)[1], Ulps);
    }

    [Fact]
    public void Aql()
    {
        // ρ = ±ln 3 at β = 1, τ = ½: u = ±ln 9, mean 0, m = ½. q = σ(½ − ln 9) = 1/(1 + 9e^(−½)).
        var losses = new AqlLoss { Beta = 1, Tau = 0.5 }.Values(Evaluating.At(Ln3, -Ln3));
        var (q, p) = (1 / (1 + (9 * Exp(-0.5))), 1 / (1 + (Exp(-0.5) / 9)));
        Same.Within([q * Log(4.0 / 3), (p * Log(4)) + ((1 - p) * (1 + Ln3))], losses, Ulps);
    }

    [Fact]
    public void Aql_as_generated_and_as_printed()
    {
        // ρ = (2 ln 3, 0) at β = ½: x = (ln 3, 0). Sigmoid of the mean, σ(ln 3) = 3/4: m = 0.5025. Mean of the sigmoids,
        // (9/10 + 1/2)/2 = 0.7: m = 0.502. The gate has β in front in both.
        var pairs = Evaluating.At(2 * Ln3, 0);
        double Q(double ρ, double m) => 1 / (1 + Exp(0.5 * (ρ - m)));
        double[] Expected(double m) => [Q(2 * Ln3, m) * Log(4.0 / 3), 1 + (Q(0, m) * (Log(2) - 1))];
        Same.Within(Expected(0.5025), new AqlGeneratedLoss { Beta = 0.5 }.Values(pairs), Ulps, "generated");
        Same.Within(Expected(0.502), new AqlPrintedLoss { Beta = 0.5, Tau = 0.5 }.Values(pairs), Ulps, "printed");
    }

    [Fact]
    public void Aqfl()
    {
        // ρ = (0, ln 9) at β = τ = 1: mean ln 3, unbiased standard deviation ln 9/√2 = √2 ln 3, mean σ(−ρ) = (1/2 + 1/10)/2 = 0.3.
        // a₀ = 0.3·√2 ln 3, a = 0.95 a₀ + 0.05·3/4.
        var a = (0.95 * 0.3 * Sqrt(2) * Ln3) + 0.0375;
        var losses = new AqflLoss { Beta = 1, Tau = 1 }.Values(Evaluating.At(0, 2 * Ln3));
        Same.Within(ByDistance(a, logistic: Log(10.0 / 9)), losses, Ulps);
    }

    [Fact]
    public void Aqfl_as_printed()
    {
        // The variance is 2 ln²3: a₀ = 0.6 ln²3, a = a₀ + 0.05 σ(ln 3 − a₀).
        var start = 0.6 * Ln3 * Ln3;
        var losses = new AqflPrintedLoss { Beta = 1, Tau = 1 }.Values(Evaluating.At(0, 2 * Ln3));
        Same.Within(ByDistance(start + (0.05 / (1 + Exp(start - Ln3))), logistic: Log(10.0 / 9)), losses, Ulps);
    }

    [Fact]
    public void Aqfl_as_generated_looks_at_the_difference_itself()
    {
        // β = 2 changes x to (0, ln 81) and leaves the statistics of ρ where they were.
        var a = (0.95 * 0.3 * Sqrt(2) * Ln3) + 0.0375;
        var losses = new AqflGeneratedLoss { Beta = 2 }.Values(Evaluating.At(0, 2 * Ln3));
        Same.Within(ByDistance(a, logistic: Log(82.0 / 81)), losses, Ulps);
    }

    [Theory]
    [InlineData("combined-logistic-hinge", 0.28768207245178096, 1.3862943611198906 + 2.0986122886681098)]
    [InlineData("scaled-combined-logistic-hinge", 0.5753641449035619, 2.772588722239781 + 1.0493061443340549)]
    [InlineData("squared-logistic", 0.08276097481015158, 1.9218120556728056)]
    public void Combinations_of_the_baselines(string name, double right, double wrong)
    {
        // ln(4/3) = 0.287682…, ln 4 = 1.386294…, 1 + ln 3 = 2.098612….
        Assert.Equal(right, Evaluating.Loss(name, beta: 1).Values(Pair)[0], Ulps);
        Assert.Equal(wrong, Evaluating.Loss(name, beta: 1).Values(Pair.Swapped())[0], 2 * Ulps);
    }

    [Fact]
    public void Annealed_combination() => Check(
        // σ(−ρ) = 1/4: ¼ ln(4/3) + ¾·0, and 3/16·(0 − ln(4/3)) − 1/16. Swapped: ¾ ln 4 + ¼(1 + ln 3), 3/16·(1 + ln 3 − ln 4) − 9/16 − 1/4.
        RunLogCandidates.AnnealedCombinedLogisticHinge.With("beta", 1),
        right: (Log(4.0 / 3) / 4, (-3.0 / 16 * Log(4.0 / 3)) - (1.0 / 16)),
        wrong: ((0.75 * Log(4)) + (0.25 * (1 + Ln3)), (3.0 / 16 * (1 + Ln3 - Log(4))) - (13.0 / 16)));

    [Fact]
    public void Focal() => Check(
        // σ(−ρ)² = 1/16; slope −2·(1/16)(3/4)·ln(4/3) − (1/16)(1/4). Swapped: 9/16 ln 4, −2·(9/16)(1/4) ln 4 − (9/16)(3/4).
        RunLogCandidates.FocalLogistic.With("beta", 1),
        right: (Log(4.0 / 3) / 16, (-6.0 / 64 * Log(4.0 / 3)) - (1.0 / 64)),
        wrong: (9.0 / 16 * Log(4), (-18.0 / 64 * Log(4)) - (27.0 / 64)));

    [Fact]
    public void Temperature_scaled() => Check(
        RunLogCandidates.TemperatureScaledLogistic.With("beta", 2), right: (Log(4.0 / 3), -0.25), wrong: (Log(4), -0.75));

    [Fact]
    public void Corrected_label_smoothing() => Check(
        // S(x) − 0.45 x: ln 4 − 0.45 ln 3, σ(x) − 0.45.
        RunLogCandidates.CorrectedLabelSmoothedLogistic.With("beta", 1),
        right: (Log(4) - (0.45 * Ln3), 0.3),
        wrong: (Log(4.0 / 3) + (0.45 * Ln3), -0.2));

    [Fact]
    public void Adaptive_margin()
    {
        // d = 0 − ln 3, e = −2 ln 3: d − e − |d| + |e| = 2 ln 3, at β = ½ it is ln 3. ∂/∂π_w = −2βσ(−ln 3), ∂/∂r_w = +2βσ(−ln 3).
        var loss = RunLogCandidates.AdaptiveMarginLogistic.With("beta", 0.5);
        var pairs = new PairColumns([0], [Ln3], [0], [2 * Ln3]);
        Assert.Equal(Log(4.0 / 3), loss.Values(pairs)[0], Ulps);
        AssertGradient(new PairColumns([-0.25], [0.25], [0.25], [-0.25]), loss.Gradient(pairs));
    }

    [Fact]
    public void Decaying_weights()
    {
        // x = (ln 3, −ln 3), weights 0.9/1.9 and 1/1.9.
        var loss = RunLogCandidates.DecayingWeightsLogistic.With("beta", 1);
        Same.Within([0.9 / 1.9 * Log(4.0 / 3), Log(4) / 1.9], loss.Values(Evaluating.At(Ln3, -Ln3)), Ulps);
        Same.Within([-0.9 / 1.9 / 4, -0.75 / 1.9], loss.Gradient(Evaluating.At(Ln3, -Ln3)).PolicyChosen, Ulps);
    }

    [Fact]
    public void Margins_in_nats()
    {
        // ρ = ln 3 + the margin.
        Assert.Equal(Log(4.0 / 3), RunLogCandidates.LogisticMargin.With("beta", 1).Value(Ln3 + 0.1), Ulps);
        Assert.Equal(0.9 * Log(4.0 / 3), RunLogCandidates.HybridPerformanceMarginDecayLogistic.With("beta", 1).Value(Ln3 + 0.2), Ulps);
        Assert.Equal(0.45 * Log(4), RunLogCandidates.HybridPerformanceMarginDecayLogistic.With("beta", 1).Value(-Ln3 + 0.2), Ulps);
    }

    [Fact]
    public void Reinforced_margins()
    {
        // c_w = ln 3 − 0.1 and c_l = 0.1 + ln 3: S(−ln 3) + S(ln 3) = ln(4/3) + ln 4; −1/4 and +3/4.
        var loss = RunLogCandidates.CorrectedReinforcedMarginLogistic.With("beta", 1);
        var pairs = new PairColumns([Ln3 - 0.1], [Ln3 + 0.1], [0], [0]);
        Assert.Equal(Log(16.0 / 3), loss.Values(pairs)[0], Ulps);
        AssertGradient(new PairColumns([-0.25], [0.75], [0.25], [-0.75]), loss.Gradient(pairs));
    }

    [Fact]
    public void Certainty_scaling()
    {
        // π_w − π_l = ln 3, c_w = 2, c_l = −4: 3 ln(4/3). ∂π_w = −3/4 + ½ ln(4/3), ∂π_l = 3/4 − ½ ln(4/3), the references the
        // second terms negated.
        var loss = RunLogCandidates.CertaintyScaledLogistic.With("beta", 1);
        var pairs = new PairColumns([Ln3], [0], [Ln3 - 2], [4]);
        var half = Log(4.0 / 3) / 2;
        Assert.Equal(6 * half, loss.Values(pairs)[0], Ulps);
        AssertGradient(new PairColumns([half - 0.75], [0.75 - half], [-half], [half]), loss.Gradient(pairs));
    }

    /// <summary>Loss and dℓ/dρ of the pair, and of the pair with the completions exchanged.</summary>
    private static void Check(IPreferenceLoss loss, (double Value, double Slope) right, (double Value, double Slope)? wrong = null)
    {
        // 1e-14: ρ = ln 3 is the difference of numbers about 10, known to 2e-15.
        foreach (var (pairs, expected) in new[] { (Pair, right), (Pair.Swapped(), wrong ?? default) }.Take(wrong is null ? 1 : 2))
        {
            Assert.Equal(expected.Value, loss.Values(pairs)[0], 1e-14 * (1 + Abs(expected.Slope)));
            var (slope, gradient) = (expected.Slope, loss.Gradient(pairs));
            Same.Within([slope, -slope, -slope, slope], [.. PairColumns.Names.Select(column => gradient[column][0])], 1e-14, "slopes");
        }
    }

    private static void AssertGradient(PairColumns expected, PairColumns actual)
    {
        foreach (var column in PairColumns.Names)
        {
            Same.Within(expected[column], actual[column], Ulps, column);
        }
    }

    /// <summary>
    /// AQFL at u = (0, ln 9) for a quantile, r = σ(0.1 |u − a|): r ln 2 + (1 − r) in the first row, and r times the logistic loss in
    /// the second, where the hinge is 0.
    /// </summary>
    private static double[] ByDistance(double a, double logistic)
    {
        var (r, s) = (1 / (1 + Exp(-0.1 * Abs(a))), 1 / (1 + Exp(-0.1 * Abs((2 * Ln3) - a))));
        return [(r * Log(2)) + (1 - r), s * logistic];
    }
}
