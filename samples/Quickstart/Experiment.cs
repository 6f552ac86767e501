using System.Diagnostics;
using PreferenceLosses;

namespace Quickstart;

/// <summary>A loss to train with; β is repeated here because slopes are reported in x = βρ.</summary>
internal sealed record Candidate(string Name, IPreferenceLoss Loss, double Beta)
{
    /// <summary>The loss and dℓ/dx at ρ = 0, where policy and reference agree and every run starts.</summary>
    public (double Loss, double Slope) AtZero()
    {
        var result = Loss.Evaluate(new PreferenceBatch<float>
        {
            PolicyChosen = [0f],
            PolicyRejected = [0f],
            ReferenceChosen = [0f],
            ReferenceRejected = [0f],
        });
        return (result.Mean, result.Gradient(Columns.PolicyChosen)[0] / Beta);
    }
}

/// <summary>What training with a loss did to a copy of the reference.</summary>
/// <param name="FirstStepRho">Mean ρ of the first batch after the first step, which is taken on it.</param>
/// <param name="Training">The trained copy on the training pairs.</param>
/// <param name="HeldOut">The trained copy on the held-out pairs.</param>
/// <param name="Seconds">Time spent in training alone.</param>
internal sealed record Run(double FirstStepRho, Evaluation Training, Evaluation HeldOut, double Seconds)
{
    /// <summary>The runs of all folds as one, in which every pair is held out once.</summary>
    public static Run Join(IReadOnlyCollection<Run> folds) => new(
        folds.Average(run => run.FirstStepRho),
        Evaluation.Join([.. folds.Select(run => run.Training)]),
        Evaluation.Join([.. folds.Select(run => run.HeldOut)]),
        folds.Sum(run => run.Seconds));
}

/// <summary>One fold: a vocabulary and a reference from its training pairs, and its held-out pairs scored by it.</summary>
internal sealed class Fold
{
    private readonly NGramPolicy _reference;
    private readonly ScoredPairs _training;

    public Fold(IReadOnlyList<PreferencePair> training, IReadOnlyList<PreferencePair> heldOut)
    {
        var vocabulary = Vocabulary.Of(training);
        _reference = Training.FitReference(training, vocabulary);
        _training = ScoredPairs.Encode(training, vocabulary, _reference);
        HeldOut = ScoredPairs.Encode(heldOut, vocabulary, _reference);
    }

    public ScoredPairs HeldOut { get; }

    /// <summary>Trains a copy of the reference; the pairs come in the same order whatever the loss.</summary>
    public Run Train(IPreferenceLoss loss, Choice settings)
    {
        var policy = _reference.Copy();
        var firstBatch = _training.Select(Training.Batches(_training.Count, new Random(Settings.Seed)).First());
        Training.Step(policy, firstBatch, loss, settings.Rate);
        var firstStepRho = Evaluation.Of(policy, firstBatch, loss).Rho.Average();

        policy = _reference.Copy();
        var random = new Random(Settings.Seed);
        var clock = Stopwatch.StartNew();
        for (var epoch = 0; epoch < settings.Epochs; epoch++)
        {
            Training.Epoch(policy, _training, loss, settings.Rate, random);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        return new Run(
            firstStepRho, Evaluation.Of(policy, _training, loss), Evaluation.Of(policy, HeldOut, loss), seconds);
    }
}
