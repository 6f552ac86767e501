using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Analysis.Tests.Support;

/// <summary>Evaluates a loss where a card says something of it, by the library's own evaluation and nothing of the card's.</summary>
internal static class Attack
{
    /// <summary>What rounding may do to the values of tame formulas: they stay within a few powers of ten.</summary>
    public const double Rounding = 1e-7;

    public static PreferenceBatch<double> Batch(this FormulaBatch batch) => new()
    {
        ResponsesPerRow = batch.Responses,
        ResponseMask = batch.Mask,
        Other = batch.Columns.ToDictionary(c => c.Key, c => (ReadOnlyMemory<double>)c.Value),
        Scalars = batch.Scalars,
    };

    public static double[] Values(this IPreferenceLoss loss, FormulaBatch batch)
    {
        var values = new double[batch.Rows * loss.Graph.Losses.Length];
        loss.Evaluate(batch.Batch(), new LossDestination<double> { Losses = values }, new() { SingleRow = SingleRow.PyTorch });
        return values;
    }

    /// <summary>The loss of an observation, evaluated again.</summary>
    public static double Again(this IPreferenceLoss loss, Observation seen)
    {
        var batch = PreferenceBatch.FromColumns(seen.Columns.ToDictionary(c => c.Key, c => c.Value.ToArray())) with
        {
            ResponsesPerRow = seen.ResponsesPerRow,
            Scalars = seen.Scalars,
        };
        var losses = new double[seen.Rows * loss.Graph.Losses.Length];
        var mean = new At(loss, seen.Parameters).Evaluate(batch, new LossDestination<double> { Losses = losses }, new() { SingleRow = SingleRow.PyTorch });
        return seen.Row is { } row ? losses[(seen.Output * seen.Rows) + row] : mean;
    }

    private sealed record At(IPreferenceLoss Original, Expressions.ParameterValues Parameters) : IPreferenceLoss
    {
        public string Name => Original.Name;

        public Expressions.LossGraph Graph => Original.Graph;
    }
}
