using System.Collections.Immutable;
using Microsoft.Extensions.AI;
using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery;

/// <summary>
/// Ways to search against each other, on the same task and the same seeds: context strategies and temperatures as in appendix D.3 of Lu et al. 2024 (arXiv 2406.08414), and
/// what a search has to beat: <see cref="BurnInContext"/>, the best of N without feedback, and <see cref="RecombinationChatClient"/>, without a language model.
/// </summary>
/// <remarks>
/// Each arm is run several times, which are independent searches: the seeds of repetition r follow from r, alike for all arms, so that arms are compared by the differences of equal
/// repetitions. Each run has an archive of its own, and what is there is not done again.
/// </remarks>
public sealed class Ablation
{
    private readonly IObjectiveDomain domain;
    private readonly IObjectiveEvaluator evaluator;
    private readonly ImmutableArray<AblationArm> arms;

    /// <summary>An ablation.</summary>
    /// <param name="domain">What is searched.</param>
    /// <param name="evaluator">Says how good an objective is.</param>
    /// <param name="arms">The ways to search; differences are to the first.</param>
    /// <exception cref="ArgumentException">There are no arms, two have one name, one has a name that cannot be part of a file's, or they have other seeds or rounds of them.</exception>
    public Ablation(IObjectiveDomain domain, IObjectiveEvaluator evaluator, ImmutableArray<AblationArm> arms)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(evaluator);
        this.domain = domain;
        this.evaluator = evaluator;
        this.arms = arms.IsDefaultOrEmpty ? throw new ArgumentException("There is nothing to compare.", nameof(arms)) : arms;
        if (arms.Select(arm => arm.Name).Distinct(StringComparer.Ordinal).Count() < arms.Length)
        {
            throw new ArgumentException("Two arms have one name.", nameof(arms));
        }

        if (arms.FirstOrDefault(arm => arm.Options.Seed != arms[0].Options.Seed || !arm.Options.SeedRounds.SequenceEqual(arms[0].Options.SeedRounds)) is { } other)
        {
            throw new ArgumentException($"The arms '{arms[0].Name}' and '{other.Name}' have other seeds or rounds of seeds, and could not be compared by differences.", nameof(arms));
        }

        if (arms.FirstOrDefault(arm => arm.Name.Length == 0 || !arm.Name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')) is { } odd)
        {
            throw new ArgumentException($"The name '{odd.Name}' of an arm is to be part of a file's name: letters, digits and hyphens are accepted.", nameof(arms));
        }
    }

    /// <summary>Runs every arm as often as is asked for, one after the other.</summary>
    /// <param name="folder">Where the archives are: <c>ARM-REPETITION.jsonl</c>. It is made if it is not there.</param>
    /// <param name="repetitions">How often; at least 1. Of one there are no intervals.</param>
    /// <param name="progress">Is told of every event, with the arm and the repetition it is of.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are to be no repetitions.</exception>
    /// <exception cref="InvalidDataException">An archive is of another run.</exception>
    public async Task<ImmutableArray<AblationResult>> RunAsync(
        string folder, int repetitions, IProgress<(string Arm, int Repetition, DiscoveryProgress Progress)>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(repetitions, 1);
        Directory.CreateDirectory(folder);
        var bests = new List<ImmutableArray<ImmutableArray<double>>>();
        foreach (var arm in arms)
        {
            var runs = new List<ImmutableArray<double>>();
            for (var repetition = 0; repetition < repetitions; repetition++)
            {
                var path = Path.Combine(folder, FormattableString.Invariant($"{arm.Name}-{repetition}.jsonl"));

                // Repetitions are independent: their seeds are far from each other.
                var options = arm.Options with { Seed = arm.Options.Seed + ((ulong)repetition * 1000) };
                var before = File.Exists(path) ? RunArchive.Read(path).Use : RunState.Empty.Use;
                using var model = arm.Model(repetition, before);
                var state = await new DiscoveryRun(domain, evaluator, model, options).RunAsync(path, Told(arm.Name, repetition), cancellationToken).ConfigureAwait(false);
                runs.Add(BestByGeneration(state));
            }

            bests.Add([.. runs]);
        }

        var common = bests.Min(runs => runs.Min(run => run.Length));
        return
        [
            .. arms.Zip(bests, (arm, runs) => new AblationResult(
                arm.Name,
                [.. Enumerable.Range(0, common).Select(i => Estimate.OfMean([.. runs.Select(run => run[i])]))],
                [.. Enumerable.Range(0, common).Select(i => PairedComparison.Of([.. runs.Select(run => run[i])], [.. bests[0].Select(run => run[i])]).Difference)])),
        ];

        IProgress<DiscoveryProgress>? Told(string arm, int repetition) => progress is null ? null : new Forward(progress, arm, repetition);
    }

    /// <summary>After each generation, how far the best objective so far is ahead of the baseline; from generation 0, the established objectives alone.</summary>
    public static ImmutableArray<double> BestByGeneration(RunState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var baseline = state.Baseline ?? throw new ArgumentException("The baseline has not been scored.", nameof(state));
        var result = ImmutableArray.CreateBuilder<double>();
        ScoredObjective? best = null;
        foreach (var one in state.Objectives.Where(one => one.IsSettled))
        {
            best = RunState.Better(best, one);
            var isLastEstablished = one.Number == state.Objectives.Length || state.Objectives[one.Number].Attempt is not null;
            if (one.Attempt is not null || isLastEstablished)
            {
                result.Add(best?.DifferenceTo(baseline)?.Value ?? throw new ArgumentException("The baseline has no fitness to compare with.", nameof(state)));
            }
        }

        return result.ToImmutable();
    }

    private sealed class Forward(IProgress<(string, int, DiscoveryProgress)> progress, string arm, int repetition) : IProgress<DiscoveryProgress>
    {
        public void Report(DiscoveryProgress value) => progress.Report((arm, repetition, value));
    }
}

/// <summary>A way to search.</summary>
/// <param name="Name">Its name, of letters, digits and hyphens.</param>
/// <param name="Options">The choices of its runs. Its seed is that of the first repetition. Its limits are those of each run, not of all together.</param>
/// <param name="Model">Makes the model of a repetition; the second argument is what the archive already has of it: replies, for a model that plays them from a list, and tokens, for a budget.</param>
public sealed record AblationArm(string Name, DiscoveryOptions Options, Func<int, ModelUse, IChatClient> Model);

/// <summary>What a way to search came to.</summary>
/// <param name="Arm">Its name.</param>
/// <param name="Best">
/// After each generation, from 0 (the established objectives alone), how far the best objective so far is ahead of the baseline, with Student's 95 % interval over repetitions. It is the score of
/// the search, by which the best was chosen: all arms are flattered by that, those with noisier scores more.
/// </param>
/// <param name="AgainstFirst">The same minus that of the first arm, paired by repetitions.</param>
public sealed record AblationResult(string Arm, ImmutableArray<Estimate> Best, ImmutableArray<Estimate> AgainstFirst);
