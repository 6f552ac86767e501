using PreferenceLosses.Discovery.Tests.Support;

namespace PreferenceLosses.Discovery.Tests.Search;

/// <summary>Ways to search against each other.</summary>
public sealed class AblationTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static readonly string[] Replies = [.. ((string[])["worse", "good", "best"]).Select((name, i) => ScriptedModel.Reply(name, $"torch.exp(-{i + 2} * x)"))];

    private static DiscoveryOptions Options { get; } = new() { MaximumGenerations = 3, SeedRounds = [3] };

    public void Dispose() => folder.Dispose();

    private static ArithmeticEvaluator Evaluator() => new() { Quality = name => name switch { "worse" => -1, "good" => 1, "best" => 2, _ => 0 } };

    private static AblationArm Plays(string name, IContextStrategy context, params int[] order) =>
        new(name, Options with { Context = context }, (_, played) => new ScriptedModel([.. order.Select(i => Replies[i])], played.Replies));

    [Fact]
    public async Task The_best_so_far_is_compared_generation_by_generation()
    {
        var evaluator = Evaluator();
        var ablation = new Ablation(new SmallDomain(), evaluator, [Plays("late", new BurnInContext(), 0, 1, 2), Plays("early", new ChronologicalContext(), 2, 1, 0)]);
        var results = await ablation.RunAsync(folder.Path, repetitions: 3);
        Assert.Equal(["late", "early"], results.Select(one => one.Arm));

        // Before the first, after each of the three: the established ones, nothing better, 1, 2; and 2 from the first on.
        Assert.Equal([0, 0, 1, 2], results[0].Best.Select(one => Math.Round(one.Value)));
        Assert.Equal([0, 2, 2, 2], results[1].Best.Select(one => Math.Round(one.Value)));
        Assert.Equal([0, 2, 1, 0], results[1].AgainstFirst.Select(one => Math.Round(one.Value)));
        Assert.All(results[0].AgainstFirst, one => Assert.Equal(0, one.Value));
        Assert.All(results[1].Best, one => Assert.Equal(3, one.Count));
        Assert.Equal(6, Directory.GetFiles(folder.Path, "*.jsonl").Length);

        // What is there is not done again.
        var idle = Evaluator();
        var again = await new Ablation(new SmallDomain(), idle, [Plays("late", new BurnInContext(), 0, 1, 2), Plays("early", new ChronologicalContext(), 2, 1, 0)]).RunAsync(folder.Path, 3);
        Assert.Equal(results[1].AgainstFirst.AsEnumerable(), again[1].AgainstFirst);
        Assert.Empty(idle.Asked);
    }

    [Fact]
    public async Task Random_mixtures_are_an_arm_without_a_model()
    {
        var domain = new PairDomain();
        var arm = new AblationArm("recombination", Options with { Context = new BurnInContext() }, (_, _) => new RecombinationChatClient(domain));
        var result = Assert.Single(await new Ablation(domain, new ArithmeticEvaluator { Quality = name => name.Length / 100.0 }, [arm]).RunAsync(folder.Path, 2));
        Assert.Equal(4, result.Best.Length);

        // Repetitions are other searches.
        var first = RunArchive.Read(folder.PathOf("recombination-0.jsonl"));
        var second = RunArchive.Read(folder.PathOf("recombination-1.jsonl"));
        Assert.Equal(3, first.Generations);
        Assert.NotEqual(first.Objectives.Select(one => one.Proposal.Code), second.Objectives.Select(one => one.Proposal.Code));
        Assert.NotEqual(first.Objectives[0].Scores[0].Seed, second.Objectives[0].Scores[0].Seed);
    }

    [Fact]
    public void Arms_have_names_of_their_own_that_are_no_paths_and_the_same_seeds()
    {
        Refused("nothing");
        Refused("one name", Plays("a", new BurnInContext()), Plays("a", new ChronologicalContext()));
        Refused("file's name", Plays("../a", new BurnInContext()));
        Refused("file's name", Plays("", new BurnInContext()));
        Refused("other seeds", Plays("a", new BurnInContext()), new AblationArm("b", Options with { Seed = 1 }, (_, _) => new ScriptedModel([])));

        static void Refused(string part, params AblationArm[] arms) => Assert.Contains(
            part, Assert.Throws<ArgumentException>(() => new Ablation(new SmallDomain(), Evaluator(), [.. arms])).Message, StringComparison.Ordinal);
    }
}
