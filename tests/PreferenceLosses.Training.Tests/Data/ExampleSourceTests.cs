using System.Text;
using FsCheck.Fluent;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Training.Tests.Support;

namespace PreferenceLosses.Training.Tests.Data;

/// <summary>Examples come out of a file, a list and a subset as they went in.</summary>
public sealed class ExampleSourceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_store_gives_back_what_was_written_with_the_fingerprint_of_a_list() => Property.Check(Arb.From(Samples.AnyExample.Generator.ArrayOf()), examples =>
    {
        var list = new ExampleList(examples);
        string fingerprint;
        using (var store = ExampleStore.Create(folder.PathOf("examples"), examples))
        {
            Equal(list, store);
            fingerprint = store.Fingerprint;
        }

        using var opened = ExampleStore.Open(folder.PathOf("examples"));
        Equal(list, opened);
        Assert.Equal(list.Fingerprint, fingerprint);
        Assert.Equal(list.Fingerprint, opened.Fingerprint);
    });

    [Fact]
    public void Examples_can_be_asked_for_in_any_order_by_several_threads()
    {
        var list = new ExampleList(Samples.AnyExample.Generator.Sample(200, 10_000));
        using var store = ExampleStore.Create(folder.PathOf("examples"), Enumerable.Range(0, list.Count).Select(i => list[i]));
        Parallel.ForEach(new RandomStream(1).NextPermutation(list.Count), new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
            Assert.Equal(Samples.Describe(list[i]), Samples.Describe(store[i])));
        Assert.Throws<ArgumentOutOfRangeException>(() => store[list.Count]);
        Assert.Throws<ArgumentOutOfRangeException>(() => store[-1]);
    }

    // Each changes one thing.
    [Fact]
    public void Fingerprints_tell_every_difference()
    {
        var example = Samples.PairOfLengths(2, 2, 2);
        Example[] variants =
        [
            example,
            example with { Kind = ExampleKind.Ranked },
            example with { IsDesirable = true },
            example with { Scores = [1, 0] },
            example with { Scores = [1, 0.5] },
            example with { Prompt = new[] { 0, 2 } },
            example with { Prompt = new[] { 0 }, Completions = [new[] { 1, 1000, 1001 }, example.Completions[1]] },
            example with { Completions = [example.Completions[1], example.Completions[0]] },
        ];
        var lists = variants.Select(variant => new ExampleList([variant])).Append(new ExampleList([])).Append(new ExampleList([example, example])).ToArray();
        Assert.Equal(lists.Length, lists.Select(list => list.Fingerprint).Distinct().Count());
        Assert.Matches("^[0-9a-f]{64}$", lists[0].Fingerprint);
        Assert.NotEqual(
            new ExampleList([variants[0], variants[1]]).Fingerprint,
            new ExampleList([variants[1], variants[0]]).Fingerprint);
    }

    [Fact]
    public void A_subset_is_the_examples_that_it_names()
    {
        var list = new ExampleList(Enumerable.Range(1, 5).Select(length => Samples.PairOfLengths(length, 1, 1)));
        var subset = new ExampleSubset(list, 4, 0, 4);
        Assert.Equal([5, 1, 5], Enumerable.Range(0, subset.Count).Select(i => subset[i].Prompt.Length));
        Assert.Equal(new ExampleList([list[4], list[0], list[4]]).Fingerprint, subset.Fingerprint);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExampleSubset(list, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExampleSubset(list, -1));
    }

    [Fact]
    public void Files_that_are_no_store_or_not_whole_are_refused()
    {
        var path = folder.PathOf("examples");
        using (ExampleStore.Create(path, Enumerable.Range(1, 5).Select(length => Samples.PairOfLengths(length, 1, 1))))
        {
        }

        var whole = File.ReadAllBytes(path);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Contains(path, Assert.Throws<InvalidDataException>(() => ExampleStore.Open(path)).Message, StringComparison.Ordinal);
        }

        File.WriteAllBytes(path, [.. whole, 0]);
        Assert.Throws<InvalidDataException>(() => ExampleStore.Open(path));
        File.WriteAllBytes(path, [.. Encoding.UTF8.GetBytes("preference-losses examples 2\n"), .. whole[29..]]);
        Assert.Contains("of this version", Assert.Throws<InvalidDataException>(() => ExampleStore.Open(path)).Message, StringComparison.Ordinal);
    }

    // The first record begins after 29 + 8 + 64 bytes: kind, desirable, completions, scores, lengths.
    [Theory]
    [InlineData(0, 9)]
    [InlineData(2, 1_000_000)]
    [InlineData(3, -1)]
    [InlineData(4, -1)]
    [InlineData(5, 2)]
    public void A_damaged_record_is_refused_with_its_number(int number, int value)
    {
        var path = folder.PathOf("examples");
        using (ExampleStore.Create(path, [Samples.PairOfLengths(1, 1, 1), Samples.PairOfLengths(2, 1, 1)]))
        {
        }

        var bytes = File.ReadAllBytes(path);
        BitConverter.TryWriteBytes(bytes.AsSpan(29 + 8 + 64 + (4 * number)), value);
        File.WriteAllBytes(path, bytes);
        using var store = ExampleStore.Open(path);
        Assert.Equal($"{path} is damaged: example 0 cannot be read.", Assert.Throws<InvalidDataException>(() => store[0]).Message);
        Assert.Equal(2, store[1].Prompt.Length);
    }

    [Fact]
    public void A_store_that_could_not_be_written_whole_leaves_the_old_one()
    {
        var path = folder.PathOf("examples");
        using (ExampleStore.Create(path, [Samples.PairOfLengths(1, 1, 1)]))
        {
        }

        Assert.Throws<InvalidOperationException>(() => ExampleStore.Create(path, Failing()));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
        using var store = ExampleStore.Open(path);
        Assert.Equal(1, store.Count);

        static IEnumerable<Example> Failing()
        {
            yield return Samples.PairOfLengths(1, 1, 1);
            throw new InvalidOperationException("No more.");
        }
    }

    private static void Equal(ExampleList expected, ExampleStore actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(Samples.Describe(expected[i]), Samples.Describe(actual[i]));
        }
    }
}
