using System.IO.Compression;
using System.Text;
using PreferenceLosses.Training;

namespace ControlledSentiment;

/// <summary>Sentences and a lexicon, from files that may be gzipped.</summary>
internal sealed record Corpus(string Name, string[] Sentences, SentimentLexicon Lexicon)
{
    private const string RatedHeader = "rating\ttext";

    /// <summary>The sentences and the lexicon of the library.</summary>
    public static Corpus Own() => new("the library", [.. BuiltInSentiment.Films.Sentences], BuiltInSentiment.Films.Lexicon);

    public static Corpus Read(string sentences, string lexicon)
    {
        using var words = Open(lexicon);
        return new(Path.GetFileName(sentences), ReadSentences(sentences), SentimentLexicon.Read(words));
    }

    public static StreamReader Open(string path)
    {
        var file = File.OpenRead(path);
        Span<byte> first = stackalloc byte[2];
        var isGzipped = file.ReadAtLeast(first, 2, throwOnEndOfStream: false) == 2 && first.SequenceEqual<byte>([0x1F, 0x8B]);
        file.Position = 0;
        return new(isGzipped ? new GZipStream(file, CompressionMode.Decompress) : file, Encoding.UTF8);
    }

    /// <summary>Of rated sentences the ratings are not read: the reward is the lexicon's alone.</summary>
    private static string[] ReadSentences(string path)
    {
        using var reader = Open(path);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        return lines is [RatedHeader, .. var rated]
            ? [.. rated.Select(line => line[(line.IndexOf('\t') + 1)..])]
            : [.. lines];
    }
}
