using PreferenceLosses.Losses;

namespace PreferenceLosses.Training;

/// <summary>Gives a batch what comes from models and from batches before: the reference's log-probabilities, and scalars.</summary>
internal sealed class BatchScorer(LossRequirements requirements, IPolicy policy, IPolicy? reference, RunningState state)
{
    private const int RowsPerPass = 256;

    /// <summary>The reference's log-probabilities of all rows, where the reference stays: those of row i begin at starts[i].</summary>
    private readonly Dictionary<TrainingRows, (double[] Values, int[] Starts)> cache = [];

    /// <summary>Computes the reference's log-probabilities once for all rows.</summary>
    public void CacheReference(TrainingRows rows, CancellationToken cancellationToken)
    {
        if (!requirements.NeedsReference)
        {
            return;
        }

        var starts = new int[rows.Count + 1];
        var values = new List<double>(rows.Count * 2);
        for (var from = 0; from < rows.Count; from += RowsPerPass)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var batch = new BatchColumns(requirements, [.. Enumerable.Range(from, Math.Min(RowsPerPass, rows.Count - from)).Select(i => rows[i])]);
            var scores = new double[batch.Sequences.Length];
            reference!.LogProbabilities(batch.Sequences, scores);
            values.AddRange(scores);
            foreach (var row in batch.Rows)
            {
                starts[row.Index + 1] = starts[row.Index] + row.Completions.Length;
            }
        }

        cache[rows] = ([.. values], starts);
    }

    /// <summary>Fills in the reference's log-probabilities.</summary>
    public void ScoreReference(TrainingRows rows, BatchColumns batch)
    {
        if (!requirements.NeedsReference)
        {
            return;
        }

        var scores = new double[batch.Sequences.Length];
        if (cache.TryGetValue(rows, out var cached))
        {
            var next = 0;
            foreach (var row in batch.Rows)
            {
                cached.Values.AsSpan(cached.Starts[row.Index], row.Completions.Length).CopyTo(scores.AsSpan(next));
                next += row.Completions.Length;
            }
        }
        else
        {
            reference!.LogProbabilities(batch.Sequences, scores);
        }

        batch.Scatter(scores, batch.Reference);
    }

    /// <summary>Fills in the scalars that the loss reads, after the log-probabilities.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="isTraining">Whether running statistics take the batch in, before they are used; in evaluations they stay.</param>
    public void SetScalars(BatchColumns batch, bool isTraining)
    {
        if (requirements.NeedsKl)
        {
            batch.Scalars[Columns.Kl] = KtoKl(batch);
        }

        if (requirements.NeedsShift)
        {
            if (isTraining)
            {
                state.Shift.Update<double>(Rewards(batch));
            }

            batch.Scalars[Columns.Shift] = state.Shift.Value;
        }

        if (requirements.MomentsOf is { } quantity)
        {
            if (isTraining)
            {
                state.Moments.Update<double>(Differences(batch, quantity));
            }

            batch.Scalars[Columns.RunningMean] = state.Moments.Mean;
            batch.Scalars[Columns.RunningDeviation] = state.Moments.Deviation;
        }
    }

    private double[] Rewards(BatchColumns batch)
    {
        var rewards = new List<double>();
        for (var row = 0; row < batch.Rows.Length; row++)
        {
            for (var k = 0; k < batch.Rows[row].Completions.Length; k++)
            {
                rewards.Add(requirements.Beta * batch.LogRatio(row, k));
            }
        }

        return [.. rewards];
    }

    private static double[] Differences(BatchColumns batch, LossRequirements.MomentsQuantity quantity)
    {
        var differences = new double[batch.Rows.Length];
        for (var row = 0; row < differences.Length; row++)
        {
            var completions = batch.Rows[row].Completions;
            differences[row] = quantity == LossRequirements.MomentsQuantity.LogRatioDifference
                ? batch.LogRatio(row, 0) - batch.LogRatio(row, 1)
                : (batch.LogRatio(row, 0) / completions[0].Length) - (batch.LogRatio(row, 1) / completions[1].Length);
        }

        return differences;
    }

    /// <summary>KTO's baseline: each prompt with the completion of the next row that has another prompt. 0, its lower bound, where all have the same.</summary>
    private double KtoKl(BatchColumns batch)
    {
        var mismatched = new List<TokenSequence>();
        for (var row = 0; row < batch.Rows.Length; row++)
        {
            var prompt = batch.Rows[row].Prompt;
            var other = row;
            do
            {
                other = (other + 1) % batch.Rows.Length;
            }
            while (other != row && batch.Rows[other].Prompt.Span.SequenceEqual(prompt.Span));

            if (other != row)
            {
                mismatched.Add(new(prompt, batch.Rows[other].Completions[0]));
            }
        }

        if (mismatched.Count == 0)
        {
            return 0;
        }

        var (own, others) = (new double[mismatched.Count], new double[mismatched.Count]);
        policy.LogProbabilities([.. mismatched], own);
        reference!.LogProbabilities([.. mismatched], others);
        return KtoBaseline.Estimate<double>(own, others);
    }
}
