using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis;

/// <summary>A loss seen at one place: evaluate the loss there, and this is what comes out.</summary>
/// <param name="Rows">The number of rows of the batch.</param>
/// <param name="Columns">The batch: one value per row, or K per row (row-major).</param>
/// <param name="Scalars">The scalar inputs.</param>
/// <param name="ResponsesPerRow">K; 0 where the loss has no responses per row.</param>
/// <param name="Parameters">The hyper-parameters.</param>
/// <param name="Row">The row that is looked at; null for the mean of the batch.</param>
/// <param name="Output">Which of the losses of a 2B loss, 0 or 1.</param>
/// <param name="Loss">The loss of the row, or the mean, in nats.</param>
public sealed record Observation(
    int Rows,
    ImmutableSortedDictionary<string, ImmutableArray<double>> Columns,
    ImmutableSortedDictionary<string, double> Scalars,
    int ResponsesPerRow,
    ParameterValues Parameters,
    int? Row,
    int Output,
    double Loss)
{
    /// <summary>"policy_chosen = -20, … → 0.84".</summary>
    public override string ToString()
    {
        var row = Row is { } r && Rows > 1 ? $"row {r} of " : "";
        var inputs = Inputs(_ => true).Concat(Scalars.Select(s => $"{s.Key} = {Number(s.Value)}"));
        return $"{row}{string.Join(", ", inputs)} → {Number(Loss)}";
    }

    /// <summary>Some of the columns as text.</summary>
    internal IEnumerable<string> Inputs(Func<string, bool> wanted) =>
        Columns.Where(c => wanted(c.Key)).Select(c => $"{c.Key} = {string.Join(' ', c.Value.Select(Number))}");

    internal static string Number(double value) => value.ToString("G7", CultureInfo.InvariantCulture);
}

/// <summary>What shows that something is false: evaluations of the loss that contradict it.</summary>
/// <param name="Observations">The evaluations, two or three.</param>
public sealed record Witness(ImmutableArray<Observation> Observations)
{
    /// <summary>What the evaluations have in common, then each with what it does not share and the loss there.</summary>
    public override string ToString()
    {
        var first = Observations[0];
        var shared = first.Columns.Keys.Where(name => Observations.All(o => o.Columns[name].SequenceEqual(first.Columns[name]))).ToHashSet();
        var common = first.Inputs(shared.Contains).ToArray();
        var row = first.Row is { } r && first.Rows > 1 ? $"row {r}, " : "";
        var parameters = Observations.All(o => o.Parameters.Equals(first.Parameters)) ? null : new Func<Observation, string>(o => $"{o.Parameters}, ");
        return (common.Length == 0 ? "" : $"at {row}{string.Join(", ", common)}: ")
            + string.Join("; ", Observations.Select(o =>
                $"{parameters?.Invoke(o)}{string.Join(", ", o.Inputs(name => !shared.Contains(name)))} → {Observation.Number(o.Loss)}"));
    }
}
