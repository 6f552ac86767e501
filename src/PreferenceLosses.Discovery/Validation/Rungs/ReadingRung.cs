using System.Text.RegularExpressions;
using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery.Validation.Rungs;

/// <summary>Is the text a formula at all? Three rungs in one, because the reader finds what belongs to them in one pass: <c>syntax</c>, <c>names</c>, <c>shape</c>.</summary>
internal static partial class ReadingRung
{
    private const int LongestWord = 64;

    public static IEnumerable<ValidationFinding> Check(LossCodeResult read, string row)
    {
        foreach (var diagnostic in read.Diagnostics)
        {
            yield return new(Rung(diagnostic.Kind), IsError: true, UntrustedText.Line(Shortened(diagnostic.ToString()), 600));
        }

        foreach (var note in read.Notes)
        {
            yield return new("syntax", IsError: false, UntrustedText.Line(Shortened(note.ToString()), 600));
        }

        if (read.Loss is { Graph.Losses.Length: 2 })
        {
            yield return new("shape", IsError: false, $"It returns two losses for each {row} (2N values); the mean is over both.");
        }
    }

    /// <summary>Names are the model's, and go back into prompts: none is long enough to say much.</summary>
    private static string Shortened(string message) => LongWord().Replace(message, word => word.Value[..LongestWord] + "…");

    [GeneratedRegex(@"\w{65,}")]
    private static partial Regex LongWord();

    private static string Rung(LossDiagnosticKind kind) => kind switch
    {
        LossDiagnosticKind.Limit or LossDiagnosticKind.Character or LossDiagnosticKind.Syntax or LossDiagnosticKind.Statement or LossDiagnosticKind.Signature => "syntax",
        LossDiagnosticKind.Shape or LossDiagnosticKind.Result => "shape",
        _ => "names",
    };
}
