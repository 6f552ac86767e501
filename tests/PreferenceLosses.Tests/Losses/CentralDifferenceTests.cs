using MathNet.Numerics.Differentiation;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Gradients against central differences of the values, which know nothing of derivative rules.</summary>
/// <remarks>
/// Five points with a step of 2⁻⁹ have an error of h⁴/30 times the fifth derivative, about 5e-13 of it, and the rounding of the
/// values, ε/h = 1e-13 of them. A gradient is accepted within 1e-10 of the largest value or derivative of the batch, which
/// leaves room for fifth derivatives of a hundred; batches stay away from kinks and jumps by more than the two steps.
/// </remarks>
public sealed class CentralDifferenceTests
{
    private const double Step = 1.0 / 512;

    /// <summary>What is detached makes a gradient that is not the derivative of the value, and a clip leaves nothing to compare.</summary>
    private static readonly string[] Without = ["beta-dpo", "alpha-dpo", "tdpo2", "chi-po"];

    public static TheoryData<string> EveryLoss => Claims.Where(claims => !Without.Contains(claims.Name));

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void The_gradient_of_the_sum_is_what_differences_of_the_sum_say(string name)
    {
        foreach (var (beta, tau) in new[] { (0.05, 0.05), (0.3, 0.2), (1.1, 0.7) })
        {
            var loss = WithoutSteepTerms(Evaluating.Loss(name, beta, tau));
            for (var seed = 0; seed < 4; seed++)
            {
                AssertGradient(loss, SmoothPairs(5, seed, beta, tau), $"β = {beta}, τ = {tau}, seed {seed}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void The_gradient_of_a_weighted_mean_is_what_differences_of_it_say(string name)
    {
        var loss = WithoutSteepTerms(Evaluating.Loss(name, 0.3, 0.2));
        double[] weights = [0.5, 3, 0, 1, 0.125];
        var pairs = SmoothPairs(5, seed: 11, 0.3, 0.2, counts: i => weights[i] != 0);
        AssertGradient(loss, pairs, "weighted", weights, Reduction.Mean);
    }

    /// <summary>DPOP's λ of 50 would make fifth derivatives of 50⁵.</summary>
    private static PreferenceLosses.Losses.PreferenceLoss WithoutSteepTerms(PreferenceLosses.Losses.PreferenceLoss loss) => loss.Name == "dpop" ? loss.With("lambda", 0.5) : loss;

    private static void AssertGradient(IPreferenceLoss loss, PairColumns pairs, string what, double[]? weights = null, Reduction reduction = Reduction.Sum)
    {
        var result = loss.On(pairs, weights, reduction);
        var differences = new NumericalDerivative(points: 5, center: 2) { StepType = StepType.Absolute, BaseStepSize = Step };
        var expected = PairColumns.From(column => [.. Enumerable.Range(0, pairs.Rows).Select(row => differences.EvaluateDerivative(
            value =>
            {
                var moved = (double[])pairs[column].Clone();
                moved[row] = value;
                return loss.On(pairs.With(column, moved), weights, reduction).Value;
            },
            pairs[column][row],
            1))]);

        var steepest = PairColumns.Names.Max(column => expected[column].Max(Math.Abs));
        var tolerance = 1e-10 * Math.Max(Math.Abs(result.Value), steepest);

        // What is compared is not noise.
        Assert.True(steepest > 1e6 * tolerance, $"{what}: the steepest slope is {steepest}");
        foreach (var column in PairColumns.Names)
        {
            Same.Within(expected[column], result.Gradient(column), tolerance, $"{what}, {column}");
        }
    }

    /// <summary>Seeded pairs, tried until all rows that count are well away from every kink and jump of the catalogue.</summary>
    private static PairColumns SmoothPairs(int rows, int seed, double beta, double tau, Func<int, bool>? counts = null)
    {
        const double room = 16 * Step;
        counts ??= _ => true;
        for (var attempt = seed * 1000; ; attempt++)
        {
            var pairs = PairColumns.Random(rows, attempt, spread: 3);
            var c = (Chosen: Differences(pairs.PolicyChosen, pairs.ReferenceChosen), Rejected: Differences(pairs.PolicyRejected, pairs.ReferenceRejected));
            var ρ = Differences(c.Chosen, c.Rejected);
            double[] policy = Differences(pairs.PolicyChosen, pairs.PolicyRejected), reference = Differences(pairs.ReferenceChosen, pairs.ReferenceRejected);

            // x = 1; ρ = 0 and 0.2; d = 1 (SLiC-HF); d, e, c_w, c_l = 0; the means of the last two.
            var distances = Enumerable.Range(0, rows).Where(counts)
                .SelectMany(i => new[] { ρ[i] - (1 / beta), ρ[i], ρ[i] - 0.2, policy[i], policy[i] - 1, reference[i], c.Chosen[i], c.Rejected[i] })
                .Append(c.Chosen.Where((_, i) => counts(i)).Average())
                .Append(c.Rejected.Where((_, i) => counts(i)).Average())
                .Concat(FromQuantile([.. ρ.Where((_, i) => counts(i))]))
                .Concat(FromQuantile([.. ρ.Where((_, i) => counts(i)).Select(value => beta * value / tau)]));
            if (distances.All(distance => Math.Abs(distance) > room))
            {
                return pairs;
            }
        }
    }

    private static double[] Differences(double[] a, double[] b) => [.. a.Select((value, i) => value - b[i])];

    /// <summary>u − a for the quantile of AQFL, as coded and as printed; only to stay away from it.</summary>
    private static IEnumerable<double> FromQuantile(double[] u)
    {
        static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
        var mean = u.Average();
        var variance = u.Sum(value => (value - mean) * (value - mean)) / (u.Length - 1);
        var chance = u.Average(value => Sigmoid(-value));
        var coded = (0.95 * Math.Sqrt(variance) * chance) + (0.05 * Sigmoid(mean));
        var printed = (variance * chance) + (0.05 * Sigmoid(mean - (variance * chance)));
        return u.SelectMany(value => new[] { value - coded, value - printed });
    }
}
