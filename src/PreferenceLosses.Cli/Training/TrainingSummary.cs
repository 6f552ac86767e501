using System.Globalization;
using System.Text.Json;
using PreferenceLosses.Cli.Json;
using PreferenceLosses.Cli.Listing;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Training;

/// <summary>What a run came to, for people and as JSON.</summary>
internal sealed record TrainingSummary
{
    public required TrainRequest Request { get; init; }

    public required DataReport Report { get; init; }

    /// <summary>What the examples are.</summary>
    public required string Noun { get; init; }

    public required int Training { get; init; }

    public required int HeldOutExamples { get; init; }

    public required int Words { get; init; }

    /// <summary>Steps in all; null in rounds, which have their own.</summary>
    public long? Steps { get; init; }

    public long ResumedFrom { get; init; }

    /// <summary>The metrics of the last step, and of the last evaluation.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Null where the held-out examples are no pairs, or there are none.</summary>
    public HeldOutReport? HeldOut { get; init; }

    public IterationResult? Rounds { get; init; }

    public double Seconds { get; init; }

    private string LossText
    {
        get
        {
            var parameters = Request.Loss.Parameters.Select(bound => string.Create(CultureInfo.InvariantCulture, $"{bound.Parameter.Name} = {bound.Value}")).ToArray();
            return Request.Loss.Name + (parameters.Length == 0 ? "" : $" ({string.Join(", ", parameters)})");
        }
    }

    public void WriteText(TextWriter output)
    {
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{LossText}: {Training} {Noun}, {Seconds:F1} s\n"));
        if (Rounds is { } rounds)
        {
            WriteRounds(output, rounds);
        }

        if (HeldOut is { } heldOut)
        {
            WriteHeldOut(output, heldOut);
        }
        else
        {
            WriteMetrics(output);
        }

        output.Write($"written to {Request.Output}: policy.ngram, reference.ngram, vocabulary.txt, {(Rounds is null ? "" : "round-…/")}metrics.jsonl, curves.svg, summary.json\n");
    }

    public void WriteJson(TextWriter output) => JsonText.WriteIndented(output, WriteJson);

    private void WriteHeldOut(TextWriter output, HeldOutReport report)
    {
        List<string[]> rows =
        [
            ["held-out accuracy", Text(report.Accuracy), $"of {HeldOutExamples} pairs, by the change of log π from the reference"],
            ["likelihood, summed", Text(report.Likelihood), "the reference alone"],
            ["likelihood, averaged", Text(report.AverageLikelihood), "the reference alone, per token"],
            ["prefer shorter", Text(report.Shorter), "no model at all"],
            ["above prefer shorter", Text(report.AboveShorter), "on the same pairs"],
        ];
        if (report.ByReward is { } byReward && byReward.Value != report.Accuracy.Value)
        {
            rows.Insert(1, ["by the loss's reward", Text(byReward), "what the loss itself takes for the reward"]);
        }

        TextTable.Write(output, rows);
    }

    private void WriteMetrics(TextWriter output)
    {
        var rows = Metrics.Where(metric => metric.Key.StartsWith(MetricNames.EvaluationPrefix, StringComparison.Ordinal))
            .OrderBy(metric => metric.Key, StringComparer.Ordinal)
            .Select(metric => new[] { metric.Key, metric.Value.ToString("G4", CultureInfo.InvariantCulture) })
            .ToArray();
        if (rows.Length > 0)
        {
            TextTable.Write(output, rows);
        }
    }

    private static void WriteRounds(TextWriter output, IterationResult result) => TextTable.Write(output,
    [
        ["round", "pairs", "reward", "KL from the start", "length"],
        .. result.Rounds.Select(round => Row(Text(round.Round), Text(round.Pairs), round.Start)),
        Row("trained", "", result.Final),
    ]);

    private static string[] Row(string round, string pairs, PolicyMeasure measure) => [round, pairs, Text(measure.Reward), Text(measure.Kl), Text(measure.Length)];

    private static string Text(Estimate estimate) =>
        string.Create(CultureInfo.InvariantCulture, $"{estimate.Value:F3} ({estimate.Lower:F3} to {estimate.Upper:F3})");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("loss", Request.Loss.Name);
        writer.WriteStartObject("parameters");
        foreach (var bound in Request.Loss.Parameters)
        {
            Write(writer, bound.Parameter.Name!, bound.Value);
        }

        writer.WriteEndObject();
        writer.WriteString("output", Request.Output);
        WriteData(writer);
        if (Steps is { } steps)
        {
            writer.WriteNumber("steps", steps);
        }

        writer.WriteNumber("resumed_from", ResumedFrom);
        Write(writer, "seconds", Seconds);
        writer.WriteStartObject("metrics");
        foreach (var (name, value) in Metrics.OrderBy(metric => metric.Key, StringComparer.Ordinal))
        {
            Write(writer, name, value);
        }

        writer.WriteEndObject();
        WriteHeldOut(writer);
        if (Rounds is { } rounds)
        {
            WriteRounds(writer, rounds);
        }

        writer.WriteEndObject();
    }

    private void WriteData(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("data");
        writer.WriteNumber("read", Report.Examples);
        writer.WriteNumber("invalid", Report.Invalid);
        writer.WriteNumber("identical", Report.IdenticalCompletions);
        writer.WriteNumber("empty", Report.EmptyCompletions);
        writer.WriteNumber("duplicates", Report.Duplicates);
        writer.WriteNumber("truncated", Report.Truncated);
        writer.WriteNumber("dropped", Report.DroppedForLength);
        writer.WriteNumber("indistinguishable", Report.IndistinguishableCompletions);
        writer.WriteNumber("training", Training);
        writer.WriteNumber("held_out", HeldOutExamples);
        writer.WriteNumber("words", Words);
        writer.WriteEndObject();
    }

    private void WriteHeldOut(Utf8JsonWriter writer)
    {
        if (HeldOut is not { } report)
        {
            writer.WriteNull("held_out");
            return;
        }

        writer.WriteStartObject("held_out");
        Write(writer, "accuracy", report.Accuracy);
        if (report.ByReward is { } byReward)
        {
            Write(writer, "accuracy_by_reward", byReward);
        }

        Write(writer, "likelihood", report.Likelihood);
        Write(writer, "likelihood_averaged", report.AverageLikelihood);
        Write(writer, "prefer_shorter", report.Shorter);
        Write(writer, "above_prefer_shorter", report.AboveShorter);
        writer.WriteEndObject();
    }

    private static void WriteRounds(Utf8JsonWriter writer, IterationResult result)
    {
        writer.WriteStartArray("rounds");
        foreach (var round in result.Rounds)
        {
            writer.WriteStartObject();
            writer.WriteNumber("round", round.Round);
            writer.WriteNumber("pairs", round.Pairs);
            writer.WriteNumber("ties", round.Ties);
            Write(writer, "chosen_length", round.ChosenLength);
            Write(writer, "rejected_length", round.RejectedLength);
            Write(writer, round.Start);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("trained");
        Write(writer, result.Final);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, PolicyMeasure measure)
    {
        Write(writer, "reward", measure.Reward);
        Write(writer, "kl", measure.Kl);
        Write(writer, "length", measure.Length);
    }

    private static void Write(Utf8JsonWriter writer, string name, Estimate estimate)
    {
        writer.WriteStartObject(name);
        Write(writer, "value", estimate.Value);
        Write(writer, "lower", estimate.Lower);
        Write(writer, "upper", estimate.Upper);
        writer.WriteNumber("count", estimate.Count);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, double value)
    {
        writer.WritePropertyName(name);
        JsonNumbers.Write(writer, value);
    }
}
