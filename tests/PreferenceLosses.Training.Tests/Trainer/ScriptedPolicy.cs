using System.Collections.Immutable;

namespace PreferenceLosses.Training.Tests.TrainerRuns;

/// <summary>
/// A policy whose log-probability of a completion is a number that the test chooses: a function of the completion's first token and a weight that learning
/// changes. It remembers the derivatives it was given.
/// </summary>
internal sealed class ScriptedPolicy(Func<TokenSequence, double> logProbability) : ITrainablePolicy
{
    /// <summary>Every backward pass: the sequences with their derivatives.</summary>
    public List<ImmutableArray<(TokenSequence Sequence, double Weight)>> Backward { get; } = [];

    public List<double> Rates { get; } = [];

    public double Norm { get; set; } = 0.5;

    public List<double> Scales { get; } = [];

    /// <summary>The prompts that completions were drawn for.</summary>
    public List<int[]> PromptsSampled { get; } = [];

    public int TimesSaved { get; private set; }

    /// <summary>The copies that were made of it.</summary>
    public List<ScriptedPolicy> Copies { get; } = [];

    public int TimesDisposed { get; private set; }

    public int VocabularySize => 100;

    public void LogProbabilities(ReadOnlySpan<TokenSequence> sequences, Span<double> destination)
    {
        for (var i = 0; i < sequences.Length; i++)
        {
            destination[i] = logProbability(sequences[i]);
        }
    }

    public IForwardPass Forward(ReadOnlySpan<TokenSequence> sequences)
    {
        var scores = new double[sequences.Length];
        LogProbabilities(sequences, scores);
        return new Pass(this, [.. sequences], scores);
    }

    public double GradientNorm() => Norm;

    public void ScaleGradient(double factor) => Scales.Add(factor);

    public void OptimizerStep(double learningRate) => Rates.Add(learningRate);

    public void ZeroGradient()
    {
    }

    public int[][] Sample(ReadOnlySpan<ReadOnlyMemory<int>> prompts, SamplingOptions options, RandomStream random)
    {
        PromptsSampled.AddRange(prompts.ToArray().Select(prompt => prompt.ToArray()));
        return [.. Enumerable.Repeat<int[]>([options.EndOfText], prompts.Length)];
    }

    public void KlDivergence(IPolicy other, ReadOnlySpan<TokenSequence> sequences, Span<double> destination) => destination.Fill(0.25);

    public IPolicy Freeze()
    {
        Copies.Add(new ScriptedPolicy(logProbability));
        return Copies[^1];
    }

    public void MixWith(IPolicy other, double share) => throw new NotSupportedException();

    public void SaveWeights(Stream destination) => TimesSaved++;

    public void LoadWeights(Stream source) => throw new NotSupportedException();

    public void SaveOptimizer(Stream destination) => throw new NotSupportedException();

    public void LoadOptimizer(Stream source) => throw new NotSupportedException();

    public void Dispose() => TimesDisposed++;

    private sealed class Pass(ScriptedPolicy policy, TokenSequence[] sequences, double[] scores) : IForwardPass
    {
        public ReadOnlySpan<double> LogProbabilities => scores;

        public void Backward(ReadOnlySpan<double> weights) => policy.Backward.Add([.. sequences.Zip(weights.ToArray())]);

        public void Dispose()
        {
        }
    }
}
