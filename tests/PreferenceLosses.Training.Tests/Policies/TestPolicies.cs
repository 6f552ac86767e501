namespace PreferenceLosses.Training.Tests.Policies;

/// <summary>Small policies with weights that are not zero, and sequences for them.</summary>
internal static class TestPolicies
{
    public static NGramSettings Small { get; } = new() { VocabularySize = 11, Order = 3, Buckets = 32 };

    /// <summary>A policy with random weights of about one nat.</summary>
    public static NGramPolicy Random(ulong seed, NGramSettings? settings = null, AdamWOptions? optimizer = null)
    {
        var policy = new NGramPolicy(settings ?? Small, optimizer);
        var random = new RandomStream(seed);
        var factorization = policy.Factorization;
        for (var row = 0; row < policy.Weights.Rows; row++)
        {
            for (var i = 0; i < factorization.ClassSize; i++)
            {
                policy.Weights.Row(row)[i] = (float)random.NextGaussian();
            }
        }

        return policy;
    }

    /// <summary>Sequences with prompts of 0 to 4 and completions of 1 to 9 tokens.</summary>
    public static TokenSequence[] Sequences(ulong seed, int count, int vocabularySize = 11)
    {
        var random = new RandomStream(seed);
        int[] Tokens(int least, int most) =>
            [.. Enumerable.Range(0, least + random.NextInt(most - least + 1)).Select(_ => random.NextInt(vocabularySize))];
        return [.. Enumerable.Range(0, count).Select(_ => new TokenSequence(Tokens(0, 4), Tokens(1, 9)))];
    }

    /// <summary>A completion without a prompt.</summary>
    public static TokenSequence Completion(params int[] tokens) => new(default, tokens);

    /// <summary>The completion after a prompt.</summary>
    public static TokenSequence After(this TokenSequence sequence, params int[] prompt) => sequence with { Prompt = prompt };

    public static double[] LogProbabilities(this IPolicy policy, TokenSequence[] sequences)
    {
        var results = new double[sequences.Length];
        policy.LogProbabilities(sequences, results);
        return results;
    }

    /// <summary>One forward and backward pass.</summary>
    public static void Accumulate(this ITrainablePolicy policy, TokenSequence[] sequences, double[] weights)
    {
        using var pass = policy.Forward(sequences);
        pass.Backward(weights);
    }

    /// <summary>Every weight, with decay applied.</summary>
    public static float[] AllWeights(this NGramPolicy policy) =>
        [.. Enumerable.Range(0, policy.Weights.Rows).SelectMany(row => policy.Weights.Row(row).ToArray().Select(w => w * policy.Weights.Scale(row)))];
}
