using PreferenceLosses.Analysis.Tests.Support;

namespace PreferenceLosses.Analysis.Tests.Answers;

/// <summary>
/// The cards of the DiscoPOP paper's losses at β = 0.05 against what another program of ours printed for them. It looked at derivatives and
/// at the paper's own code; where it was wrong, a comment says why.
/// </summary>
public sealed class AppendixTests
{
    private const Verdict Yes = Verdict.Proven;
    private const Verdict No = Verdict.Refuted;
    private const Verdict Open = Verdict.Unknown;

    /// <summary>Name, dℓ/dρ at policy = reference to four decimals (null: it depends on the pair), monotone, convex, number of minima.</summary>
    public static TheoryData<string, double?, Verdict, Verdict, int> Shapes => new()
    {
        { "dpo", -0.0250, Yes, Yes, 0 },
        { "slic", -0.0500, Yes, Yes, 0 },
        { "ipo", -20.0000, No, Yes, 1 },
        // Of a loss with statistics over the batch the other program moved all rows together; here the row alone moves, and the
        // statistics with it. Neither a proof nor a counterexample is found that it rises.
        { "dbaql-generated", -0.0364, Open, No, 0 },
        { "dbaql", -0.0364, Open, No, 0 },
        { "aql-generated", -0.0335, Open, No, 0 },
        { "aql", 0.0375, No, No, 1 },
        { "aqfl-generated", -0.0299, Open, No, 0 },
        { "aqfl", -0.0299, Open, No, 0 },
        // Printed as monotone: its derivative is negative on both sides of 0, where the loss itself jumps up.
        { "padll", -0.0225, No, No, 0 },
        { "cell", -0.0375, Yes, Yes, 0 },
        { "discopop-generated", 0.0392, No, No, 1 },
        { "discopop", 0.0392, No, No, 1 },
        // Printed as monotone and convex, with the slope of the hinge: it jumps, and up where x > 1.
        { "pfl-generated", null, No, No, 0 },
        { "pfl", null, No, No, 0 },
        { "logistic-margin", -0.0251, Yes, Yes, 0 },
        // Printed as −0.025, the value where both completions are equally likely. It is monotone: not proven, as σ·(1 − sign) is two terms.
        { "adaptive-margin-logistic", null, Open, Yes, 0 },
        { "combined-logistic-hinge", -0.0750, Yes, Yes, 0 },
        { "scaled-combined-logistic-hinge", -0.0750, Yes, Yes, 0 },
        { "annealed-combined-logistic-hinge", 0.0392, No, No, 1 },
        { "squared-logistic", -0.0347, Yes, Yes, 0 },
        { "focal-logistic", -0.1795, Yes, No, 0 },
        { "temperature-scaled-logistic", -0.0125, Yes, Yes, 0 },
        { "corrected-label-smoothed-logistic", 0.0025, No, Yes, 1 },
        { "decaying-weights-logistic", -0.0025, Yes, Yes, 0 },
        // Printed as monotone: it jumps up at ρ = 0.2.
        { "hybrid-performance-margin-decay-logistic", -0.0113, No, No, 0 },
        { "corrected-reinforced-margin-logistic", -0.0249, Yes, Yes, 0 },
        { "certainty-scaled-logistic", 0.0000, No, No, 1 },
    };

    /// <summary>The losses of the paper.</summary>
    private static IEnumerable<string> Paper => Shapes.Select(row => (string)row[0]).Concat(["exponential", "kto-pair", "aql-printed", "aqfl-printed"]);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_shape_is_the_known_one(string name, double? slope, Verdict monotone, Verdict convex, int minima)
    {
        var card = Cards.Of(name, beta: 0.05);
        Assert.Equal((name, slope is null), (name, card.Start.Slope is null));
        Assert.Equal(slope ?? 0, card.Start.Slope ?? 0, 5.1e-5);
        Assert.Equal((name, monotone, convex), (name, card.Monotone.Verdict, card.Convex.Verdict));
        Assert.Equal(minima, card.Points(PointKind.Minimum).Length);
    }

