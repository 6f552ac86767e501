using System.Globalization;

namespace PreferenceLosses.Discovery;

/// <summary>When a search ends.</summary>
internal static class StopRule
{
    /// <summary>Why no further reply is to be asked for; null if one is.</summary>
    public static RunStopped? Of(RunState state, DiscoveryOptions options, TimeSpan elapsed)
    {
        var limited = options.MaximumTokens is not null || options.MaximumCost is not null;
        return state switch
        {
            _ when state.Generations >= options.MaximumGenerations => Stop(StopReason.Generations, $"{state.Generations} proposals were scored."),
            _ when options.Patience is { } patience && state.GenerationsWithoutImprovement >= patience =>
                Stop(StopReason.Converged, $"The best objective has not become better for {state.GenerationsWithoutImprovement} generations."),
            _ when limited && state.Use.RepliesWithoutTokens > 0 =>
                Stop(StopReason.UnknownUse, $"There is a limit of tokens or money, and the service does not say how many tokens {state.Use.RepliesWithoutTokens} of its replies took."),
            _ when options.MaximumTokens is { } tokens && state.Use.Tokens >= tokens => Stop(StopReason.Tokens, $"{state.Use.Tokens} tokens were used; the limit is {tokens}."),
            _ when options.MaximumCost is { } cost && state.Use.Cost >= cost => Stop(StopReason.Cost, $"The replies cost {state.Use.Cost}; the limit is {cost}."),
            _ when options.MaximumTime is { } time && elapsed >= time => Stop(StopReason.Time, $"{elapsed:c} have gone by; the limit is {time:c}."),
            _ => null,
        };
    }

    /// <summary>Why no further attempt is to be begun; null if one is.</summary>
    public static RunStopped? OfAttempts(RunState state, DiscoveryOptions options) => state.Attempts.Length >= options.MaximumAttempts
        ? Stop(StopReason.Attempts, $"{state.Attempts.Length} proposals were asked for, of which {state.Generations} were scored.")
        : null;

    private static RunStopped Stop(StopReason reason, FormattableString message) => new(reason, message.ToString(CultureInfo.InvariantCulture));
}
