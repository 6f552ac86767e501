using System.Collections.Immutable;
using PreferenceLosses.Discovery.Validation;
using PreferenceLosses.Discovery.Validation.Rungs;

namespace PreferenceLosses.Discovery;

/// <summary>What an objective of classification is like, in words for a language model: numbers from a few batches.</summary>
internal static class ClassPortrait
{
    private static readonly ImmutableArray<double> Distances = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 6.5, 8, 10, 12, 15, 20];

    public static Portrait Of(Candidate candidate, int classes)
    {
        var sentences = ImmutableArray.CreateBuilder<string>();
        var defects = ImmutableArray.CreateBuilder<string>();
        sentences.Add(candidate.Graph.IsBatchCoupled
            ? "The loss of an example depends on the other examples of its batch too, through statistics over the batch."
            : "The loss of an example depends on that example alone.");
        sentences.Add(SeesShift(candidate)
            ? "It notices when the same number is added to all logits of an example, though that changes no probability."
            : "It does not notice a number that is added to all logits of an example: it is a function of the probabilities.");
        sentences.Add(Start(candidate, classes, defects));

        var margins = Margins(candidate, classes);
        sentences.AddRange(margins.Sentences(candidate.Graph.IsBatchCoupled));
        defects.AddRange(margins.WrongMinima().Select(m =>
            $"The loss has a minimum where the label's logit is {FiniteRung.Number(m.From)} to {FiniteRung.Number(m.To)} above the others, that is, not above them: examples come to rest there misclassified."));
        return new Portrait(sentences.ToImmutable(), defects.ToImmutable());
    }

    private static bool SeesShift(Candidate candidate)
    {
        var probe = candidate.Ordinary;
        var before = candidate.InDouble(probe).Losses;
        var after = candidate.InDouble(probe.Changed((_, _, value) => value + 3, Columns.Logits)).Losses;
        return before.Zip(after).Any(pair => Math.Abs(pair.First - pair.Second) > 1e-9 * (1 + Math.Abs(pair.First)));
    }

    /// <summary>The derivative by the label's logit where all are 0, beside that of the cross-entropy: −(K − 1)/K.</summary>
    private static string Start(Candidate candidate, int classes, ImmutableArray<string>.Builder defects)
    {
        var start = ClassProbes.Rows("properties", "where all logits are 0", classes, classes, row => row, (_, _) => 0);
        var gradient = candidate.InDouble(start).Gradients[Columns.Logits];
        var slopes = Enumerable.Range(0, classes).Select(row => classes * gradient[(row * classes) + row]).ToArray();
        var share = slopes.Average() / -((classes - 1.0) / classes);
        if (Array.TrueForAll(gradient, g => g == 0))
        {
            defects.Add("Where all logits are 0 the gradient is exactly 0: training hardly starts.");
        }
        else if (Array.Exists(slopes, slope => slope > 0))
        {
            defects.Add($"Where all logits are 0, the first step makes the label LESS likely: the slope with respect to its logit is {FiniteRung.Number(slopes.Max())}, and has to be negative.");
        }

        return $"Where all logits are 0 its slope with respect to the label's logit is {FiniteRung.Number(share)} times that of the cross-entropy.";
    }

    /// <summary>The label's logit from far below the others, which are 0, to far above.</summary>
    private static SlopeLine Margins(Candidate candidate, int classes)
    {
        double[] line = [.. Distances.Reverse().Select(d => -d), 0, .. Distances];
        var probe = ClassProbes.Rows("properties", "on a line of examples", line.Length, classes, _ => 0, (row, k) => k == 0 ? line[row] : 0);
        var gradient = candidate.InDouble(probe).Gradients[Columns.Logits];
        return new SlopeLine("the label's logit minus the others", "example", line, [.. line.Select((_, row) => line.Length * gradient[row * classes])]);
    }
}
