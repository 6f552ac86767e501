using PreferenceLosses;

namespace Quickstart;

/// <summary>Pairs ready for training: both answers, and what the reference thinks of them.</summary>
internal sealed record ScoredPairs(
    Answer[] Chosen, Answer[] Rejected, float[] ReferenceChosen, float[] ReferenceRejected)
{
    public int Count => Chosen.Length;

    public static ScoredPairs Encode(IReadOnlyList<PreferencePair> pairs, Vocabulary vocabulary, NGramPolicy reference)
    {
        Answer[] chosen = [.. pairs.Select(pair => Encode(pair.Prompt, pair.Chosen, vocabulary))];
        Answer[] rejected = [.. pairs.Select(pair => Encode(pair.Prompt, pair.Rejected, vocabulary))];
        return new ScoredPairs(
            chosen, rejected, reference.LogProbabilities(chosen), reference.LogProbabilities(rejected));
    }

    public static Answer Encode(string prompt, string answer, Vocabulary vocabulary) =>
        NGramContext.Encode(vocabulary.Encode(prompt), vocabulary.Encode(answer));

    public ScoredPairs Select(int[] rows) => new(
        [.. rows.Select(row => Chosen[row])],
        [.. rows.Select(row => Rejected[row])],
        [.. rows.Select(row => ReferenceChosen[row])],
        [.. rows.Select(row => ReferenceRejected[row])]);
}

/// <summary>Two kinds of training: maximum likelihood for the reference, a preference loss for its copies.</summary>
internal static class Training
{
    public static NGramPolicy FitReference(IEnumerable<PreferencePair> pairs, Vocabulary vocabulary)
    {
        Answer[] texts = [.. pairs.Select(pair => ScoredPairs.Encode(pair.Prompt, pair.Chosen, vocabulary))];
        var policy = new NGramPolicy(vocabulary.Size);
        var random = new Random(Settings.Seed);
        for (var epoch = 0; epoch < Settings.ReferenceEpochs; epoch++)
        {
            foreach (var rows in Batches(texts.Length, random))
            {
                Answer[] batch = [.. rows.Select(row => texts[row])];
                var coefficients = new float[batch.Length];
                Array.Fill(coefficients, -1f / batch.Sum(answer => answer.Length)); // minus: likelihood goes up
                policy.AccumulateGradient(policy.Predict(batch), coefficients);
                policy.Descend(Settings.ReferenceRate);
            }
        }

        return policy;
    }

    /// <summary>One pass over the pairs in an order that <paramref name="random"/> decides.</summary>
    public static void Epoch(NGramPolicy policy, ScoredPairs pairs, IPreferenceLoss loss, double rate, Random random)
    {
        foreach (var rows in Batches(pairs.Count, random))
        {
            Step(policy, pairs.Select(rows), loss, rate);
        }
    }

    /// <summary>The library's part: log-probabilities in, the gradient of the mean loss for each of them out.</summary>
    public static void Step(NGramPolicy policy, ScoredPairs batch, IPreferenceLoss loss, double rate)
    {
        var chosen = policy.Predict(batch.Chosen);
        var rejected = policy.Predict(batch.Rejected);
        var chosenGradient = new float[batch.Count];
        var rejectedGradient = new float[batch.Count];
        loss.Evaluate(
            new PreferenceBatch<float>
            {
                PolicyChosen = chosen.LogProbabilities,
                PolicyRejected = rejected.LogProbabilities,
                ReferenceChosen = batch.ReferenceChosen,
                ReferenceRejected = batch.ReferenceRejected,
            },
            new LossDestination<float> { PolicyChosen = chosenGradient, PolicyRejected = rejectedGradient });
        policy.AccumulateGradient(chosen, chosenGradient);
        policy.AccumulateGradient(rejected, rejectedGradient);
        policy.Descend(rate);
    }

    public static IEnumerable<int[]> Batches(int count, Random random)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        random.Shuffle(order);
        return order.Chunk(Settings.BatchSize);
    }
}
