using System.Collections.Immutable;

namespace PreferenceLosses.Training.Tests.TrainerRuns;

/// <summary>Small datasets of every kind.</summary>
internal static class TestData
{
    public const int VocabularySize = 20;
    public const int EndOfText = 1;

    public static ExampleList Of(ExampleKind kind, int count, bool scores = false, ulong seed = 1)
    {
        var random = new RandomStream(seed);
        return new(Enumerable.Range(0, count).Select(i => kind switch
        {
            ExampleKind.Pair => Pair(random, scores),
            ExampleKind.Unpaired => new Example(kind, Tokens(random, 3), [Completion(random)], i % 3 != 0, []),
            _ => Ranked(random, 2 + (i % 3), scores),
        }));
    }

    public static Example Pair(int[] prompt, int[] chosen, int[] rejected, params double[] scores) =>
        new(ExampleKind.Pair, prompt, [chosen, rejected], false, [.. scores]);

    /// <summary>Completions of one token each, with a score each.</summary>
    public static Example Ranking(int prompt, params (int Token, double Score)[] completions) => new(
        ExampleKind.Ranked, One(prompt), [.. completions.Select(c => One(c.Token))], false, [.. completions.Select(c => c.Score)]);

    public static Example Single(int token, bool isDesirable) => new(ExampleKind.Unpaired, default, [One(token)], isDesirable, []);

    private static ReadOnlyMemory<int> One(int token) => new[] { token };

    private static Example Pair(RandomStream random, bool scores)
    {
        // Something to learn: chosen completions begin with 2, rejected ones with 3.
        int[] chosen = [2, .. Completion(random)];
        int[] rejected = [3, .. Completion(random)];
        return Pair(Tokens(random, 3), chosen, rejected, scores ? [2 + random.NextDouble(), random.NextDouble()] : []);
    }

    private static Example Ranked(RandomStream random, int count, bool scores)
    {
        ImmutableArray<ReadOnlyMemory<int>> completions = [.. Enumerable.Range(0, count).Select(_ => (ReadOnlyMemory<int>)Completion(random))];
        return new(ExampleKind.Ranked, Tokens(random, 3), completions, false, scores ? [.. completions.Select(_ => random.NextDouble())] : []);
    }

    private static int[] Completion(RandomStream random) => [.. Tokens(random, 1 + random.NextInt(5)), EndOfText];

    private static int[] Tokens(RandomStream random, int count) => [.. Enumerable.Range(0, count).Select(_ => 2 + random.NextInt(VocabularySize - 2))];
}
