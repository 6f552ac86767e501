using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Training;

/// <summary>
/// Controlled sentiment generation at the size of an <see cref="NGramPolicy"/>: a base policy that writes sentences, pairs of its own completions that a known reward has
/// ranked, and the question how much reward a loss buys for how much KL. After Rafailov et al. 2023 (arXiv 2305.18290, §6.1) and Lu et al. 2024 (arXiv 2406.08414, §5.3).
/// </summary>
/// <remarks>
/// <para>
/// The base is fitted by maximum likelihood. The first words of some of the sentences are training prompts; of each the base draws completions, and the best and the
/// worst of them are a pair. The first words of sentences that were not fitted are the prompts to measure on.
/// </para>
/// <para>
/// The reward of a completion is σ(Σ valence of its words), from 0 to 1: what a classifier would say whose log-odds add up, ½ where the lexicon knows no word. The words of
/// the prompt do not count.
/// </para>
/// <para>
/// A seed decides on the completions of the pairs, the order of training, and the random numbers of the measured completions. Equal seeds give every loss the same ones, so
/// losses are compared by the differences of equal seeds. The base is the same for all seeds. Results do not depend on the number of threads; the methods may be
/// called from several at once.
/// </para>
/// </remarks>
public sealed class ControlledSentimentTask
{
    // What the forks of the random numbers are for.
    private const ulong Split = 1;
    private const ulong Pairing = 2;
    private const ulong Measuring = 3;

    private readonly double[] valences;
    private readonly ControlledSentimentOptions options;
    private readonly SamplingOptions sampling;
    private readonly ImmutableArray<ReadOnlyMemory<int>> trainingPrompts;
    private readonly ImmutableArray<ReadOnlyMemory<int>> evaluationPrompts;
    private readonly ConcurrentDictionary<ulong, Lazy<ExampleList>> pairs = [];

    /// <summary>Fits the base policy.</summary>
    /// <param name="sentences">The sentences.</param>
    /// <param name="lexicon">What words are worth.</param>
    /// <param name="options">The sizes; the defaults if left out.</param>
    /// <exception cref="ArgumentException">There are too few sentences that are longer than a prompt, or the lexicon knows none of their words.</exception>
    public ControlledSentimentTask(IEnumerable<string> sentences, SentimentLexicon lexicon, ControlledSentimentOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        ArgumentNullException.ThrowIfNull(lexicon);
        this.options = options ??= new();
        var all = sentences.ToArray();
        var isLong = all.Select(sentence => Words.Of(sentence).Skip(options.PromptLength).Any()).ToArray();
        int[] prompting = [.. new RandomStream(Split).NextPermutation(all.Length).Where(i => isLong[i])];
        if (prompting.Length <= options.EvaluationPrompts)
        {
            throw new ArgumentException(
                $"{prompting.Length} of {all.Length} sentences are longer than a prompt of {options.PromptLength} words; more than the {options.EvaluationPrompts} to measure on are needed.",
                nameof(sentences));
        }

        var heldOut = prompting.Take(options.EvaluationPrompts).ToHashSet();
        string[] fitted = [.. all.Where((_, i) => !heldOut.Contains(i))];
        Vocabulary = Vocabulary.Of(fitted.Select(Example), options.MinimumCount);
        Tokenizer = new WordTokenizer(Vocabulary);
        valences = [0, 0, .. Vocabulary.Words.Select(lexicon.ValenceOf)];
        if (Array.TrueForAll(valences, valence => valence == 0))
        {
            throw new ArgumentException("The lexicon knows none of the words of the sentences.", nameof(lexicon));
        }

        trainingPrompts = [.. prompting.Skip(heldOut.Count).Take(options.TrainingPrompts).Select(i => Prompt(all[i]))];
        evaluationPrompts = [.. prompting.Take(heldOut.Count).Select(i => Prompt(all[i]))];
        sampling = new SamplingOptions { EndOfText = Vocabulary.End, MaximumLength = options.MaximumLength };
        var policy = new NGramPolicy(new NGramSettings { VocabularySize = Vocabulary.Size, Order = options.Order });
        using var trainer = new Trainer(policy, new SftLoss(), new ExampleList(new ExampleEncoder(Tokenizer).Encode(fitted.Select(Example))), options.Fitting);
        trainer.Run();
        Base = policy.Copy();
        Fingerprint = HashOf(all);
    }

    /// <summary>The words that the policies know.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>Makes tokens of words.</summary>
    public WordTokenizer Tokenizer { get; }

    /// <summary>The base policy: what every training begins with, and its reference.</summary>
    public NGramPolicy Base { get; }

    /// <summary>A hash of everything that decides on a result but the loss and the seed: sentences, valences and options.</summary>
    public string Fingerprint { get; }

