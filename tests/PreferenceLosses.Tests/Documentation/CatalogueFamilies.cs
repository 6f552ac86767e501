using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.Documentation;

/// <summary>The losses of the catalogue by family, as the documentation lists them.</summary>
internal static class CatalogueFamilies
{
    /// <summary>The families in their order, with what belongs to each.</summary>
    public static (string Title, LossEntry[] Entries)[] All { get; } =
    [
        .. new (string Title, Func<LossEntry, bool> Contains)[]
        {
            ("Pairs, with a reference", entry => entry.Loss is PairLoss && !IsDiscoPops(entry) && ReadsReference(entry)),
            ("Pairs, of the DiscoPOP paper", entry => IsDiscoPops(entry) && !entry.IsCandidate),
            ("Pairs, without a reference", entry => entry.Loss is PairLoss && !ReadsReference(entry)),
            ("Unpaired examples", entry => entry.Loss is UnpairedLoss),
            ("K ranked or scored responses", entry => entry.Loss is RankedLoss),
            ("Candidates of the DiscoPOP paper's run log, kept as data", entry => entry.IsCandidate),
        }.Select(family => (family.Title, LossCatalog.BuiltIn.Entries.Where(family.Contains).ToArray())),
    ];

    private static bool IsDiscoPops(LossEntry entry) => entry.Paper?.ArXiv == "2406.08414" && entry.Name != "kto-pair";

    private static bool ReadsReference(LossEntry entry) => entry.Loss.Graph.Inputs.Any(i => i.Name is Columns.ReferenceChosen or Columns.ReferenceRejected);
}
