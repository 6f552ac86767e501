using System.Collections.Immutable;

namespace PreferenceLosses.Training;

/// <summary>
/// Reads preference data from JSON lines, one example at a time. The fields of a line say what it is:
/// <list type="bullet">
/// <item>a pair: <c>"prompt"</c>, <c>"chosen"</c>, <c>"rejected"</c>; with scores in <c>"chosen_score"</c> and <c>"rejected_score"</c> (or
/// <c>"score_chosen"</c> and <c>"score_rejected"</c>) if it has them;</item>
/// <item>a pair whose prompt is implicit: <c>"chosen"</c> and <c>"rejected"</c> begin with it, as whole conversations do in HH-RLHF;</item>
/// <item>an unpaired completion: <c>"prompt"</c>, <c>"completion"</c>, <c>"label"</c> (true or 1 for a desirable one, false or 0);</item>
/// <item>K responses: <c>"prompt"</c>, <c>"completions"</c> (also called <c>"responses"</c>), best first, or in any order with <c>"scores"</c>, higher is better.</item>
/// </list>
/// These are TRL's formats (dataset formats, https://huggingface.co/docs/trl), and ranked responses beside them. Other fields are passed over; empty lines are too.
/// </summary>
/// <remarks>
/// <para>A prompt and its completions are strings, or lists of messages <c>{"role", "content"}</c>. A list is written out as HH-RLHF's conversations are:
/// <c>\n\nHuman: …</c> for the role "user", <c>\n\nAssistant: …</c>, and any other role with a capital; the prompt ends with <c>\n\nAssistant:</c>, and the completion,
/// which has to be the assistant's, goes on with a space.</para>
/// <para>An implicit prompt of strings ends after the last <c>\n\nAssistant:</c> that both share. Where they share none it ends before the last white space that both
/// have in the same place, after the same text, so that no word is cut in two (TRL cuts at the first character that differs). An implicit prompt of messages is the
/// messages that both share, up to one after which the assistant speaks in both. A <c>"prompt"</c> that is a string beside lists of messages is not used, as in TRL: the lists
/// have it.</para>
/// <para>All lines have to be of the same format: kind, prompt of its own or implicit, strings or messages, scores or none.</para>
/// </remarks>
public sealed class PreferenceReader
{
    private readonly ImmutableArray<string> paths;

    /// <summary>A reader of one dataset.</summary>
    /// <param name="paths">The files, in order; gzipped or not, which their first two bytes tell.</param>
    /// <exception cref="ArgumentException">There is no file.</exception>
    public PreferenceReader(params ReadOnlySpan<string> paths)
    {
        this.paths = [.. paths];
        if (paths.IsEmpty)
        {
            throw new ArgumentException("A dataset has at least one file, and none was given.", nameof(paths));
        }
    }

    /// <summary>Whether lines that are no example are counted in the report and passed over. Otherwise the first one is an error.</summary>
    public bool SkipInvalid { get; init; }

    /// <summary>The most bytes that a line may have; longer ones are no example. 16 MiB if not set.</summary>
    public int MaxLineBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    }

    = 1 << 24;

    /// <summary>The examples, read as they are asked for; each enumeration reads the files from the beginning.</summary>
    /// <param name="report">Where to count what is found; null to count nothing. Use a new one for each enumeration.</param>
    /// <exception cref="InvalidExampleException">While reading: a line is no example, or of another format than the lines before, and is not to be skipped.</exception>
    /// <exception cref="InvalidDataException">While reading: a gzipped file is damaged.</exception>
    /// <exception cref="IOException">While reading: a file cannot be read.</exception>
    public IEnumerable<TextExample> Read(DataReport? report = null)
    {
        var lines = new Lines(this, report);
        foreach (var path in paths)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            var isGzipped = GzipFile.IsGzipped(file);
            using var content = isGzipped ? GzipFile.Decompress(file) : file;
            foreach (var example in lines.Of(content, path, isGzipped))
            {
                yield return example;
            }
        }
    }

    /// <summary>The lines of all files, which share a format.</summary>
    private sealed class Lines(PreferenceReader reader, DataReport? report)
    {
        private ExampleFormat? format;
        private string? firstOfFormat;

        public IEnumerable<TextExample> Of(Stream content, string name, bool isGzipped)
        {
            var lines = new LineReader(content, reader.MaxLineBytes);
            while (TryRead(lines, name, isGzipped, out var line))
            {
                if ((lines.IsTooLong || !IsBlank(line.Span)) && Example(lines, line, name) is { } example)
                {
                    report?.AddExample(example);
                    yield return example;
                }
            }
        }

        private static bool TryRead(LineReader lines, string name, bool isGzipped, out ReadOnlyMemory<byte> line)
        {
            try
            {
                if (lines.TryRead(out line))
                {
                    return !isGzipped || !line.Span.SequenceEqual(GzipFile.EndLine);
                }
            }
            catch (InvalidDataException damaged)
            {
                throw Damaged(damaged);
            }

            return isGzipped ? throw Damaged(null) : false;

            InvalidDataException Damaged(Exception? found) => new($"{name}, after line {lines.Line}: the gzipped file is damaged, or was cut off.", found);
        }

        private static bool IsBlank(ReadOnlySpan<byte> line) => line.IndexOfAnyExcept(" \t\r"u8) < 0;

        private TextExample? Example(LineReader lines, ReadOnlyMemory<byte> line, string name)
        {
            try
            {
                if (lines.IsTooLong)
                {
                    throw new UnacceptableLineException($"it is longer than {reader.MaxLineBytes} bytes, the most that is accepted.");
                }

                var (example, its) = ExampleParser.Parse(line, name, lines.Line);
                firstOfFormat ??= $"line {lines.Line} of {name}";
                format ??= its;
                return its == format
                    ? example
                    : throw new UnacceptableLineException($"this is of another format than {firstOfFormat}: {its} here, {format} there.");
            }
            catch (UnacceptableLineException wrong)
            {
                var invalid = new InvalidExampleException(wrong.Message, name, lines.Line, wrong.InnerException);
                if (!reader.SkipInvalid)
                {
                    throw invalid;
                }

                report?.AddInvalid(invalid.Message);
                return null;
            }
        }
    }
}
