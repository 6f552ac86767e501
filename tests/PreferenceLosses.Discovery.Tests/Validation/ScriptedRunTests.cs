using PreferenceLosses.Losses;
using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery.Tests.Validation;

/// <summary>The 18 proposals of the built-in conversation before the real validator.</summary>
public class ScriptedRunTests
{
    /// <summary>What becomes of each: the name of the catalogue's loss that it is, or the rung that refuses it.</summary>
    public static TheoryData<int, string> Outcomes => new()
    {
        { 1, "logistic-margin" },
        { 2, "adaptive-margin-logistic" },
        { 3, "combined-logistic-hinge" },
        { 4, "scaled-combined-logistic-hinge" },
        { 5, "annealed-combined-logistic-hinge" },
        { 6, "squared-logistic" },
        { 7, "focal-logistic" },
        { 8, "temperature-scaled-logistic" },
        { 9, "!shape" },
        { 10, "corrected-label-smoothed-logistic" },
        { 11, "decaying-weights-logistic" },
        { 12, "padll" },
        { 13, "hybrid-performance-margin-decay-logistic" },
        { 14, "!influence" },
        { 15, "!shape" },
        { 16, "!shape" },
        { 17, "corrected-reinforced-margin-logistic" },
        { 18, "certainty-scaled-logistic" },
    };

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void Each_proposal_is_refused_by_its_rung_or_is_the_catalogues_loss(int number, string outcome)
    {
        var report = new PairDomain().Validate(ScriptedRun.Proposals[number - 1], number, []);
        if (outcome[0] == '!')
        {
            Assert.Null(report.Objective);
            Assert.Equal(outcome[1..], Assert.Single(report.Findings, f => f.IsError).Rung);
            return;
        }

        Assert.DoesNotContain(report.Findings, f => f.IsError);
        var known = LossFingerprint.Of(LossCatalog.BuiltIn.Find(outcome).Loss);
        Assert.True(known.IsSameFunctionAs(LossFingerprint.Of(report.Objective!.Loss)), $"{report.Objective.Name} is not {outcome}");
    }

    [Fact]
    public void Fourteen_are_accepted_and_none_is_an_established_loss_or_another_of_them()
    {
        var domain = new PairDomain();
        var accepted = new List<Objective>();
        foreach (var proposal in domain.Established.Concat(ScriptedRun.Proposals))
        {
            var report = domain.Validate(proposal, accepted.Count + 1, accepted);
            Assert.Null(report.DuplicateOf);
            if (report.Objective is { } objective)
            {
                Assert.Equal(accepted.Count + 1, objective.Number);
                accepted.Add(objective);
            }
        }

        Assert.Equal(domain.Established.Length + 14, accepted.Count);
        Assert.Equal(accepted.Count, accepted.Select(o => o.Name).Distinct().Count());
    }

    [Fact]
    public void The_refusal_for_a_scalar_says_to_leave_out_the_mean()
    {
        foreach (var number in new[] { 9, 15, 16 })
        {
            var message = Assert.Single(new PairDomain().Validate(ScriptedRun.Proposals[number - 1], number, []).Findings).Message;
            Assert.Contains("one number for the whole batch", message, StringComparison.Ordinal);
            Assert.Contains("leave out the last .mean()", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_refusal_for_an_unused_input_names_it()
    {
        var message = Assert.Single(new PairDomain().Validate(ScriptedRun.Proposals[13], 14, []).Findings).Message;
        Assert.StartsWith("Your loss does not depend on policy_rejected_logps", message, StringComparison.Ordinal);
    }
}
