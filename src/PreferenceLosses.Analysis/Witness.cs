using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis;

/// <summary>A loss seen at one place: evaluate the loss there, and this is what comes out.</summary>
/// <param name="Columns">The batch: one value per row, or K per row (row-major).</param>
/// <param name="Scalars">The scalar inputs.</param>
/// <param name="ResponsesPerRow">K; 0 where the loss has no responses per row.</param>
/// <param name="Parameters">The hyper-parameters.</param>
/// <param name="Row">The row that is looked at; null for the mean of the batch.</param>
/// <param name="Output">Which of the losses of a 2B loss, 0 or 1.</param>
/// <param name="Loss">The loss of the row, or the mean, in nats.</param>
public sealed record Observation(
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
        var row = Row is { } r && Columns.Values.Any(c => c.Length > Math.Max(ResponsesPerRow, 1)) ? $"row {r} of " : "";
        var inputs = Columns.Select(c => $"{c.Key} = {string.Join(' ', c.Value.Select(Number))}")
            .Concat(Scalars.Select(s => $"{s.Key} = {Number(s.Value)}"));
        return $"{row}{string.Join(", ", inputs)} → {Number(Loss)}";
    }

    internal static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}

/// <summary>What shows that something is false: evaluations of the loss that contradict it.</summary>
/// <param name="Observations">The evaluations, two or three.</param>
public sealed record Witness(ImmutableArray<Observation> Observations)
{
    /// <summary>The evaluations, one after the other.</summary>
    public override string ToString() => string.Join("; ", Observations);
}
