using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Which losses see β and the log-probabilities through their product only.</summary>
public sealed class HomogeneityTests
{
    /// <summary>Below about 1e-308 a number has fewer digits, and a power of two does change them.</summary>
    private const double Subnormal = 1e-300;

    public static TheoryData<string> Homogeneous => Claims.Where(claims => claims.Degree is not null);

    public static TheoryData<string> NotHomogeneous => Claims.Where(claims => claims.Degree is null && Evaluating.Loss(claims.Name).Has("beta"));

    [Theory]
    [MemberData(nameof(Homogeneous))]
    public void A_larger_beta_makes_up_for_smaller_log_probabilities_in_every_bit(string name)
    {
        var degree = Claims.Of(name).Degree!.Value;
        Property.Check(
            Any.Pairs(minimum: 2).And(Any.Beta).And(Any.Exponent),
            threefold =>
            {
                var ((pairs, beta), exponent) = threefold;

                // A power of two changes no digit, so nothing is rounded differently.
                var loss = Evaluating.Loss(name, beta);
                var scaled = Evaluating.Loss(name, Math.ScaleB(beta, exponent));
                var smaller = pairs.Map(value => Math.ScaleB(value, -exponent), PairColumns.Names);
                Same.Within([.. loss.Values(pairs).Select(value => Math.ScaleB(value, -degree * exponent))], scaled.Values(smaller), Subnormal, "losses");
                var (expected, gradient) = (loss.Gradient(pairs), scaled.Gradient(smaller));
                foreach (var column in PairColumns.Names)
                {
                    Same.Within([.. expected[column].Select(value => Math.ScaleB(value, (1 - degree) * exponent))], gradient[column], Subnormal, column);
                }
            },
            count: 40);
    }

    [Theory]
    [MemberData(nameof(NotHomogeneous))]
    public void A_loss_that_looks_at_the_difference_itself_or_has_a_margin_in_nats_is_not_homogeneous(string name)
    {
        var pairs = Evaluating.At(1.5, -0.75, 4);
        var half = pairs.Map(value => value / 2, PairColumns.Names);
        var beta = 0.05;
        Assert.NotEqual(Evaluating.Loss(name, beta).On(pairs).Value, Evaluating.Loss(name, 2 * beta).On(half).Value, 1e-6);
    }
}
