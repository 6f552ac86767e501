using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>The whole conversation in its order, as in the paper's run: each proposal, and what came of it.</summary>
public sealed record ChronologicalContext : IContextStrategy
{
    /// <summary>Whether the model sees why it proposed what it did.</summary>
    /// <value>The default value is true.</value>
    public bool WithThoughts { get; init; } = true;

    /// <summary>Whether the model sees proposals that were refused or were earlier ones again.</summary>
    /// <value>The default value is true.</value>
    public bool WithFailures { get; init; } = true;

    /// <summary>Whether the model is told the curves of the training (of the first seed), as numbers: what appendix D.4 of the paper shows as pictures.</summary>
    /// <value>The default value is false.</value>
    public bool WithCurves { get; init; }

    /// <summary>
    /// Whether the model is shown the curves of the training (of the first seed) beside those of the baseline, as a picture (PNG) of the first four of them with each objective,
    /// and told in words what is where in it. The model has to take pictures.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool WithPictures { get; init; }

    /// <inheritdoc/>
    public string Name => $"chronological, {(WithThoughts ? "with" : "without")} thoughts, {(WithFailures ? "with" : "without")} failures{(WithCurves ? ", with curves" : "")}{(WithPictures ? ", with pictures" : "")}";

    /// <inheritdoc/>
    public ContextPrompt Prompt(RunState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var messages = ImmutableArray.CreateBuilder<PromptMessage>();
        var said = new PromptMessage(PromptText.User, PromptText.BurnIn(state));
        foreach (var attempt in state.Attempts)
        {
            foreach (var (i, turn) in attempt.Turns.Index())
            {
                if (WithFailures || turn.Number is not null)
                {
                    messages.Add(said with { Text = said.Text + (WithFailures && i > 0 ? PromptText.Correct : PromptText.Next) });
                    messages.Add(new(PromptText.Assistant, PromptText.Said(turn, WithThoughts)));
                    said = Outcome(state, turn);
                }
            }
        }

        messages.Add(said with { Text = said.Text + PromptText.Next });
        return new(messages.ToImmutable(), [.. state.Objectives.Select(one => one.Number)]);
    }

    private PromptMessage Outcome(RunState state, AttemptTurn turn)
    {
        var text = PromptText.Outcome(state, turn, WithCurves);
        return WithPictures && turn.Number is { } number && state.Objective(number) is { } one && TrainingPicture.Exists(one)
            ? new(PromptText.User, text + TrainingPicture.Legend(state, one)) { Picture = number }
            : new(PromptText.User, text);
    }
}
