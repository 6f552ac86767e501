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

    /// <summary>Every loss of this package: a loss is listed here, and everything about it stands in its own file.</summary>
    public static LossCatalog BuiltIn { get; } = new(
    [
        // Pairs, with a reference.
        DpoLoss.Entry, SlicLoss.Entry, IpoLoss.Entry, IpoAveragedLoss.Entry, ExponentialLoss.Entry, KtoPairLoss.Entry,
        CdpoLoss.Entry, RobustLoss.Entry, SigmoidNormLoss.Entry, ExoPairLoss.Entry, NcaPairLoss.Entry,
        BcoPairLoss.Entry, BcoPairShiftedLoss.Entry, SppoHardLoss.Entry, SppoLoss.Entry, AotLoss.Entry, AotUnpairedLoss.Entry,
        ApoZeroLoss.Entry, ApoDownLoss.Entry, OdpoLoss.Entry, RDpoLoss.Entry, DpopLoss.Entry, DpoShiftLoss.Entry,
        CalDpoLoss.Entry, ChiPoLoss.Entry, AipoLoss.Entry, BetaDpoLoss.Entry, AlphaDpoLoss.Entry, Tdpo1Loss.Entry, Tdpo2Loss.Entry,
        GpoSquaredLoss.Entry, GpoTruncatedQuadraticLoss.Entry, GpoSavageLoss.Entry,
        ForwardKlDpoLoss.Entry, JensenShannonDpoLoss.Entry, AlphaDivergenceDpoLoss.Entry,

        // The DiscoPOP paper's.
        DiscoPopLoss.Entry, DiscoPopGeneratedLoss.Entry, DbaqlLoss.Entry, DbaqlGeneratedLoss.Entry,
        AqlLoss.Entry, AqlGeneratedLoss.Entry, AqlPrintedLoss.Entry, AqflLoss.Entry, AqflGeneratedLoss.Entry, AqflPrintedLoss.Entry,
        PadllLoss.Entry, CellLoss.Entry, PflLoss.Entry, PflGeneratedLoss.Entry,

        // Pairs, without a reference.
        CpoLoss.Entry, SimPoLoss.Entry, AlphaPoLoss.Entry, OrpoLoss.Entry, SlicHfLoss.Entry, TpoLoss.Entry, TpoLengthLoss.Entry,
        NllLoss.Entry, SftLoss.Entry,

        // Unpaired examples.
        KtoLoss.Entry, BcoLoss.Entry, ApoZeroUnpairedLoss.Entry,

        // K ranked or scored responses.
        PlackettLuceLoss.Entry, InfoNcaLoss.Entry, NcaLoss.Entry, ExoLoss.Entry, ProLoss.Entry, RrhfLoss.Entry,

        .. RunLogCandidates.Entries,
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
}
