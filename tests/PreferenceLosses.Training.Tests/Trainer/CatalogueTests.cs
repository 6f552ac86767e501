using PreferenceLosses.Losses;
using PreferenceLosses.Training.Tests.Policies;

namespace PreferenceLosses.Training.Tests.TrainerRuns;

/// <summary>Every loss of the catalogue trains on every kind of data, or says why not.</summary>
public class CatalogueTests
{
    private const string Pairs = "pairs";
    private const string ScoredPairs = "scored pairs";
    private const string Unpaired = "unpaired";
    private const string ScoredRankings = "scored rankings";

    public static TheoryData<string> Losses => [.. LossCatalog.BuiltIn.Entries.Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(Losses))]
    public void It_trains_or_says_why_not(string name)
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var trained = new List<string>();
        foreach (var (data, kind, scores) in new[]
        {
            (Pairs, ExampleKind.Pair, false), (ScoredPairs, ExampleKind.Pair, true),
            (Unpaired, ExampleKind.Unpaired, false), (ScoredRankings, ExampleKind.Ranked, true),
        })
        {
            var reason = Trainer.ReasonAgainst(loss, kind, scores);
            if (reason is null)
            {
                trained.Add(data);
                Train(loss, kind, scores);
            }
            else
            {
                Assert.Equal(reason, Assert.Throws<LossNotTrainableException>(() => Train(loss, kind, scores)).Reason);
            }
        }

        Assert.Equal(Expected(name), trained);
    }

    [Fact]
    public void Of_a_sum_it_is_known_which_rewards_and_moments_are_meant_or_it_is_refused()
    {
        var shifted = new BcoPairShiftedLoss { Beta = 0.2 };
        string? Reason(params (double, PreferenceLoss)[] terms) => Trainer.ReasonAgainst(WeightedSumLoss.Of(terms), ExampleKind.Pair, hasScores: false);

        Assert.Null(Reason((0.8, new DpoLoss { Beta = 0.2 }), (0.2, shifted), (1, new SftLoss())));
        Assert.Contains("several β", Reason((0.8, new DpoLoss { Beta = 0.1 }), (0.2, shifted)));
        Assert.Equal(0.2, new LossRequirements(WeightedSumLoss.Of((1, shifted), (1, new SftLoss())), ExampleKind.Pair, hasScores: false).Beta);
        Assert.Null(Reason((1, new BetaDpoLoss()), (1, new SftLoss())));
        Assert.Contains("ρ̄", Reason((1, new BetaDpoLoss()), (1, new AlphaDpoLoss())));
    }

    /// <summary>Which data a loss trains on: from its family, and what the documentation of the catalogue says that it reads.</summary>
    private static string[] Expected(string name) => name switch
    {
        "tdpo1" or "tdpo2" or "tpo" or "tpo-l" => [],
        "odpo" or "sppo" => [ScoredPairs],
        "nll" or "sft" => [Pairs, ScoredPairs, Unpaired, ScoredRankings],
        "kto" or "bco" or "apo-zero-unpaired" => [Pairs, ScoredPairs, Unpaired],
        "plackett-luce" => [Pairs, ScoredPairs, ScoredRankings],
        "info-nca" or "nca" or "exo" or "pro" or "rrhf" => [ScoredPairs, ScoredRankings],
        _ => [Pairs, ScoredPairs],
    };

    private static void Train(IPreferenceLoss loss, ExampleKind kind, bool scores)
    {
        var policy = TestPolicies.Random(1, new NGramSettings { VocabularySize = TestData.VocabularySize, Buckets = 64 });
        var before = policy.AllWeights();
        var options = new TrainingOptions { BatchSize = 4, Epochs = 2, EvaluationInterval = 3, LearningRate = 0.01 };
        var data = TestData.Of(kind, 13, scores);

        // Not where the policy is, where some losses have kinks, and not far from it, where some explode.
        using var reference = TestPolicies.Random(2, policy.Settings);
        reference.MixWith(policy, 0.8);

        var result = new Trainer(policy, loss, data, options, reference, TestData.Of(kind, 5, scores, seed: 2)).Run();

        Assert.True(double.IsFinite(result.Metrics["loss"]));
        Assert.True(double.IsFinite(result.Metrics["eval_loss"]));
        Assert.Equal(0.01 / result.Steps, result.Metrics["learning_rate"], 1e-15);
        Assert.NotEqual(before, policy.AllWeights());
    }
}
