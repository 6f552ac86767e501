using PreferenceLosses.Losses;
using static PreferenceLosses.Training.Tests.TrainerRuns.TestData;

namespace PreferenceLosses.Training.Tests.TrainerRuns;

/// <summary>What a step hands to the policy, redone by hand from the loss.</summary>
public class StepTests
{
    // The first token of a completion says what its log-probability is: token t has −t, the reference −t²/10.
    private static readonly Func<TokenSequence, double> Policy = sequence => -sequence.Completion.Span[0];
    private static readonly Func<TokenSequence, double> Reference = sequence => -Math.Pow(sequence.Completion.Span[0], 2) / 10;

    [Fact]
    public void A_pair_loss_gets_the_pairs_and_gives_each_completion_its_derivative()
    {
        var policy = new ScriptedPolicy(Policy);
        var options = new TrainingOptions { BatchSize = 2, LearningRate = 0.5, Schedule = ScheduleKind.Constant };
        var data = new ExampleList([Pair([9], [2], [3, 1]), Pair([8], [5], [4])]);

        var result = new Trainer(policy, new DpoLoss { Beta = 0.3 }, data, options, new ScriptedPolicy(Reference)).Run();

        // ρ = (−2 + 0.4) − (−3 + 0.9) = 0.5, and (−5 + 2.5) − (−4 + 1.6) = −0.1.
        var (first, second) = (0.3 / (1 + Math.Exp(0.15)) / 2, 0.3 / (1 + Math.Exp(-0.03)) / 2);
        var weights = Assert.Single(policy.Backward).ToDictionary(entry => entry.Sequence.Completion.Span[0], entry => entry.Weight);
        Assert.Equal(-first, weights[2], 1e-15);
        Assert.Equal(first, weights[3], 1e-15);
        Assert.Equal(-second, weights[5], 1e-15);
        Assert.Equal(second, weights[4], 1e-15);
        Assert.Equal(0.5, Assert.Single(policy.Rates));

        Assert.Equal((Math.Log(1 + Math.Exp(-0.15)) + Math.Log(1 + Math.Exp(0.03))) / 2, result.Metrics["loss"], 1e-14);
        Assert.Equal(0.3 * (-1.6 - 2.5) / 2, result.Metrics["rewards/chosen"], 1e-14);
        Assert.Equal(0.3 * (-2.1 - 2.4) / 2, result.Metrics["rewards/rejected"], 1e-14);
        Assert.Equal(0.3 * 0.2, result.Metrics["rewards/margins"], 1e-14);
        Assert.Equal(0.5, result.Metrics["rewards/accuracies"]);
        Assert.Equal(-3.5, result.Metrics["logps/chosen"]);
        Assert.Equal(-3.5, result.Metrics["logps/rejected"]);
        Assert.Equal(1, result.Metrics["lengths/chosen"]);
        Assert.Equal(1.5, result.Metrics["lengths/rejected"]);
        Assert.Equal(0.5, result.Metrics["grad_norm"]);
        Assert.Equal(5, result.Metrics["num_tokens"]);
        Assert.Equal(1, result.Metrics["epoch"]);
    }

    [Fact]
    public void Lengths_and_scores_are_those_of_the_completions()
    {
        var policy = new ScriptedPolicy(Policy);
        var data = new ExampleList([Pair([9], [2, 7, 1], [3, 1], 0.9, 0.2)]);
        var options = new TrainingOptions { BatchSize = 1 };

        new Trainer(policy, new SimPoLoss(), data, options).Run();
        AssertWeights(policy, new SimPoLoss().Evaluate(new PreferenceBatch<double>
        {
            PolicyChosen = [-2.0], PolicyRejected = [-3.0], ChosenLength = [3.0], RejectedLength = [2.0],
        }));

        policy.Backward.Clear();
        new Trainer(policy, new OdpoLoss(), data, options, new ScriptedPolicy(Reference)).Run();
        AssertWeights(policy, new OdpoLoss().Evaluate(new PreferenceBatch<double>
        {
            PolicyChosen = [-2.0], PolicyRejected = [-3.0], ReferenceChosen = [-0.4], ReferenceRejected = [-0.9],
            ChosenScore = [0.9], RejectedScore = [0.2], Margin = [0.7],
        }));

        static void AssertWeights(ScriptedPolicy policy, LossResult<double> expected)
        {
            var weights = Assert.Single(policy.Backward);
            Assert.Equal(expected.Gradient(Columns.PolicyChosen)[0], weights[0].Weight);
            Assert.Equal(expected.Gradient(Columns.PolicyRejected)[0], weights[1].Weight);
            Assert.NotEqual(0, weights[0].Weight);
        }
    }

