using System.Collections.Immutable;

namespace PreferenceLosses.Discovery.Validation;

/// <summary>A small batch that a candidate is looked at with.</summary>
/// <param name="Rung">The rung that it belongs to: <c>finite-initial</c>.</param>
/// <param name="Situation">What is special about it, as the beginning of a sentence: "where the policy equals the reference".</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="Classes">The number of classes of each row; 0 for pairs.</param>
/// <param name="Columns">Every column that an objective of the domain may read, in double precision.</param>
internal sealed record Probe(string Rung, string Situation, int Rows, int Classes, ImmutableSortedDictionary<string, double[]> Columns)
{
    /// <summary>Whether it is looked at in double precision.</summary>
    public bool InDouble { get; init; } = true;

    /// <summary>Whether it is looked at in single precision.</summary>
    public bool InSingle { get; init; } = true;

    /// <summary>Whether a candidate that fails here is refused; otherwise it is told.</summary>
    public bool IsDecisive { get; init; } = true;

    /// <summary>Some of its rows, in an order.</summary>
    public Probe Rearranged(params ReadOnlySpan<int> order)
    {
        var rows = order.ToArray();
        return this with
        {
            Rows = rows.Length,
            Columns = Columns.ToImmutableSortedDictionary(c => c.Key, c =>
            {
                var width = c.Value.Length / Rows;
                return rows.SelectMany(row => c.Value.Skip(row * width).Take(width)).ToArray();
            }),
        };
    }

    /// <summary>The same with another value in each place of some columns.</summary>
    public Probe Changed(Func<string, int, double, double> change, params ReadOnlySpan<string> columns)
    {
        var changed = Columns;
        foreach (var column in columns)
        {
            changed = changed.SetItem(column, [.. changed[column].Select((value, i) => change(column, i, value))]);
        }

        return this with { Columns = changed };
    }
}
