using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using FsCheck.Fluent;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Discovery.Tests.Chat;

public sealed class ReplyReaderTests
{
    private const string Code = "def f(self, a, b, c, d):\n    return F.softplus(a)";

    private static readonly JsonSerializerOptions AsModelsWrite = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static Proposal Read(string reply)
    {
        var reading = ReplyReader.Read(reply);
        Assert.Null(reading.Reason);
        return reading.Proposal!;
    }

    private static string ReasonAgainst(string reply)
    {
        var reading = ReplyReader.Read(reply);
        Assert.Null(reading.Proposal);
        return reading.Reason!;
    }

    private static readonly string[] WrittenForms =
    [
        // As the system prompt asks for it.
        """{"thought": "t", "name": "n", "code": "def f(self, a, b, c, d):\n    return F.softplus(a)"}""",

        // Raw line breaks, a trailing comma, text and a fence around it, other keys.
        "Here it is:\n```json\n{\"thought\": \"t\", \"name\": \"n\", \"score\": [1, {\"a\": \"}\"}], \"code\": \"def f(self, a, b, c, d):\n    return F.softplus(a)\",}\n```\nGood luck {with} it!",

        // Single quotes, as Python prints a dictionary.
        @"{'thought': 't', 'name': 'n', 'code': 'def f(self, a, b, c, d):\n    return F.softplus(a)'}",

        // Keys in another case, no comma, no closing brace.
        "{\"Thought\": \"t\"\n\"Name\": \"n\"\n\"Code\": \"def f(self, a, b, c, d):\n    return F.softplus(a)\"",

        // Code between three quotes.
        "{\"thought\": \"t\", \"name\": \"n\", \"code\": \"\"\"def f(self, a, b, c, d):\n    return F.softplus(a)\"\"\"}",

        // Inside another object.
        """{"proposal": {"thought": "t", "name": "n", "code": "def f(self, a, b, c, d):\n    return F.softplus(a)"}}""",

        // A draft first.
        """{"thought": "draft", "name": "draft", "code": "def draft(): pass"} or {"thought": "t", "name": "n", "code": "def f(self, a, b, c, d):\n    return F.softplus(a)"}""",

        // A model that thinks aloud.
        """<think>{"thought": "draft", "name": "x", "code": "def x(): pass"}</think>{"thought": "t", "name": "n", "code": "def f(self, a, b, c, d):\n    return F.softplus(a)"}""",

        // Braces before it that are none of an object.
        """With $\frac{a}{b}$ and {x} and {"x": and so on: {"thought": "t", "name": "n", "code": "def f(self, a, b, c, d):\n    return F.softplus(a)"}""",
    ];

    public static TheoryData<string> Forms { get; } = [.. WrittenForms];

    [Theory]
    [MemberData(nameof(Forms))]
    public void An_object_is_read_as_models_write_it(string reply) => Assert.Equal(new Proposal("t", "n", Code), Read(reply));

    [Fact]
    public void Quotes_that_should_have_been_escaped_are_text()
    {
        var read = Read("{\"thought\": \"a \"good\" loss, \"robust\", it's\", \"name\": \"n\", \"code\": \"def f(x):\n    return g(x, reduction=\"none\")\"}");
        Assert.Equal("a \"good\" loss, \"robust\", it's", read.Thought);
        Assert.Equal("def f(x):\n    return g(x, reduction=\"none\")", read.Code);
    }

    [Fact]
    public void What_is_no_escape_of_JSON_stays()
    {
        Assert.Equal(@"\sigma and ""x"" and é", Read("""{"thought": "\sigma and \"x\" and \u00e9", "code": "def f(x): pass"}""").Thought);
    }

