using System.Text.Json;

namespace PreferenceLosses.Gpu.Speed;

/// <summary>One thing that was timed.</summary>
/// <param name="What">What was done.</param>
/// <param name="Work">On what: the loss, or the format of the logits.</param>
/// <param name="Rows">Rows of logits, or pairs.</param>
/// <param name="Timing">What a call took.</param>
/// <param name="Bytes">The fewest bytes that a call has to move.</param>
/// <param name="ExtraBytes">Memory beside what is read and what is asked for.</param>
internal sealed record Measurement(string What, string Work, int Rows, Timing Timing, long Bytes, long ExtraBytes)
{
    /// <summary>Logits per row; 0 for pairs.</summary>
    public int Vocabulary { get; private init; }

    /// <summary>The share of the rows that do not count.</summary>
    public double Masked { get; private init; }

    /// <summary>The error against double precision; null where it was not looked at.</summary>
    public double? Error { get; private init; }

    public static Measurement OfRows(RowShape shape, string what, Timing timing, long bytes, long extraBytes, double? error) =>
        new(what, shape.Format.ToString().ToLowerInvariant(), shape.Rows, timing, bytes, extraBytes) { Vocabulary = shape.Vocabulary, Masked = shape.Masked, Error = error };

    public static Measurement OfPairs(string loss, int pairs, bool withMetrics, Timing timing, long bytes, long extraBytes) =>
        new(withMetrics ? "losses, gradients, metrics" : "losses, gradients", loss, pairs, timing, bytes, extraBytes);
}

/// <summary>What was measured, as lines of a table and as a file.</summary>
/// <param name="device">The device, in words.</param>
/// <param name="copyBytes">The size of the copies that its rate is of.</param>
/// <param name="copyRate">Bytes per second of a copy, read and written.</param>
internal sealed class BenchmarkResult(string device, long copyBytes, double copyRate)
{
    public const string RowTitle = "\n| logits | work | median, µs | fastest–slowest | of the copy rate | beside the logits, bytes | error |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |";
    public const string PairTitle = "\n| pairs | work | median, µs | fastest–slowest | of the copy rate | between passes, bytes | until it is on the stream, µs |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |";

    private readonly List<Measurement> measurements = [];

    public string Header => FormattableString.Invariant($"{device}; a copy of {copyBytes >> 10} KiB: {copyRate / 1e9:F1} GB/s, read and written");

    public void Add(Measurement measurement) => measurements.Add(measurement);

    public string Line(Measurement m)
    {
        var subject = m.Vocabulary > 0
            ? FormattableString.Invariant($"{m.Rows} × {m.Vocabulary} {m.Work}{(m.Masked > 0 ? $", {100 * m.Masked:F0} % masked" : "")}")
            : FormattableString.Invariant($"{m.Work}, {m.Rows}");
        var last = m.Vocabulary > 0 ? m.Error?.ToString("G2", System.Globalization.CultureInfo.InvariantCulture) ?? "" : FormattableString.Invariant($"{m.Timing.Host:F2}");
        return FormattableString.Invariant(
            $"| {subject} | {m.What} | {m.Timing.Median:F2} | {m.Timing.Fastest:F2}–{m.Timing.Slowest:F2}{(m.Timing.IsLaunchBound ? ", launch-bound" : "")} | {100 * Fraction(m):F1} % | {m.ExtraBytes} | {last} |");
    }

    /// <summary>Writes the file whole, or not at all: a command that is ended while it writes leaves the one before.</summary>
    public void Write(string path)
    {
        var unfinished = path + ".unfinished";
        using (var file = File.Create(unfinished))
        {
            Write(file);
        }

        File.Move(unfinished, path, overwrite: true);
    }

    private void Write(Stream file)
    {
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("device", device);
        json.WriteNumber("copy_bytes", copyBytes);
        json.WriteNumber("copy_bytes_per_second", copyRate);
        json.WriteStartArray("measurements");
        foreach (var m in measurements)
        {
            json.WriteStartObject();
            json.WriteString("what", m.What);
            json.WriteString(m.Vocabulary > 0 ? "format" : "loss", m.Work);
            json.WriteNumber(m.Vocabulary > 0 ? "rows" : "pairs", m.Rows);
            if (m.Vocabulary > 0)
            {
                json.WriteNumber("vocabulary", m.Vocabulary);
                json.WriteNumber("masked", m.Masked);
            }

            json.WriteNumber("microseconds", m.Timing.Median);
            json.WriteNumber("fastest", m.Timing.Fastest);
            json.WriteNumber("slowest", m.Timing.Slowest);
            json.WriteNumber("host_microseconds", m.Timing.Host);
            json.WriteBoolean("launch_bound", m.Timing.IsLaunchBound);
            json.WriteNumber("samples", m.Timing.Samples);
            json.WriteNumber("calls_per_sample", m.Timing.Calls);
            json.WriteNumber("bytes", m.Bytes);
            json.WriteNumber("of_copy_rate", Fraction(m));
            json.WriteNumber("extra_bytes", m.ExtraBytes);
            if (m.Error is { } error)
            {
                json.WriteNumber("error", error);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private double Fraction(Measurement m) => m.Bytes / (m.Timing.Median * 1e-6) / copyRate;
}
