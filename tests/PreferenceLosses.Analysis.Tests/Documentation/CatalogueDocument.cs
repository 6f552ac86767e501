using System.Globalization;
using System.Text;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Documentation;

namespace PreferenceLosses.Analysis.Tests.Documentation;

/// <summary>docs/catalogue.md, written from the catalogue and the property cards.</summary>
internal static class CatalogueDocument
{
    public static string Text()
    {
        var text = new StringBuilder(
            """
            # Catalogue

            Every loss of the package. This file is written from the catalogue and from [property cards](property-card.md); a test fails where it is not
            what the code says, and leaves the new text beside it. `preference-losses show NAME` has more: the formula that is computed, its derivatives, and
            the whole card with its witnesses.

            Log-probabilities are summed over a completion's tokens, in nats. c_w = log π(y_w) − log π_ref(y_w) is the log-ratio of the chosen completion,
            c_l that of the rejected one, c that of a single one; ρ = c_w − c_l, x = βρ; S(z) = ln(1 + e^z); σ is the logistic function; sg stops gradients.
            The unreduced losses are in the order of the input, and gradients are those of their mean.

            Below each table is what the cards say at the defaults: **yes** is proven from the formula, **no** is refuted with a witness, ? is unknown, – makes
            no sense for the loss. *Alone*: a row's loss depends on that row only. *Of ρ*: of the log-probabilities it sees ρ alone. *Monotone* and *convex* are in what
            training changes. *Lowest* and *highest* are bounds that are proven (not always the best), ? where none is. *Start* is what the first step does
            where the policy is the reference, with the slope beside DPO's at the same β.
            *Overflow* is the smallest distance in nats, along the card's path, from which on the loss or its gradient is not finite in single precision.

            """);
        foreach (var (title, entries) in CatalogueFamilies.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n");
            text.Append("| name | loss | reads | parameters | published as | TRL |\n| --- | --- | --- | --- | --- | --- |\n");
            foreach (var entry in entries)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {Names(entry)} | {entry.Summary}<br>{Cell(entry.Formula)} | {Inputs(entry)} | {Parameters(entry)} | {Paper(entry)} | {Trl(entry)} |\n");
            }

            text.Append("\n| name | alone | of ρ | monotone | convex | continuous | lowest, highest | start | overflow |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
            foreach (var entry in entries)
            {
                text.Append(CultureInfo.InvariantCulture, $"| `{entry.Name}` | {Card(PropertyCard.Of(entry.Loss))} |\n");
            }
        }

        return text.Append(
            """

            ## Made of these

            - Sums: `WeightedSumLoss.Of((0.8, new DpoLoss()), (0.2, new BcoPairLoss()), (1, new SftLoss()))` is MPO (arXiv 2411.10442), and DPO + α·NLL is RPO
              (arXiv 2404.19733).
            - Modifications: `loss.With(Modification.ForwardKl)`, `loss.WithLabelSmoothing(0.1)`, and length normalisation, Jensen–Shannon and α-divergences, no
              reference, pair weights (WPO, arXiv 2406.11827). What makes no sense for a loss is refused when it is made.
            - Both have a form as JSON, which `evaluate --spec` reads: `{"sum":[{"weight":0.8,"loss":{"loss":"dpo"}}]}` and
              `{"modify":"label-smoothing","loss":{"loss":"slic"},"parameters":{"label_smoothing":0.1}}`.
            - `TrlLosses.FromTrl(new TrlConfig { LossTypes = ["sigmoid", "sft"], LossWeights = [1, 0.5] })` is the loss of a TRL configuration, with TRL's
              defaults. An option that TRL (as of 2026) ignores for the loss is refused, and so is one that is not available here. The exception is `sigmoid`
              with `label_smoothing`, which TRL now ignores: as the only loss type it is `cdpo`, which TRL computed before 0.29.
            - Accelerated preference optimization (arXiv 2410.06293) is arithmetic on the reference column: with the policy π̂ that the last round gave, and the
              one before it, `reference[i] = ((1 + α) * current[i]) - (α * previous[i])`. For a loss of ρ the normaliser cancels.
            - LD-DPO (arXiv 2409.06411) is another way to sum a column: `LengthDesensitization`.
            - State is kept outside: `RunningMean` for BCO's shift, `MovingMoments` for β-DPO and α-DPO, `KtoBaseline` for KTO.

            ## Left out, and why

            - Multi-response DPO (arXiv 2412.07812): its weights could not be read in the paper. `plackett-luce`, `info-nca` and `exo` cover ranked and scored
              responses.
            - Self-supervised preference optimization (arXiv 2409.17791) needs hidden states and a head, and its repository has no code. Its alignment term
              is any loss of this catalogue, and a sum adds what is computed elsewhere.
            - Pairwise cringe loss (arXiv 2312.16682) samples tokens from the policy's logits: it is no function of log-probabilities of given completions.
            - TR-DPO changes the reference during training, and XPO and online DPO generate data: those are trainers around losses that are here. Nash-MD's
              objective is a policy gradient, and not a loss of pairs.
            - RSO is `slic` on data from rejection sampling.
            - DPOP's recommended β and λ could not be verified: its β is that of the other losses, its λ = 50 is what is quoted elsewhere. The rule of accelerated
              preference optimization above is derived from the paper's abstract: only that could be read.

            """).ToString().ReplaceLineEndings("\n");
    }

