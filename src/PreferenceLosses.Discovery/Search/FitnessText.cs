using System.Globalization;
using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery;

/// <summary>Fitness in words: "fitness 0.4651 ± 0.0009 (5 paired seeds), +0.0037 ± 0.0008 against dpo". ± is half of Student's 95 % interval.</summary>
public static class FitnessText
{
    /// <summary>The fitness of an objective.</summary>
    /// <param name="one">The objective, scored.</param>
    /// <param name="baseline">What it is compared with; null for nothing.</param>
    public static string Of(ScoredObjective one, ScoredObjective? baseline)
    {
        ArgumentNullException.ThrowIfNull(one);
        if (one.Failure is { } failure)
        {
            return $"no fitness: {failure}";
        }

        var seeds = one.Scores.Length == 1 ? "1 seed" : FormattableString.Invariant($"{one.Scores.Length} paired seeds");
        var fitness = one.Fitness is { } estimate ? Of(estimate) : throw new ArgumentException($"The objective {one.Number} has not been scored.", nameof(one));
        var difference = baseline is not null && baseline.Number != one.Number && one.DifferenceTo(baseline) is { } d ? $", {OfDifference(d)} against {baseline.Name}" : "";
        return $"fitness {fitness} ({seeds}){difference}";
    }

    /// <summary>An estimate: 0.4651 ± 0.0009.</summary>
    /// <param name="estimate">The estimate.</param>
    public static string Of(Estimate estimate) => Text(estimate, "");

    /// <summary>An estimated difference, with its sign: +0.0037 ± 0.0008.</summary>
    /// <param name="estimate">The estimate.</param>
    public static string OfDifference(Estimate estimate) => Text(estimate, "+");

    private static string Text(Estimate estimate, string plus)
    {
        var half = (estimate.Upper - estimate.Lower) / 2;
        var decimals = Decimals(half);
        var format = "F" + decimals.ToString(CultureInfo.InvariantCulture);
        var sign = estimate.Value >= 0 ? plus : "";
        var value = sign + estimate.Value.ToString(format, CultureInfo.InvariantCulture);
        return double.IsFinite(half) ? $"{value} ± {half.ToString(format, CultureInfo.InvariantCulture)}" : value;
    }

    /// <summary>To the first digit of the uncertainty, and to its second where the first is a 1 or a 2.</summary>
    private static int Decimals(double half)
    {
        if (!(half > 0 && double.IsFinite(half)))
        {
            return 4;
        }

        var first = (int)Math.Floor(Math.Log10(half));
        return Math.Clamp((half / Math.Pow(10, first) < 3 ? 1 : 0) - first, 0, 12);
    }
}
