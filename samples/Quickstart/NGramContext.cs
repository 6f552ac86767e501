namespace Quickstart;

/// <summary>
/// An answer as the policy sees it: the tokens to predict, the end among them, and for each of them the weight rows
/// that its context switches on. The prompt is context only; its tokens are never predicted.
/// </summary>
internal sealed record Answer(int[] Tokens, int[] Rows)
{
    public int Length => Tokens.Length;

    public ReadOnlySpan<int> RowsAt(int position) =>
        Rows.AsSpan(position * NGramContext.Features, NGramContext.Features);
}

/// <summary>
/// What a token may depend on: nothing (always on), its position, the word before it, the word before that, and the two
/// words together. Each context is hashed to one of a fixed number of rows; collisions are accepted.
/// </summary>
internal static class NGramContext
{
    public const int Features = 5;
    public const int Rows = 1 << 13;

    private const int LastPosition = 16; // later positions share a row

    public static Answer Encode(int[] prompt, int[] answer)
    {
        int[] tokens = [.. answer, Vocabulary.End];
        var rows = new int[tokens.Length * Features];
        for (var t = 0; t < tokens.Length; t++)
        {
            var previous = Before(t, 1);
            var second = Before(t, 2);
            ReadOnlySpan<int> on =
            [
                Row(0, 0, 0),
                Row(1, Math.Min(t, LastPosition), 0),
                Row(2, previous, 0),
                Row(3, second, 0),
                Row(4, previous, second),
            ];
            on.CopyTo(rows.AsSpan(t * Features));
        }

        return new Answer(tokens, rows);

        // The token `distance` places before position t: of the answer, of the prompt, or the end mark before both.
        int Before(int t, int distance) =>
            t >= distance ? tokens[t - distance]
            : t + prompt.Length >= distance ? prompt[t + prompt.Length - distance]
            : Vocabulary.End;
    }

    // FNV-1a over the three numbers, with a shift after each so that small numbers spread. The same on every run.
    private static int Row(int feature, int a, int b)
    {
        var hash = 2166136261u;
        foreach (var part in (ReadOnlySpan<int>)[feature, a, b])
        {
            hash = (hash ^ (uint)part) * 16777619u;
            hash ^= hash >> 15;
        }

        return (int)(hash % Rows);
    }
}
