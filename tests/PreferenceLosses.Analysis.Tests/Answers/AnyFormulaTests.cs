using FsCheck;
using FsCheck.Fluent;
using PreferenceLosses.Analysis.Tests.Support;
using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;
using Property = PreferenceLosses.Tests.Support.Property;

namespace PreferenceLosses.Analysis.Tests.Answers;

/// <summary>A card can be made of any formula, sensible or not, and what it says of it bears looking at.</summary>
public sealed class AnyFormulaTests
{
    private static readonly Expr PolicyChosen = Input(Columns.PolicyChosen);
    private static readonly Expr PolicyRejected = Input(Columns.PolicyRejected);
    private static readonly Expr ReferenceChosen = Input(Columns.ReferenceChosen);
    private static readonly Expr ReferenceRejected = Input(Columns.ReferenceRejected);

    [Fact]
    public void Formulas_of_anything_have_a_card() => Property.Check(
        new RandomFormulas(isTame: false).Of(Shape.Row), formula => Check(formula, new Random(1)), count: 150);

    [Fact]
    public void Formulas_of_pairs_have_a_card_whose_witnesses_hold() => Property.Check(
        BentFormulas.All, formula => Check(formula, new Random(1)), count: 150);

    private static void Check(Expr formula, Random random)
    {
        var loss = OfPairs(formula, random.Next(3));
        if (loss.Graph.Inputs.All(i => i.Shape == Shape.Scalar))
        {
            return;
        }

        var card = PropertyCard.Of(loss);
        Assert.NotEmpty(card.ToString());
        Assert.All(card.Findings, finding =>
        {
            Assert.Equal((finding.Question, finding.Answer.Verdict == Verdict.Refuted), (finding.Question, finding.Answer.Witness is not null));
            Assert.All(finding.Answer.Witness?.Observations ?? [], seen => Assert.Equal(seen.Loss, loss.Again(seen), Attack.Rounding * Math.Abs(seen.Loss)));
        });
        if (card.Monotone.Witness is { Observations: [var before, var after] })
        {
            var risen = before.Columns.Keys.Single(name => !before.Columns[name].SequenceEqual(after.Columns[name]));
            Assert.True(risen == Columns.PolicyChosen ? after.Loss > before.Loss : after.Loss < before.Loss);
        }

        if (card.Convex.Witness is { Observations: [var left, var middle, var right] })
        {
            Assert.True(middle.Loss > Math.Min(left.Loss, right.Loss));
        }

        if (card.Start.Direction == StartDirection.NoGradient)
        {
            Assert.Equal(0, card.Start.Slope);
        }
    }

    /// <summary>a and b as log-ratios, as log-probabilities, or as ρ and a log-ratio; scalars as numbers.</summary>
    private static BareLoss OfPairs(Expr formula, int kind)
    {
        var (chosen, rejected) = (PolicyChosen - ReferenceChosen, PolicyRejected - ReferenceRejected);
        var (a, b) = kind switch { 0 => (chosen, rejected), 1 => (PolicyChosen, PolicyRejected), _ => (0.1 * (chosen - rejected), chosen - rejected) };
        var rewritten = Simplifier.Rewrite([formula], (node, _) => node switch
        {
            Parameter => Cards.Beta,
            { Operation: Operation.Input, Name: "a_row" } => a,
            { Operation: Operation.Input, Name: "b_row" } => b,
            { Operation: Operation.Input, Shape: Shape.Scalar } => 0.5,
            _ => node,
        });
        var graph = new LossGraph(rewritten, rewards: null);
        return new BareLoss(graph, ParameterValues.DefaultsOf([.. graph.Parameters]));
    }

    private static Expr Input(string column) => Formulas.Input(column, Shape.Row, differentiable: true);
}
