using System.Collections.Immutable;

namespace PreferenceLosses.Training;

/// <summary>Makes tokens of texts, one example at a time, and keeps them within limits.</summary>
/// <param name="tokenizer">Makes the tokens; its <see cref="ITokenizer.EndOfText"/> is put after each completion.</param>
/// <param name="truncation">The limits; null for none.</param>
public sealed class ExampleEncoder(ITokenizer tokenizer, Truncation? truncation = null)
{
    private readonly Truncation truncation = truncation ?? new();

    /// <summary>The examples as tokens, in the same order, without those that the limits leave out.</summary>
    /// <param name="texts">What <see cref="PreferenceReader.Read(DataReport?)"/> gives.</param>
    /// <param name="report">Where to count what is cut and dropped; null to count nothing.</param>
    public IEnumerable<Example> Encode(IEnumerable<TextExample> texts, DataReport? report = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return texts.Select(text => Encode(text, report)).OfType<Example>();
    }

    private Example? Encode(TextExample text, DataReport? report)
    {
        ImmutableArray<ReadOnlyMemory<int>> completions = [.. text.Completions.Select(completion => (ReadOnlyMemory<int>)(int[])[.. tokenizer.Encode(completion), tokenizer.EndOfText])];
        var whole = new Example(text.Kind, tokenizer.Encode(text.Prompt), completions, text.IsDesirable, text.Scores);
        var example = truncation.Apply(whole);
        if (example is null)
        {
            report?.AddDropped();
        }
        else
        {
            report?.AddEncoded(isTruncated: !ReferenceEquals(example, whole), IsIndistinguishable(text, example));
        }

        return example;
    }

    /// <summary>Whether two completions became the same tokens though their texts differ.</summary>
    private static bool IsIndistinguishable(TextExample text, Example example)
    {
        for (var i = 0; i < example.Completions.Length; i++)
        {
            for (var k = 0; k < i; k++)
            {
                if (example.Completions[i].Span.SequenceEqual(example.Completions[k].Span) && text.Completions[i] != text.Completions[k])
                {
                    return true;
                }
            }
        }

        return false;
    }
}
