using PreferenceLosses.Training.Tests.Support;

namespace PreferenceLosses.Training.Tests.Tasks;

/// <summary>Reading valences.</summary>
public class SentimentLexiconTests
{
    [Fact]
    public void Words_are_kept_and_what_is_no_word_is_passed_over()
    {
        var lexicon = SentimentLexicon.Read(new StringReader("token\tvalence\n:-)\t1.3\nGOOD\t3\ngood\t1.5\nno good\t-2\ndon't\t-0.5\n"));
        Assert.Equal(2, lexicon.Count);
        Assert.Equal(1.5, lexicon.ValenceOf("good"));
        Assert.Equal(-0.5, lexicon.ValenceOf("don't"));
        Assert.Equal(0, lexicon.ValenceOf("film"));
    }

    [Theory]
    [InlineData("", "begins with")]
    [InlineData("good\t1\n", "begins with")]
    [InlineData("token\tvalence\ngood\t1\nbad\n", "Line 3")]
    [InlineData("token\tvalence\ngood\tvery\n", "Line 2")]
    [InlineData("token\tvalence\ngood\tNaN\n", "Line 2")]
    [InlineData("token\tvalence\n\t1\n", "Line 2")]
    public void What_is_no_lexicon_is_refused(string text, string part) =>
        Assert.Contains(part, Assert.Throws<InvalidDataException>(() => SentimentLexicon.Read(new StringReader(text))).Message, StringComparison.Ordinal);

    [SharedDataFact("vader-lexicon.tsv.gz")]
    public void The_lexicon_of_vader_is_read()
    {
        using var gzip = new System.IO.Compression.GZipStream(File.OpenRead(SharedData.Find("vader-lexicon.tsv.gz")!), System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        var lexicon = SentimentLexicon.Read(reader);
        Assert.Equal(1.9, lexicon.ValenceOf("good"));
        Assert.Equal(-2.5, lexicon.ValenceOf("bad"));
        Assert.Equal(1.8, lexicon.ValenceOf("lol")); // LOL is 2.9
    }
}
