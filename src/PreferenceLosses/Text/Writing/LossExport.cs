namespace PreferenceLosses.Text;

/// <summary>A loss as text for other programs and for people.</summary>
public static class LossExport
{
    /// <summary>
    /// A PyTorch function in the interface of the DiscoPOP paper: <c>def discopop_loss(self, policy_chosen_logps, …)</c>, which
    /// returns the unreduced losses in nats ([N], or [2N] for a 2B loss), stable in value and gradient where the formula is.
    /// </summary>
    /// <remarks>
    /// The text needs <c>torch</c> and <c>torch.nn.functional as F</c> around it. <c>self.beta</c> is the hyper-parameter <c>beta</c>; the
    /// others are keywords, with the values of this loss as defaults. Columns beside the four log-probabilities are arguments by name;
    /// of K responses per row they are [N, K], and <c>response_mask</c> says which are there. Row weights are the caller's.
    /// </remarks>
    /// <param name="loss">The loss.</param>
    /// <exception cref="NotSupportedException">The formula has a part that PyTorch has no operation for; the message says which.</exception>
    public static string ToPyTorch(this IPreferenceLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return PyTorchFunction.Of(loss).WithHeading();
    }

    /// <summary>
    /// A Python file with a subclass of TRL's <c>DPOTrainer</c> that trains with this loss, for TRL 0.5 to 0.28 (which call a method
    /// <c>dpo_loss</c>) and for later ones (which do not; read up to 1.9).
    /// </summary>
    /// <param name="loss">The loss.</param>
    /// <exception cref="NotSupportedException">The loss is not one of pairs, or reads more than their four log-probabilities.</exception>
    public static string ToTrl(this IPreferenceLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return TrlFile.Of(loss);
    }

    /// <summary>
    /// LaTeX: one <c>align*</c> environment with the loss, its named parts, and its derivatives by every differentiable column. Where
    /// the rows of a batch are coupled, the derivatives are those of the sum of all losses. Needs amsmath and amssymb.
    /// </summary>
    /// <param name="loss">The loss.</param>
    public static string ToLatex(this IPreferenceLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return LatexText.Of(loss);
    }

    /// <summary>Plain text with what <see cref="ToLatex"/> has: the loss, its named parts, its derivatives.</summary>
    /// <param name="loss">The loss.</param>
    public static string ToFormula(this IPreferenceLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return FormulaText.Of(loss);
    }

    /// <summary>
    /// The source of a record with the same graph: of a <see cref="Losses.PairLoss"/> where the loss is one, otherwise of a
    /// <see cref="Losses.PreferenceLoss"/>. Its defaults are the values of this loss, and it evaluates to the same bits.
    /// </summary>
    /// <param name="loss">The loss.</param>
    public static string ToCSharp(this IPreferenceLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return CSharpRecord.Of(loss);
    }
}
