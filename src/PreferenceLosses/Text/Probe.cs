using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>Batches with made-up values for whatever columns a loss reads, the same on every machine and in every version.</summary>
internal static class Probe
{
    private const int Responses = 3;

    public static double[] Losses(IPreferenceLoss loss, int rows)
    {
        var responses = Math.Min(Responses, loss.Graph.MaximumResponses ?? Responses);
        var columns = loss.Graph.Inputs.Where(i => i.Shape != Shape.Scalar).ToDictionary(
            i => i.Name!, i => Enumerable.Range(0, i.Shape == Shape.Responses ? rows * responses : rows).Select(at => Value(i.Name!, at, responses)).ToArray());
        return loss.Evaluate(
            PreferenceBatch.FromColumns(columns) with
            {
                ResponsesPerRow = loss.Graph.Inputs.Any(i => i.Shape == Shape.Responses) ? responses : 0,
                Scalars = loss.Graph.Inputs.Where(i => i.Shape == Shape.Scalar).ToDictionary(i => i.Name!, _ => 0.25),
            },
            new EvaluationOptions { SingleRow = SingleRow.PyTorch, MaxThreads = 1 }).Losses.ToArray();
    }

    /// <summary>Log-probabilities from −60 to −5, the policy's up to 15 nats from the reference's; and what other columns may hold.</summary>
    private static double Value(string column, int at, int responses)
    {
        var stem = column.Replace("policy", "", StringComparison.Ordinal).Replace("reference", "", StringComparison.Ordinal);
        var sequence = -5 - (55 * Uniform(stem, at));

        // Most pairs are near the reference, some are not: the square of a number below 1 is mostly small.
        var drift = Uniform(column, at) - 0.5;
        return column switch
        {
            Columns.Desirable => at % 2,
            Columns.Target => Math.Floor(responses * Uniform(column, at)),
            Columns.Logits => 10 * drift,
            _ when column.StartsWith("reference", StringComparison.Ordinal) => sequence,
            _ when column.StartsWith("policy", StringComparison.Ordinal) => sequence + (60 * drift * Math.Abs(drift)),
            _ when column.EndsWith("length", StringComparison.Ordinal) => 5 + Math.Floor(40 * Uniform(column, at)),
            _ => Uniform(column, at),
        };
    }

    /// <summary>A number from 0 to 1 for a name and a position: the FNV-1a hash, mixed.</summary>
    private static double Uniform(string name, int at)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in name)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        hash ^= (ulong)at * 0x9E3779B97F4A7C15UL;
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        return ((hash ^ (hash >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
