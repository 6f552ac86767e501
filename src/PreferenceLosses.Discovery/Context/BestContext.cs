using System.Collections.Immutable;
using System.Text;

namespace PreferenceLosses.Discovery;

/// <summary>The established objectives, and the best proposals so far in one list.</summary>
/// <remarks>Best is by the mean difference to the baseline at equal seeds, so that objectives which were given up after few seeds can stand beside others.</remarks>
public sealed record BestContext : IContextStrategy
{
    /// <summary>How many refusals are shown where failures are.</summary>
    private const int ShownFailures = 3;

    /// <summary>How many proposals are shown; at least 1.</summary>
    /// <value>The default value is 8.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int Count
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 8;

    /// <summary>In which order.</summary>
    /// <value>The default value is <see cref="ContextOrder.WorstFirst"/>: the best stands last, next to where the model writes.</value>
    public ContextOrder Order { get; init; } = ContextOrder.WorstFirst;

    /// <summary>Whether the model sees why it proposed what it did.</summary>
    /// <value>The default value is true.</value>
    public bool WithThoughts { get; init; } = true;

    /// <summary>Whether the model sees the last proposals that were refused, or were earlier ones again.</summary>
    /// <value>The default value is false.</value>
    public bool WithFailures { get; init; }

    /// <inheritdoc/>
    public string Name => FormattableString.Invariant(
        $"best {Count}, {Order switch { ContextOrder.BestFirst => "best first", ContextOrder.WorstFirst => "worst first", _ => "in the order of their numbers" }}, {(WithThoughts ? "with" : "without")} thoughts, {(WithFailures ? "with" : "without")} failures");

    /// <inheritdoc/>
    public ContextPrompt Prompt(RunState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var baseline = state.Baseline;
        ScoredObjective[] best =
        [
            .. state.Objectives
                .Where(one => one is { Attempt: not null, IsSettled: true, Failure: null })
                // As the winner is found: who was given up after a few seeds may have been lucky in them.
                .OrderByDescending(one => one.Scores.Length)
                .ThenByDescending(one => baseline is null ? 0 : one.DifferenceTo(baseline)?.Value ?? double.NegativeInfinity)
                .ThenBy(one => one.Number)
                .Take(Count),
        ];
        IEnumerable<ScoredObjective> ordered = Order switch
        {
            ContextOrder.BestFirst => best,
            ContextOrder.WorstFirst => best.Reverse(),
            _ => best.OrderBy(one => one.Number),
        };
        var text = new StringBuilder(PromptText.BurnIn(state));
        if (best.Length > 0)
        {
            text.Append($"The best proposals so far, {Order switch { ContextOrder.BestFirst => "best first", ContextOrder.WorstFirst => "best last", _ => "in the order in which they came" }}:\n");
            text.AppendJoin('\n', ordered.Select(one => PromptText.Entry(one, WithThoughts))).Append('\n');
        }

        AttemptTurn[] failures = WithFailures ? [.. state.Attempts.Select(attempt => attempt.Turns[^1]).Where(turn => turn.Number is null).TakeLast(ShownFailures)] : [];
        if (failures.Length > 0)
        {
            text.Append("Proposals that came to nothing:\n");
            foreach (var turn in failures)
            {
                text.Append($"{PromptText.Said(turn, WithThoughts)}\n{PromptText.Outcome(state, turn)}");
            }
        }

        text.Append(PromptText.Next);
        var shown = state.Objectives.Where(one => one.Attempt is null).Concat(best).Select(one => one.Number);
        return new([new(PromptText.User, text.ToString())], [.. shown.Order()]);
    }
}

/// <summary>The order in which objectives are shown.</summary>
public enum ContextOrder
{
    /// <summary>The best one first.</summary>
    BestFirst,

    /// <summary>The best one last.</summary>
    WorstFirst,

    /// <summary>In the order of their numbers: not sorted by fitness.</summary>
    Unsorted,
}
