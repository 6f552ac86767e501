using System.Collections.Immutable;
using System.Numerics;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Probing;

/// <summary>A small batch to look at a loss with: columns and scalars by name. Immutable.</summary>
internal sealed record ProbeBatch(int Rows, int ResponsesPerRow, ImmutableSortedDictionary<string, ImmutableArray<double>> Columns, ImmutableSortedDictionary<string, double> Scalars)
{
    /// <summary>The same with some columns changed, value by value.</summary>
    public ProbeBatch Map(Func<string, int, double, double> change, params ReadOnlySpan<string> columns)
    {
        var changed = Columns;
        foreach (var column in columns)
        {
            if (changed.TryGetValue(column, out var values))
            {
                changed = changed.SetItem(column, [.. values.Select((value, i) => change(column, i, value))]);
            }
        }

        return this with { Columns = changed };
    }

    /// <summary>The rows of the given numbers, in that order.</summary>
    public ProbeBatch Rearranged(params IReadOnlyList<int> rows) => this with
    {
        Rows = rows.Count,
        Columns = Columns.ToImmutableSortedDictionary(c => c.Key, c =>
        {
            var perRow = c.Value.Length / Rows;
            return rows.SelectMany(row => c.Value.Skip(row * perRow).Take(perRow)).ToImmutableArray();
        }),
    };

    public PreferenceBatch<T> ToBatch<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        PreferenceBatch.FromColumns(Columns.ToDictionary(c => c.Key, c => c.Value.Select(T.CreateTruncating).ToArray())) with
        {
            ResponsesPerRow = ResponsesPerRow,
            Scalars = Scalars,
        };
}
