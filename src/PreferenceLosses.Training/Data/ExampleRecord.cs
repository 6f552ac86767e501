using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;

namespace PreferenceLosses.Training;

/// <summary>
/// An example as bytes, in one way only, so that a hash over them is a hash of the example. Everything is little-endian: 32-bit numbers for the kind, desirable or not,
/// the number of completions, the number of scores, the length of the prompt, the length of each completion; then the tokens in the same order, 32 bits each;
/// then the scores in double precision.
/// </summary>
internal static class ExampleRecord
{
    private const int FixedNumbers = 5;

    /// <summary>Writes an example behind what is there.</summary>
    public static void Write(Example example, ArrayBufferWriter<byte> bytes)
    {
        Number((int)example.Kind);
        Number(example.IsDesirable ? 1 : 0);
        Number(example.Completions.Length);
        Number(example.Scores.Length);
        Number(example.Prompt.Length);
        foreach (var completion in example.Completions)
        {
            Number(completion.Length);
        }

        Tokens(example.Prompt.Span);
        foreach (var completion in example.Completions)
        {
            Tokens(completion.Span);
        }

        foreach (var score in example.Scores)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.GetSpan(sizeof(double)), score);
            bytes.Advance(sizeof(double));
        }

        void Number(int number)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.GetSpan(sizeof(int)), number);
            bytes.Advance(sizeof(int));
        }

        void Tokens(ReadOnlySpan<int> tokens)
        {
            foreach (var token in tokens)
            {
                Number(token);
            }
        }
    }

    /// <summary>Reads an example; null if the bytes are not exactly one.</summary>
    public static Example? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedNumbers * sizeof(int))
        {
            return null;
        }

        var kind = (ExampleKind)Number(bytes, 0);
        var isDesirable = Number(bytes, 1) == 1;
        long completionCount = Number(bytes, 2), scoreCount = Number(bytes, 3);
        var lengthsEnd = FixedNumbers + completionCount;
        if (!Enum.IsDefined(kind) || completionCount < 1 || scoreCount < 0 || lengthsEnd * sizeof(int) > bytes.Length)
        {
            return null;
        }

        // One prompt and the completions, whose lengths follow each other.
        var lengths = new int[1 + completionCount];
        long tokenCount = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            lengths[i] = Number(bytes, FixedNumbers - 1 + i);
            tokenCount += lengths[i];
            if (lengths[i] < 0)
            {
                return null;
            }
        }

        if (((lengthsEnd + tokenCount) * sizeof(int)) + (scoreCount * sizeof(double)) != bytes.Length)
        {
            return null;
        }

        var tokens = new int[tokenCount];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = Number(bytes, (int)lengthsEnd + i);
        }

        var texts = ImmutableArray.CreateBuilder<ReadOnlyMemory<int>>(lengths.Length);
        var start = 0;
        foreach (var length in lengths)
        {
            texts.Add(tokens.AsMemory(start, length));
            start += length;
        }

        var scores = ImmutableArray.CreateBuilder<double>((int)scoreCount);
        for (var rest = bytes[^((int)scoreCount * sizeof(double))..]; !rest.IsEmpty; rest = rest[sizeof(double)..])
        {
            scores.Add(BinaryPrimitives.ReadDoubleLittleEndian(rest));
        }

        return new Example(kind, texts[0], [.. texts.Skip(1)], isDesirable, scores.MoveToImmutable());
    }

    private static int Number(ReadOnlySpan<byte> bytes, int index) => BinaryPrimitives.ReadInt32LittleEndian(bytes[(index * sizeof(int))..]);
}
