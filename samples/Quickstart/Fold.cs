using System.Diagnostics;
using PreferenceLosses;

namespace Quickstart;

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

/// <summary>A reference fitted to the training pairs of a fold, and the fold's held-out pairs scored by it.</summary>
internal sealed class Fold
{
    private readonly NGramPolicy reference;
    private readonly ScoredPairs training;

    public Fold(IReadOnlyList<PreferencePair> training, IReadOnlyList<PreferencePair> heldOut)
    {
        var vocabulary = Vocabulary.Of(training);
        reference = Training.FitReference(training, vocabulary);
        this.training = ScoredPairs.Encode(training, vocabulary, reference);
        HeldOut = ScoredPairs.Encode(heldOut, vocabulary, reference);
    }

    public ScoredPairs HeldOut { get; }

    /// <summary>Trains a copy of the reference; the pairs come in the same order whatever the loss.</summary>
    public Run Train(IPreferenceLoss loss, Choice settings)
    {
        var policy = reference.Copy();
        var firstBatch = training.Select(Training.Batches(training.Count, new Random(Settings.Seed)).First());
        Training.Step(policy, firstBatch, loss, settings.Rate);
        var firstStepRho = Evaluation.Of(policy, firstBatch, loss).Rho.Average();

        policy = reference.Copy();
        var random = new Random(Settings.Seed);
        var clock = Stopwatch.StartNew();
        for (var epoch = 0; epoch < settings.Epochs; epoch++)
        {
            Training.Epoch(policy, training, loss, settings.Rate, random);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        return new Run(
            firstStepRho, Evaluation.Of(policy, training, loss), Evaluation.Of(policy, HeldOut, loss), seconds);
    }
}
