using FsCheck.Fluent;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Training.Tests.Support;

namespace PreferenceLosses.Training.Tests.Data;

/// <summary>Which examples are set apart.</summary>
public class PromptSplitTests
{
    [Fact]
    public void The_sides_are_disjoint_complete_and_the_same_for_each_prompt() => Property.Check(
        Arb.From(from prompts in Gen.Choose(0, 40).ArrayOf() from share in Gen.Choose(0, 100) from seed in Gen.Choose(0, 1000) select (prompts, share, seed)),
        of =>
        {
            var split = new PromptSplit(of.share / 100.0, (ulong)of.seed);
            var examples = of.prompts.Select((prompt, i) => Samples.Pair($"Prompt {prompt}", $"Chosen {i}")).ToArray();
            Assert.All(examples, example => Assert.NotEqual(split.IsHeldOut(example), split.IsTrainedOn(example)));
            Assert.Empty(examples.Where(split.IsHeldOut).Select(e => e.Prompt).Intersect(examples.Where(split.IsTrainedOn).Select(e => e.Prompt)));
        });

    // 10,000 prompts, 2000 expected, a standard deviation of 40.
    [Fact]
    public void The_share_is_held_out()
    {
        var examples = Enumerable.Range(0, 10_000).Select(i => Samples.Pair($"Prompt {i}")).ToArray();
        var split = new PromptSplit(0.2, 1);
        Assert.InRange(examples.Count(split.IsHeldOut), 1800, 2200);
        Assert.DoesNotContain(examples, new PromptSplit(0, 1).IsHeldOut);
        Assert.DoesNotContain(examples, new PromptSplit(1, 1).IsTrainedOn);

        // A larger share keeps what a smaller one holds out; another seed holds out others: of 2000 a fifth, 400, with a standard deviation of 18.
        Assert.All(examples.Where(split.IsHeldOut), example => Assert.True(new PromptSplit(0.3, 1).IsHeldOut(example)));
        Assert.InRange(examples.Where(split.IsHeldOut).Count(new PromptSplit(0.2, 2).IsHeldOut), 310, 490);
    }

    // Computed from the definition with Python's hashlib: which of "Prompt 0" to "Prompt 19" a split of 0.3 with seed 7 holds out.
    [Fact]
    public void The_choice_is_the_same_everywhere()
    {
        var split = new PromptSplit(0.3, 7);
        Assert.Equal("4 5 6 7 8 12 16 19", string.Join(' ', Enumerable.Range(0, 20).Where(i => split.IsHeldOut(Samples.Pair($"Prompt {i}")))));
    }

    [Fact]
    public void Without_a_prompt_the_completions_decide_in_either_order()
    {
        var split = new PromptSplit(0.5, 3);
        var examples = Enumerable.Range(0, 1000).Select(i => Samples.Pair("", $"a {i}", $"b {i}")).ToArray();
        Assert.InRange(examples.Count(split.IsHeldOut), 420, 580); // five standard deviations
        Assert.All(examples, example => Assert.Equal(
            split.IsHeldOut(example), split.IsHeldOut(example with { Completions = [example.Completions[1], example.Completions[0]] })));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_share_that_is_none_is_refused(double share) => Assert.Throws<ArgumentOutOfRangeException>(() => new PromptSplit(share, 0));
}
