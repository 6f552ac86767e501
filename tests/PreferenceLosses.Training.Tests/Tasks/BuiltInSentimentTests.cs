namespace PreferenceLosses.Training.Tests.Tasks;

/// <summary>The sentences that are built in.</summary>
public class BuiltInSentimentTests
{
    public static TheoryData<string, int> Corpora { get; } = new() { { "films", 192 }, { "inns", 123 } };

    private static BuiltInSentiment Of(string name) => name == "films" ? BuiltInSentiment.Films : BuiltInSentiment.Inns;

    [Theory]
    [MemberData(nameof(Corpora))]
    public void Sentences_are_there_once_and_the_lexicon_knows_their_words(string name, int count)
    {
        var corpus = Of(name);
        Assert.Equal(count, corpus.Sentences.Distinct().Count());
        Assert.Equal(count, corpus.Sentences.Length);
        var known = corpus.Sentences.Count(sentence => Words.Of(sentence).Any(word => corpus.Lexicon.ValenceOf(word) != 0));
        Assert.InRange(known, 0.7 * count, count);

        // Praise and blame, both, so that the base policy has something to gain.
        var sums = corpus.Sentences.Select(sentence => Words.Of(sentence).Sum(corpus.Lexicon.ValenceOf)).ToArray();
        Assert.InRange(sums.Count(sum => sum > 0), 0.25 * count, 0.6 * count);
        Assert.InRange(sums.Count(sum => sum < 0), 0.25 * count, 0.6 * count);
    }

    [Theory]
    [InlineData("films")]
    [InlineData("inns")]
    public void Every_word_of_a_lexicon_occurs(string name)
    {
        var corpus = Of(name);
        var words = corpus.Sentences.SelectMany(Words.Of).Where(word => corpus.Lexicon.ValenceOf(word) != 0).Distinct();
        Assert.Equal(corpus.Lexicon.Count, words.Count());
    }
}
