using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace PreferenceLosses.Analysis.Probing;

/// <summary>A line through the inputs of a loss: the first row of a batch, with some of its values moving, the rest held.</summary>
/// <param name="Name">What moves, in words: "log π(chosen)".</param>
/// <param name="Context">The batch at t = 0.</param>
/// <param name="Moves">What moves: a column, which of its K responses (0 for a row), and by how much per unit of t.</param>
internal sealed record Line(string Name, ProbeBatch Context, ImmutableArray<(string Column, int Response, double Rate)> Moves)
{
    /// <summary>The largest |t| that keeps every moving value a log-probability.</summary>
    public (double From, double To) Domain { get; init; } = (-1000, 1000);

    /// <summary>The batch at one point.</summary>
    public ProbeBatch At(double t)
    {
        var columns = Context.Columns;
        foreach (var (column, response, rate) in Moves)
        {
            if (columns.TryGetValue(column, out var values))
            {
                columns = columns.SetItem(column, values.SetItem(response, values[response] + (rate * t)));
            }
        }

        return Context with { Columns = columns };
    }

    /// <summary>One row for each point: the same for a loss whose rows do not see each other.</summary>
    public ProbeBatch Stacked(IReadOnlyList<double> points) => Context with
    {
        Rows = points.Count,
        Columns = Context.Columns.ToImmutableSortedDictionary(c => c.Key, c =>
        {
            var row = c.Value.AsSpan(0, c.Value.Length / Context.Rows);
            var stacked = new double[points.Count * row.Length];
            for (var i = 0; i < points.Count; i++)
            {
                row.CopyTo(stacked.AsSpan(i * row.Length));
            }

            foreach (var (_, response, rate) in Moves.Where(m => m.Column == c.Key))
            {
                for (var i = 0; i < points.Count; i++)
                {
                    stacked[(i * row.Length) + response] += rate * points[i];
                }
            }

            return ImmutableCollectionsMarshal.AsImmutableArray(stacked);
        }),
    };
}