    private static string Card(PropertyCard card) => string.Join(
        " | ",
        Answer(card.RowByRow),
        Answer(card.OfDifferenceAlone),
        Answer(card.Monotone),
        Answer(card.Convex),
        card.Continuous.IsSmooth ? "smooth" : Answer(card.Continuous),
        card.Bounds.Verdict == Verdict.NotApplicable ? "–" : $"{Bound(card.Bounds.Lower)}, {Bound(card.Bounds.Upper)}",
        Start(card.Start),
        card.Overflow.Verdict == Verdict.NotApplicable ? "–" : Overflow(card.Overflow));

    private static string Answer(Finding finding) => finding.Verdict switch
    {
        Verdict.Proven => "yes",
        Verdict.Refuted => "no",
        Verdict.NotApplicable => "–",
        _ => "?",
    };

    private static string Bound(double value) => double.IsInfinity(value) ? "?" : Number(value);

    private static string Start(StartFinding start)
    {
        var direction = start.Direction switch
        {
            StartDirection.Learns => "learns",
            StartDirection.PushesChosenDown => "**chosen down**",
            StartDirection.PushesRejectedUp => "**rejected up**",
            StartDirection.NoGradient => "**no gradient**",
            StartDirection.Depends => "depends on the pair",
            _ => "–",
        };
        return start.ShareOfDpo is { } share && share != 0 ? $"{direction}, {Number(share)} ×" : direction;
    }

    private static string Overflow(OverflowFinding overflow) => overflow.Points.Where(p => p.Precision == "single").Select(p => Math.Abs(p.At)).ToArray() switch
    {
        [] => "none",
        var points => Number(points.Min()),
    };

    /// <summary>Three digits: what else a processor computes differently is not shown.</summary>
    private static string Number(double value)
    {
        var rounded = double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return double.IsInfinity(value) ? value > 0 ? "∞" : "−∞" : rounded == 0 ? "0" : rounded.ToString(CultureInfo.InvariantCulture).Replace('-', '−');
    }

    private static string Names(LossEntry entry) => string.Join("<br>", entry.Aliases.Prepend(entry.Name).Select(name => $"`{name}`"));

    private static string Inputs(LossEntry entry) => string.Join(", ", entry.Loss.Graph.Inputs.Select(input => input.Name!).Order(StringComparer.Ordinal).Select(name => $"`{name}`"))
        + (entry.Loss.Graph.Inputs.Any(i => i.Shape == Shape.Scalar) ? "; " + string.Join(", ", entry.Loss.Graph.Inputs.Where(i => i.Shape == Shape.Scalar).Select(i => $"`{i.Name}`")) + " one number" : "");

    private static string Parameters(LossEntry entry) => entry.Loss.Parameters.Count == 0
        ? "none"
        : string.Join("<br>", entry.Loss.Parameters.Select(bound => string.Create(CultureInfo.InvariantCulture, $"{Cell(bound.Parameter.Symbol)} = `{bound.Parameter.Name}` = {bound.Value}")));

    private static string Paper(LossEntry entry) => $"[{entry.Paper!.ArXiv}](https://arxiv.org/abs/{entry.Paper.ArXiv}) {entry.Paper.Location}".TrimEnd();

    private static string Trl(LossEntry entry) => entry.TrlLossType is { } type ? $"`{type}`" + (entry.TrlTrainer == "DPOTrainer" ? "" : $" of {entry.TrlTrainer}") : "";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);
}
