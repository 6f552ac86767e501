using PreferenceLosses.Expressions;

namespace PreferenceLosses.Discovery.Validation.Rungs;

/// <summary>
/// Does the loss change as its gradient says? It does, unless the formula stops gradients, jumps, or turns too fast to be followed: then gradient descent goes
/// somewhere else. (That it does otherwise is also the check of the library's own differentiation for this formula.)
/// </summary>
internal static class GradientRung
{
    /// <summary>Directions to move all rows in, so that two of them cannot both miss something by cancellation.</summary>
    private const int Directions = 2;

    /// <summary>A long step for losses that are rounded to single precision inside, a short one for those with a kink near by.</summary>
    private static readonly double[] Steps = [1e-3, 1e-5];

    public static IEnumerable<ValidationFinding> Check(Candidate candidate)
    {
        var probe = candidate.Ordinary;
        var outcome = candidate.InDouble(probe);
        var isRounded = candidate.Graph.Nodes.Any(n => n.Operation == Operation.RoundToSingle);
        for (var direction = 1; direction <= Directions; direction++)
        {
            var expected = outcome.Gradients.Sum(g => g.Value.Select((value, i) => value * Move(g.Key, i, direction)).Sum());
            var scale = outcome.Gradients.Sum(g => g.Value.Select((value, i) => Math.Abs(value * Move(g.Key, i, direction))).Sum());
            var differences = Steps.Select(step => Difference(candidate, probe, direction, step)).ToArray();

            // Rounding of the mean, divided by the step; the rest is the third derivative, small on this scale.
            var size = outcome.Losses.Average(Math.Abs);
            var agrees = Steps.Zip(differences).Any(s =>
                Math.Abs(s.Second - expected) <= (1e-4 * scale) + ((isRounded ? 1e-6 : 1e-13) * (size + 1) / s.First));
            if (!agrees)
            {
                // Differences that agree with each other are a derivative, only not the one that is passed on.
                var isSmooth = Math.Abs(differences[0] - differences[1]) <= 1e-3 * Math.Abs(differences[1]);
                yield return isSmooth && candidate.Graph.Nodes.Any(n => n.Operation == Operation.StopGradient)
                    ? new("gradient", IsError: false, "The gradient is not the derivative of the loss, because of .detach() or another operation without gradient: the loss that is reported is not what is minimised.")
                    : new("gradient", IsError: true, $"The gradient does not describe how the loss changes: it says {FiniteRung.Number(expected)} in a direction in which the loss changes by {FiniteRung.Number(differences[^1])} per nat. The formula jumps or oscillates near ordinary values; use smooth operations (torch.sigmoid for a comparison, smaller factors inside sin and cos).");
                yield break;
            }
        }
    }

    /// <summary>The derivative in a direction by central differences.</summary>
    private static double Difference(Candidate candidate, Probe probe, int direction, double step)
    {
        double At(double distance) => candidate.InDouble(probe.Changed(
            (column, i, value) => value + (distance * Move(column, i, direction)), [.. candidate.Terms.Inputs.Where(t => t.Role == Role.Trained).Select(t => t.Column)])).Mean;
        return (At(step) - At(-step)) / (2 * step);
    }

    /// <summary>How far a value moves: different in every row and column, the same on every machine.</summary>
    private static double Move(string column, int i, int direction) => Math.Cos((direction * 1.7 * (i + 1)) + column.Length + (column[^1] * 0.3));
}
