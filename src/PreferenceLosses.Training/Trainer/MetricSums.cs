namespace PreferenceLosses.Training;

/// <summary>Metrics of one step, or of all held-out data, gathered batch by batch.</summary>
internal sealed class MetricSums(LossRequirements requirements)
{
    private readonly Dictionary<string, (double Sum, long Count)> sums = [];

    /// <summary>Takes in a batch with its result.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="result">Its loss and rewards.</param>
    /// <param name="isSplit">Whether rows 2i and 2i + 1 are the halves of a pair.</param>
    public void Add(BatchColumns batch, LossResult<double> result, bool isSplit)
    {
        Add(MetricNames.Loss, result.Value, batch.Rows.Length);
        for (var row = 0; row < batch.Rows.Length; row++)
        {
            var completions = batch.Rows[row].Completions;
            for (var k = 0; k < completions.Length; k++)
            {
                var isChosen = IsChosen(batch.Rows[row], k);
                Add(isChosen ? MetricNames.ChosenLogProbability : MetricNames.RejectedLogProbability, batch.Policy[(row * batch.Completions) + k]);
                Add(isChosen ? MetricNames.ChosenLength : MetricNames.RejectedLength, completions[k].Length);
                if (Reward(batch, result, row, k) is { } reward)
                {
                    Add(isChosen ? MetricNames.ChosenReward : MetricNames.RejectedReward, reward);
                    AddComparisons(batch, result, row, k, reward, isSplit);
                }
            }
        }
    }

    /// <summary>Adds a value that is there once, or the mean of several with how many they are.</summary>
    public void Add(string name, double value, long count = 1)
    {
        var (sum, before) = sums.GetValueOrDefault(name);
        sums[name] = (sum + (value * count), before + count);
    }

    /// <summary>The means.</summary>
    public Dictionary<string, double> Means()
    {
        var means = sums.ToDictionary(entry => entry.Key, entry => entry.Value.Sum / entry.Value.Count);
        if (means.TryGetValue(MetricNames.ChosenReward, out var chosen) && means.TryGetValue(MetricNames.RejectedReward, out var rejected))
        {
            means[MetricNames.Margin] = chosen - rejected;
        }

        return means;
    }

    private bool IsChosen(TrainingRow row, int completion) => requirements.Kind == ExampleKind.Unpaired ? row.IsDesirable : completion == 0;

    /// <summary>The loss's own reward of a pair; else β times the log-ratio, where there is a reference, as for a loss without a reward of its own.</summary>
    private double? Reward(BatchColumns batch, LossResult<double> result, int row, int completion)
    {
        if (requirements.Kind == ExampleKind.Pair)
        {
            return result.Rewards is null ? null : (completion == 0 ? result.Rewards.Chosen : result.Rewards.Rejected)[row];
        }

        return requirements.Beta * batch.LogRatio(row, completion);
    }

    /// <summary>How often the better one of two has the larger reward: of a pair once, of a ranking for the best against each other one.</summary>
    private void AddComparisons(BatchColumns batch, LossResult<double> result, int row, int completion, double reward, bool isSplit)
    {
        double? better = requirements.Kind == ExampleKind.Unpaired
            ? isSplit && row > 0 && !batch.Rows[row].IsDesirable && batch.Rows[row - 1].Example == batch.Rows[row].Example ? Reward(batch, result, row - 1, 0) : null
            : completion > 0 ? Reward(batch, result, row, 0) : null;
        if (better is { } other)
        {
            Add(MetricNames.Accuracy, other > reward ? 1 : other == reward ? 0.5 : 0);
        }
    }
}