    /// <summary>The reward of a completion: σ(Σ valence of its words), from 0 to 1.</summary>
    /// <param name="completion">The tokens. Unknown words and the end token have the valence 0.</param>
    public double Reward(ReadOnlySpan<int> completion)
    {
        var sum = 0.0;
        foreach (var token in completion)
        {
            sum += valences[token];
        }

        return 1 / (1 + Math.Exp(-sum));
    }

    /// <summary>The pairs that a seed gives: of each training prompt whose completions differ in reward the best and the worst, with their rewards as scores.</summary>
    /// <param name="seed">The seed.</param>
    /// <exception cref="InvalidOperationException">The base draws completions of the same reward only: there is nothing to learn.</exception>
    public ExampleList Pairs(ulong seed) => pairs.GetOrAdd(seed, own => new(() => DrawPairs(own))).Value;

    /// <summary>A copy of the base, trained on the pairs of a seed.</summary>
    /// <param name="loss">The loss, of pairs, with its hyper-parameters.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="progress">Is told of every step.</param>
    /// <param name="cancellationToken">Stops the training.</param>
    /// <exception cref="LossNotTrainableException">The loss needs something that there is not.</exception>
    /// <exception cref="TrainingDivergedException">A number was not finite, or the loss exploded and the options limit it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public NGramPolicy Train(IPreferenceLoss loss, ulong seed, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        // Many trainings run at once, each on one thread.
        var policy = Base.Copy();
        policy.MaxThreads = 1;
        using var trainer = new Trainer(policy, loss, Pairs(seed), options.Training with { Seed = seed }, Base);
        trainer.Run(progress, cancellationToken);
        return policy;
    }

    /// <summary>Draws a completion of each evaluation prompt, and gives their rewards and their KL(π ‖ base), in nats a completion.</summary>
    /// <param name="policy">The policy, with the vocabulary and the size of <see cref="Base"/>.</param>
    /// <param name="seed">The seed.</param>
    public SampleScores Measure(NGramPolicy policy, ulong seed) => SampleScores.Of(
        policy, Base, evaluationPrompts, (_, completion) => Reward(completion.Span), sampling, new RandomStream(seed).Fork(Measuring));

    /// <summary>Trains and measures: a point of the frontier.</summary>
    /// <inheritdoc cref="Train"/>
    public SampleScores Run(IPreferenceLoss loss, ulong seed, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Measure(Train(loss, seed, progress, cancellationToken), seed);

    private ExampleList DrawPairs(ulong seed)
    {
        ReadOnlyMemory<int>[] repeated = [.. trainingPrompts.SelectMany(prompt => Enumerable.Repeat(prompt, options.CompletionsPerPrompt))];
        var drawn = Base.Sample(repeated, sampling, new RandomStream(seed).Fork(Pairing));
        var result = new ExampleList(drawn.Chunk(options.CompletionsPerPrompt).Zip(trainingPrompts, Pair).OfType<Example>());
        return result.Count > 0
            ? result
            : throw new InvalidOperationException("All completions of each prompt have the same reward, so there is nothing to learn.");
    }

    private Example? Pair(int[][] completions, ReadOnlyMemory<int> prompt)
    {
        var (best, worst) = (completions.MaxBy(one => Reward(one))!, completions.MinBy(one => Reward(one))!);
        var (high, low) = (Reward(best), Reward(worst));
        return high > low ? new(ExampleKind.Pair, prompt, [best, worst], false, [high, low]) : null;
    }

    private ReadOnlyMemory<int> Prompt(string sentence) => Tokenizer.Encode(sentence).AsMemory(0, options.PromptLength);

    private static TextExample Example(string sentence) => new(ExampleKind.Unpaired, "", [sentence], true, [], "sentences", 0);

    private string HashOf(string[] sentences)
    {
        using var hash = new StableHash();
        foreach (var sentence in sentences)
        {
            hash.Add(sentence);
        }

        foreach (var valence in valences)
        {
            hash.Add(BitConverter.DoubleToUInt64Bits(valence));
        }

        ReadOnlySpan<int> sizes =
        [
            options.TrainingPrompts, options.EvaluationPrompts, options.PromptLength, options.CompletionsPerPrompt, options.MaximumLength, options.MinimumCount,
        ];
        foreach (var size in sizes)
        {
            hash.Add((ulong)size);
        }

        // It came later, and files of sweeps from before it are still of this task.
        if (options.Order != ControlledSentimentOptions.DefaultOrder)
        {
            hash.Add((ulong)options.Order);
        }

        // The seed of a training is the caller's.
        foreach (var training in (ReadOnlySpan<TrainingOptions>)[options.Fitting, options.Training with { Seed = 0 }])
        {
            foreach (var (name, value) in RunIdentity.Of(new SftLoss(), training))
            {
                hash.Add(name);
                hash.Add(value);
            }

            hash.Add(RunIdentity.Text(training.ExplosionFactor));
        }

        return hash.Finish().ToString("x16", CultureInfo.InvariantCulture);
    }
}
