using PreferenceLosses.Analysis;

namespace PreferenceLosses.Cli.Listing;

/// <summary>How the command line calls the verdicts of a card.</summary>
internal static class Verdicts
{
    public static string Name(Verdict verdict) => verdict switch
    {
        Verdict.Proven => "proven",
        Verdict.Refuted => "refuted",
        Verdict.Unknown => "unknown",
        Verdict.Numerical => "numerical",
        Verdict.NotApplicable => "not-applicable",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "Not a verdict."),
    };
}
