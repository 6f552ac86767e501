namespace PreferenceLosses.Training.Tests.Policies;

/// <summary>
/// The n-gram policy once more, slowly and in double precision: log π written out from the definition, as a function of any weights. It shares with the library
/// which row a context has, and nothing else.
/// </summary>
internal sealed class DensePolicy(NGramPolicy policy)
{
    public double[][] Weights { get; } = [.. Enumerable.Range(0, policy.Weights.Rows)
        .Select(row => policy.Weights.Row(row).ToArray().Select(w => w * (double)policy.Weights.Scale(row)).ToArray())];

    /// <summary>log π(completion | prompt).</summary>
    public double LogProbability(TokenSequence sequence)
    {
        int[] completion = sequence.Completion.ToArray();
        return Enumerable.Range(0, completion.Length)
            .Sum(t => LogProbabilityOfToken(sequence.Prompt.ToArray(), completion[..t], completion[t]));
    }

    /// <summary>log π(token | prompt, what was said).</summary>
    public double LogProbabilityOfToken(int[] prompt, int[] said, int token)
    {
        var (classes, size) = (policy.Factorization.Classes, policy.Factorization.ClassSize);
        var tokenClass = token / size;
        var rows = new int[2 * policy.Settings.Order];
        policy.Contexts.Of(prompt, said, said.Length, tokenClass, rows);
        return LogSoftmax(rows[..policy.Settings.Order], classes, tokenClass)
            + LogSoftmax(rows[policy.Settings.Order..], Math.Min(size, policy.VocabularySize - (tokenClass * size)), token % size);
    }

    private double LogSoftmax(int[] rows, int outcomes, int outcome)
    {
        var scores = Enumerable.Range(0, outcomes).Select(i => rows.Sum(row => Weights[row][i])).ToArray();
        return scores[outcome] - Math.Log(scores.Sum(Math.Exp));
    }
}
