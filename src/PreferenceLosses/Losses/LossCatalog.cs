using System.Collections.Frozen;
using System.Collections.Immutable;

namespace PreferenceLosses.Losses;

/// <summary>Losses by name. Immutable; <c>With</c> adds losses of your own.</summary>
public sealed class LossCatalog
{
    private readonly FrozenDictionary<string, LossEntry> byName;

    private LossCatalog(ImmutableArray<LossEntry> entries)
    {
        var names = new Dictionary<string, LossEntry>();
        foreach (var entry in entries)
        {
            foreach (var name in entry.Aliases.Prepend(entry.Name))
            {
                if (!names.TryAdd(name, entry))
                {
                    throw new ArgumentException($"The name '{name}' leads to two losses: '{names[name].Name}' and '{entry.Name}'.", nameof(entries));
                }
            }
        }

        Entries = entries;
        byName = names.ToFrozenDictionary();
    }

    /// <summary>Every loss of this package.</summary>
    public static LossCatalog BuiltIn { get; } = new(
    [
        new(new DpoLoss(), Paper.Dpo("eq. 7"), "Logistic loss of the scaled log-ratio difference.")
        {
            Aliases = ["sigmoid", "logistic"], TrlLossType = "sigmoid", PublishedFitness = 7.8875,
        },
        new(new SlicLoss(), Paper.Rso("table 1"), "Hinge loss of the scaled log-ratio difference.")
        {
            Aliases = ["hinge"], TrlLossType = "hinge", PublishedFitness = 7.88125,
        },
        new(new IpoLoss(), Paper.Ipo("eq. 17"), "Squared distance of the summed log-ratio difference from 1/(2β).")
        {
            PublishedFitness = 7.84,
        },
        new(new ExponentialLoss(), Paper.Gpo("table 1"), "Exponential loss of the scaled log-ratio difference."),
        new(new KtoPairLoss(), Paper.DiscoPop("appendix A"), "Each half against the batch mean of the other; two losses per pair.")
        {
            PublishedFitness = 7.603125,
        },

        new(new DiscoPopLoss(), Paper.DiscoPop("eq. 4"), "Logistic, blended into exponential as the log-ratio difference grows.")
        {
            Aliases = ["lrml"], TrlLossType = "discopop",
        },
        new(new DiscoPopGeneratedLoss(), Paper.DiscoPop("appendix E"), "DiscoPOP with the blend following ρ itself, as generated.")
        {
            PublishedFitness = 7.916,
        },
        new(new DbaqlLoss(), Paper.DiscoPop("eq. 9"), "Logistic and exponential, blended by the variance over the batch."),
        new(new DbaqlGeneratedLoss(), Paper.DiscoPop("appendix E"), "DBAQL with the variance of ρ itself, as generated.")
        {
            PublishedFitness = 7.978,
        },
        new(new AqlLoss(), Paper.DiscoPop("appendix E"), "Logistic below a moving threshold, hinge above it."),
        new(new AqlGeneratedLoss(), Paper.DiscoPop("appendix E"), "AQL with the gate following ρ scaled by β, as generated.")
        {
            PublishedFitness = 7.953,
        },
        new(new AqlPrintedLoss(), Paper.DiscoPop("eq. 11-14"), "AQL as printed: mean of sigmoids, β in front of the gate."),
        new(new AqflLoss(), Paper.DiscoPop("appendix E"), "Logistic far from a moving quantile of the batch, with hinge mixed in near it."),
        new(new AqflGeneratedLoss(), Paper.DiscoPop("appendix E"), "AQFL with statistics of ρ itself, as generated.")
        {
            PublishedFitness = 7.931,
        },
        new(new AqflPrintedLoss(), Paper.DiscoPop("eq. 20-25"), "AQFL as printed: variance for deviation, the start inside the sigmoid."),
        new(new PadllLoss(), Paper.DiscoPop("eq. 16-18"), "Logistic with misranked pairs at half weight.")
        {
            PublishedFitness = 7.940625,
        },
        new(new CellLoss(), Paper.DiscoPop("appendix E"), "Half exponential, half logistic.")
        {
            PublishedFitness = 7.925,
        },
        new(new PflLoss(), Paper.DiscoPop("eq. 29"), "Half logistic where the policy ranks correctly, twice hinge elsewhere."),
        new(new PflGeneratedLoss(), Paper.DiscoPop("appendix E"), "PFL without β, as generated.")
        {
            PublishedFitness = 7.900,
        },

        Candidate(RunLogCandidates.LogisticMargin, 7.709375, "Logistic with a margin of 0.1 nats."),
        Candidate(RunLogCandidates.AdaptiveMarginLogistic, 7.51875, "Logistic with a margin that cancels the gradient of correctly ranked pairs."),
        Candidate(RunLogCandidates.CombinedLogisticHinge, 7.7375, "Logistic plus hinge."),
        Candidate(RunLogCandidates.ScaledCombinedLogisticHinge, 7.85625, "Twice logistic plus half hinge."),
        Candidate(RunLogCandidates.AnnealedCombinedLogisticHinge, 7.66875, "Logistic, blended into hinge as ρ grows; starts downhill the wrong way."),
        Candidate(RunLogCandidates.SquaredLogistic, 7.60062893, "Logistic, squared."),
        Candidate(RunLogCandidates.FocalLogistic, 7.840625, "Logistic with a focal weight."),
        Candidate(RunLogCandidates.TemperatureScaledLogistic, 7.86875, "Logistic at half the scale."),
        Candidate(RunLogCandidates.CorrectedLabelSmoothedLogistic, 6.425, "Label smoothing with its minimum on the wrong side."),
        Candidate(RunLogCandidates.DecayingWeightsLogistic, 7.871875, "Logistic with weights that follow the position in the batch."),
        Candidate(RunLogCandidates.HybridPerformanceMarginDecayLogistic, 7.6125, "PADLL with a margin of 0.2 nats."),
        Candidate(RunLogCandidates.CorrectedReinforcedMarginLogistic, 7.525, "Logistic of each response apart, with margins."),
        Candidate(RunLogCandidates.CertaintyScaledLogistic, 7.33125, "Reference-free logistic, scaled by the distance from the reference; never starts."),
    ]);

