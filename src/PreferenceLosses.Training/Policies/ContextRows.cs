namespace PreferenceLosses.Training;

/// <summary>
/// Which rows of weights a context switches on: one for each length of context from 0 to Order − 1, for the softmax over classes (part 0) and for that over
/// the tokens of class c (part 1 + c). The rows without context come first and are nobody else's; the others are hashed to buckets.
/// </summary>
internal readonly struct ContextRows(NGramSettings settings, ClassFactorization factorization)
{
    private readonly int own = 1 + factorization.Classes;
    private readonly uint mask = (uint)settings.Buckets - 1;

    /// <summary>Stands for what is before the first token; no token has this number.</summary>
    private readonly int beforeText = settings.VocabularySize;

    /// <summary>The number of rows of one softmax.</summary>
    public int PerSoftmax { get; } = settings.Order;

    /// <summary>The number of all rows.</summary>
    public int Count => own + (int)mask + 1;

    /// <summary>The rows of the softmax over classes and then those of the softmax over the tokens of a class.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="completion">The completion.</param>
    /// <param name="position">The position in the completion of the token to predict.</param>
    /// <param name="tokenClass">The class of that token.</param>
    /// <param name="rows">2 · <see cref="PerSoftmax"/> numbers.</param>
    public void Of(ReadOnlySpan<int> prompt, ReadOnlySpan<int> completion, int position, int tokenClass, Span<int> rows)
    {
        rows[0] = 0;
        rows[PerSoftmax] = 1 + tokenClass;
        ulong hash = 0;
        for (var length = 1; length < PerSoftmax; length++)
        {
            hash = Mix(hash + (ulong)(uint)Before(prompt, completion, position, length) + 1);
            rows[length] = Bucket(hash, 0);
            rows[PerSoftmax + length] = Bucket(hash, 1 + tokenClass);
        }
    }

    private int Bucket(ulong context, int part) => own + (int)((uint)(Mix(context ^ ((ulong)(uint)part << 40)) >> 32) & mask);

    private int Before(ReadOnlySpan<int> prompt, ReadOnlySpan<int> completion, int position, int distance)
    {
        var index = position - distance;
        return index >= 0 ? completion[index]
            : prompt.Length + index >= 0 ? prompt[prompt.Length + index]
            : beforeText;
    }

    /// <summary>Stafford's thirteenth variant of the finalizer of MurmurHash3 after a step of the golden ratio: every bit depends on every bit.</summary>
    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