    /// <summary>Where the first step does not simply learn.</summary>
    [Theory]
    [InlineData("discopop", StartDirection.PushesChosenDown)]
    [InlineData("discopop-generated", StartDirection.PushesChosenDown)]
    [InlineData("aql", StartDirection.PushesChosenDown)]
    [InlineData("annealed-combined-logistic-hinge", StartDirection.PushesChosenDown)]
    [InlineData("corrected-label-smoothed-logistic", StartDirection.PushesChosenDown)]
    [InlineData("certainty-scaled-logistic", StartDirection.NoGradient)]
    [InlineData("adaptive-margin-logistic", StartDirection.Depends)]
    [InlineData("dpo", StartDirection.Learns)]
    [InlineData("pfl", StartDirection.Learns)]
    [InlineData("kto-pair", StartDirection.Learns)]
    public void The_first_step_is_known(string name, StartDirection expected) => Assert.Equal(expected, Cards.Of(name, 0.05).Start.Direction);

    [Theory]
    [InlineData("dpo", BetaUse.FunctionOfScaled)]
    [InlineData("slic", BetaUse.FunctionOfScaled)]
    [InlineData("padll", BetaUse.FunctionOfScaled)]
    [InlineData("decaying-weights-logistic", BetaUse.FunctionOfScaled)]
    [InlineData("adaptive-margin-logistic", BetaUse.FunctionOfScaled)]
    [InlineData("pfl", BetaUse.FunctionOfScaled)]
    // The gates are functions of x/τ, so these are not the same as their generated forms, though they agree at β = τ.
    [InlineData("discopop", BetaUse.FunctionOfScaled)]
    [InlineData("dbaql", BetaUse.FunctionOfScaled)]
    [InlineData("aqfl", BetaUse.FunctionOfScaled)]
    [InlineData("discopop-generated", BetaUse.NotHomogeneous)]
    [InlineData("dbaql-generated", BetaUse.NotHomogeneous)]
    [InlineData("aql-generated", BetaUse.NotHomogeneous)]
    [InlineData("aqfl-generated", BetaUse.NotHomogeneous)]
    [InlineData("focal-logistic", BetaUse.NotHomogeneous)]
    [InlineData("logistic-margin", BetaUse.NotHomogeneous)]
    [InlineData("corrected-reinforced-margin-logistic", BetaUse.NotHomogeneous)]
    // Printed as not homogeneous: (ρ − 1/(2β))² is β^(−2)·(x − ½)².
    [InlineData("ipo", BetaUse.PowerTimesFunctionOfScaled)]
    [InlineData("certainty-scaled-logistic", BetaUse.PowerTimesFunctionOfScaled)]
    [InlineData("pfl-generated", BetaUse.Unused)]
    public void What_beta_does_is_known_and_sure(string name, BetaUse expected)
    {
        var beta = Cards.Of(name, 0.05).Beta;
        Assert.Equal(expected, beta.Use);
        Assert.Equal(expected switch { BetaUse.Unused => Verdict.NotApplicable, BetaUse.NotHomogeneous => No, _ => Yes }, beta.Verdict);
    }

    [Fact]
    public void The_degree_in_beta_is_that_of_the_formula()
    {
        Assert.Equal(0, Cards.Of("dpo").Beta.Degree);
        Assert.Equal(-2, Cards.Of("ipo").Beta.Degree);
        Assert.Equal(-1, Cards.Of("certainty-scaled-logistic").Beta.Degree);
    }

    /// <summary>Of the paper's losses all but these are functions of ρ, row by row, in any order.</summary>
    [Fact]
    public void What_a_loss_sees_is_known()
    {
        Assert.All(Paper, name =>
        {
            var card = Cards.Of(name);
            var sees = name switch
            {
                "kto-pair" or "corrected-reinforced-margin-logistic" => Invariance.LogRatios,
                "pfl" or "pfl-generated" or "adaptive-margin-logistic" => Invariance.Margins,
                "certainty-scaled-logistic" => Invariance.None,
                _ => Invariance.Difference,
            };
            Assert.Equal((name, sees), (name, card.OfDifferenceAlone.Ignored));
            Assert.Equal(sees == Invariance.Difference ? Yes : No, card.OfDifferenceAlone.Verdict);

            // Printed as pointwise: its weights are divided by their sum, so the loss of a row depends on how many there are.
            var coupled = name is "kto-pair" or "decaying-weights-logistic"
                || name.StartsWith("dbaql", StringComparison.Ordinal) || name.StartsWith("aql", StringComparison.Ordinal) || name.StartsWith("aqfl", StringComparison.Ordinal);
            Assert.Equal((name, coupled ? No : Yes), (name, card.RowByRow.Verdict));
            Assert.Equal((name, name == "decaying-weights-logistic" ? No : Yes), (name, card.OrderIndependent.Verdict));
            Assert.Equal((name, No), (name, card.ReferenceFree.Verdict));
        });
    }

