using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery.Validation.Rungs;

/// <summary>Is the text a formula at all? Three rungs in one, because the reader finds what belongs to them in one pass: <c>syntax</c>, <c>names</c>, <c>shape</c>.</summary>
internal static class ReadingRung
{
    public static IEnumerable<ValidationFinding> Check(LossCodeResult read, string row)
    {
        foreach (var diagnostic in read.Diagnostics)
        {
            yield return new(Rung(diagnostic.Kind), IsError: true, UntrustedText.Line(diagnostic.ToString(), 600));
        }

        foreach (var note in read.Notes)
        {
            yield return new("syntax", IsError: false, UntrustedText.Line(note.ToString(), 600));
        }

        if (read.Loss is { Graph.Losses.Length: 2 })
        {
            yield return new("shape", IsError: false, $"It returns two losses for each {row} (2N values); the mean is over both.");
        }
    }

    private static string Rung(LossDiagnosticKind kind) => kind switch
    {
        LossDiagnosticKind.Limit or LossDiagnosticKind.Character or LossDiagnosticKind.Syntax or LossDiagnosticKind.Statement or LossDiagnosticKind.Signature => "syntax",
        LossDiagnosticKind.Shape or LossDiagnosticKind.Result => "shape",
        _ => "names",
    };
}
