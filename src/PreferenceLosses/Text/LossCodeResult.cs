using System.Collections.Immutable;

namespace PreferenceLosses.Text;

/// <summary>What came of reading a text: a loss, or the reasons why not.</summary>
public sealed record LossCodeResult
{
    internal LossCodeResult(CodeLoss? loss, string text, ImmutableArray<LossDiagnostic> diagnostics, ImmutableArray<LossCodeNote> notes)
    {
        Loss = loss;
        Text = text;
        Diagnostics = diagnostics;
        Notes = notes;
    }

    /// <summary>The loss; null if there are diagnostics.</summary>
    public CodeLoss? Loss { get; }

    /// <summary>The text as it was read, after repairs: what lines and columns refer to.</summary>
    public string Text { get; }

    /// <summary>Why the text is not accepted, in the order of the text; empty if it is.</summary>
    public ImmutableArray<LossDiagnostic> Diagnostics { get; }

    /// <summary>Repairs, stable forms, and remarks.</summary>
    public ImmutableArray<LossCodeNote> Notes { get; }

    /// <summary>The loss, for a caller who has no use for diagnostics one by one.</summary>
    /// <exception cref="FormatException">The text is not accepted; the message has every diagnostic on a line of its own.</exception>
    public CodeLoss GetLoss() => Loss ?? throw new FormatException(string.Join('\n', Diagnostics));
}
