using System.Collections.Frozen;
using System.Globalization;

namespace PreferenceLosses.Training;

/// <summary>
/// Words with a valence: how good or bad they sound, about −4 to 4 as in VADER (Hutto and Gilbert, ICWSM 2014). The valence of a text is the sum over its words;
/// negation and emphasis are not looked at, so "not good" sounds good.
/// </summary>
public sealed class SentimentLexicon
{
    private const string Header = "token\tvalence";
    private readonly FrozenDictionary<string, double> valences;

    private SentimentLexicon(Dictionary<string, double> valences) => this.valences = valences.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The number of words.</summary>
    public int Count => valences.Count;

    /// <summary>
    /// Reads lines of a word, a tab and its valence, below the header "token, tab, valence". What is not one word of <see cref="WordTokenizer"/> (an emoticon, a phrase) is
    /// passed over. Of spellings that differ in case the last one counts: in VADER's order the one in lower case, which is also the one that VADER looks up.
    /// </summary>
    /// <param name="reader">Where from.</param>
    /// <exception cref="InvalidDataException">A line is something else.</exception>
    public static SentimentLexicon Read(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (reader.ReadLine() is var header && header != Header)
        {
            throw new InvalidDataException($"A lexicon begins with the line \"token, tab, valence\", and this with \"{header}\".");
        }

        var valences = new Dictionary<string, double>(StringComparer.Ordinal);
        for (var number = 2; reader.ReadLine() is { } line; number++)
        {
            var tab = line.LastIndexOf('\t');
            if (tab < 1 || !double.TryParse(line.AsSpan(tab + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var valence) || !double.IsFinite(valence))
            {
                throw new InvalidDataException($"Line {number} of the lexicon, \"{line}\", is not a word, a tab and a number.");
            }

            if (Words.Of(line[..tab]).ToArray() is [var word])
            {
                valences[word] = valence;
            }
        }

        return new(valences);
    }

    /// <summary>The valence of a word; 0 if the lexicon lacks it.</summary>
    /// <param name="word">The word, in lower case.</param>
    public double ValenceOf(string word) => valences.GetValueOrDefault(word);
}
