using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;

namespace PreferenceLosses.Training.Tests.Support;

/// <summary>Examples made by hand and at random.</summary>
internal static class Samples
{
    /// <summary>Random examples of every kind, with empty prompts among them.</summary>
    public static Arbitrary<Example> AnyExample { get; } = Arb.From(
        from kind in Gen.Elements(Enum.GetValues<ExampleKind>())
        from extra in Gen.Choose(0, 4)
        let count = kind switch { ExampleKind.Pair => 2, ExampleKind.Unpaired => 1, _ => 2 + extra }
        from prompt in Tokens(0, 30)
        from completions in Gen.ArrayOf(Tokens(1, 40), count)
        from isDesirable in Gen.Elements(true, false)
        from hasScores in Gen.Elements(true, false)
        from scores in Gen.ArrayOf(Gen.Choose(-1000, 1000).Select(score => score / 8.0), hasScores ? count : 0)
        select new Example(kind, prompt, [.. completions], kind == ExampleKind.Unpaired && isDesirable, [.. scores]));

    /// <summary>A pair of texts.</summary>
    public static TextExample Pair(string prompt, string chosen = "yes", string rejected = "no") =>
        new(ExampleKind.Pair, prompt, [chosen, rejected], false, [], "test", 1);

    /// <summary>A pair of tokens of the given lengths, numbered from 0: first the prompt's, then from 1000 the chosen one's, then from 2000.</summary>
    public static Example PairOfLengths(int prompt, int chosen, int rejected) => new(
        ExampleKind.Pair, Numbers(0, prompt), [Numbers(1000, chosen), Numbers(2000, rejected)], false, []);

    /// <summary>What there is to compare, as text.</summary>
    public static string Describe(Example example) =>
        $"{example.Kind} [{Joined(example.Prompt)}] {string.Join(' ', example.Completions.Select(one => $"[{Joined(one)}]"))} {example.IsDesirable} {string.Join(' ', example.Scores)}";

    private static string Joined(ReadOnlyMemory<int> tokens) => string.Join(' ', tokens.ToArray());

    private static ReadOnlyMemory<int> Numbers(int first, int count) => Enumerable.Range(first, count).ToArray();

    private static Gen<ReadOnlyMemory<int>> Tokens(int least, int most) =>
        from count in Gen.Choose(least, most)
        from tokens in Gen.ArrayOf(Gen.Choose(0, 50_000), count)
        select (ReadOnlyMemory<int>)tokens;
}
