using System.Numerics;

namespace PreferenceLosses.Tests.Support;

/// <summary>A loss evaluated into spans at odd places; the results by name.</summary>
internal static class LossRun
{
    public const string Reduced = "reduced";
    public const string Losses = "losses";
    public const string ChosenReward = "chosen reward";
    public const string RejectedReward = "rejected reward";

    /// <summary>The columns that there is a gradient for: log-probabilities that are given, and what else the loss differentiates.</summary>
    public static string[] Differentiated(IPreferenceLoss loss, FormulaBatch batch) =>
    [
        .. batch.Columns.Keys.Where(PreferenceLosses.Columns.LogProbabilities.Contains),
        .. loss.Graph.Inputs.Where(i => i.IsDifferentiable).Select(i => i.Name!).Except(PreferenceLosses.Columns.LogProbabilities),
    ];

    /// <summary>The reduced loss, the losses, both rewards if there are any, and the gradients.</summary>
    public static Dictionary<string, double[]> Evaluate<T>(
        IPreferenceLoss loss, FormulaBatch batch, double[]? weights = null, int offset = 0, EvaluationOptions options = default)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // Every span at another offset, so that no two are aligned alike.
        var place = 0;
        int Next() => (offset * ++place) % 11;
        var inputs = batch.Columns.ToDictionary(c => c.Key, c => new PlacedSpan<T>(c.Value, Next()));
        var weight = weights is null ? null : new PlacedSpan<T>(weights, Next());
        var outputs = Differentiated(loss, batch).ToDictionary(name => name, name => new PlacedSpan<T>(batch.Columns[name].Length, Next()));
        foreach (var reward in loss.Graph.Rewards is null ? [] : new[] { ChosenReward, RejectedReward })
        {
            outputs[reward] = new PlacedSpan<T>(batch.Rows, Next());
        }

        outputs[Losses] = new PlacedSpan<T>(batch.Rows * loss.Graph.Losses.Length, Next());
        Span<T> Output(string name) => outputs.TryGetValue(name, out var span) ? span.Span : default;
        ReadOnlySpan<T> Input(string name) => inputs.TryGetValue(name, out var span) ? span.Span : default;

        var value = loss.Evaluate(
            FormulaBatchExtensions.ToBatch<T>(batch, Input, name => inputs[name].Memory, weight is null ? default : weight.Span),
            new LossDestination<T>
            {
                Losses = outputs[Losses].Span,
                PolicyChosen = Output(Columns.PolicyChosen),
                PolicyRejected = Output(Columns.PolicyRejected),
                ReferenceChosen = Output(Columns.ReferenceChosen),
                ReferenceRejected = Output(Columns.ReferenceRejected),
                Policy = Output(Columns.Policy),
                Reference = Output(Columns.Reference),
                ChosenReward = Output(ChosenReward),
                RejectedReward = Output(RejectedReward),
                Other = outputs.Where(o => batch.Columns.ContainsKey(o.Key) && !Columns.LogProbabilities.Contains(o.Key))
                    .ToDictionary(o => o.Key, o => o.Value.Memory),
            },
            options);

        foreach (var span in inputs.Values.Concat(outputs.Values))
        {
            span.AssertNothingBesideWasWritten();
        }

        foreach (var (name, column) in batch.Columns)
        {
            Assert.Equal(PairColumns.Convert<T>(column), inputs[name].Span.ToArray());
        }

        var results = outputs.ToDictionary(o => o.Key, o => o.Value.Values);
        results[Reduced] = [value];
        return results;
    }
}
