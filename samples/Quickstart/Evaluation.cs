using PreferenceLosses;

namespace Quickstart;

/// <summary>What a policy does on pairs: the mean loss, the mean reward margin and ρ of every pair.</summary>
internal sealed record Evaluation(double Loss, double RewardMargin, double[] Rho)
{
    public static Evaluation Of(NGramPolicy policy, ScoredPairs pairs, IPreferenceLoss loss)
    {
        var chosen = policy.LogProbabilities(pairs.Chosen);
        var rejected = policy.LogProbabilities(pairs.Rejected);
        var result = loss.Evaluate(new PreferenceBatch<float>
        {
            PolicyChosen = chosen,
            PolicyRejected = rejected,
            ReferenceChosen = pairs.ReferenceChosen,
            ReferenceRejected = pairs.ReferenceRejected,
        });

        // ρ = (log π(chosen) − log π(rejected)) − (log π_ref(chosen) − log π_ref(rejected))
        double[] rho = [.. Enumerable.Range(0, pairs.Count).Select(i =>
            (double)chosen[i] - rejected[i] - ((double)pairs.ReferenceChosen[i] - pairs.ReferenceRejected[i]))];
        return new Evaluation(result.Value, result.Rewards!.MeanMargin, rho);
    }

    /// <summary>The evaluation of all the pairs of all the parts.</summary>
    public static Evaluation Join(IReadOnlyCollection<Evaluation> parts)
    {
        double count = parts.Sum(part => part.Rho.Length);
        return new Evaluation(
            parts.Sum(part => part.Loss * part.Rho.Length) / count,
            parts.Sum(part => part.RewardMargin * part.Rho.Length) / count,
            [.. parts.SelectMany(part => part.Rho)]);
    }
}

/// <summary>The share of pairs ranked rightly, a tie counting one half, with its 95 % Wilson interval.</summary>
internal sealed record Accuracy(double Share, double Low, double High)
{
    private const double Z = 1.959963984540054;

    public static Accuracy Of(IReadOnlyCollection<double> differences)
    {
        double n = differences.Count;
        var share = differences.Sum(Credit) / n;
        var centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n);
        var half = Z / (1 + Z * Z / n) * Math.Sqrt(share * (1 - share) / n + Z * Z / (4 * n * n));
        return new Accuracy(share, centre - half, centre + half);
    }

    /// <summary>Accuracy of one score minus that of another on the same pairs, and half its 95 % interval.</summary>
    public static (double Mean, double Half) Lead(IEnumerable<double> differences, IEnumerable<double> others)
    {
        double[] leads = [.. differences.Zip(others, (mine, other) => Credit(mine) - Credit(other))];
        var mean = leads.Average();
        var variance = leads.Sum(lead => (lead - mean) * (lead - mean)) / (leads.Length - 1);
        return (mean, Z * Math.Sqrt(variance / leads.Length));
    }

    private static double Credit(double difference) => difference > 0 ? 1 : difference < 0 ? 0 : 0.5;
}
