using FsCheck.Fluent;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Training.Tests.Support;

namespace PreferenceLosses.Training.Tests.Data;

/// <summary>Text to words, words to tokens, and back.</summary>
public class WordTokenizerTests
{
    [Theory]
    [InlineData("Don't stop, it's 3.50!", "don't|stop|,|it's|3|.|50|!")]
    [InlineData("the dogs' ‘Rock’n’roll’", "the|dogs|'|‘|rock'n'roll|'")]
    [InlineData("a\nb\r\n\r\nc\rd", "a|\n|b|\n|\n|c|\n|d")]
    [InlineData("caf\u00e9 cafe\u0301 ÉTÉ", "caf\u00e9|cafe\u0301|été")]
    [InlineData("नमस्ते мир 日本語", "नमस्ते|мир|日本語")]
    [InlineData("ok👍👍 ❤\ufe0f", "ok|👍|👍|❤\ufe0f")]
    [InlineData("3rd 1,000 x2 𝟙", "3|rd|1|,|000|x|2|𝟙")]
    [InlineData("well-known_thing (see: \"x\")", "well|-|known|_|thing|(|see|:|\"|x|\"|)")]
    [InlineData(" \t ", "")]
    public void Text_is_cut_into_words(string text, string words) => Assert.Equal(words, string.Join('|', Words.Of(text)));

    [Fact]
    public void Frequent_words_come_first_and_ties_are_in_the_order_of_characters()
    {
        var vocabulary = Vocabulary.Of([Samples.Pair("b a c", "c b, c", "a d")]);
        Assert.Equal<string>(["c", "a", "b", ",", "d"], vocabulary.Words);
        Assert.Equal(7, vocabulary.Size);
        Assert.Equal<string>(["c", "a", "b"], Vocabulary.Of([Samples.Pair("b a c", "c b, c", "a d")], minCount: 2).Words);
        Assert.Equal<string>(["c", "a"], Vocabulary.Of([Samples.Pair("b a c", "c b, c", "a d")], maxSize: 4).Words);
        Assert.Equal((2, "c", Vocabulary.Unknown), (vocabulary.TokenOf("c"), vocabulary.WordOf(2), vocabulary.TokenOf("e")));
        Assert.Throws<ArgumentOutOfRangeException>(() => vocabulary.WordOf(7));
        Assert.Throws<ArgumentOutOfRangeException>(() => vocabulary.WordOf(Vocabulary.End));
    }

    [Theory]
    [InlineData("Hello, world! (It's \"fine\" now.)", "hello, world! (it's \"fine\" now.)")]
    [InlineData("He said 'no' \"and\" left.\n\nTwice", "he said 'no' \"and\" left.\n\ntwice")]
    [InlineData("$5 or 10% of [this]; well-known", "$5 or 10% of [this]; well-known")]
    [InlineData("an unheard word", "an <unk> word")]
    public void Tokens_become_readable_text(string text, string expected)
    {
        var tokenizer = new WordTokenizer(Vocabulary.Of([Samples.Pair(text.Replace("unheard", "", StringComparison.Ordinal))]));
        Assert.Equal(expected, tokenizer.Decode([.. tokenizer.Encode(text), tokenizer.EndOfText]));
    }

    [Fact]
    public void Decoded_text_encodes_to_the_same_tokens()
    {
        // Whatever the characters are: letters, digits, marks alone, quotes, brackets, white space, both halves of pairs.
        string[] pieces = ["a", "B", "é", "e\u0301", "\u0301", "7", "'", "’", "\"", "(", ")", "[", "-", "/", ".", ",", "$", "%", "*", "_", " ", "\n", "\r", "👍", "日", "İ", "ß", "\ufe0f"];
        var texts = Arb.From(Gen.Elements(pieces).ArrayOf().Select(string.Concat));
        Property.Check(texts, text =>
        {
            var tokenizer = new WordTokenizer(Vocabulary.Of([Samples.Pair(text)]));
            var tokens = tokenizer.Encode(text);
            Assert.Equal(tokens, tokenizer.Encode(tokenizer.Decode(tokens)));
            Assert.DoesNotContain(Vocabulary.Unknown, tokens);
            Assert.DoesNotContain(Vocabulary.End, tokens);
            Assert.Equal(Words.Of(text).Count(), tokens.Length);
        }, count: 500);
    }

    [Fact]
    public void A_vocabulary_is_saved_and_loaded()
    {
        var vocabulary = Vocabulary.Of([Samples.Pair("a \\ n\n\\n don't \u0301 \" # é 👍")]);
        var text = new StringWriter();
        vocabulary.Save(text);
        Assert.StartsWith("preference-losses vocabulary 1\n", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text.ToString());
        Assert.Equal<string>(vocabulary.Words, Vocabulary.Load(new StringReader(text.ToString())).Words);
    }

    [Theory]
    [InlineData("", "begins with")]
    [InlineData("preference-losses vocabulary 2\n1\na\n", "begins with")]
    [InlineData("preference-losses vocabulary 1\n", "number of its words")]
    [InlineData("preference-losses vocabulary 1\n-1\n", "number of its words")]
    [InlineData("preference-losses vocabulary 1\n2\na\n", "ends after 1 of its 2 words")]
    [InlineData("preference-losses vocabulary 1\n2\na\na\n", "Line 4")]
    [InlineData("preference-losses vocabulary 1\n1\nA\n", "Line 3")]
    [InlineData("preference-losses vocabulary 1\n1\na b\n", "Line 3")]
    [InlineData("preference-losses vocabulary 1\n1\n\n", "Line 3")]
    public void What_is_no_vocabulary_is_refused(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => Vocabulary.Load(new StringReader(text))).Message, StringComparison.Ordinal);
}
