using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace PreferenceLosses.Discovery.Tests.Support;

/// <summary>Scores by name and seed, without training: the effect of the seed, common to all, is large beside that of the objective.</summary>
internal sealed class ArithmeticEvaluator : IObjectiveEvaluator
{
    public string Description => "a number; higher is better";

    public string Fingerprint { get; init; } = "arithmetic";

    /// <summary>How good an objective is.</summary>
    public required Func<string, double?> Quality { get; init; }

    /// <summary>Where the evaluator itself fails; null for nowhere.</summary>
    public (string Name, ulong Seed)? FailsAt { get; init; }

    /// <summary>What is awaited for ever, unless it is cancelled; null for nothing.</summary>
    public (string Name, ulong Seed)? NeverDone { get; init; }

    /// <summary>What the seed does to one objective and not to others.</summary>
    public double Noise { get; init; } = 0.001;

    /// <summary>What was asked for, in any order.</summary>
    public ConcurrentQueue<(string Name, ulong Seed)> Asked { get; } = [];

    public async Task<ImmutableArray<SeedScore>> EvaluateAsync(Objective objective, ImmutableArray<ulong> seeds, CancellationToken cancellationToken)
    {
        foreach (var seed in seeds)
        {
            Asked.Enqueue((objective.Name, seed));
        }

        if (NeverDone is { } never && never.Name == objective.Name && seeds.Contains(never.Seed))
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        // Every third seed is done after those behind it.
        if (seeds[0] % 3 == 0)
        {
            await Task.Yield();
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (FailsAt is { } failure && failure.Name == objective.Name && seeds.Contains(failure.Seed))
        {
            throw new EvaluatorException("The cluster is down.");
        }

        return [.. seeds.Select(seed => Score(objective.Name, seed))];
    }

    private SeedScore Score(string name, ulong seed)
    {
        if (Quality(name) is not { } quality)
        {
            return new(seed, null) { Failure = "the loss became infinite at step 3" };
        }

        var random = new Training.RandomStream(seed);
        var own = random.Fork((ulong)name.Sum(c => c)).NextGaussian();
        return new(seed, random.NextGaussian() + quality + (Noise * own)) 
        {
            Measures = ImmutableSortedDictionary<string, double>.Empty.Add("KL", own),
            Curves = [new("loss", [1, 10], [Math.Log(2), 0.25])],
        };
    }
}
