using System.Collections.Frozen;
using System.Globalization;
using System.IO.Compression;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Training;

/// <summary>
/// A reward that is known exactly: the mean over the words of a completion of what each is worth, 0 for words that are not listed. A mean does not grow with length, but
/// that of few words strays further, so the best of several completions is often a short one.
/// </summary>
internal sealed class WordRewards
{
    private readonly double[] ofTokens;

    private WordRewards(double[] ofTokens) => this.ofTokens = ofTokens;

    /// <summary>How many words of the vocabulary are worth something.</summary>
    public int Known => ofTokens.Count(value => value != 0);

    /// <summary>Reads lines of a word and a number with a tab between, gzipped if the name ends in .gz. Further columns and one line of headings are passed over.</summary>
    public static WordRewards Read(string path, Vocabulary vocabulary)
    {
        var words = InputFile.Guard(path, () => Parse(path)).ToFrozenDictionary(StringComparer.Ordinal);
        var rewards = new double[vocabulary.Size];
        for (var i = 0; i < vocabulary.Words.Length; i++)
        {
            rewards[vocabulary.TokenOf(vocabulary.Words[i])] = words.GetValueOrDefault(vocabulary.Words[i]);
        }

        var read = new WordRewards(rewards);
        return read.Known > 0 ? read : throw CommandException.Failure($"None of the words of '{path}' is in the data, so that all completions would be worth the same.");
    }

    /// <summary>What a completion is worth.</summary>
    public double Of(ReadOnlyMemory<int> prompt, ReadOnlyMemory<int> completion)
    {
        var (sum, count) = (0.0, 0);
        foreach (var token in completion.Span)
        {
            if (token != Vocabulary.End)
            {
                sum += ofTokens[token];
                count++;
            }
        }

        return count == 0 ? 0 : sum / count;
    }

    private static Dictionary<string, double> Parse(string path)
    {
        using var file = File.OpenRead(path);
        using Stream content = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(content);
        var words = new Dictionary<string, double>(StringComparer.Ordinal);
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Split('\t') is [var word, var value, ..] && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var reward) && double.IsFinite(reward))
            {
                words[word] = reward;
            }
            else if (number > 1 && line.Length > 0)
            {
                throw CommandException.Failure($"{path}, line {number.ToString(CultureInfo.InvariantCulture)}: a word and a number with a tab between are accepted.");
            }
        }

        return words;
    }
}
