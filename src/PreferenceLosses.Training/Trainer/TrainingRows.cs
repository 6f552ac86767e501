using System.Collections.Immutable;

namespace PreferenceLosses.Training;

/// <summary>One row of a batch.</summary>
/// <param name="Index">Its number among all rows.</param>
/// <param name="Example">The position of its example.</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="Completions">The completions: chosen and rejected, one, or best first.</param>
/// <param name="IsDesirable">Whether its one completion is desirable.</param>
/// <param name="Scores">The scores of the completions; empty if there are none.</param>
internal readonly record struct TrainingRow(
    int Index,
    int Example,
    ReadOnlyMemory<int> Prompt,
    ImmutableArray<ReadOnlyMemory<int>> Completions,
    bool IsDesirable,
    ImmutableArray<double> Scores);

/// <summary>A dataset as rows of a loss: pairs become two unpaired examples, or a ranking of two, where the loss is one of those.</summary>
internal sealed class TrainingRows
{
    private readonly IExampleSource source;
    private readonly LossRequirements requirements;

    /// <summary>The examples that are rows; null if all are.</summary>
    private readonly int[]? chosen;

    public TrainingRows(IExampleSource source, LossRequirements requirements)
    {
        this.source = source;
        this.requirements = requirements;
        if (requirements is { Kind: ExampleKind.Pair, Data: ExampleKind.Unpaired })
        {
            chosen = [.. Enumerable.Range(0, source.Count).Where(i => source[i].IsDesirable)];
        }
    }

    public int Count => (chosen?.Length ?? source.Count) * (IsSplit ? 2 : 1);

    /// <summary>Whether each pair is two rows, next to each other.</summary>
    public bool IsSplit => requirements is { Kind: ExampleKind.Unpaired, Data: ExampleKind.Pair };

    public TrainingRow this[int index]
    {
        get
        {
            var position = IsSplit ? index / 2 : chosen?[index] ?? index;
            var example = source[position];
            if (example.Kind != requirements.Data)
            {
                throw new InvalidDataException($"Example {position} is of the kind {example.Kind}, where the first one is {requirements.Data}.");
            }

            if (IsSplit)
            {
                return new(index, position, example.Prompt, [example.Completions[index % 2]], index % 2 == 0, Take(example.Scores, index % 2));
            }

            var (completions, scores) = BestFirst(example);
            var used = requirements.CompletionsUsed ?? completions.Length;
            return new(index, position, example.Prompt, completions[..used], example.IsDesirable, scores);
        }
    }

    /// <summary>The data says which is best by the order, or by scores.</summary>
    private static (ImmutableArray<ReadOnlyMemory<int>> Completions, ImmutableArray<double> Scores) BestFirst(Example example)
    {
        if (example.Kind != ExampleKind.Ranked || example.Scores.IsDefaultOrEmpty)
        {
            return (example.Completions, example.Scores);
        }

        var order = Enumerable.Range(0, example.Completions.Length).OrderByDescending(i => example.Scores[i]).ToArray();
        return ([.. order.Select(i => example.Completions[i])], [.. order.Select(i => example.Scores[i])]);
    }

    private static ImmutableArray<double> Take(ImmutableArray<double> scores, int index) => scores.IsDefaultOrEmpty ? [] : [scores[index]];
}
