using System.Collections.Immutable;
using PreferenceLosses.Analysis;
using PreferenceLosses.Discovery.Validation;
using PreferenceLosses.Discovery.Validation.Rungs;

namespace PreferenceLosses.Discovery;

/// <summary>
/// What a loss of pairs is like, in words for a language model. The exact questions of the property card that cost little, and the slope on a line of pairs from ranked wrongly
/// to ranked rightly; the whole card, which may take a tenth of a second, is for those who look at the loss later.
/// </summary>
internal static class PairPortrait
{
    private static readonly ImmutableArray<double> Distances =
        [0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 6.5, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50, 60, 80, 100];

    /// <summary>Pairs with ρ from −100 to 100 nats, half of it by the chosen completion and half by the rejected one.</summary>
    private static readonly Probe Line = MakeLine();

    public static Portrait Of(Candidate candidate)
    {
        var card = PropertyCard.Of(candidate.Loss);
        var sentences = ImmutableArray.CreateBuilder<string>();
        var defects = ImmutableArray.CreateBuilder<string>();
        sentences.Add(card.RowByRow.Verdict == Verdict.Proven
            ? "The loss of a pair depends on that pair alone."
            : "The loss of a pair depends on the other pairs of its batch too, through statistics over the batch.");
        sentences.Add(card.OfDifferenceAlone.Verdict == Verdict.Proven
            ? "Of the log-probabilities it sees rho alone."
            : $"It is not a function of rho alone: {card.OfDifferenceAlone.Explanation}.");
        sentences.Add(Beta(candidate, card, defects));
        sentences.Add(Start(card.Start, defects));
        var slopes = Slopes(candidate);
        sentences.AddRange(slopes.Sentences(candidate.Graph.IsBatchCoupled));
        defects.AddRange(slopes.WrongMinima().Select(m =>
            $"The loss has a minimum between rho = {FiniteRung.Number(m.From)} and {FiniteRung.Number(m.To)}: pairs there come to rest with the rejected completion gaining on the chosen one."));
        return new Portrait(sentences.ToImmutable(), defects.ToImmutable());
    }

    private static string Beta(Candidate candidate, PropertyCard card, ImmutableArray<string>.Builder defects)
    {
        switch (card.Beta.Use)
        {
            case BetaUse.Unused:
                defects.Add("It does not use self.beta: how strongly the policy is held to the reference cannot be set, and every value of a sweep over beta trains the same.");
                return "It does not use self.beta.";
            case BetaUse.FunctionOfScaled:
                return "self.beta only chooses the unit of the log-probabilities.";
            case BetaUse.PowerTimesFunctionOfScaled:
                return $"self.beta chooses the unit of the log-probabilities, and the loss is proportional to beta to the power of {FiniteRung.Number(card.Beta.Degree!.Value)}, as the learning rate is in effect.";
            default:
                return $"self.beta does more than choose the unit of the log-probabilities: at beta = {FiniteRung.Number(candidate.Loss.Parameters["beta"])} something of another scale (a margin, a gate or a temperature in nats) stands beside it.";
        }
    }

    private static string Start(StartFinding start, ImmutableArray<string>.Builder defects)
    {
        var slope = start.Slope is { } s ? FiniteRung.Number(s) : "different for different pairs";
        switch (start.Direction)
        {
            case StartDirection.PushesChosenDown:
                defects.Add($"Where the policy equals the reference, the first step makes the chosen completion LESS likely: the slope with respect to policy_chosen_logps is {slope}, and has to be negative. Training starts in the wrong direction.");
                return $"The first step makes the chosen completion less likely (slope {slope}).";
            case StartDirection.PushesRejectedUp:
                defects.Add("Where the policy equals the reference, the first step makes the rejected completion MORE likely: the slope with respect to policy_rejected_logps is negative, and has to be positive. Training starts in the wrong direction.");
                return "The first step makes the rejected completion more likely.";
            case StartDirection.NoGradient:
                defects.Add("Where the policy equals the reference the gradient is exactly 0: training never starts.");
                return "The gradient at the start is 0.";
            case StartDirection.Depends:
                return $"{char.ToUpperInvariant(start.Explanation[0])}{start.Explanation[1..]}.";
            default:
                var share = start.ShareOfDpo is { } f ? $", {FiniteRung.Number(f)} times that of the logistic loss at the same beta; a learning rate that suits that one is in effect larger by this factor" : "";
                return $"The first step favours the chosen completion, with slope {slope}{share}.";
        }
    }

    /// <summary>The derivative of the loss by rho, half by each completion.</summary>
    private static SlopeLine Slopes(Candidate candidate)
    {
        var gradients = candidate.InDouble(Line).Gradients;
        var slopes = gradients[Columns.PolicyChosen].Zip(gradients[Columns.PolicyRejected], (chosen, rejected) => Line.Rows * (chosen - rejected) / 2);
        var rho = Line.Columns[Columns.PolicyChosen].Zip(Line.Columns[Columns.PolicyRejected], (chosen, rejected) => chosen - rejected);
        return new SlopeLine("rho", "pair", [.. rho], [.. slopes]);
    }

    private static Probe MakeLine()
    {
        const double Level = -150;
        double[] line = [.. Distances.Reverse().Select(d => -d), 0, .. Distances];
        double[] reference = [.. line.Select(_ => Level)];
        return new Probe("properties", "on a line of pairs", line.Length, 0, new Dictionary<string, double[]>
        {
            [Columns.PolicyChosen] = [.. line.Select(rho => Level + (rho / 2))],
            [Columns.PolicyRejected] = [.. line.Select(rho => Level - (rho / 2))],
            [Columns.ReferenceChosen] = reference,
            [Columns.ReferenceRejected] = reference,
        }.ToImmutableSortedDictionary());
    }
}
