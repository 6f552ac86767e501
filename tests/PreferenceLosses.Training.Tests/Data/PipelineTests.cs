using PreferenceLosses.Training.Tests.Support;

namespace PreferenceLosses.Training.Tests.Data;

/// <summary>From a file to the examples of an epoch, as docs/preference-data.md shows it.</summary>
public sealed class PipelineTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_becomes_a_store_of_training_examples()
    {
        var path = folder.Write("pairs.jsonl", [.. Enumerable.Range(0, 100).Select(i => $$"""{"prompt": "Question {{i % 50}}", "chosen": "good {{i}}", "rejected": "bad"}"""), "no example"]);
        var reader = new PreferenceReader(path) { SkipInvalid = true };
        var split = new PromptSplit(heldOut: 0.1, seed: 1);
        var vocabulary = Vocabulary.Of(reader.Read().Where(split.IsTrainedOn), minCount: 2, maxSize: 20_000);
        var encoder = new ExampleEncoder(new WordTokenizer(vocabulary), new Truncation { MaxLength = 256 });
        var report = new DataReport();
        using var training = ExampleStore.Create(folder.PathOf("training.examples"), encoder.Encode(reader.Read(report).Where(split.IsTrainedOn), report));
        var order = new RandomStream(1).Fork(0).NextPermutation(training.Count);

        Assert.Equal((100, 1), (report.Examples, report.Invalid));
        Assert.InRange(training.Count, 70, 98);
        Assert.Equal(0, training.Count % 2); // each prompt is there twice, and on one side
        Assert.Equal(Enumerable.Range(0, training.Count), order.Order());
        Assert.All(order, position => Assert.Equal(vocabulary.TokenOf("question"), training[position].Prompt.Span[0]));
        Assert.All(order, position => Assert.Equal([vocabulary.TokenOf("bad"), Vocabulary.End], training[position].Completions[1].ToArray()));
    }
}
