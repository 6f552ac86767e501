using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Cli.Tests.Support;

/// <summary>Losses of the shapes that an input can have beside pairs, small enough to do by hand.</summary>
internal static class TestLosses
{
    private static readonly Paper None = new("A test", "0000.00000", "none");

    public static LossEntry[] Entries { get; } =
    [
        new(new RankedLoss(), None, "Σ over the responses of (policy − reference)²."),
        new(new UnpairedLoss(), None, "(policy − kl)² for desirable examples, 0 for others."),
        new(PairLoss.Define("pair-columns", [], PairColumns), None, "A number with a digit for each column of pairs."),
        new(new ResponseColumnsLoss(), None, "10 length + score."),
        new(PairLoss.Define("own-columns", [], OwnColumns), None, "policy_chosen · extra + fixed."),
    ];

    private static LossOutput PairColumns(PairInputs pair) =>
        (10000 * pair.ChosenLength) + (1000 * pair.RejectedLength) + (100 * pair.ChosenScore) + (10 * pair.RejectedScore) + pair.Margin
        + (0 * (pair.PolicyChosen + pair.PolicyRejected));

    private static LossOutput OwnColumns(PairInputs pair) =>
        (pair.PolicyChosen * Input("extra", Shape.Row, differentiable: true)) + Input("fixed", Shape.Row, differentiable: false);

    private sealed record ResponseColumnsLoss() : PreferenceLoss("response-columns")
    {
        protected override LossGraph BuildGraph() => new(
            [(10 * Input(Columns.Length, Shape.Row, differentiable: false)) + Input(Columns.Score, Shape.Row, differentiable: false)], rewards: null);
    }

    private sealed record RankedLoss() : PreferenceLoss("ranked")
    {
        protected override LossGraph BuildGraph()
        {
            var policy = Input(Columns.Policy, Shape.Responses, differentiable: true);
            var reference = Input(Columns.Reference, Shape.Responses, differentiable: true);
            return new LossGraph([Sum(Square(policy - reference), Axis.Responses)], rewards: null);
        }
    }

    private sealed record UnpairedLoss() : PreferenceLoss("unpaired")
    {
        protected override LossGraph BuildGraph()
        {
            var policy = Input(Columns.Policy, Shape.Row, differentiable: true);
            var kl = Input("kl", Shape.Scalar, differentiable: false);
            return new LossGraph([Input(Columns.Desirable, Shape.Row, differentiable: false) * Square(policy - kl)], rewards: null);
        }
    }
}
