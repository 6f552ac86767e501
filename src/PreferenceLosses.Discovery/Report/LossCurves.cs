using System.Collections.Immutable;
using PreferenceLosses.Charts;

namespace PreferenceLosses.Discovery;

/// <summary>A loss of pairs and its gradient along a line of pairs, from ranked wrongly to ranked rightly, in one batch.</summary>
/// <param name="Rho">The log-ratio differences, in nats.</param>
/// <param name="Losses">The losses; both halves together where there are two for a pair.</param>
/// <param name="Slopes">Their derivatives by ρ, half by the chosen completion and half by the rejected one.</param>
internal sealed record LossCurves(ImmutableArray<double> Rho, ImmutableArray<double> Losses, ImmutableArray<double> Slopes)
{
    /// <summary>How far the line reaches, in nats: at β = 0.05 it is three units of βρ.</summary>
    private const int Farthest = 60;

    /// <summary>A log-probability as completions have it, which what is not a function of ρ sees.</summary>
    private const double Level = -150;

    /// <summary>The curves; null for what is no loss of pairs.</summary>
    public static LossCurves? Of(IPreferenceLoss loss)
    {
        if (loss.Graph.Inputs.Any(input => input.Name is not (Columns.PolicyChosen or Columns.PolicyRejected or Columns.ReferenceChosen or Columns.ReferenceRejected)))
        {
            return null;
        }

        double[] rho = [.. Enumerable.Range(-Farthest, (2 * Farthest) + 1).Select(i => (double)i)];
        var result = loss.Evaluate(new PreferenceBatch<double>
        {
            PolicyChosen = rho.Select(r => Level + (r / 2)).ToArray(),
            PolicyRejected = rho.Select(r => Level - (r / 2)).ToArray(),
            ReferenceChosen = rho.Select(_ => Level).ToArray(),
            ReferenceRejected = rho.Select(_ => Level).ToArray(),
        });
        var losses = result.Losses.ToArray();
        var (chosen, rejected) = (result.Gradient(Columns.PolicyChosen).ToArray(), result.Gradient(Columns.PolicyRejected).ToArray());

        // The gradient is that of the mean, and a pair may have two losses.
        return new LossCurves(
            [.. rho],
            [.. Enumerable.Range(0, rho.Length).Select(i => losses.Where((_, j) => j % rho.Length == i).Sum())],
            [.. chosen.Zip(rejected, (c, r) => losses.Length * (c - r) / 2)]);
    }

    public Series LossSeries(string name) => Series.Of(name, Rho.AsSpan(), Losses.AsSpan());

    public Series SlopeSeries(string name) => Series.Of(name, Rho.AsSpan(), Slopes.AsSpan());
}
