using PreferenceLosses.Cli.Tests.Support;
using PreferenceLosses.Cli.Training;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Tests.Training;

/// <summary>What a completion is worth.</summary>
public sealed class WordRewardsTests : IDisposable
{
    private readonly PreferenceFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void A_completion_has_the_mean_over_its_words()
    {
        var vocabulary = Vocabulary.Of([new TextExample(ExampleKind.Unpaired, "", ["good bad plain"], true, [], "here", 1)]);
        var rewards = WordRewards.Read(files.WriteText("words.tsv", "good\t3\tand more\nbad\t-1.5\nunheard\t9\n"), vocabulary);

        Assert.Equal(2, rewards.Known);
        Assert.Equal((3 - 1.5 + 0) / 3, Of("good", "bad", "plain"));
        Assert.Equal(1.5, Of("good", "unheard"));
        Assert.Equal(0, Of());

        double Of(params string[] words) => rewards.Of((int[])[vocabulary.TokenOf("good")], (int[])[.. words.Select(vocabulary.TokenOf), Vocabulary.End]);
    }
}
