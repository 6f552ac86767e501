using System.Collections.Immutable;
using PreferenceLosses.Losses;
using PreferenceLosses.Training;

namespace ControlledSentiment;

/// <summary>What is swept, and how large the trainings are.</summary>
internal static class Grid
{
    /// <summary>The paper's.</summary>
    public static readonly double[] Betas = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

    /// <summary>Catalogue name, the paper's name, and the name in its file of results, where it is there.</summary>
    public static readonly ImmutableArray<(string Name, string Title, string? PaperName)> Losses =
    [
        ("dpo", "DPO", "dpo"), ("slic", "SLiC", "hinge"), ("ipo", "IPO", null), ("kto-pair", "KTO-pair", null),
        ("dbaql", "DBAQL", "dbaql"), ("aql", "AQL", "aql"), ("padll", "PADLL", "padll"), ("aqfl", "AQFL", "aqfl"),
        ("cell", "CELL", "cell"), ("discopop", "LRML", "lrml"), ("pfl", "PFL", "pfl"),
    ];

    /// <summary>Losses that share a panel; DPO is in all of them, to compare with.</summary>
    public static readonly ImmutableArray<(string Title, ImmutableArray<string> Names)> Panels =
    [
        ("Known losses", ["dpo", "slic", "ipo", "kto-pair"]),
        ("Found by the paper's run (1)", ["dpo", "discopop", "dbaql", "aql", "aqfl"]),
        ("Found by the paper's run (2)", ["dpo", "padll", "cell", "pfl"]),
    ];

    public static readonly ImmutableArray<PreferenceLoss> AllLosses = [.. Losses.Select(loss => LossCatalog.BuiltIn.Find(loss.Name).Loss)];

    public static string TitleOf(string name) => Losses.First(loss => loss.Name == name).Title;
}