    [Fact]
    public void A_fenced_function_is_read_without_JSON()
    {
        var read = Read($"I think so.\n```text\nnot this\n```\n```python\ndef draft(): pass\n```\nBetter:\n```python\n{Code}\n```\nEnd.");
        Assert.Equal(Code + "\n", read.Code);
        Assert.Equal("", read.Name);
        Assert.StartsWith("I think so.", read.Thought, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bare_function_is_read()
    {
        Assert.Equal(new Proposal("Because.", "", Code), Read($"Because.\n\n{Code}"));
    }

    [Fact]
    public void A_fenced_function_counts_beside_an_object_that_is_broken()
    {
        Assert.Equal(Code + "\n", Read($"{{\"thought\": 3 \"x\" 4}}\n```python\n{Code}\n```").Code);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("  \n ", "empty")]
    [InlineData("I cannot help with that.", "neither")]
    [InlineData("{\"thought\": \"t\", \"name\": \"n\", \"code\": \"def f(x):\\n    return F.logsi", "ends inside the value of \"code\"")]
    [InlineData("{\"thought\": \"a long thought that nev", "ends inside the value of \"thought\"")]
    [InlineData("{\"thought\": \"t\", \"name\": \"n\"", "no end")]
    [InlineData("{\"thought\": \"t\", \"name\": \"n\"}", "no \"code\"")]
    [InlineData("{\"thought\": \"t\", \"code\": [\"def f(x):\", \"  pass\"]}", "no \"code\"")]
    [InlineData("{\"thought\": \"t\", \"code\": \"\"}", "no \"code\"")]
    [InlineData("{\"thought\": \"t\" = 3, \"code\": 4}", "ends inside")]
    [InlineData("{\"thought\": 3, [4], \"code\": \"x\"}", "cannot be read behind the value of \"thought\"")]
    public void What_has_no_proposal_says_why_and_what_is_accepted(string reply, string reason)
    {
        var said = ReasonAgainst(reply);
        Assert.Contains(reason, said, StringComparison.Ordinal);
        Assert.Contains("Reply with one JSON object", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reply_that_is_too_long_is_refused_with_its_length()
    {
        Assert.Contains("100001 characters", ReasonAgainst(new string('x', ReplyReader.LongestReply + 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void Halves_of_surrogate_pairs_are_replaced()
    {
        Assert.Equal("a\uFFFDb", Read("""{"thought": "a\ud800b", "code": "def f(x): pass"}""").Thought);
    }

    /// <summary>Whatever the texts are, JSON that is written by the rules is read as what it is.</summary>
    [Fact]
    public void Every_valid_object_is_read_exactly()
    {
        var texts = from letters in Gen.Elements('a', '"', '\'', '\\', '{', '}', ':', ',', '\n', ' ', '`', 'é', '\u2028', '<').ListOf()
                    select new string([.. letters]);
        var cases = Gen.Zip(texts, texts).Zip(texts, (pair, third) => (pair.Item1, pair.Item2, Code: "x" + third)).ToArbitrary();
        Property.Check(cases, texts =>
        {
            var reply = JsonSerializer.Serialize(new { thought = texts.Item1, name = texts.Item2, code = texts.Code }, AsModelsWrite);
            Assert.Equal(new Proposal(texts.Item1, texts.Item2, texts.Code), Read(reply));
        }, count: 2000);
    }

    /// <summary>A reply that is damaged anywhere is read or refused with a reason; it never throws.</summary>
    [Fact]
    public void Damaged_replies_are_read_or_refused()
    {
        var damaged =
            from form in Gen.Elements(WrittenForms)
            from cuts in Gen.Choose(0, form.Length - 1).Two()
            from put in Gen.Elements("", "\"", "'", "\\", "{", "}", "```", "\\u12", "\uD800", "\0", ",", ":", "<think>", "def f(")
            select form[..Math.Min(cuts.Item1, cuts.Item2)] + put + form[Math.Max(cuts.Item1, cuts.Item2)..];
        Property.Check(damaged.ToArbitrary(), reply =>
        {
            var reading = ReplyReader.Read(reply);
            Assert.True(reading.Proposal is null != reading.Reason is null);
        }, count: 5000);
    }

    public static TheoryData<string> Hostile { get; } =
    [
        "{", "{\"", "{\"a\":", "{\"thought\":\"", "\"", "{\"thought\":{", "{\"a\":\"x\",", "```\n", "```python\ndef f(", "{\"thought\": \"\"\"", "def f(", "\\", "{\"thought\":\"x\" ", "</think>", "{\"a\":\"\"  ",
    ];

    /// <summary>Quadratic time would be 10¹⁰ steps, a minute; linear is milliseconds. The bound is between, for a machine that is busy.</summary>
    [Theory]
    [MemberData(nameof(Hostile))]
    public void Time_is_linear_in_the_length(string part)
    {
        var reply = string.Concat(Enumerable.Repeat(part, ReplyReader.LongestReply / part.Length));
        var watch = Stopwatch.StartNew();
        var reading = ReplyReader.Read(reply);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 2);
        Assert.True(reading.Proposal is null != reading.Reason is null);
    }
}
