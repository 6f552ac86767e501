using System.Numerics;

namespace PreferenceLosses.Tests.Support;

/// <summary>A loss of pairs evaluated into spans at odd places; the results by name.</summary>
internal static class PairRun
{
    public const string Reduced = "reduced";
    public const string Losses = "losses";
    public const string ChosenReward = "chosen reward";
    public const string RejectedReward = "rejected reward";

    /// <summary>The reduced loss, the losses, both rewards, and the gradient for each of <see cref="PairColumns.Names"/>.</summary>
    public static Dictionary<string, double[]> Evaluate<T>(
        IPreferenceLoss loss, PairColumns columns, double[]? weights = null, int offset = 0, EvaluationOptions options = default)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // Every span at another offset, so that no two are aligned alike.
        var place = 0;
        int Next() => (offset * ++place) % 11;
        var inputs = PairColumns.Names.ToDictionary(name => name, name => new PlacedSpan<T>(columns[name], Next()));
        var weight = weights is null ? null : new PlacedSpan<T>(weights, Next());
        var outputs = PairColumns.Names.Append(ChosenReward).Append(RejectedReward).ToDictionary(name => name, _ => new PlacedSpan<T>(columns.Rows, Next()));
        outputs[Losses] = new PlacedSpan<T>(columns.Rows * loss.Graph.Losses.Length, Next());

        var value = loss.Evaluate(
            new PreferenceBatch<T>
            {
                PolicyChosen = inputs[Columns.PolicyChosen].Span,
                PolicyRejected = inputs[Columns.PolicyRejected].Span,
                ReferenceChosen = inputs[Columns.ReferenceChosen].Span,
                ReferenceRejected = inputs[Columns.ReferenceRejected].Span,
                Weight = weight is null ? default : weight.Span,
            },
            new LossDestination<T>
            {
                Losses = outputs[Losses].Span,
                PolicyChosen = outputs[Columns.PolicyChosen].Span,
                PolicyRejected = outputs[Columns.PolicyRejected].Span,
                ReferenceChosen = outputs[Columns.ReferenceChosen].Span,
                ReferenceRejected = outputs[Columns.ReferenceRejected].Span,
                ChosenReward = outputs[ChosenReward].Span,
                RejectedReward = outputs[RejectedReward].Span,
            },
            options);

        foreach (var span in inputs.Values.Concat(outputs.Values))
        {
            span.AssertNothingBesideWasWritten();
        }

        foreach (var name in PairColumns.Names)
        {
            Assert.Equal(PairColumns.Convert<T>(columns[name]), inputs[name].Span.ToArray());
        }

        var results = outputs.ToDictionary(o => o.Key, o => o.Value.Values);
        results[Reduced] = [value];
        return results;
    }
}
