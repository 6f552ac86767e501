using System.Numerics.Tensors;

namespace PreferenceLosses.Training;

/// <summary>Reads an <see cref="NGramPolicy"/> without training it, with memory for one thread.</summary>
internal sealed class NGramReader
{
    private readonly NGramPolicy policy;
    private readonly int[] rows;
    private readonly float[] scores;
    private readonly double[] classes;
    private readonly double[] classProbabilities;
    private readonly double[] tokens;
    private readonly double[] tokenProbabilities;

    public NGramReader(NGramPolicy policy)
    {
        this.policy = policy;
        rows = new int[2 * policy.Contexts.PerSoftmax];
        scores = new float[policy.Factorization.RowWidth];
        classes = new double[policy.Factorization.Classes];
        classProbabilities = new double[policy.Factorization.Classes];
        tokens = new double[policy.Factorization.ClassSize];
        tokenProbabilities = new double[policy.Factorization.ClassSize];
    }

    public double LogProbability(TokenSequence sequence)
    {
        var factorization = policy.Factorization;
        var prompt = sequence.Prompt.Span;
        var completion = sequence.Completion.Span;
        var sum = 0.0;
        for (var t = 0; t < completion.Length; t++)
        {
            var tokenClass = factorization.ClassOf(completion[t]);
            sum += Softmax.Apply(ClassScores(prompt, completion, t, tokenClass), tokenClass);
            sum += Softmax.Apply(TokenScores(tokenClass), completion[t] - (tokenClass * factorization.ClassSize));
        }

        return sum;
    }

    /// <summary>The log-probability of every token at a position.</summary>
    public void Distribution(ReadOnlySpan<int> prompt, ReadOnlySpan<int> completion, int position, Span<double> destination)
    {
        var factorization = policy.Factorization;
        LogClasses(prompt, completion, position);
        for (var c = 0; c < factorization.Classes; c++)
        {
            var part = destination.Slice(c * factorization.ClassSize, factorization.SizeOf(c));
            LogTokens(prompt, completion, position, c).CopyTo(part);
            TensorPrimitives.Add(part, classes[c], part);
        }
    }

    /// <summary>Σ over the completion's tokens of KL(this ‖ other), by the chain rule: of the classes, and of the tokens of each class.</summary>
    public double KlDivergence(NGramReader other, TokenSequence sequence)
    {
        var prompt = sequence.Prompt.Span;
        var completion = sequence.Completion.Span;
        var sum = 0.0;
        for (var t = 0; t < completion.Length; t++)
        {
            LogClasses(prompt, completion, t);
            other.LogClasses(prompt, completion, t);
            sum += Divergence(classes, other.classes, classProbabilities);
            for (var c = 0; c < classes.Length; c++)
            {
                var own = LogTokens(prompt, completion, t, c);
                sum += classProbabilities[c] * Divergence(own, other.LogTokens(prompt, completion, t, c), tokenProbabilities.AsSpan(0, own.Length));
            }
        }

        // Rounding may take a divergence of 0 below it.
        return Math.Max(0, sum);
    }

    public int[] Sample(ReadOnlySpan<int> prompt, SamplingOptions options, RandomStream random)
    {
        var completion = new List<int>();
        var isPlain = options is { Temperature: 1, TopP: 1 };
        var distribution = new double[isPlain ? 0 : policy.VocabularySize];
        do
        {
            var before = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(completion);
            completion.Add(isPlain
                ? DrawPlain(prompt, before, random)
                : Draw(prompt, before, options, random, distribution));
        }
        while (completion[^1] != options.EndOfText && completion.Count < options.MaximumLength);

        return [.. completion];
    }

    private int DrawPlain(ReadOnlySpan<int> prompt, ReadOnlySpan<int> completion, RandomStream random)
    {
        var factorization = policy.Factorization;
        var classScores = ClassScores(prompt, completion, completion.Length, tokenClass: 0);
        Softmax.Apply(classScores, 0);
        var tokenClass = Draw(classScores, random);

        policy.Contexts.Of(prompt, completion, completion.Length, tokenClass, rows);
        var tokenScores = TokenScores(tokenClass);
        Softmax.Apply(tokenScores, 0);
        return (tokenClass * factorization.ClassSize) + Draw(tokenScores, random);
    }

    private int Draw(
        ReadOnlySpan<int> prompt, ReadOnlySpan<int> completion, SamplingOptions options, RandomStream random, double[] distribution)
    {
        Distribution(prompt, completion, completion.Length, distribution);
        return NextToken.Draw(distribution, options, random);
    }

    private static int Draw(Span<float> weights, RandomStream random) => NextToken.Draw<float>(weights, random);

    private Span<float> ClassScores(ReadOnlySpan<int> prompt, ReadOnlySpan<int> completion, int position, int tokenClass)
    {
        policy.Contexts.Of(prompt, completion, position, tokenClass, rows);
        var all = scores.AsSpan(0, policy.Factorization.Classes);
        policy.Weights.Scores(rows.AsSpan(0, policy.Contexts.PerSoftmax), all);
        return all;
    }

    /// <summary>Of the class whose rows are the current ones.</summary>
    private Span<float> TokenScores(int tokenClass)
    {
        var all = scores.AsSpan(0, policy.Factorization.SizeOf(tokenClass));
        policy.Weights.Scores(rows.AsSpan(policy.Contexts.PerSoftmax), all);
        return all;
    }

    private void LogClasses(ReadOnlySpan<int> prompt, ReadOnlySpan<int> completion, int position) =>
        Softmax.Log(ClassScores(prompt, completion, position, tokenClass: 0), classes, classProbabilities);

    private Span<double> LogTokens(ReadOnlySpan<int> prompt, ReadOnlySpan<int> completion, int position, int tokenClass)
    {
        policy.Contexts.Of(prompt, completion, position, tokenClass, rows);
        var tokenScores = TokenScores(tokenClass);
        var logs = tokens.AsSpan(0, tokenScores.Length);
        Softmax.Log(tokenScores, logs, tokenProbabilities.AsSpan(0, tokenScores.Length));
        return logs;
    }

    /// <summary>Σ p (ln p − ln q); what is left of the first argument is the difference.</summary>
    private static double Divergence(Span<double> own, ReadOnlySpan<double> other, ReadOnlySpan<double> probabilities)
    {
        TensorPrimitives.Subtract(own, other, own);
        return TensorPrimitives.Dot(probabilities, (ReadOnlySpan<double>)own);
    }
}
