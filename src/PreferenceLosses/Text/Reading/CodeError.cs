namespace PreferenceLosses.Text.Reading;

/// <summary>A place in the text.</summary>
internal readonly record struct Position(int Line, int Column);

/// <summary>Ends the reading of a statement, or of the text. Never leaves <see cref="LossCode"/>.</summary>
internal sealed class CodeError(LossDiagnostic diagnostic) : Exception(diagnostic.Message)
{
    public CodeError(LossDiagnosticKind kind, Position at, string message, string advice = "")
        : this(new LossDiagnostic(kind, at.Line, at.Column, message, advice))
    {
    }

    public LossDiagnostic Diagnostic { get; } = diagnostic;
}
