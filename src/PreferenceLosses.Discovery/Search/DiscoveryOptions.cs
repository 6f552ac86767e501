using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>The choices of a <see cref="DiscoveryRun"/>. Limits may be changed when a run is gone on with; everything else is part of what the run is.</summary>
public sealed record DiscoveryOptions
{
    /// <summary>The search ends when so many proposals have been scored; 0 or more. What is invalid, or an earlier objective again, does not count.</summary>
    /// <value>The default value is 20.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public int MaximumGenerations { get; init => field = AtLeast(0, value, nameof(MaximumGenerations)); } = 20;

    /// <summary>The search ends when so many proposals have been asked for, whatever came of them; 1 or more.</summary>
    /// <value>The default value is 100.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int MaximumAttempts { get; init => field = AtLeast(1, value, nameof(MaximumAttempts)); } = 100;

    /// <summary>How often a model is asked to correct an invalid proposal before it is asked for another one; 0 or more.</summary>
    /// <value>The default value is 3.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public int MaximumRepairs { get; init => field = AtLeast(0, value, nameof(MaximumRepairs)); } = 3;

    /// <summary>The search ends when the model has used so many tokens, of prompts and replies, or more: the reply that goes beyond is used. Null for no limit.</summary>
    /// <value>The default value is null.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public long? MaximumTokens { get; init => field = value is null or >= 1 ? value : throw BelowOne(nameof(MaximumTokens), value); }

    /// <summary>The search ends when the model has cost so much or more, by <see cref="Prices"/>: the reply that goes beyond is used. Null for no limit.</summary>
    /// <value>The default value is null.</value>
    /// <exception cref="ArgumentOutOfRangeException">The amount is not above 0.</exception>
    public decimal? MaximumCost
    {
        get;
        init => field = value is null or > 0 ? value : throw new ArgumentOutOfRangeException(nameof(MaximumCost), value, "The amount has to be above 0.");
    }

    /// <summary>What tokens cost; null if nobody is interested.</summary>
    public TokenPrices? Prices { get; init; }

    /// <summary>The search ends after so long: of this call, not of earlier ones that it goes on from. Looked at between attempts. Null for no limit.</summary>
    /// <value>The default value is null.</value>
    /// <exception cref="ArgumentOutOfRangeException">The time is not above 0.</exception>
    public TimeSpan? MaximumTime
    {
        get;
        init => field = value is not { } time || time > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(MaximumTime), value, "The time has to be above 0.");
    }

    /// <summary>The search ends when the best objective has not become better for so many generations; null for never.</summary>
    /// <value>The default value is null.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int? Patience { get; init => field = value is null or >= 1 ? value : throw BelowOne(nameof(Patience), value); }

    /// <summary>What the model is shown of the run.</summary>
    /// <value>The default value is <see cref="ChronologicalContext"/>, as in the paper.</value>
    public IContextStrategy Context { get; init; } = new ChronologicalContext();

    /// <summary>The sampling temperature that the model is asked for; null for the service's own.</summary>
    /// <value>The default value is null.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or not finite.</exception>
    public float? Temperature
    {
        get;
        init => field = value is null or >= 0 and < float.PositiveInfinity
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Temperature), value, "The temperature has to be a finite number, 0 or greater.");
    }

    /// <summary>The most tokens of a reply that the model is asked for.</summary>
    /// <value>The default value is 4,096.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int MaximumReplyTokens { get; init => field = AtLeast(1, value, nameof(MaximumReplyTokens)); } = 4096;

    /// <summary>The first seed of the search; the others follow it. The seeds that the model is asked to sample with follow from it too.</summary>
    /// <value>The default value is 0.</value>
    public ulong Seed { get; init; }

    /// <summary>
    /// With how many seeds a proposal has been scored after each round, ascending. After a round it is given up if it is behind the best so far: if Student's 95 % interval of
    /// the difference at equal seeds is below 0. Established objectives are scored with all of them.
    /// </summary>
    /// <value>The default value is 3, 5, 8.</value>
    /// <exception cref="ArgumentException">There are none, or they do not ascend from at least 1.</exception>
    public ImmutableArray<int> SeedRounds
    {
        get;
        init => field = value is [>= 1, ..] && value.Zip(value.Skip(1)).All(pair => pair.First < pair.Second)
            ? value
            : throw new ArgumentException("The numbers of seeds have to ascend, and there has to be at least one, of at least 1.", nameof(SeedRounds));
    } = [3, 5, 8];

    /// <summary>What the best proposal is looked at with after the search; none for no confirmation.</summary>
    /// <value>By default there are none.</value>
    /// <exception cref="ArgumentException">Two have one name.</exception>
    public ImmutableArray<ConfirmationStage> Confirmation
    {
        get;
        init => field = value.Select(stage => stage.Name).Distinct(StringComparer.Ordinal).Count() == value.Length
            ? value
            : throw new ArgumentException("Two stages of the confirmation have one name.", nameof(Confirmation));
    } = [];

    /// <summary>The clock.</summary>
    /// <value>The default value is the system's.</value>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    private static int AtLeast(int minimum, int value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, minimum, name);
        return value;
    }

    private static ArgumentOutOfRangeException BelowOne(string name, object? value) => new(name, value, "The number has to be at least 1.");
}

/// <summary>What tokens cost, in any currency.</summary>
/// <param name="InputPerMillion">A million tokens of prompts.</param>
/// <param name="OutputPerMillion">A million tokens of replies.</param>
public sealed record TokenPrices(decimal InputPerMillion, decimal OutputPerMillion)
{
    /// <summary>The cost of a reply.</summary>
    /// <param name="inputTokens">Tokens of the prompt.</param>
    /// <param name="outputTokens">Tokens of the reply.</param>
    public decimal CostOf(long inputTokens, long outputTokens) => ((inputTokens * InputPerMillion) + (outputTokens * OutputPerMillion)) / 1_000_000m;
}

/// <summary>
/// A second look at the best proposal, and at the baseline beside it. A search picks what was lucky with its seeds and suits its task; what is reported has to be measured
/// where the search has never been. Nothing of it enters a prompt.
/// </summary>
/// <param name="Name">What it is: "fresh seeds", "held-out task".</param>
/// <param name="Evaluator">The evaluator.</param>
/// <param name="Seeds">The seeds; other ones than the search's where the evaluator is the same.</param>
public sealed record ConfirmationStage(string Name, IObjectiveEvaluator Evaluator, ImmutableArray<ulong> Seeds);
