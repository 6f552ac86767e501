using System.Globalization;
using System.Text.Json;
using PreferenceLosses.Cli.Json;
using PreferenceLosses.Cli.Listing;
using PreferenceLosses.Discovery;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Discovery;

/// <summary>What a run came to, for people and as JSON. Texts of a model are cleaned for people, and are JSON strings in JSON.</summary>
internal static class DiscoveryTable
{
    private const int ShownBest = 3;

    public static void WriteText(RunState state, TextWriter output)
    {
        output.Write($"score: {UntrustedText.Line(state.Start?.Score ?? "not begun", 400)}\n");
        output.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"{state.Attempts.Length} proposals asked for, {state.Generations} scored; {state.Use.Replies} replies, {state.Use.InputTokens} + {state.Use.OutputTokens} tokens{(state.Use.Cost > 0 ? $", cost {state.Use.Cost:0.####}" : "")}\n"));
        output.Write(state.Stop is { } stop ? $"ended: {UntrustedText.Line(stop.Message)}\n\n" : "not ended\n\n");
        if (!state.Objectives.IsEmpty)
        {
            TextTable.Write(output, [["", "objective", "fitness", "seeds", "against " + (state.Baseline?.Name ?? "the first")], .. state.Objectives.Select(one => Row(one, state))]);
        }

        foreach (var one in Best(state))
        {
            output.Write(string.Create(CultureInfo.InvariantCulture, $"\n{one.Number} {UntrustedText.Line(one.Name)}: {UntrustedText.Line(one.Feedback!, 400)}\n"));
            output.Write(Indented(UntrustedText.Lines(one.Proposal.Code.TrimEnd())));
        }

        foreach (var done in state.Confirmations)
        {
            output.Write(string.Create(CultureInfo.InvariantCulture, $"\nconfirmation of {done.Number}, {UntrustedText.Line(done.Stage)}: {UntrustedText.Line(done.Result, 400)}\n"));
        }
    }

    public static void WriteJson(RunState state, TextWriter output) => JsonText.WriteUntrusted(output, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("score", state.Start?.Score);
        writer.WriteNumber("attempts", state.Attempts.Length);
        writer.WriteNumber("generations", state.Generations);
        writer.WriteNumber("replies", state.Use.Replies);
        writer.WriteNumber("input_tokens", state.Use.InputTokens);
        writer.WriteNumber("output_tokens", state.Use.OutputTokens);
        writer.WriteNumber("cost", state.Use.Cost);
        writer.WriteString("stop", state.Stop?.Reason.ToString());
        WriteNumber(writer, "best", state.BestProposal?.Number);
        writer.WriteStartArray("objectives");
        foreach (var one in state.Objectives)
        {
            Write(writer, one, state);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("confirmations");
        foreach (var done in state.Confirmations)
        {
            writer.WriteStartObject();
            writer.WriteNumber("number", done.Number);
            writer.WriteString("stage", done.Stage);
            writer.WriteString("result", done.Result);
            Write(writer, "difference", state.Objective(done.Number)!.DifferenceTo(state.Objectives[0], done.Stage));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    /// <summary>As the winner is found: those with more seeds first, then by the mean, which with equal seeds is by the difference.</summary>
    private static IEnumerable<ScoredObjective> Best(RunState state) => state.Objectives
        .Where(one => one is { Attempt: not null, IsSettled: true, Failure: null })
        .OrderByDescending(one => one.Scores.Length)
        .ThenByDescending(one => one.Fitness?.Value)
        .ThenBy(one => one.Number)
        .Take(ShownBest);

    private static string[] Row(ScoredObjective one, RunState state) =>
    [
        one.Number.ToString(CultureInfo.InvariantCulture),
        UntrustedText.Line(one.Name),
        one.Failure is { } failure ? UntrustedText.Line(failure, 60) : one.Fitness is { } fitness ? FitnessText.Of(fitness) : "",
        one.Scores.Length.ToString(CultureInfo.InvariantCulture),
        Difference(one, state) is { } difference ? FitnessText.OfDifference(difference) : "",
    ];

    private static Estimate? Difference(ScoredObjective one, RunState state) =>
        state.Baseline is { } baseline && baseline.Number != one.Number ? one.DifferenceTo(baseline) : null;

    private static string Indented(string text) => string.Concat(text.Split('\n').Select(line => $"    {line}\n"));

    private static void Write(Utf8JsonWriter writer, ScoredObjective one, RunState state)
    {
        writer.WriteStartObject();
        writer.WriteNumber("number", one.Number);
        writer.WriteString("name", one.Name);
        WriteNumber(writer, "attempt", one.Attempt);
        writer.WriteString("thought", one.Proposal.Thought);
        writer.WriteString("code", one.Proposal.Code);
        Write(writer, "fitness", one.Fitness);
        Write(writer, "difference", Difference(one, state));
        writer.WriteString("failure", one.Failure);
        writer.WriteNumber("seeds", one.Scores.Length);
        writer.WriteStartArray("properties");
        foreach (var property in one.Properties)
        {
            writer.WriteStringValue(property);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, int? number)
    {
        if (number is { } value)
        {
            writer.WriteNumber(name, value);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, Estimate? estimate)
    {
        if (estimate is not { } known)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        foreach (var (part, value) in (ReadOnlySpan<(string, double)>)[("value", known.Value), ("lower", known.Lower), ("upper", known.Upper)])
        {
            writer.WritePropertyName(part);
            JsonNumbers.Write(writer, value);
        }

        writer.WriteEndObject();
    }
}
