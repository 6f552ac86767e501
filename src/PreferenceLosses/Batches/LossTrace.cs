using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PreferenceLosses.Expressions;

namespace PreferenceLosses;

/// <summary>One node of a loss at one row.</summary>
/// <param name="Name">The name of the column, the parameter or the sub-expression; <c>loss</c> for the loss itself.</param>
/// <param name="Shape">Scalar if the value is the same for the whole batch.</param>
/// <param name="Values">The value; K values for responses.</param>
/// <param name="Adjoints">The derivative of the reduced loss with respect to it; empty where it is not looked for: parameters, lengths, and what depends on nothing but them.</param>
public sealed record TraceEntry(string Name, Shape Shape, ImmutableArray<double> Values, ImmutableArray<double> Adjoints);

/// <summary>
/// Every named value of a loss at one row, and its adjoint: the answer to "which row made the NaN, and why". Inputs come first,
/// and each sub-expression after what it is made of.
/// </summary>
/// <param name="Row">The row.</param>
/// <param name="Entries">The nodes.</param>
public sealed record LossTrace(int Row, ImmutableArray<TraceEntry> Entries)
{
    /// <summary>The entry of a name; the last one if a formula uses a name twice.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public TraceEntry this[string name] => Entries.LastOrDefault(e => e.Name == name)
        ?? throw new ArgumentException($"There is no '{name}'; there are {string.Join(", ", Entries.Select(e => e.Name).Distinct())}.", nameof(name));

    /// <summary>A table: name, value, adjoint.</summary>
    public override string ToString()
    {
        var width = Entries.Max(e => e.Name.Length);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"row {Row}\n");
        foreach (var entry in Entries)
        {
            text.Append($"{entry.Name.PadRight(width)}  {Numbers(entry.Values),-24}  {Numbers(entry.Adjoints)}".TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    private static string Numbers(ImmutableArray<double> values) =>
        string.Join(' ', values.Select(v => v.ToString("G9", CultureInfo.InvariantCulture)));
}
