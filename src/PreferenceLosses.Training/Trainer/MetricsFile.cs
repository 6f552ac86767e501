using System.Buffers;
using System.Text;
using System.Text.Json;

namespace PreferenceLosses.Training;

/// <summary>Metrics as JSON lines: <c>{"step":10,"loss":0.69,…}</c>, one line a step, in order. What is not finite is null.</summary>
internal sealed class MetricsFile : IDisposable
{
    private const string Step = "step";
    private readonly FileStream file;

    /// <summary>Opens the file to go on after a step: lines of later steps, and a line that was cut, are taken off its end.</summary>
    /// <exception cref="InvalidDataException">It has JSON in it that is no metrics: it is somebody else's file.</exception>
    public MetricsFile(string path, long lastStep)
    {
        file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            file.SetLength(LengthUpTo(lastStep));
        }
        catch (InvalidDataException)
        {
            file.Dispose();
            throw;
        }

        file.Seek(0, SeekOrigin.End);
    }

    public void Write(long step, IReadOnlyDictionary<string, double> metrics)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            writer.WriteNumber(Step, step);
            foreach (var (name, value) in metrics.OrderBy(metric => metric.Key, StringComparer.Ordinal))
            {
                if (double.IsFinite(value))
                {
                    writer.WriteNumber(name, value);
                }
                else
                {
                    writer.WriteNull(name);
                }
            }

            writer.WriteEndObject();
        }

        // In one write, so that a process that is killed leaves whole lines.
        line.Write("\n"u8);
        file.Write(line.WrittenSpan);
        file.Flush();
    }

    /// <summary>Before a checkpoint is written, which counts on the lines up to its step.</summary>
    public void FlushToDisk() => file.Flush(flushToDisk: true);

    public void Dispose() => file.Dispose();

    private long LengthUpTo(long lastStep)
    {
        using var reader = new StreamReader(file, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        var length = 0L;
        while (reader.ReadLine() is { } line && StepOf(line, file.Name) <= lastStep && length + Encoding.UTF8.GetByteCount(line) < file.Length)
        {
            length += Encoding.UTF8.GetByteCount(line) + 1;
        }

        return length;
    }

    /// <summary>The step of a line; of a line that was cut, and so is no JSON, one that is after all others.</summary>
    private static long StepOf(string line, string path)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty(Step, out var step)
                && step.ValueKind == JsonValueKind.Number
                && step.TryGetInt64(out var number)
                ? number
                : throw new InvalidDataException($"'{path}' is to have metrics, and a line of it is none: each is an object with a whole '{Step}'. Move the file, or take another directory.");
        }
        catch (JsonException)
        {
            return long.MaxValue;
        }
    }
}
