using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Training;

/// <summary>What a checkpoint says besides weights.</summary>
/// <param name="Identity">What the run is, by name: two runs with the same are the same run.</param>
/// <param name="Step">Steps done. Epoch, place in the data, random numbers and the learning rate are functions of it and the seed.</param>
/// <param name="Tokens">Completion tokens seen.</param>
/// <param name="UsualLoss">What |loss| usually is.</param>
/// <param name="Shift">The running mean of rewards.</param>
/// <param name="ShiftCount">How many values are in it.</param>
/// <param name="Mean">The moving mean; null if it has not begun.</param>
/// <param name="Deviation">The moving deviation; null if it has not begun.</param>
/// <param name="Metrics">The metrics of the last step, without its speed: equal runs have equal checkpoints.</param>
internal sealed record RunState(
    ImmutableSortedDictionary<string, string> Identity,
    long Step,
    long Tokens,
    double UsualLoss,
    double Shift,
    long ShiftCount,
    double? Mean,
    double? Deviation,
    ImmutableSortedDictionary<string, double> Metrics)
{
    public static RunState Of(
        ImmutableSortedDictionary<string, string> identity, long step, RunningState state, Dictionary<string, double> metrics) => new(
        identity,
        step,
        state.Tokens,
        state.UsualLoss,
        state.Shift.Value,
        state.Shift.Count,
        state.Moments.IsStarted ? state.Moments.Mean : null,
        state.Moments.HasSpread ? state.Moments.Deviation : null,
        metrics.Where(metric => metric.Key != MetricNames.TokensPerSecond).ToImmutableSortedDictionary(StringComparer.Ordinal));

    /// <summary>Reads a state, and refuses that of another run.</summary>
    /// <exception cref="InvalidDataException">It is no state, or that of another run; the message says what differs.</exception>
    public static RunState Read(byte[] json, ImmutableSortedDictionary<string, string> identity)
    {
        RunState? state;
        try
        {
            state = JsonSerializer.Deserialize(json, RunStateJson.Default.RunState);
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException($"its state cannot be read: {wrong.Message}", wrong);
        }

        if (state?.Identity is null || state.Metrics is null)
        {
            throw new InvalidDataException("its state is empty");
        }

        return RunIdentity.Differences(state.Identity, identity) is { } differences ? throw new InvalidDataException(differences) : state;
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RunStateJson.Default.RunState);

    public void Restore(RunningState state, double momentDecay)
    {
        state.Tokens = Tokens;
        state.UsualLoss = UsualLoss;
        state.Shift = RunningMean.Restore(Shift, ShiftCount);
        state.Moments = MovingMoments.Restore(momentDecay, Mean, Deviation);
    }
}

/// <summary>Generated code, so that nothing needs reflection. An accuracy of no pairs is no number.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RunState))]
internal sealed partial class RunStateJson : JsonSerializerContext;
