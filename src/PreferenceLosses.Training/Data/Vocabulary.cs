using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace PreferenceLosses.Training;

/// <summary>The words that a model knows, numbered: 0 stands for every other word, 1 ends a text, and the words follow, the most frequent first.</summary>
public sealed class Vocabulary
{
    /// <summary>The token of words that are not in the vocabulary.</summary>
    public const int Unknown = 0;

    /// <summary>The token that ends a text.</summary>
    public const int End = 1;

    private const int FirstWord = 2;
    private const string Format = "preference-losses vocabulary 1";

    private readonly Dictionary<string, int> tokens = new(StringComparer.Ordinal);

    private Vocabulary(ImmutableArray<string> words)
    {
        Words = words;
        for (var i = 0; i < words.Length; i++)
        {
            tokens.Add(words[i], FirstWord + i);
        }
    }

    /// <summary>The words; the first one is token 2.</summary>
    public ImmutableArray<string> Words { get; }

    /// <summary>The number of tokens: the words and two.</summary>
    public int Size => FirstWord + Words.Length;

    /// <summary>The vocabulary of the texts of examples, prompts and completions, read once. Words are counted in memory, and nothing else is kept.</summary>
    /// <param name="examples">The examples; of a split, those to train on.</param>
    /// <param name="minCount">How often a word has to occur.</param>
    /// <param name="maxSize">The most tokens, the two that are no words among them; of words that occur equally often the first in the order of their characters stay.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1, or the size below 2.</exception>
    public static Vocabulary Of(IEnumerable<TextExample> examples, int minCount = 1, int maxSize = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentOutOfRangeException.ThrowIfLessThan(minCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSize, FirstWord);
        return new(
        [
            .. examples.SelectMany(example => example.Completions.Prepend(example.Prompt))
                .SelectMany(Training.Words.Of)
                .CountBy(word => word, StringComparer.Ordinal)
                .Where(count => count.Value >= minCount)
                .OrderByDescending(count => count.Value)
                .ThenBy(count => count.Key, StringComparer.Ordinal)
                .Take(maxSize - FirstWord)
                .Select(count => count.Key),
        ]);
    }

    /// <summary>The token of a word; <see cref="Unknown"/> if the vocabulary lacks it.</summary>
    /// <param name="word">The word, in lower case.</param>
    public int TokenOf(string word) => tokens.GetValueOrDefault(word, Unknown);

    /// <summary>The word of a token.</summary>
    /// <param name="token">A token from 2 on.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such word.</exception>
    public string WordOf(int token)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(token, FirstWord);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, Size);
        return Words[token - FirstWord];
    }

    /// <summary>Writes the vocabulary: a line with format and version, the number of words, and a word on each line; the line break is written as \n.</summary>
    /// <param name="writer">Where to.</param>
    public void Save(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var text = new StringBuilder().Append(Format).Append('\n').Append(CultureInfo.InvariantCulture, $"{Words.Length}\n");
        foreach (var word in Words)
        {
            text.Append(word == Training.Words.LineBreak ? @"\n" : word).Append('\n');
        }

        writer.Write(text);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="reader">Where from; what follows the last word is left there.</param>
    /// <exception cref="InvalidDataException">It is no vocabulary of this version, or not whole.</exception>
    public static Vocabulary Load(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (reader.ReadLine() is var format && format != Format)
        {
            throw new InvalidDataException($"A vocabulary begins with \"{Format}\", and this with \"{format}\".");
        }

        if (!int.TryParse(reader.ReadLine(), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            throw new InvalidDataException("The second line of a vocabulary is the number of its words.");
        }

        var words = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var word = reader.ReadLine() switch
            {
                null => throw new InvalidDataException($"The vocabulary ends after {i} of its {count} words."),
                @"\n" => Training.Words.LineBreak,
                var written => written,
            };
            if (!Training.Words.Of(word).SequenceEqual([word]) || !words.Add(word))
            {
                throw new InvalidDataException($"Line {i + 3} of the vocabulary, \"{word}\", is not one word in lower case that is not there before.");
            }
        }

        return new([.. words]);
    }
}
