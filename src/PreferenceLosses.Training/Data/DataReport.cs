using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace PreferenceLosses.Training;

/// <summary>
/// What was found in a dataset while it was read and encoded. Hand it to <see cref="PreferenceReader.Read(DataReport?)"/> and to
/// <see cref="ExampleEncoder.Encode(IEnumerable{TextExample}, DataReport?)"/>, and look at it when all is read. To know duplicates it keeps 64 bits of each example, and no text.
/// </summary>
public sealed class DataReport
{
    private const int ReasonsKept = 5;

    private readonly HashSet<ulong> seen = [];

    /// <summary>Examples that were read.</summary>
    public long Examples { get; private set; }

    /// <summary>Lines that are no example and were skipped; not among <see cref="Examples"/>.</summary>
    public long Invalid { get; private set; }

    /// <summary>What is wrong with the first five of them, with file and line.</summary>
    public ImmutableArray<string> InvalidReasons { get; private set; } = [];

    /// <summary>Examples in which two completions are the same text: a pair that prefers a text to itself, for one. They are kept.</summary>
    public long IdenticalCompletions { get; private set; }

    /// <summary>Examples with a completion that is empty, or white space alone. They are kept.</summary>
    public long EmptyCompletions { get; private set; }

    /// <summary>Examples that an earlier one equals in prompt, completions, label and scores. They are kept.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Examples that were encoded, of which a prompt or a completion lost tokens to the limits.</summary>
    public long Truncated { get; private set; }

    /// <summary>Examples that the limits left no room for, and that were left out.</summary>
    public long DroppedForLength { get; private set; }

    /// <summary>Examples of different completions that are the same tokens: by words that the vocabulary lacks, or because what differs was cut off. They are kept.</summary>
    public long IndistinguishableCompletions { get; private set; }

    /// <summary>The counts as sentences, those of 0 left out but the first.</summary>
    public override string ToString()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Examples} examples");
        Say(Invalid, "invalid lines skipped");
        Say(IdenticalCompletions, "with identical completions");
        Say(EmptyCompletions, "with an empty completion");
        Say(Duplicates, "duplicates");
        Say(Truncated, "truncated");
        Say(DroppedForLength, "dropped for their length");
        Say(IndistinguishableCompletions, "with completions of the same tokens");
        foreach (var reason in InvalidReasons)
        {
            text.Append('\n').Append(reason);
        }

        return text.ToString();

        void Say(long count, string what)
        {
            if (count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $", {count} {what}");
            }
        }
    }

    internal void AddInvalid(string reason)
    {
        Invalid++;
        if (InvalidReasons.Length < ReasonsKept)
        {
            InvalidReasons = InvalidReasons.Add(reason);
        }
    }

    internal void AddExample(TextExample example)
    {
        Examples++;
        IdenticalCompletions += example.Completions.Distinct(StringComparer.Ordinal).Count() < example.Completions.Length ? 1 : 0;
        EmptyCompletions += example.Completions.Any(string.IsNullOrWhiteSpace) ? 1 : 0;
        Duplicates += seen.Add(HashOf(example)) ? 0 : 1;
    }

    internal void AddEncoded(bool isTruncated, bool isIndistinguishable)
    {
        Truncated += isTruncated ? 1 : 0;
        IndistinguishableCompletions += isIndistinguishable ? 1 : 0;
    }

    internal void AddDropped() => DroppedForLength++;

    private static ulong HashOf(TextExample example)
    {
        using var hash = new StableHash();
        hash.Add(example.IsDesirable ? 1u : 0u);
        hash.Add(example.Prompt);
        foreach (var completion in example.Completions)
        {
            hash.Add(completion);
        }

        foreach (var score in example.Scores)
        {
            hash.Add(BitConverter.DoubleToUInt64Bits(score));
        }

        return hash.Finish();
    }
}
