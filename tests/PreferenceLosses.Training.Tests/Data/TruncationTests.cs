using PreferenceLosses.Tests.Support;
using PreferenceLosses.Training.Tests.Support;

namespace PreferenceLosses.Training.Tests.Data;

/// <summary>What the limits cut, and what they drop.</summary>
public class TruncationTests
{
    // A prompt of 6 tokens from 0, a chosen completion of 5 from 1000, a rejected one of 3 from 2000.
    [Theory]
    [InlineData(null, null, null, LengthPolicy.KeepStart, "0-5 1000-1004 2000-2002")]
    [InlineData(4, null, null, LengthPolicy.KeepStart, "2-5 1000-1004 2000-2002")]
    [InlineData(0, null, null, LengthPolicy.KeepStart, "- 1000-1004 2000-2002")]
    [InlineData(null, 4, null, LengthPolicy.KeepStart, "0-5 1000-1003 2000-2002")]
    [InlineData(null, 1, null, LengthPolicy.KeepStart, "0-5 1000-1000 2000-2000")]
    [InlineData(null, null, 11, LengthPolicy.Drop, "0-5 1000-1004 2000-2002")]
    [InlineData(null, null, 10, LengthPolicy.Drop, "dropped")]
    [InlineData(null, 4, 10, LengthPolicy.Drop, "0-5 1000-1003 2000-2002")]
    [InlineData(null, null, 10, LengthPolicy.KeepStart, "0-5 1000-1003 2000-2002")]
    [InlineData(null, null, 7, LengthPolicy.KeepStart, "0-5 1000-1000 2000-2000")]
    [InlineData(null, null, 6, LengthPolicy.KeepStart, "dropped")]
    [InlineData(3, null, 6, LengthPolicy.KeepStart, "3-5 1000-1002 2000-2002")]
    [InlineData(null, null, 10, LengthPolicy.KeepEnd, "1-5 1000-1004 2000-2002")]
    [InlineData(null, null, 5, LengthPolicy.KeepEnd, "- 1000-1004 2000-2002")]
    [InlineData(null, null, 4, LengthPolicy.KeepEnd, "- 1001-1004 2000-2002")]
    [InlineData(null, null, 1, LengthPolicy.KeepEnd, "- 1004-1004 2002-2002")]
    public void Limits_apply_to_the_prompt_the_completions_and_the_whole(int? prompt, int? completion, int? whole, LengthPolicy policy, string expected)
    {
        var truncation = new Truncation { MaxPromptLength = prompt, MaxCompletionLength = completion, MaxLength = whole, Policy = policy };
        Assert.Equal(expected, Ranges(truncation.Apply(Samples.PairOfLengths(6, 5, 3))));
    }

    [Fact]
    public void The_beginning_of_a_prompt_can_be_kept() => Assert.Equal(
        "0-3 1000-1004 2000-2002", Ranges(new Truncation { MaxPromptLength = 4, KeepOfPrompt = PromptEnd.First }.Apply(Samples.PairOfLengths(6, 5, 3))));

    [Fact]
    public void What_is_within_the_limits_is_the_same_object()
    {
        var example = Samples.PairOfLengths(6, 5, 3);
        Assert.Same(example, new Truncation { MaxPromptLength = 6, MaxCompletionLength = 5, MaxLength = 11 }.Apply(example));
    }

    [Fact]
    public void Whatever_the_limits_no_example_exceeds_them_and_none_has_an_empty_completion() => Property.Check(Samples.AnyExample, example =>
    {
        foreach (var limit in (int[])[1, 2, 7, 20, 45, 200])
        {
            foreach (var policy in Enum.GetValues<LengthPolicy>())
            {
                var cut = new Truncation { MaxLength = limit, MaxPromptLength = 20, MaxCompletionLength = 30, Policy = policy }.Apply(example);
                if (cut is not null)
                {
                    Assert.True(cut.Prompt.Length <= 20);
                    Assert.All(cut.Completions, completion => Assert.InRange(completion.Length, 1, Math.Min(30, limit - cut.Prompt.Length)));
                    Assert.Equal(example.Completions.Length, cut.Completions.Length);
                }
                else
                {
                    // Dropped only where something was too long.
                    Assert.NotEqual(LengthPolicy.KeepEnd, policy);
                    Assert.True(Math.Min(20, example.Prompt.Length) + example.Completions.Max(completion => Math.Min(30, completion.Length)) > limit);
                }
            }
        }
    });

    [Fact]
    public void Limits_that_leave_nothing_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Truncation { MaxPromptLength = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Truncation { MaxCompletionLength = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Truncation { MaxLength = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Truncation { Policy = (LengthPolicy)7 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Truncation { KeepOfPrompt = (PromptEnd)7 });
    }

    [Fact]
    public void The_encoder_ends_completions_and_counts_what_was_cut_dropped_or_made_the_same()
    {
        TextExample[] texts =
        [
            Samples.Pair("a b", "c", "d e"),
            Samples.Pair("a b", "c d e f", "c d e g"),
            Samples.Pair("a b", "x", "y"),
            Samples.Pair("a b", "same", "same"),
            Samples.Pair("a b c d e f", "c", "d"),
        ];
        var tokenizer = new WordTokenizer(Vocabulary.Of([Samples.Pair("a b c d e f g", "same", "")]));
        var report = new DataReport();
        var examples = new ExampleEncoder(tokenizer, new Truncation { MaxCompletionLength = 3, MaxLength = 6 }).Encode(texts, report).ToArray();
        Assert.Equal(4, examples.Length);
        Assert.Equal(tokenizer.Encode("c").Append(Vocabulary.End), examples[0].Completions[0].ToArray());
        Assert.Equal(tokenizer.Encode("d e").Append(Vocabulary.End), examples[0].Completions[1].ToArray());
        Assert.Equal(tokenizer.Encode("c d e"), examples[1].Completions[0].ToArray()); // it was cut, and does not end there
        Assert.Equal([Vocabulary.Unknown, Vocabulary.End], examples[2].Completions[0].ToArray());
        Assert.Equal((1, 1, 2), (report.Truncated, report.DroppedForLength, report.IndistinguishableCompletions));
    }

    private static string Ranges(Example? example) =>
        example is null ? "dropped" : string.Join(' ', example.Completions.Prepend(example.Prompt).Select(tokens => tokens.IsEmpty ? "-" : $"{tokens.Span[0]}-{tokens.Span[^1]}"));
}
