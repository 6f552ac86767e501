using PreferenceLosses.Losses;

namespace PreferenceLosses.Training.Tests.TrainerRuns;

/// <summary>The code in docs/training.md is the code below.</summary>
public sealed class DocumentationTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("preference-losses-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void The_example_runs()
    {
        var tokenizer = new WordTokenizer(Vocabulary.Load(new StringReader(VocabularyText())));
        var (training, heldOut) = (TestData.Of(ExampleKind.Pair, 200), TestData.Of(ExampleKind.Pair, 100, seed: 2));
        IProgress<TrainingProgress>? progress = null;
        var cancellationToken = CancellationToken.None;

        // docs/training.md
        var basis = new NGramPolicy(new NGramSettings { VocabularySize = tokenizer.VocabularySize });
        using var fitting = new Trainer(basis, new SftLoss(), training, NGramDefaults.Fitting);
        fitting.Run();                                                                             // maximum likelihood of the chosen completions

        var policy = basis.Copy();
        var options = NGramDefaults.Preference with { OutputDirectory = directory, CheckpointInterval = 100, EvaluationInterval = 50, Resume = true };
        using var trainer = new Trainer(policy, new DpoLoss { Beta = 0.1 }, training, options, reference: basis, heldOut);
        TrainingResult result = trainer.Run(progress, cancellationToken);

        Estimate accuracy = PairScores.OfLogRatios(policy, basis, heldOut).Accuracy;               // "0.596 (0.545 to 0.645)"
        Estimate aboveLength = PairScores.OfLogRatios(policy, basis, heldOut).AccuracyAbove(PairScores.OfShortness(heldOut));
        // end

        Assert.Equal(result.Metrics["eval_rewards/accuracies"], accuracy.Value, 1e-12);
        Assert.True(accuracy.Excludes(0.5), accuracy.ToString());
        Assert.Equal(100, aboveLength.Count);
    }

    [Fact]
    public void The_page_has_this_code()
    {
        var page = string.Join('\n', Read("training.md"));
        var lines = Read("DocumentationTests.cs").SkipWhile(line => line.Trim() != "// docs/training.md").Skip(1).TakeWhile(line => line.Trim() != "// end");
        var code = string.Join('\n', lines.Select(line => line.Length == 0 ? line : line[8..]));
        Assert.Contains("```csharp\n" + code + "\n```", page);
    }

    private static string[] Read(string file) => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Documentation", file));

    /// <summary>A vocabulary as large as the test data's.</summary>
    private static string VocabularyText()
    {
        var words = string.Join(' ', Enumerable.Range(0, TestData.VocabularySize - 2).Select(i => "word" + (char)('a' + i)));
        using var text = new StringWriter();
        Vocabulary.Of([new TextExample(ExampleKind.Unpaired, "", [words], true, [], "here", 1)]).Save(text);
        return text.ToString();
    }
}
