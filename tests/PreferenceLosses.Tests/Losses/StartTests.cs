using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Where training starts: the policy is the reference, ρ = 0 in every row and all statistics are those of zeros.</summary>
public sealed class StartTests
{
    private static readonly double Ln2 = Math.Log(2);

    /// <summary>
    /// For each loss at β = 0.05 the value of a row in closed form, and the sum over the batch of the derivatives of the mean
    /// with respect to log π(chosen) to four decimals, as another implementation of ours printed it.
    /// </summary>
    private static readonly Dictionary<string, (double Value, double? Slope)> Known = new()
    {
        ["dpo"] = (Ln2, -0.0250),
        ["slic"] = (1, -0.0500),
        ["ipo"] = (100, -20.0000),                                      // 1/(2β) = 10
        ["exponential"] = (1, -0.0500),
        ["kto-pair"] = (0.5, -0.0125),                                  // −β(¼ + ¼)/2: KtoPairTests
        ["discopop"] = ((1 + Ln2) / 2, 0.0392),
        ["discopop-generated"] = ((1 + Ln2) / 2, 0.0392),
        ["dbaql"] = ((1 + Ln2) / 2, -0.0364),
        ["dbaql-generated"] = ((1 + Ln2) / 2, -0.0364),
        ["aql"] = (Blend(0.5), 0.0375),                                 // gate m = ½
        ["aql-generated"] = (Blend(0.025), -0.0335),                    // gate βm
        ["aql-printed"] = (Blend(0.025), null),
        ["aqfl"] = (Blend(0.0025), -0.0299),                            // gate 0.1·|0 − 0.025|
        ["aqfl-generated"] = (Blend(0.0025), -0.0299),
        ["aqfl-printed"] = (Blend(0.0025), null),
        ["padll"] = (0.9 * Ln2, -0.0225),
        ["cell"] = ((1 + Ln2) / 2, -0.0375),
        ["pfl"] = (2, -0.1000),                                         // π_w < π_l below: the hinge
        ["pfl-generated"] = (2, -2.0000),
        ["logistic-margin"] = (Math.Log(1 + Math.Exp(0.005)), -0.0251),
        ["adaptive-margin-logistic"] = (Ln2, -0.0500),                  // −2βσ(0), as π_w < π_l
        ["combined-logistic-hinge"] = (Ln2 + 1, -0.0750),
        ["scaled-combined-logistic-hinge"] = ((2 * Ln2) + 0.5, -0.0750),
        ["annealed-combined-logistic-hinge"] = ((Ln2 + 1) / 2, 0.0392),
        ["squared-logistic"] = (Ln2 * Ln2, -0.0347),
        ["focal-logistic"] = (Ln2 / 4, -0.1795),
        ["temperature-scaled-logistic"] = (Ln2, -0.0125),
        ["corrected-label-smoothed-logistic"] = (Ln2, 0.0025),
        ["decaying-weights-logistic"] = (Ln2 / 10, -0.0025),            // the mean over 10 rows
        ["hybrid-performance-margin-decay-logistic"] = (0.45 * Math.Log(1 + Math.Exp(0.01)), -0.0113),
        ["corrected-reinforced-margin-logistic"] = (2 * Math.Log(1 + Math.Exp(-0.005)), -0.0249),
        ["certainty-scaled-logistic"] = (0, 0),
        ["ipo-averaged"] = (100, -2.0000),                              // 2(0 − 10)/10 tokens
        ["cdpo"] = (Ln2, -0.0200),                                      // −β(½ − ε)
        ["robust"] = (Ln2, -0.0312),                                    // −β(½ + ε/(1 − 2ε)) = −β/(2(1 − 2ε))
        ["sigmoid-norm"] = (Ln2, -0.0025),
        ["exo-pair"] = (-Ln2 - (Math.Log(0.001 * 0.999) / 2), -0.0863), // −β ln(999)/4
        ["nca-pair"] = (2 * Ln2, -0.0125),                              // −β(½ − ¼)
        ["bco-pair"] = (2 * Ln2, -0.0250),
        ["bco-pair-shifted"] = (Math.Log(1 + Math.Exp(0.25)) + Math.Log(1 + Math.Exp(-0.25)), -0.0281), // −βσ(¼)
        ["sppo-hard"] = (200, -20.0000),
        ["sppo"] = (7.5 * 7.5 + 25, -15.0000),                          // targets (0.875 − ½)/β = 7.5 and (0.25 − ½)/β = −5
        ["aot"] = (Ln2, -0.0250),
        ["aot-unpaired"] = (Ln2, -0.0250),
        ["apo-zero"] = (1, -0.0125),
        ["apo-down"] = (1, 0.0000),                                     // β(¼ − ¼)
        ["odpo"] = (Math.Log(1 + Math.Exp(0.5)), -0.0311),              // −βσ(½)
        ["r-dpo"] = (Math.Log(1 + Math.Exp(-0.03)), -0.0246),           // three tokens more: −βσ(−0.03)
        ["dpop"] = (Ln2, -0.0250),                                      // relu'(0) = 0
        ["dpo-shift"] = (Ln2, -0.0250),
        ["cal-dpo"] = (Ln2 + 100, -10.5000),
        ["chi-po"] = (Ln2, -0.0500),                                    // −β(1 + e^0)/2
        ["gpo-squared"] = (1, -0.1000),
        ["gpo-truncated-quadratic"] = (1, -0.1000),
        ["gpo-savage"] = (0.25, -0.0125),                               // −2βσ²(0)σ(0)
        ["f-dpo-forward-kl"] = (Ln2, -0.0250),
        ["f-dpo-js"] = (Ln2, -0.0125),                                  // −β/2 · σ(0)
        ["f-dpo-alpha"] = (Ln2, -0.0250),
        ["beta-dpo"] = (Ln2, -0.0325),                                  // β̂ = β(1 + 0.6·½)
        ["tdpo1"] = (Math.Log(1 + Math.Exp(-0.05)), -0.0244),           // K_l − K_w = −1: −βσ(−β)
        ["tdpo2"] = (Math.Log(1 + Math.Exp(-0.025)), -0.0247),
    };

