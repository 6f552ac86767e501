using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>What losses become far from ρ = 0, in both precisions: where gates saturate and naive formulas give 0·∞.</summary>
public sealed class TailTests
{
    [Fact]
    public void Dpo_becomes_minus_x_on_the_left_and_the_exponential_on_the_right() =>
        Property.Check(Any.Beta.And(Any.Positive.Where(distance => distance is > 40 and < 700)), both =>
        {
            // ln(1 + e^z) is z up to e^(−40) = 4e-18 for z > 40, and e^z up to half its square for z < −40. The rounding of x in the
            // exponent is a relative error of the exponential.
            var (beta, distance) = both;
            var loss = Evaluating.Loss("dpo", beta);
            Same.Relative(distance, loss.Value(-distance / beta), 1e-15);
            Same.Relative(Math.Exp(-distance), loss.Value(distance / beta), 4e-16 * (4 + distance));
        });

    [Fact]
    public void DiscoPop_becomes_logistic_on_the_left_and_exponential_on_the_right() =>
        Property.Check(Any.Positive.Where(distance => distance is > 2 and < 600), x =>
        {
            // At τ = 0.05 the gate is within e^(−40) of its end at |x| = 2; on the left e^(−x) takes back e^2 of that at most,
            // e^(−x)·σ(x/τ) ≤ e^(−19|x|).
            var loss = Evaluating.Loss("discopop", beta: 1, tau: 0.05);
            Same.Relative(Evaluating.Loss("dpo", 1).Value(-x), loss.Value(-x), 1e-14);
            Same.Relative(Math.Exp(-x), loss.Value(x), 1e-14);
        });

    [Theory]
    [InlineData(-100, 100)]
    [InlineData(-20, 20.0000000020611536)]
    [InlineData(-5, 5.006715348489118)]
    public void DiscoPop_is_the_logistic_loss_on_the_left_where_the_naive_product_is_not_a_number(double x, double expected)
    {
        // S(−x) = −x + ln(1 + e^x): e^(−20) = 2.06e-9, ln(1 + e^(−5)) = 0.006715348489118.
        var pairs = Evaluating.At(x / 0.05);
        Same.Relative(expected, Evaluating.Loss("discopop").Values(pairs)[0], 1e-14);

        // The gradient of −x − …: βσ(−x) upwards for the rejected completion.
        var single = Evaluating.Loss("discopop").Evaluate(pairs.Batch<float>());
        Assert.Equal(expected, single.Losses[0], 1e-6 * expected);
        Assert.Equal(-0.05 / (1 + Math.Exp(x)), single.Gradient(Columns.PolicyChosen)[0], 1e-7);
    }

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(1, 1)]
    [InlineData(2, double.PositiveInfinity)]
    public void Far_on_the_left_the_exponential_part_of_DiscoPop_goes_where_tau_sends_it(double tau, double expected)
    {
        // σ(x/τ)·e^(−x) behaves like e^(x(1/τ − 1)), beside the logistic part −x.
        var x = -2000.0;
        Assert.Equal(expected, Evaluating.Loss("discopop", beta: 1, tau).Value(x) + x, 1e-12);
    }

    [Fact]
    public void Slic_is_0_from_the_margin_on_and_linear_before_it() =>
        Property.Check(Any.Difference.And(Any.Exponent), both =>
        {
            var (ρ, beta) = (both.First, Math.ScaleB(1, both.Second));
            Assert.Equal(beta * ρ >= 1 ? 0 : 1 - (beta * ρ), Evaluating.Loss("slic", beta).Value(ρ));
            Assert.Equal(beta * ρ >= 1 ? 0 : -beta, Evaluating.Loss("slic", beta).Slope(ρ));
        });

    [Fact]
    public void Cell_becomes_half_the_exponential_on_the_left_and_all_of_it_on_the_right() =>
        Property.Check(Any.Positive.Where(distance => distance is > 60 and < 600), x =>
        {
            // On the left x is below 1e-24 of e^x; on the right S(−x) and e^(−x) are the same to e^(−60).
            var loss = Evaluating.Loss("cell", beta: 1);
            Same.Relative(0.5 * Math.Exp(x), loss.Value(-x), 1e-14);
            Same.Relative(Math.Exp(-x), loss.Value(x), 1e-14);
        });

    [Theory]
    [InlineData("aql")]
    [InlineData("annealed-combined-logistic-hinge")]
    public void Quantile_gates_leave_the_logistic_loss_on_the_left_and_the_hinge_on_the_right(string name)
    {
        // ρ = ±80: the gate is within e^(−79) of its end, and x = ±4; the hinge is 0 from x = 1 on.
        var loss = Evaluating.Loss(name);
        Same.Relative(Math.Log(1 + Math.Exp(4)), loss.Value(-80), 1e-14);
        Assert.InRange(loss.Value(80), 0, 1e-30);

        // ρ = 15: the hinge is 1 − 0.75, and a share of 3e-7 (5e-7 with AQL's threshold) is logistic still.
        Assert.Equal(0.25, loss.Value(15), 1e-6);
    }

    [Fact]
    public void Aqfl_becomes_logistic_far_from_its_quantile()
    {
        // u = ±2000 about a quantile between 0 and 1000: 0.1·|u − a| > 90, and 1 − r < 1e-39.
        var losses = Evaluating.Loss("aqfl").Values(Evaluating.At(2000, -2000, 2000));
        Same.Relative(100, losses[1], 1e-14);
        Same.Relative(Math.Exp(-100), losses[0], 1e-12);
    }

    [Theory]
    [InlineData("exponential")]
    [InlineData("cell")]
    public void Losses_that_truly_overflow_are_infinite_and_not_nan(string name)
    {
        var result = Evaluating.Loss(name, beta: 1).Evaluate(Evaluating.At(-100, 0).Batch<float>());
        Assert.Equal(float.PositiveInfinity, result.Losses[0]);
        Assert.Equal(float.NegativeInfinity, result.Gradient(Columns.PolicyChosen)[0]);
        Assert.Equal(1, result.Losses[1], name == "cell" ? 0.2 : 0);
    }

    [Fact]
    public void Bounded_losses_stay_bounded_and_positive_in_both_tails()
    {
        // 1 − σ(z) written as a difference would be 0 for z > 37; as σ(−z) it is e^(−z).
        var losses = Evaluating.Loss("kto-pair", beta: 1).Values(new PairColumns([500], [-500], [0], [0]));
        Assert.Equal(Math.Exp(-500), losses[0], 1e-12 * Math.Exp(-500));
        Assert.Equal(0, losses[1], 1e-300);
        Assert.Equal(1, Evaluating.Loss("kto-pair", beta: 1).Values(new PairColumns([-500], [500], [0], [0]))[1]);
    }
}
