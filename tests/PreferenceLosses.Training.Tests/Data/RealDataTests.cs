using PreferenceLosses.Training.Tests.Support;

namespace PreferenceLosses.Training.Tests.Data;

/// <summary>Pairs of HH-RLHF, read as a user would.</summary>
public sealed class RealDataTests : IDisposable
{
    private const string Pairs = "hh-rlhf-pairs.jsonl.gz";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [SharedDataFact(Pairs)]
    public void HH_RLHF_is_read_split_encoded_and_stored()
    {
        var reader = new PreferenceReader(SharedData.Find(Pairs)!);
        var report = new DataReport();
        var texts = reader.Read(report).ToArray();
        Assert.Equal((1500, 0), (report.Examples, report.Invalid));
        Assert.All(texts, text => Assert.EndsWith("\n\nAssistant:", text.Prompt, StringComparison.Ordinal));
        Assert.All(texts, text => Assert.StartsWith("\n\nHuman: ", text.Prompt, StringComparison.Ordinal));

        var split = new PromptSplit(0.1, 1);
        var vocabulary = Vocabulary.Of(reader.Read().Where(split.IsTrainedOn), minCount: 2);
        var encoder = new ExampleEncoder(new WordTokenizer(vocabulary), new Truncation { MaxLength = 128, Policy = LengthPolicy.KeepEnd });
        using var training = ExampleStore.Create(folder.PathOf("training"), encoder.Encode(reader.Read().Where(split.IsTrainedOn), report));
        using var heldOut = ExampleStore.Create(folder.PathOf("held-out"), encoder.Encode(reader.Read().Where(split.IsHeldOut), report));
        Assert.Equal(1500, training.Count + heldOut.Count);
        Assert.InRange(heldOut.Count, 150 - 60, 150 + 60); // five standard deviations
        Assert.Equal(0, report.DroppedForLength);
        Assert.InRange(report.Truncated, 1, 1499);
    }
}
