using System.Collections.Immutable;
using PreferenceLosses.Analysis.Rules;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Probing;

/// <summary>Batches to look at a loss with, made for what it reads.</summary>
internal static class Samples
{
    /// <summary>Responses per row, where there are any.</summary>
    public const int Responses = 3;

    /// <summary>A batch of rows that are alike: all log-probabilities of one size, the rest at ordinary values.</summary>
    public static ProbeBatch Alike(LossGraph graph, int rows, double logProbability)
    {
        // Baselines and shifts are 0 where training starts; a deviation is not.
        var hasResponses = graph.Inputs.Any(i => i.Shape == Shape.Responses);
        return new ProbeBatch(
            rows,
            hasResponses ? Responses : 0,
            graph.Inputs.Where(i => i.Shape != Shape.Scalar).ToImmutableSortedDictionary(
                i => i.Name!,
                i => Enumerable.Range(0, rows * (i.Shape == Shape.Responses ? Responses : 1))
                    .Select(at => i.IsDifferentiable ? logProbability : Ordinary(i.Name!, i.Shape == Shape.Responses ? at % Responses : 0)).ToImmutableArray()),
            graph.Inputs.Where(i => i.Shape == Shape.Scalar).ToImmutableSortedDictionary(i => i.Name!, i => Ranges.IsDeviation(i.Name!) ? 1.0 : 0));
    }

    /// <summary>A batch of rows that differ in everything, log-probabilities about −40, and labels in turn.</summary>
    public static ProbeBatch Mixed(LossGraph graph, int rows)
    {
        var batch = Alike(graph, rows, -40);
        foreach (var (place, column) in batch.Columns.Keys.Index())
        {
            batch = batch.Map(
                (name, i, value) => name switch
                {
                    Columns.Desirable => i % 2,
                    _ when Ranges.IsLength(name) => value + (((3 * i) + place) % 5),
                    // Eighths, so that differences are exact; no two columns or rows alike.
                    _ => value + ((((7 * i) + (11 * place) + (5 * place * place) + (i * i * place * place) + (2 * i * place * place)) % 61) / 8.0) - 3.5,
                },
                column);
        }

        return batch;
    }

    /// <summary>Mixed rows spread over nats, and the same close together: a gate may be shut, or open, for all rows of a batch.</summary>
    public static IEnumerable<ProbeBatch> FarAndNear(LossGraph graph, int rows)
    {
        var far = Mixed(graph, rows);
        yield return far;
        yield return far.Map((_, _, value) => -40 + ((value + 40) / 32), [.. graph.Inputs.Where(i => i.IsDifferentiable).Select(i => i.Name!)]);
    }

    /// <summary>A neutral value of what is no log-probability.</summary>
    private static double Ordinary(string column, int response) => column switch
    {
        Columns.RejectedLength => 12,
        _ when Ranges.IsLength(column) => 10,
        Columns.ChosenScore or Columns.Desirable => 1,
        Columns.RejectedScore => 0,
        Columns.Score => 1 - (response / 2.0),
        _ => 0.5,
    };
}
