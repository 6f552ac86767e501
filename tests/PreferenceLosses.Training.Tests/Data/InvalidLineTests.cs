using System.IO.Compression;
using System.Text;
using PreferenceLosses.Training.Tests.Support;

namespace PreferenceLosses.Training.Tests.Data;

/// <summary>A bad line is refused with its file, its line and what is wrong, or counted.</summary>
public sealed class InvalidLineTests : IDisposable
{
    private const string Good = """{"prompt": "p", "chosen": "a", "rejected": "b"}""";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("""{"prompt": "p", "chosen": "a" """, "not one JSON object")]
    [InlineData("""{"chosen": "a", "rejected": "b"} {}""", "not one JSON object")]
    [InlineData("""{"prompt": "p", "chosen": "a", "chosen": "b", "rejected": "c"}""", "chosen")]
    [InlineData("[", "not one JSON object")]
    [InlineData("""[{"chosen": "a", "rejected": "b"}]""", "an object is expected on each line, and this is a list of 1")]
    [InlineData("12", "an object is expected on each line, and this is a number")]
    [InlineData("null", "an object is expected on each line, and this is null")]
    [InlineData("{}", "none of them is there")]
    [InlineData("""{"prompt": "p"}""", "none of them is there")]
    [InlineData("""{"prompt": "p", "chosen": "a"}""", "\"rejected\" has to be a string or a list of messages, and is missing")]
    [InlineData("""{"prompt": "p", "rejected": "a"}""", "\"chosen\" has to be a string or a list of messages, and is missing")]
    [InlineData("""{"prompt": "p", "chosen": null, "rejected": "a"}""", "\"chosen\" has to be a string or a list of messages, and is null")]
    [InlineData("""{"prompt": null, "chosen": "a", "rejected": "b"}""", "\"prompt\" has to be a string or a list of messages, and is null")]
    [InlineData("""{"prompt": 3, "chosen": "a", "rejected": "b"}""", "\"prompt\" has to be a string or a list of messages, and is a number")]
    [InlineData("""{"prompt": "p", "chosen": [], "rejected": "b"}""", "\"chosen\" has to be a string or a list of messages, and is a list of 0")]
    [InlineData("""{"prompt": "p", "chosen": "a", "rejected": "\ud800"}""", "\"rejected\" has an escape that stands for half a character")]
    [InlineData("""{"chosen": "a", "rejected": [{"role": "assistant", "content": "b"}]}""", "\"rejected\" is a list of messages and \"chosen\" a string")]
    [InlineData("""{"prompt": [{"role": "user", "content": "b"}], "chosen": "a", "rejected": "b"}""", "\"prompt\" is a list of messages and \"chosen\" a string")]
    [InlineData("""{"chosen": [{"role": "assistant"}], "rejected": [{"role": "assistant", "content": "b"}]}""", "\"chosen\"[0] has to be a message")]
    [InlineData("""{"chosen": ["a"], "rejected": ["b"]}""", "\"chosen\"[0] has to be a message")]
    [InlineData("""{"chosen": [{"role": "", "content": "a"}], "rejected": [{"role": "", "content": "b"}]}""", "\"chosen\"[0] has an empty \"role\"")]
    [InlineData("""{"chosen": [{"role": "user", "content": "a"}], "rejected": [{"role": "user", "content": "b"}]}""", "share no beginning after which the assistant speaks")]
    [InlineData(
        """{"prompt": [{"role": "user", "content": "a"}], "chosen": [{"role": "user", "content": "a"}], "rejected": [{"role": "assistant", "content": "b"}]}""",
        "\"chosen\" begins with the role \"user\"; a completion begins with \"assistant\"")]
    [InlineData("""{"prompt": "p", "completion": "a"}""", "\"label\" is missing")]
    [InlineData("""{"prompt": "p", "completion": "a", "label": "good"}""", "\"label\" has to be true, false, 1 or 0, and is a string")]
    [InlineData("""{"prompt": "p", "completion": "a", "label": 2}""", "\"label\" has to be true, false, 1 or 0, and is a number")]
    [InlineData("""{"completion": "a", "label": true}""", "\"prompt\" is missing")]
    [InlineData("""{"completions": ["a", "b"]}""", "\"prompt\" is missing")]
    [InlineData("""{"prompt": "p", "completions": ["a"]}""", "\"completions\" has to be a list of two or more, and is a list of 1")]
    [InlineData("""{"prompt": "p", "responses": "a"}""", "\"responses\" has to be a list of two or more, and is a string")]
    [InlineData("""{"prompt": "p", "responses": ["a", "b"], "completions": ["a", "b"]}""", "two names of one field")]
    [InlineData("""{"prompt": "p", "completions": ["a", 3]}""", "\"completions\"[1] has to be a string or a list of messages, and is a number")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "scores": [1]}""", "\"scores\" has to be a list of 2, one for each completion, and is a list of 1")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "scores": [1, "2"]}""", "\"scores\"[1] has to be a finite number, and is a string")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "scores": [1, 1e999]}""", "\"scores\"[1] has to be a finite number")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"], "labels": [true, false]}""", "stepwise supervision")]
    [InlineData("""{"prompt": "p", "chosen": "a", "rejected": "b", "chosen_score": 1}""", "\"rejected_score\" has to be a finite number, and is missing")]
    [InlineData("""{"prompt": "p", "chosen": "a", "rejected": "b", "completion": "c", "label": true}""", "more than one format")]
    public void A_bad_line_is_refused(string line, string reason)
    {
        // The first line is alone, so that no format is expected yet.
        var path = folder.Write("data.jsonl", "", line);
        var error = Assert.Throws<InvalidExampleException>(() => new PreferenceReader(path).Read().Count());
        Assert.StartsWith($"{path}, line 2: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal((path, 2L), (error.File, error.Line));
    }

    [Theory]
    [InlineData("""{"chosen": "a", "rejected": "b"}""", "pairs without a prompt of their own, as strings here, pairs, as strings there")]
    [InlineData("""{"prompt": "p", "completion": "a", "label": true}""", "unpaired completions, as strings here")]
    [InlineData("""{"prompt": "p", "completions": ["a", "b"]}""", "ranked completions, as strings here")]
    [InlineData("""{"prompt": "p", "chosen": "a", "rejected": "b", "chosen_score": 1, "rejected_score": 0}""", "pairs, as strings, with scores here")]
    [InlineData(
        """{"prompt": [{"role": "user", "content": "u"}], "chosen": [{"role": "assistant", "content": "a"}], "rejected": [{"role": "assistant", "content": "b"}]}""",
        "pairs, as lists of messages here")]
    public void A_line_of_another_format_is_refused_across_files_too(string line, string difference)
    {
        var (first, second) = (folder.Write("first.jsonl", "", Good), folder.Write("second.jsonl", Good, line));
        var error = Assert.Throws<InvalidExampleException>(() => new PreferenceReader(first, second).Read().Count());
        Assert.StartsWith($"{second}, line 2: this is of another format than line 2 of {first}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(difference, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused()
    {
        var path = folder.PathOf("data.jsonl");
        File.WriteAllBytes(path, [.. Encoding.UTF8.GetBytes(Good + "\n"), .. Encoding.Latin1.GetBytes("""{"prompt": "é", "chosen": "a", "rejected": "b"}""")]);
        Refuses(path, 2, "not UTF-8");

        File.WriteAllBytes(path, [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(Good + "\n")]);
        Refuses(path, 1, "not UTF-8");
    }

    [Fact]
    public void A_line_that_is_too_long_is_refused_and_what_follows_is_read()
    {
        var path = folder.Write("data.jsonl", Good, Good + new string(' ', 500_000), Good, Good + " ");
        var reader = new PreferenceReader(path) { MaxLineBytes = Good.Length };
        Refuses(path, 2, $"longer than {Good.Length} bytes", reader);

        var report = new DataReport();
        var lenient = new PreferenceReader(path) { MaxLineBytes = Good.Length, SkipInvalid = true };
        Assert.Equal([1L, 3], lenient.Read(report).Select(example => example.Line));
        Assert.Equal(2, report.Invalid);
        Assert.Throws<ArgumentOutOfRangeException>(() => new PreferenceReader(path) { MaxLineBytes = 0 });
    }

    // What is left after any cut but at the end of a member: of the header, the data and the checksum.
    [Fact]
    public void A_gzipped_file_that_was_cut_off_is_refused_even_if_invalid_lines_are_skipped()
    {
        var lines = string.Concat(Enumerable.Range(0, 1000).Select(i => Good.Replace("p\"", $"p{i}\"", StringComparison.Ordinal) + "\n"));
        var member = Gzipped(lines);
        byte[] whole = [.. member, .. Gzipped(Good)];
        var path = folder.PathOf("data.jsonl.gz");
        File.WriteAllBytes(path, whole);
        Assert.Equal(1001, new PreferenceReader(path).Read().Count());
        foreach (var length in Enumerable.Range(2, 20).Concat(Enumerable.Range(1, 30).Select(cut => member.Length - cut)).Concat(Enumerable.Range(1, 20).Select(cut => whole.Length - cut)))
        {
            File.WriteAllBytes(path, whole[..length]);
            var error = Assert.Throws<InvalidDataException>(() => new PreferenceReader(path) { SkipInvalid = true }.Read().Count());
            Assert.StartsWith($"{path}, after line ", error.Message, StringComparison.Ordinal);
        }

        whole[100] ^= 1;
        File.WriteAllBytes(path, whole);
        Assert.Throws<InvalidDataException>(() => new PreferenceReader(path) { SkipInvalid = true }.Read().Count());

        static byte[] Gzipped(string text)
        {
            var gzipped = new MemoryStream();
            using (var gzip = new GZipStream(gzipped, CompressionLevel.Fastest))
            {
                gzip.Write(Encoding.UTF8.GetBytes(text));
            }

            return gzipped.ToArray();
        }
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var path = folder.PathOf("absent.jsonl");
        Assert.Contains(path, Assert.Throws<FileNotFoundException>(() => new PreferenceReader(path).Read().Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Skipped_lines_are_counted_with_the_first_reasons()
    {
        var path = folder.Write("data.jsonl", ["{", Good, .. Enumerable.Repeat("{}", 7), Good]);
        var report = new DataReport();
        Assert.Equal([2L, 10], new PreferenceReader(path) { SkipInvalid = true }.Read(report).Select(example => example.Line));
        Assert.Equal((2, 8), (report.Examples, report.Invalid));
        Assert.Equal(5, report.InvalidReasons.Length);
        Assert.StartsWith($"{path}, line 1: this is not one JSON object", report.InvalidReasons[0], StringComparison.Ordinal);
        Assert.StartsWith($"{path}, line 3: ", report.InvalidReasons[1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_odd_is_counted_and_kept()
    {
        var path = folder.Write(
            "data.jsonl",
            Good,
            """{"prompt": "p", "chosen": "same", "rejected": "same"}""",
            """{"prompt": "p", "chosen": "a", "rejected": " \n"}""",
            Good,
            """{"prompt": "p", "chosen": "b", "rejected": "a"}""",
            """{"prompt": "pa", "chosen": "", "rejected": "b"}""",
            Good);
        var report = new DataReport();
        Assert.Equal(7, new PreferenceReader(path).Read(report).Count());
        Assert.Equal((7, 1, 2, 2), (report.Examples, report.IdenticalCompletions, report.EmptyCompletions, report.Duplicates));
        Assert.Equal("7 examples, 1 with identical completions, 2 with an empty completion, 2 duplicates", report.ToString());
    }

    [Fact]
    public void Labels_and_scores_tell_examples_apart()
    {
        Assert.Equal(1, Duplicates(
            """{"prompt": "p", "completion": "a", "label": true}""", """{"prompt": "p", "completion": "a", "label": false}""", """{"prompt": "p", "completion": "a", "label": 1}"""));
        Assert.Equal(0, Duplicates(
            """{"prompt": "p", "completions": ["a", "b"], "scores": [2, 1]}""", """{"prompt": "p", "completions": ["a", "b"], "scores": [3, 1]}"""));
    }

    private long Duplicates(params ReadOnlySpan<string> lines)
    {
        var report = new DataReport();
        Assert.Equal(lines.Length, new PreferenceReader(folder.Write("data.jsonl", lines)).Read(report).Count());
        return report.Duplicates;
    }

    private static void Refuses(string path, long line, string reason, PreferenceReader? reader = null)
    {
        var error = Assert.Throws<InvalidExampleException>(() => (reader ?? new PreferenceReader(path)).Read().Count());
        Assert.StartsWith($"{path}, line {line}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }
}
