using System.Collections.Immutable;
using System.Globalization;
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
internal sealed record RunState(
    ImmutableSortedDictionary<string, string> Identity,
    long Step,
    long Tokens,
    double UsualLoss,
    double Shift,
    long ShiftCount,
    double? Mean,
    double? Deviation)
{
    /// <summary>What decides over the course of a run, as text.</summary>
    public static ImmutableSortedDictionary<string, string> IdentityOf(
        IPreferenceLoss loss, TrainingOptions options, string data, string? reference) => new Dictionary<string, string>
        {
            ["loss"] = LossJson.Serialize(loss),
            ["data"] = data,
            ["reference"] = reference ?? "none",
            ["epochs"] = Text(options.Epochs),
            ["batch size"] = Text(options.BatchSize),
            ["gradient accumulation"] = Text(options.GradientAccumulation),
            ["statistics span"] = options.StatisticsSpan.ToString(),
            ["learning rate"] = Text(options.LearningRate),
            ["schedule"] = options.Schedule.ToString(),
            ["warm-up steps"] = Text(options.WarmupSteps),
            ["maximum gradient norm"] = Text(options.MaxGradientNorm),
            ["seed"] = Text(options.Seed),
            ["moment decay"] = Text(options.MomentDecay),
            ["reference synchronization"] = options.ReferenceSynchronization is { } sync ? $"{Text(sync.Share)} every {Text(sync.Interval)}" : "none",
        }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    public static RunState Of(ImmutableSortedDictionary<string, string> identity, long step, RunningState state) => new(
        identity,
        step,
        state.Tokens,
        state.UsualLoss,
        state.Shift.Value,
        state.Shift.Count,
        state.Moments.IsStarted ? state.Moments.Mean : null,
        state.Moments.HasSpread ? state.Moments.Deviation : null);

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

        if (state?.Identity is null)
        {
            throw new InvalidDataException("its state is empty");
        }

        var differences = identity.Keys.Union(state.Identity.Keys)
            .Where(name => identity.GetValueOrDefault(name) != state.Identity.GetValueOrDefault(name))
            .Select(name => $"{name} was {state.Identity.GetValueOrDefault(name, "nothing")} and is {identity.GetValueOrDefault(name, "nothing")}")
            .ToArray();
        return differences.Length == 0
            ? state
            : throw new InvalidDataException("it is of another run: " + string.Join(", ", differences));
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RunStateJson.Default.RunState);

    public void Restore(RunningState state, double momentDecay)
    {
        state.Tokens = Tokens;
        state.UsualLoss = UsualLoss;
        state.Shift = RunningMean.Restore(Shift, ShiftCount);
        state.Moments = MovingMoments.Restore(momentDecay, Mean, Deviation);
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}

/// <summary>Generated code, so that nothing needs reflection.</summary>
[JsonSerializable(typeof(RunState))]
internal sealed partial class RunStateJson : JsonSerializerContext;
