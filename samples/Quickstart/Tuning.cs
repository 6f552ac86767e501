using PreferenceLosses;

namespace Quickstart;

/// <summary>A rate and a number of epochs, and the mean loss on the validation pairs that they reached.</summary>
internal sealed record Choice(double Rate, int Epochs, double ValidationLoss);

/// <summary>
/// Chooses rate and epochs by the loss on a quarter of the training pairs, with a vocabulary and a reference made from
/// the other three. Held-out pairs take no part.
/// </summary>
internal static class Tuning
{
    /// <summary>The best number of epochs for every rate.</summary>
    public static Choice[] Validate(IReadOnlyList<PreferencePair> training, IPreferenceLoss loss)
    {
        PreferencePair[] rest = [.. training.Where((_, i) => i % 4 != 0)];
        PreferencePair[] quarter = [.. training.Where((_, i) => i % 4 == 0)];
        var vocabulary = Vocabulary.Of(rest);
        var reference = Training.FitReference(rest, vocabulary);
        var fitted = ScoredPairs.Encode(rest, vocabulary, reference);
        var validation = ScoredPairs.Encode(quarter, vocabulary, reference);
        return [.. Settings.Rates.Select(BestOf)];

        Choice BestOf(double rate)
        {
            var policy = reference.Copy();
            var random = new Random(Settings.Seed);
            var best = new Choice(rate, 0, double.PositiveInfinity);
            for (var epoch = 1; epoch <= Settings.MostEpochs; epoch++)
            {
                Training.Epoch(policy, fitted, loss, rate, random);
                var validationLoss = Evaluation.Of(policy, validation, loss).Loss;
                if (validationLoss < best.ValidationLoss)
                {
                    best = new Choice(rate, epoch, validationLoss);
                }
            }

            return best;
        }
    }
}