    /// <summary>The losses, in the order of the documentation.</summary>
    public ImmutableArray<LossEntry> Entries { get; }

    /// <summary>This catalogue with more losses.</summary>
    /// <param name="entries">The entries to add.</param>
    /// <exception cref="ArgumentException">A name or alias is taken.</exception>
    public LossCatalog With(params ReadOnlySpan<LossEntry> entries) => new([.. Entries, .. entries]);

    /// <summary>This catalogue with losses of your own, at the values they have.</summary>
    /// <param name="losses">The losses to add.</param>
    /// <exception cref="ArgumentException">A name is taken.</exception>
    public LossCatalog With(params ReadOnlySpan<PreferenceLoss> losses)
    {
        var entries = new List<LossEntry>();
        foreach (var loss in losses)
        {
            entries.Add(new LossEntry(loss, Paper: null, Summary: ""));
        }

        return new([.. Entries, .. entries]);
    }

    /// <summary>The entry that a name or alias leads to.</summary>
    /// <param name="name">A catalogue name or an alias.</param>
    /// <exception cref="ArgumentException">There is none; the message names the nearest ones.</exception>
    public LossEntry Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (byName.TryGetValue(name, out var entry))
        {
            return entry;
        }

        var nearest = Spelling.Nearest(name, byName.Keys, count: 3);
        throw new ArgumentException($"There is no loss '{name}'; the nearest names are {string.Join(", ", nearest)}.", nameof(name));
    }

    private static LossEntry Candidate(PairLoss loss, double fitness, string summary) =>
        new(loss, Paper.DiscoPop("appendix F"), summary) { IsCandidate = true, PublishedFitness = fitness };
}
