using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>Says how good an objective is, by training with it.</summary>
public interface IObjectiveEvaluator
{
    /// <summary>What the score is, in a sentence for the language model and for the report: "mean gain in reward over KL from 0 to 10 nats; higher is better".</summary>
    string Description { get; }

    /// <summary>A hash of everything that decides on a score but the objective and the seed. Scores of different fingerprints are never compared.</summary>
    string Fingerprint { get; }

    /// <summary>Trains with an objective, once for each seed, and scores what came out.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="seeds">The seeds. Equal seeds mean equal data and order for every objective, so that objectives can be compared by differences.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A score for each seed, in their order.</returns>
    /// <exception cref="EvaluatorException">It could not be found out how good the objective is, through no fault of the objective: the run stops and can be resumed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    Task<ImmutableArray<SeedScore>> EvaluateAsync(Objective objective, ImmutableArray<ulong> seeds, CancellationToken cancellationToken);
}
