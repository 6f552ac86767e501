using System.Collections.Immutable;
using PreferenceLosses.Text.Reading;

namespace PreferenceLosses.Text;

/// <summary>
/// Reads losses as researchers publish them: a Python function of log-probabilities, in PyTorch operations. Nothing is ever
/// executed: the text is parsed, and its operations become a formula.
/// </summary>
/// <remarks>
/// <para>
/// Accepted is one function, <c>def name(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps,
/// reference_rejected_logps)</c> as in the DiscoPOP paper (arXiv 2406.08414, appendix A), or of the one argument <c>logits</c> (ρ). <c>self.beta</c>
/// and further arguments with numbers as defaults are hyper-parameters. docs/reading-pytorch.md lists the vocabulary.
/// </para>
/// <para>Reading never throws for what a text contains, takes time and memory in proportion to its length, and touches no file.</para>
/// </remarks>
public static class LossCode
{
    /// <summary>The largest number of characters of a text.</summary>
    public const int MaximumLength = 16_384;

    /// <summary>Reads a loss.</summary>
    /// <param name="text">The text: a function, possibly in a Markdown fence, with imports, comments and constants around it.</param>
    /// <param name="options">Choices; by default faithful.</param>
    /// <returns>The loss, or the reasons why there is none.</returns>
    public static LossCodeResult Parse(string text, LossCodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        options ??= LossCodeOptions.Default;
        if (text.Length > MaximumLength)
        {
            var tooLong = new LossDiagnostic(
                LossDiagnosticKind.Limit, 1, 1, FormattableString.Invariant($"The text has {text.Length} characters; {MaximumLength} are accepted."), "");
            return new LossCodeResult(null, text, [tooLong], []);
        }

        var notes = new List<LossCodeNote>();
        var repaired = SourceRepair.Repair(text, notes);
        var diagnostics = new List<LossDiagnostic>();
        CodeLoss? loss = null;
        try
        {
            var module = new Parser(Lexer.Tokens(repaired)).Module();
            loss = new GraphBuilder(repaired, options, diagnostics, notes).Build(module);
        }
        catch (CodeError error)
        {
            diagnostics.Add(error.Diagnostic);
        }

        var inOrder = diagnostics.OrderBy(d => d.Line).ThenBy(d => d.Column).ToImmutableArray();
        return new LossCodeResult(inOrder.IsEmpty ? loss : null, repaired, inOrder, [.. notes]);
    }
}
