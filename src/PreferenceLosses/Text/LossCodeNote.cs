using System.Globalization;

namespace PreferenceLosses.Text;

/// <summary>What a note is about.</summary>
public enum LossCodeNoteKind
{
    /// <summary>The text was damaged, and was mended before it was read.</summary>
    Repair,
    /// <summary>An expression was replaced by one that is stable (<see cref="LossCodeOptions.Stabilize"/>).</summary>
    StableForm,
    /// <summary>Something in the text has no effect here, or not the one that its author may expect.</summary>
    Remark,
}

/// <summary>Something about an accepted text that its reader should know.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Line">The line, from 1, in <see cref="LossCodeResult.Text"/>; 0 where it is about the whole.</param>
/// <param name="Message">What was found or done.</param>
public sealed record LossCodeNote(LossCodeNoteKind Kind, int Line, string Message)
{
    /// <summary>"line 3: a quote was closed".</summary>
    public override string ToString() => Line == 0 ? Message : string.Create(CultureInfo.InvariantCulture, $"line {Line}: {Message}");
}
