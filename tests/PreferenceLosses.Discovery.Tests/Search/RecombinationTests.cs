using Microsoft.Extensions.AI;
using PreferenceLosses.Discovery.Tests.Support;

namespace PreferenceLosses.Discovery.Tests.Search;

/// <summary>Random mixtures of the established losses.</summary>
public sealed class RecombinationTests
{
    private static async Task<Proposal> ProposedAsync(IObjectiveDomain domain, long seed)
    {
        using var client = new RecombinationChatClient(domain);
        var response = await client.GetResponseAsync([], new ChatOptions { Seed = seed });
        return ReplyReader.Read(response.Text).Proposal!;
    }

    [Fact]
    public async Task Mixtures_are_valid_new_and_of_all_kinds()
    {
        var domain = new PairDomain();
        var names = new HashSet<string>();
        var codes = new HashSet<string>();
        for (var seed = 0; seed < 60; seed++)
        {
            var proposal = await ProposedAsync(domain, seed);
            var report = domain.Validate(proposal, 1, []);
            Assert.True(report.Objective is not null, string.Join('\n', report.Findings.Where(one => one.IsError)) + proposal.Code);
            names.Add(proposal.Name);
            codes.Add(proposal.Code);
        }

        // Of logistic, hinge and ipo 6 ordered pairs each as a sum and as a gate, and 6 orders of all three.
        Assert.InRange(names.Count, 12, 18);
        Assert.InRange(codes.Count, 58, 60);
    }

    [Fact]
    public async Task Objectives_of_another_kind_are_mixed_alike()
    {
        var domain = new ClassificationDomain(3);
        for (var seed = 0; seed < 20; seed++)
        {
            var proposal = await ProposedAsync(domain, seed);
            var report = domain.Validate(proposal, 1, []);
            Assert.True(report.Objective is not null, string.Join('\n', report.Findings.Where(one => one.IsError)) + proposal.Code);
        }
    }

    [Fact]
    public async Task A_mixture_follows_from_the_seed()
    {
        Assert.Equal(await ProposedAsync(new PairDomain(), 7), await ProposedAsync(new PairDomain(), 7));
        Assert.NotEqual(await ProposedAsync(new PairDomain(), 7), await ProposedAsync(new PairDomain(), 8));
    }

    /// <summary>By hand, from the numbers in the text: of ρ = 0 the logistic loss is ln 2 and the hinge 1.</summary>
    [Fact]
    public async Task A_sum_is_the_weighted_sum()
    {
        var seen = 0;
        for (var seed = 0; seen < 5; seed++)
        {
            var proposal = await ProposedAsync(new SmallDomain(), seed);
            var last = proposal.Code.TrimEnd().Split('\n')[^1];
            var at = SmallDomainLoss(proposal);
            if (proposal.Name.EndsWith("_sum", StringComparison.Ordinal))
            {
                double[] parts = proposal.Name.StartsWith("dpo", StringComparison.Ordinal) ? [Math.Log(2), 1] : [1, Math.Log(2)];
                var weights = last["    return ".Length..].Split(" + ").Select(term => double.Parse(term.Split(" * ")[0], System.Globalization.CultureInfo.InvariantCulture)).ToArray();
                Assert.Equal((weights[0] * parts[0]) + (weights[1] * parts[1]), at, 12);
                seen++;
            }
            else
            {
                Assert.InRange(at, Math.Log(2), 1);
            }
        }
    }

    [Fact]
    public void One_objective_cannot_be_mixed()
    {
        var domain = new SmallDomain { Established = [new("", "dpo", SmallDomain.Code("dpo", "-F.logsigmoid(x)")), new("", "two", SmallDomain.Code("two", "torch.cat((x, -x), 0)"))] };
        Assert.Contains("has 1 established", Assert.Throws<ArgumentException>(() => new RecombinationChatClient(domain)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task Without_a_seed_there_is_no_proposal() =>
        Assert.ThrowsAsync<ArgumentException>(() => new RecombinationChatClient(new SmallDomain()).GetResponseAsync([]));

    private static double SmallDomainLoss(Proposal proposal)
    {
        var loss = Text.LossCode.Parse(proposal.Code).GetLoss();
        double[] one = [-3];
        return loss.Evaluate(new PreferenceBatch<double> { PolicyChosen = one, PolicyRejected = one, ReferenceChosen = one, ReferenceRejected = one }).Losses[0];
    }
}