    public static TheoryData<string> EveryLoss => [.. Known.Keys];

    /// <summary>Without a reference, or with a likelihood, a loss knows no start.</summary>
    [Fact]
    public void Every_loss_of_the_log_ratios_is_here() => Assert.Equal(
        ["aipo", "alpha-dpo", "alphapo", "cpo", "nll", "orpo", "sft", "simpo", "slic-hf", "tpo", "tpo-l"],
        Claims.All.Select(claims => claims.Name).Except(Known.Keys).Order());

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void Where_the_policy_is_the_reference_the_mean_loss_and_its_slope_are_known(string name)
    {
        var result = Evaluating.Loss(name, beta: 0.05).On(Initial());
        Assert.Equal(Known[name].Value, result.Value, 1e-15 * Known[name].Value);

        // Half a unit of the fourth decimal.
        var slope = result.Gradient(Columns.PolicyChosen).ToArray().Sum();
        Assert.Equal(Known[name].Slope ?? slope, slope, 5.1e-5);
    }

    [Theory]
    [InlineData("pfl")]
    [InlineData("pfl-generated")]
    public void Pfl_starts_with_half_the_logistic_loss_where_the_policy_prefers_the_chosen_completion(string name) =>
        Assert.Equal(Ln2 / 2, Evaluating.Loss(name).On(Initial().Swapped()).Value, 1e-15);

    [Theory]
    [InlineData("aqfl")]
    [InlineData("aqfl-generated")]
    public void The_gradient_of_Aqfl_at_a_deviation_of_0_is_finite_and_known(string name)
    {
        // r = σ(0.0025), S − H = ln 2 − 1, sign(u − a) = −1: K = −0.1 r(1 − r)(S − H) per row and unit of u. Of the quantile only
        // 0.05 σ(mean u) has a gradient, 0.05·¼/N to each row, and the deviation none. dℓ/dρ = K(1 − 0.0125) − rβ/2 − (1 − r)β.
        var r = 1 / (1 + Math.Exp(-0.0025));
        var k = -0.1 * r * (1 - r) * (Ln2 - 1);
        var expected = (k * (1 - 0.0125)) - (r * 0.025) - ((1 - r) * 0.05);

        var gradient = Evaluating.Loss(name).Gradient(Initial());
        Assert.All(gradient.PolicyChosen, value => Assert.Equal(expected, value, 1e-16));
        Assert.All(gradient.ReferenceChosen, value => Assert.Equal(-expected, value, 1e-16));
    }

    [Fact]
    public void No_loss_has_a_gradient_that_is_not_a_number_at_the_start_in_either_precision() =>
        Assert.All(Claims.All, claims =>
        {
            var loss = Evaluating.Loss(claims.Name);
            var single = loss.Evaluate(Initial().Batch<float>());
            var expected = loss.On(Initial());
            foreach (var column in PairColumns.Names)
            {
                // Single precision follows to 1e-6 of the largest derivative of the loss.
                var values = expected.Gradient(column).ToArray();
                var scale = values.Max(Math.Abs);
                Same.Within(values, [.. single.Gradient(column).ToArray().Select(value => (double)value)], 1e-6 * scale, $"{claims.Name}, {column}");
            }
        });

    /// <summary>Ten rows, the rejected completion always the likelier one.</summary>
    private static PairColumns Initial()
    {
        var chosen = Enumerable.Range(0, 10).Select(i => -20 - (1.7 * i)).ToArray();
        var rejected = chosen.Select((value, i) => value + 1 + (0.3 * i)).ToArray();
        return new PairColumns(chosen, rejected, chosen, rejected);
    }

    /// <summary>q ln 2 + (1 − q)·1 with q = σ(gate).</summary>
    private static double Blend(double gate) => 1 + ((Ln2 - 1) / (1 + Math.Exp(-gate)));
}
