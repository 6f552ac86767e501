using System.Globalization;

namespace PreferenceLosses.Text;

/// <summary>What kind of thing is wrong with a text.</summary>
public enum LossDiagnosticKind
{
    /// <summary>The text is longer, deeper or larger than is accepted.</summary>
    Limit,
    /// <summary>A character that no such text contains: a control character, a letter that only looks like an ASCII one.</summary>
    Character,
    /// <summary>It is not Python.</summary>
    Syntax,
    /// <summary>A statement of Python that a loss can do without: a loop, a branch, a class.</summary>
    Statement,
    /// <summary>A module that is not torch, math or typing.</summary>
    Import,
    /// <summary>The function's parameters are not those of a loss.</summary>
    Signature,
    /// <summary>A name, function or attribute that is not known, or not accepted.</summary>
    Name,
    /// <summary>An argument is missing, not known, or has a value that is not accepted.</summary>
    Argument,
    /// <summary>A value of the wrong kind: a tensor where a number is needed, a Boolean where arithmetic is done.</summary>
    Type,
    /// <summary>Tensors whose shapes do not go together, or a shape other than one value per pair.</summary>
    Shape,
    /// <summary>A tensor changed in place where that would change more than the text shows, or state kept between calls.</summary>
    State,
    /// <summary>A random number.</summary>
    Random,
    /// <summary>A number that is not finite, or too large to be exact.</summary>
    Number,
    /// <summary>The function does not return one loss per pair (or two, concatenated).</summary>
    Result,
}

/// <summary>Why a text is not accepted: where, the reason, and what to write instead.</summary>
/// <param name="Kind">What kind of thing is wrong.</param>
/// <param name="Line">The line, from 1, in <see cref="LossCodeResult.Text"/>.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Advice">What to write instead; empty where the message says it all.</param>
public sealed record LossDiagnostic(LossDiagnosticKind Kind, int Line, int Column, string Message, string Advice)
{
    /// <summary>"line 4, column 12: 'for' loops are not accepted. Tensor operations work on all pairs at once."</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"line {Line}, column {Column}: {Message}{(Advice.Length == 0 ? "" : " ")}{Advice}");
}
