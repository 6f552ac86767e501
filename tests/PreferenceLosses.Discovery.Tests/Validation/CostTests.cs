using PreferenceLosses.Losses;
using PreferenceLosses.Text;
using Xunit.Abstractions;

namespace PreferenceLosses.Discovery.Tests.Validation;

/// <summary>
/// How much processor time it takes to read and to validate a published candidate that was never seen before, in a process that is warm. (One thread does it, so on a
/// machine that has nothing else to do that is how long it takes.)
/// </summary>
[Collection("Alone")]
public class CostTests(ITestOutputHelper output)
{
    /// <summary>Tries of each candidate, each with other constants, so that nothing that is kept of the one helps the next. The runtime compiles and collects meanwhile, so the cheapest counts.</summary>
    private const int Tries = 10;

    [Fact]
    public void A_published_candidate_is_validated_in_20_milliseconds()
    {
        var domain = new PairDomain();
        Proposal[] published =
        [
            .. LossCatalog.BuiltIn.Entries.Where(e => e.PublishedFitness is not null).Select(e => new Proposal("", e.Name, e.Loss is PairLoss pair ? pair.ToPyTorch() : "")),
            .. ScriptedRun.Proposals,
        ];
        Assert.True(published.Length >= 30);
        foreach (var proposal in published)
        {
            domain.Validate(proposal, 1, []);
        }

        var earlier = domain.Established.Select((p, i) => domain.Validate(p, i + 1, []).Objective!).ToArray();
        var milliseconds = published.ToDictionary(p => p, _ => double.PositiveInfinity);
        for (var i = 1; i <= Tries; i++)
        {
            foreach (var proposal in published)
            {
                milliseconds[proposal] = Math.Min(milliseconds[proposal], Time(domain, proposal, i, earlier));
            }
        }

        var times = milliseconds.Select(t => (t.Key.Name, Milliseconds: t.Value)).OrderBy(t => t.Milliseconds).ToArray();
        output.WriteLine($"median {times[times.Length / 2].Milliseconds:F1} ms, slowest {times[^1].Milliseconds:F1} ms ({times[^1].Name})");
        Assert.True(times[^1].Milliseconds < 20, $"{times[^1].Name} took {times[^1].Milliseconds:F1} ms");
    }

    private static double Time(PairDomain domain, Proposal proposal, int variant, Objective[] earlier)
    {
        // Another first factor of each loss: a program that was never compiled.
        var code = proposal.Code.Replace("    return ", FormattableString.Invariant($"    return 1.{variant:D3}7 * "), StringComparison.Ordinal);
        var before = Environment.CpuUsage.TotalTime;
        domain.Validate(proposal with { Code = code }, 9, earlier);
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
    }
}

/// <summary>Nothing else runs while these tests measure time.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public class AloneDefinition;
