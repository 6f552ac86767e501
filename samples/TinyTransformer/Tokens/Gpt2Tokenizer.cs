using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PreferenceLosses.Training;

namespace TinyTransformer;

/// <summary>
/// GPT-2's tokens: bytes, and pairs of tokens that were merged because they are frequent (byte pair encoding; Sennrich et al. 2016, Radford et al. 2019). Every text has tokens,
/// and they give the text back.
/// </summary>
/// <remarks>
/// The published files write a byte as a visible character: those of Latin-1 that are visible as themselves, the others from U+0100 on. Letters beyond the first 65,536
/// characters of Unicode count as symbols here when a text is cut into words, where GPT-2 takes them for letters: their bytes are the same, and may be merged in another way.
/// </remarks>
internal sealed partial class Gpt2Tokenizer : ITokenizer
{
    private const string EndText = "<|endoftext|>";

    private static readonly char[] CharacterOf = Characters();
    private static readonly FrozenDictionary<char, byte> ByteOf = Enumerable.Range(0, 256).ToFrozenDictionary(value => CharacterOf[value], value => (byte)value);

    private readonly string[] tokens;
    private readonly FrozenDictionary<string, int> idOf;
    private readonly FrozenDictionary<(string First, string Second), int> rankOf;

    /// <summary>A tokenizer.</summary>
    /// <param name="vocabulary">The tokens, in order.</param>
    /// <param name="merges">The merges, the first to be made first.</param>
    /// <exception cref="InvalidDataException">A byte, the end of text or the result of a merge is no token, or a token is there twice.</exception>
    public Gpt2Tokenizer(IEnumerable<string> vocabulary, IEnumerable<(string First, string Second)> merges)
    {
        tokens = [.. vocabulary];
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in tokens)
        {
            if (!ids.TryAdd(token, ids.Count))
            {
                throw new InvalidDataException($"The token '{token}' is in the vocabulary twice.");
            }
        }

        idOf = ids.ToFrozenDictionary(StringComparer.Ordinal);
        var ranks = new Dictionary<(string, string), int>();
        foreach (var merge in merges)
        {
            ranks.TryAdd(merge, ranks.Count);
        }

        rankOf = ranks.ToFrozenDictionary();
        if (CharacterOf.Select(character => character.ToString()).Append(EndText).Concat(ranks.Keys.Select(merge => merge.Item1 + merge.Item2)).FirstOrDefault(token => !idOf.ContainsKey(token)) is { } missing)
        {
            throw new InvalidDataException($"The vocabulary has no token '{missing}'; it needs one for each byte, each merge, and {EndText}.");
        }
    }

    /// <inheritdoc/>
    public int VocabularySize => tokens.Length;

    /// <inheritdoc/>
    public int EndOfText => idOf[EndText];

    /// <summary>Reads the two files that a GPT-2 is published with.</summary>
    /// <param name="vocabularyPath"><c>vocab.json</c>: an object of tokens and their numbers.</param>
    /// <param name="mergesPath"><c>merges.txt</c>: a line with a version, and two tokens in each line after it.</param>
    /// <exception cref="InvalidDataException">A file is something else.</exception>
    public static Gpt2Tokenizer Load(string vocabularyPath, string mergesPath)
    {
        try
        {
            using var vocabulary = JsonDocument.Parse(File.ReadAllBytes(vocabularyPath));
            var entries = vocabulary.RootElement.EnumerateObject().Select(entry => (Token: entry.Name, Id: entry.Value.GetInt32())).OrderBy(entry => entry.Id).ToArray();
            if (entries.Where((entry, i) => entry.Id != i).FirstOrDefault() is { Token: not null } wrong)
            {
                throw new InvalidDataException($"'{vocabularyPath}' numbers '{wrong.Token}' {wrong.Id}; tokens have the numbers from 0 on, each once.");
            }

            var merges = File.ReadLines(mergesPath).Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal)).Select(line => line.Split(' ') is [var first, var second]
                ? (first, second)
                : throw new InvalidDataException($"'{mergesPath}' has the line '{line}'; two tokens with a space between them are needed."));
            return new(entries.Select(entry => entry.Token), merges);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"'{vocabularyPath}' is not the vocabulary of a GPT-2: {wrong.Message}", wrong);
        }
    }

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>();
        var known = new Dictionary<string, int[]>(StringComparer.Ordinal);
        foreach (var match in Words().EnumerateMatches(text))
        {
            var word = text.Substring(match.Index, match.Length);
            ref var its = ref CollectionsMarshal.GetValueRefOrAddDefault(known, word, out _);
            ids.AddRange(its ??= EncodeWord(word));
        }

        return [.. ids];
    }

    /// <inheritdoc/>
    /// <remarks>The end of text is nothing, and bytes that are no UTF-8 (of a text that was cut) are U+FFFD.</remarks>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (token != EndOfText)
            {
                bytes.AddRange(this.tokens[token].Select(character => ByteOf[character]));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>The bytes of a word, merged as long as two neighbours can be: always those whose merge is the first in the list.</summary>
    private int[] EncodeWord(string word)
    {
        List<string> parts = [.. Encoding.UTF8.GetBytes(word).Select(value => CharacterOf[value].ToString())];
        while (true)
        {
            var best = (Rank: int.MaxValue, First: "", Second: "");
            for (var i = 0; i + 1 < parts.Count; i++)
            {
                if (rankOf.TryGetValue((parts[i], parts[i + 1]), out var rank) && rank < best.Rank)
                {
                    best = (rank, parts[i], parts[i + 1]);
                }
            }

            if (best.Rank == int.MaxValue)
            {
                return [.. parts.Select(part => idOf[part])];
            }

            for (var i = 0; i + 1 < parts.Count; i++)
            {
                if (parts[i] == best.First && parts[i + 1] == best.Second)
                {
                    parts[i] += parts[i + 1];
                    parts.RemoveAt(i + 1);
                }
            }
        }
    }

    private static char[] Characters()
    {
        static bool IsVisible(int value) => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
        var hidden = 0;
        return [.. Enumerable.Range(0, 256).Select(value => (char)(IsVisible(value) ? value : 0x100 + hidden++))];
    }

    /// <summary>How GPT-2 cuts a text before it merges: words with the space before them, and runs of digits, of other characters, and of white space.</summary>
    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}