    /// <summary>
    /// e^88.7228 and e^709.7827 are the largest finite exponentials. CELL's has a factor of ½, which gives ln 2 more; DBAQL's, all rows alike, has
    /// 1 − c = ½ in log space, and 0.9 x in the exponent.
    /// </summary>
    [Theory]
    [InlineData("exponential", 88.7228, 709.7827)]
    [InlineData("cell", 88.7228, 709.7827)]
    // In double precision the gradient gives way first, where the sum of ten rows' exponentials does: ln 10 earlier. (In single precision sums are double.)
    [InlineData("dbaql", (88.7228 + 0.6931) / 0.9, (709.7827 + 0.6931 - 2.3026) / 0.9)]
    public void True_overflow_is_where_the_exponential_has_it(string name, double inSingle, double inDouble)
    {
        var points = Cards.Of(name, 0.05).Overflow.Points;
        Assert.Equal(["single", "double"], points.Select(p => p.Precision));
        Assert.Equal(-inSingle / 0.05, points[0].At, name == "cell" ? 14 : 0.5);
        Assert.Equal(-inDouble / 0.05, points[1].At, name == "cell" ? 14 : 0.5);
        Assert.Equal(TailKind.Exponential, Cards.Of(name, 0.05).Tail(towardsPlus: false).Kind);
    }

    [Fact]
    public void No_other_loss_overflows() => Assert.All(Paper.Except(["exponential", "cell", "dbaql", "dbaql-generated"]), name =>
        // Printed as overflowing: DiscoPOP, because the paper's code multiplies 0 by ∞. Its formula here is finite, and linear, out there.
        Assert.True(Cards.Of(name).Overflow.Points.IsEmpty, name));

    [Theory]
    [InlineData("dpo", TailKind.Linear, -0.05, TailKind.Saturates, 0)]
    [InlineData("slic", TailKind.Linear, -0.05, TailKind.Saturates, 0)]
    [InlineData("ipo", TailKind.Polynomial, 2, TailKind.Polynomial, 2)]
    [InlineData("exponential", TailKind.Exponential, -0.05, TailKind.Saturates, 0)]
    [InlineData("discopop", TailKind.Linear, -0.05, TailKind.Saturates, 0)]
    [InlineData("squared-logistic", TailKind.Polynomial, 2, TailKind.Saturates, 0)]
    [InlineData("corrected-label-smoothed-logistic", TailKind.Linear, -0.45 * 0.05, TailKind.Linear, 0.55 * 0.05)]
    // With the rejected half at policy = reference: ¼·… the mean of σ(∞) and σ(0), and of σ(−∞) and σ(−∞).
    [InlineData("kto-pair", TailKind.Saturates, 0.75, TailKind.Saturates, 0)]
    public void The_tails_are_known(string name, TailKind left, double leftNumber, TailKind right, double rightNumber)
    {
        var card = Cards.Of(name, 0.05);
        Assert.Equal((left, right), (card.Tail(false).Kind, card.Tail(true).Kind));
        Assert.Equal(leftNumber, card.Tail(false).Number, 1e-3 * Math.Abs(leftNumber));
        Assert.Equal(rightNumber, card.Tail(true).Number, 1e-3 * Math.Abs(rightNumber));
    }

    [Theory]
    [InlineData("dpo", 1)]
    [InlineData("slic", 2)]
    [InlineData("ipo", 800)]
    [InlineData("temperature-scaled-logistic", 0.5)]
    public void The_slope_beside_DPOs_is_the_learning_rate_factor(string name, double factor) =>
        Assert.Equal(factor, Cards.Of(name, 0.05).Start.ShareOfDpo!.Value, 1e-9 * factor);
}
