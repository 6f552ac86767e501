using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Losses that blend two others by a share: between the two they stay, and where.</summary>
public sealed class BlendTests
{
    [Theory]
    [InlineData("dbaql")]
    [InlineData("dbaql-generated")]
    public void Dbaql_is_at_least_half_logistic_whatever_the_batch(string name) =>
        Property.Check(Any.Pairs(minimum: 2).Where(pairs => pairs.Differences().All(ρ => Math.Abs(ρ) < 700)).And(Any.Beta), both =>
        {
            var (pairs, beta) = both;
            var losses = Evaluating.Loss(name, beta, tau: 0.05).Values(pairs);
            var differences = pairs.Differences();
            for (var i = 0; i < pairs.Rows; i++)
            {
                // ℓ = c·S + (1 − c)·E with c ≥ ½ is nearer to S than to E, or as near.
                var logistic = Evaluating.Loss("dpo", beta / 0.9).Value(differences[i]);
                var exponential = Evaluating.Loss("exponential", 0.9 * beta).Value(differences[i]);

                // The rounding of x, at 1.1·|x| in the exponent, is a relative error of the exponential.
                var rounding = 4e-16 * (4 + (beta * Math.Abs(differences[i])));
                Assert.InRange(losses[i], Math.Min(logistic, exponential) * (1 - rounding), Math.Max(logistic, exponential) * (1 + rounding));
                Assert.True(
                    Math.Abs(losses[i] - logistic) <= Math.Abs(losses[i] - exponential) + (rounding * (logistic + exponential)),
                    $"row {i}: {losses[i]:R} is nearer to {exponential:R} than to {logistic:R}");
            }
        });

    [Theory]
    [InlineData("dbaql")]
    [InlineData("dbaql-generated")]
    public void Dbaql_is_exactly_half_and_half_without_variance(string name) =>
        Property.Check(Any.Difference.Where(ρ => Math.Abs(ρ) < 700).And(Any.Beta), both =>
        {
            var (ρ, beta) = both;
            var expected = (0.5 * Evaluating.Loss("dpo", beta / 0.9).Value(ρ)) + (0.5 * Evaluating.Loss("exponential", 0.9 * beta).Value(ρ));
            Same.Relative(expected, Evaluating.Loss(name, beta).Values(Evaluating.At(ρ, ρ, ρ))[1], 2e-14 * (1 + (beta * Math.Abs(ρ))));
        });

    [Fact]
    public void Dbaql_is_logistic_at_nine_tenths_of_the_temperature_once_the_variance_is_large() =>
        Property.Check(Any.Pairs(minimum: 2), pairs =>
        {
            // Two rows 40 nats from the others make the variance of ρ more than 38, so 1 − c is below e^(−38), and e^(−0.9x) is
            // below e^(0.9·2) here.
            var differences = pairs.Differences().Select(ρ => Math.Clamp(ρ, -20, 20)).Concat([40, -40]).ToArray();
            Assert.True(Variance(differences) > 38);
            Same.Within(
                Evaluating.Loss("dpo", 0.05 / 0.9).Values(Evaluating.At(differences)),
                Evaluating.Loss("dbaql-generated", 0.05).Values(Evaluating.At(differences)),
                1e-14);
        });

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.25)]
    public void The_share_of_Dbaql_follows_the_unbiased_variance(double tau)
    {
        // ρ = 0 and ±d in a batch of three has variance d²; the row at ρ = 0 is c·ln 2 + (1 − c). With x = ρ, x/τ has d²/τ².
        var d = Math.Sqrt(Math.Log(3)) * tau;
        var value = Evaluating.Loss("dbaql", beta: 1, tau).Values(Evaluating.At(0, d, -d))[0];
        Assert.Equal((0.75 * Math.Log(2)) + 0.25, value, 1e-15);
    }

    [Theory]
    [InlineData("aql")]
    [InlineData("aql-generated")]
    [InlineData("aql-printed")]
    [InlineData("aqfl")]
    [InlineData("aqfl-generated")]
    [InlineData("aqfl-printed")]
    [InlineData("annealed-combined-logistic-hinge")]
    public void Quantile_losses_are_between_the_logistic_and_the_hinge(string name) =>
        Property.Check(Any.Pairs(minimum: 2).And(Any.Beta), both =>
        {
            var (pairs, beta) = both;
            var losses = Evaluating.Loss(name, beta, tau: 0.1).Values(pairs);
            var (logistic, hinge) = (Evaluating.Loss("dpo", beta).Values(pairs), Evaluating.Loss("slic", beta).Values(pairs));
            for (var i = 0; i < losses.Length; i++)
            {
                Assert.InRange(losses[i], Math.Min(logistic[i], hinge[i]) * (1 - 1e-15), Math.Max(logistic[i], hinge[i]) * (1 + 1e-15));
            }
        });

    [Theory]
    [InlineData("aqfl")]
    [InlineData("aqfl-generated")]
    [InlineData("aqfl-printed")]
    public void Aqfl_is_at_least_half_logistic(string name) =>
        Property.Check(Any.Pairs(minimum: 2).And(Any.Beta), both =>
        {
            var (pairs, beta) = both;
            var (logistic, hinge) = (Evaluating.Loss("dpo", beta).Values(pairs), Evaluating.Loss("slic", beta).Values(pairs));
            var losses = Evaluating.Loss(name, beta, tau: 0.05).Values(pairs);
            for (var i = 0; i < losses.Length; i++)
            {
                Assert.True(Math.Abs(losses[i] - logistic[i]) <= Math.Abs(losses[i] - hinge[i]) + (1e-15 * (logistic[i] + hinge[i])));
            }
        });

    private static double Variance(double[] values) => MathNet.Numerics.Statistics.Statistics.Variance(values);
}