    [Fact]
    public void An_unpaired_loss_takes_pairs_apart_and_gets_its_baseline_from_mismatched_completions()
    {
        var policy = new ScriptedPolicy(Policy);
        var data = new ExampleList([Pair([9], [2], [3]), Pair([8], [14], [15])]);

        var result = new Trainer(policy, new KtoLoss(), data, new TrainingOptions { BatchSize = 4 }, new ScriptedPolicy(Reference)).Run();

        // Each prompt with the next completion of the other prompt, in the order of the epoch.
        var rows = Assert.Single(policy.Backward);
        double Ratio(int token) => -token + (token * token / 10.0);
        var mismatched = rows.Select((row, i) => Enumerable.Range(1, 3)
            .Select(k => rows[(i + k) % 4].Sequence)
            .First(other => other.Prompt.Span[0] != row.Sequence.Prompt.Span[0]).Completion.Span[0]);
        var kl = Math.Max(0, mismatched.Average(Ratio));
        Assert.Equal(kl, result.Metrics["kl"], 1e-14);
        var tokens = rows.Select(row => row.Sequence.Completion.Span[0]).ToArray();
        var expected = new KtoLoss().Evaluate(new PreferenceBatch<double>
        {
            Policy = [.. tokens.Select(t => -(double)t)],
            Reference = [.. tokens.Select(t => -t * t / 10.0)],
            Desirable = [.. tokens.Select(t => t is 2 or 14 ? 1.0 : 0)],
            Scalars = new Dictionary<string, double> { [Columns.Kl] = kl },
        });
        Assert.Equal(expected.Gradient(Columns.Policy).ToArray(), rows.Select(row => row.Weight));
        Assert.Equal([2, 3, 14, 15], tokens.Order());
    }

    [Fact]
    public void A_ranked_loss_gets_groups_of_any_size_best_first()
    {
        var policy = new ScriptedPolicy(Policy);
        var data = new ExampleList(
        [
            Ranking(9, (3, 0.1), (2, 0.9), (5, 0.5)),
            Ranking(8, (6, 0.2), (7, 0.1)),
        ]);

        var result = new Trainer(policy, new PlackettLuceLoss(), data, new TrainingOptions { BatchSize = 2 }, new ScriptedPolicy(Reference)).Run();

        var rows = Assert.Single(policy.Backward).OrderBy(row => row.Sequence.Prompt.Span[0] == 8 ? 1 : 0).ToArray();
        Assert.Equal([2, 5, 3, 6, 7], rows.Select(row => row.Sequence.Completion.Span[0]));
        var expected = new PlackettLuceLoss().Evaluate(new PreferenceBatch<double>
        {
            Policy = [-2.0, -5, -3, -6, -7, 0], Reference = [-0.4, -2.5, -0.9, -3.6, -4.9, 0],
            ResponsesPerRow = 3, ResponseMask = [true, true, true, true, true, false],
        });
        Assert.Equal(expected.Gradient(Columns.Policy).ToArray()[..5], rows.Select(row => row.Weight));

        // Log-ratios −1.6, −2.5, −2.1 and −2.4, −2.1: the best is ahead of two, and behind one.
        Assert.Equal(2 / 3.0, result.Metrics["rewards/accuracies"], 1e-15);
    }

    [Fact]
    public void A_likelihood_takes_the_chosen_completions_of_any_data()
    {
        static IEnumerable<int> Seen(params Example[] data)
        {
            var policy = new ScriptedPolicy(Policy);
            var result = new Trainer(policy, new NllLoss(), new ExampleList(data)).Run();
            Assert.Equal(["epoch", "grad_norm", "learning_rate", "lengths/chosen", "logps/chosen", "loss", "num_tokens", "tokens_per_second"], result.Metrics.Keys.Order());
            return policy.Backward.SelectMany(pass => pass.Select(row => row.Sequence.Completion.Span[0])).Order();
        }

        Assert.Equal([2, 4], Seen(Pair([9], [2], [3]), Pair([9], [4], [5])));
        Assert.Equal([2], Seen(Single(3, false), Single(2, true)));
        Assert.Equal([5], Seen(Ranking(9, (3, 1), (5, 2))));
    }

    [Fact]
    public void Gradients_are_clipped_to_the_maximum_norm()
    {
        var policy = new ScriptedPolicy(Policy) { Norm = 4 };
        var data = new ExampleList([Pair([9], [2], [3])]);
        new Trainer(policy, new SimPoLoss(), data, new TrainingOptions { MaxGradientNorm = 1 }).Run();
        Assert.Equal(0.25, Assert.Single(policy.Scales));
        new Trainer(policy, new SimPoLoss(), data, new TrainingOptions { MaxGradientNorm = 5 }).Run();
        Assert.Single(policy.Scales);
    }

    [Fact]
    public void Running_statistics_take_a_batch_in_before_it_uses_them()
    {
        var policy = new ScriptedPolicy(Policy);
        var data = new ExampleList([Pair([9], [2], [3]), Pair([8], [14], [15])]);
        var options = new TrainingOptions { BatchSize = 1, Epochs = 1, Seed = 3 };
        new Trainer(policy, new BcoPairShiftedLoss { Beta = 0.5 }, data, options, new ScriptedPolicy(Reference)).Run();

        var shift = new RunningMean();
        foreach (var pass in policy.Backward)
        {
            double[] tokens = [.. pass.Select(row => (double)row.Sequence.Completion.Span[0])];
            shift.Update<double>([.. tokens.Select(t => 0.5 * (-t + (t * t / 10)))]);
            var expected = new BcoPairShiftedLoss { Beta = 0.5 }.Evaluate(new PreferenceBatch<double>
            {
                PolicyChosen = [-tokens[0]], PolicyRejected = [-tokens[1]],
                ReferenceChosen = [-tokens[0] * tokens[0] / 10], ReferenceRejected = [-tokens[1] * tokens[1] / 10],
                Scalars = new Dictionary<string, double> { [Columns.Shift] = shift.Value },
            });
            Assert.Equal(expected.Gradient(Columns.PolicyChosen)[0], pass[0].Weight, 1e-15);
            Assert.Equal(expected.Gradient(Columns.PolicyRejected)[0], pass[1].Weight, 1e-15);
        }

        Assert.Equal(2, policy.Backward.Count);
    }
}
