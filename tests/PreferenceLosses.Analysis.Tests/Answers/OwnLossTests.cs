using PreferenceLosses.Analysis.Tests.Support;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Text;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Analysis.Tests.Answers;

/// <summary>Losses that a user may write: of pairs, of examples with labels, of groups, and of none of these.</summary>
public sealed class OwnLossTests
{
    private const double Smoothing = 0.1;

    private static Expr X(PairInputs pair) => Cards.Beta * pair.LogRatioDifference;

    [Fact]
    public void Label_smoothing_is_convex_with_its_minimum_at_the_logit_of_the_label()
    {
        var card = Cards.Of(pair => ((1 - Smoothing) * Softplus(-X(pair))) + (Smoothing * Softplus(X(pair))));
        Assert.Equal(Verdict.Proven, card.Convex.Verdict);
        Assert.Equal(Verdict.Refuted, card.Monotone.Verdict);
        Assert.Equal(Math.Log((1 - Smoothing) / Smoothing) / 0.1, Assert.Single(card.Landscape.Points).At, 1e-8);
        Assert.Equal(TailKind.Linear, card.Tail(towardsPlus: true).Kind);
    }

    [Fact]
    public void Robust_DPO_never_rises_is_convex_and_has_no_lower_bound()
    {
        var card = Cards.Of(pair => (((1 - Smoothing) * Softplus(-X(pair))) - (Smoothing * Softplus(X(pair)))) / (1 - (2 * Smoothing)));
        Assert.Equal(Verdict.Proven, card.Monotone.Verdict);
        // S(−z) − z·ε/(1 − 2ε): softplus(z) and softplus(−z) differ by z.
        Assert.Equal(Verdict.Proven, card.Convex.Verdict);
        Assert.Equal(double.NegativeInfinity, card.Bounds.Lower);
        Assert.Equal(TailKind.Linear, card.Tail(towardsPlus: true).Kind);
        Assert.Equal(-0.1 * Smoothing / (1 - (2 * Smoothing)), card.Tail(towardsPlus: true).Number, 1e-6);
    }

    [Fact]
    public void Exo_forgets_badly_misranked_pairs_and_has_its_minimum_at_the_logit()
    {
        const double epsilon = 1e-3;
        var card = Cards.Of(pair => (Sigmoid(X(pair)) * (LogSigmoid(X(pair)) - Math.Log(1 - epsilon))) + (Sigmoid(-X(pair)) * (LogSigmoid(-X(pair)) - Math.Log(epsilon))));
        Assert.Equal(Verdict.Refuted, card.Convex.Verdict);
        Assert.Equal(Verdict.Refuted, card.Monotone.Verdict);
        var minimum = Assert.Single(card.Points(PointKind.Minimum));
        Assert.Equal(Math.Log((1 - epsilon) / epsilon) / 0.1, minimum.At, 1e-6);
        Assert.Equal((TailKind.Saturates, TailKind.Saturates), (card.Tail(false).Kind, card.Tail(true).Kind));
        Assert.Equal(-Math.Log(epsilon), card.Tail(false).Number, 1e-6);
    }

    [Fact]
    public void A_reference_free_loss_is_told_by_its_inputs_and_by_its_algebra()
    {
        Assert.Equal(Verdict.Proven, Cards.Of(pair => Softplus(-(Cards.Beta * (pair.PolicyChosen - pair.PolicyRejected)))).ReferenceFree.Verdict);

        // The reference is read, and cancels.
        var cancels = Cards.Of(pair => Softplus(-(Cards.Beta * (pair.LogRatioDifference + pair.ReferenceChosen - pair.ReferenceRejected))));
        Assert.Equal(Verdict.Proven, cancels.ReferenceFree.Verdict);
        Assert.Equal(Verdict.Refuted, cancels.OfDifferenceAlone.Verdict);
        Assert.True(cancels.OfDifferenceAlone.Ignored.HasFlag(Invariance.Margins));
    }

    [Fact]
    public void Weights_cancel_only_if_they_are_the_same()
    {
        // β(π_w − π_l) − λ(r_w − r_l): a function of the margins; a shift of one response is seen, as β is not λ, whatever their values.
        var λ = new Parameter("lambda", "λ", 0.1, PreferenceLosses.Expressions.Bounds.Positive);
        var card = PropertyCard.Of(PairLoss.Define("defined", [Cards.Beta, λ], pair =>
            Softplus(-((Cards.Beta * pair.PolicyChosen) - (Cards.Beta * pair.PolicyRejected) - (λ * pair.ReferenceChosen) + (λ * pair.ReferenceRejected)))));
        Assert.Equal(Invariance.Margins, card.OfDifferenceAlone.Ignored);
        Assert.Equal(Verdict.Unknown, card.OfDifferenceAlone.Verdict);
        Assert.Equal(Verdict.Refuted, PropertyCard.Of(PairLoss.Define("defined", [Cards.Beta, λ], pair =>
            Softplus(-((Cards.Beta * pair.ChosenLogRatio) - (2 * λ * pair.RejectedLogRatio))))).OfDifferenceAlone.Verdict);
    }

    [Fact]
    public void Lengths_do_not_hinder_what_lengths_of_at_least_1_allow()
    {
        var card = Cards.Of(pair => Softplus(-(Cards.Beta * ((pair.PolicyChosen / pair.ChosenLength) - (pair.PolicyRejected / pair.RejectedLength)))));
        Assert.Equal((Verdict.Proven, Verdict.Proven, Verdict.Proven), (card.Monotone.Verdict, card.Convex.Verdict, card.ReferenceFree.Verdict));
        Assert.Equal(Verdict.Refuted, card.OfDifferenceAlone.Verdict);
    }

    [Fact]
    public void A_column_beside_rho_is_named()
    {
        var card = Cards.Of(pair => Softplus(-(X(pair) - pair.Margin)));
        Assert.Equal(Verdict.Proven, card.OfDifferenceAlone.Verdict);
        Assert.Contains("margin", card.OfDifferenceAlone.Explanation, StringComparison.Ordinal);
        Assert.Equal(["margin", "policy_chosen", "policy_rejected", "reference_chosen", "reference_rejected"], card.Inputs.Select(i => i.Name).Order());
    }

    [Fact]
    public void A_sorting_loss_gives_the_same_mean_in_any_order()
    {
        var card = Cards.Of(pair => Softplus(-(Cards.Beta * (Sort(pair.PolicyChosen - pair.PolicyRejected) - Sort(pair.ReferenceChosen - pair.ReferenceRejected)))));
        Assert.Equal(Verdict.Refuted, card.RowByRow.Verdict);
        Assert.Equal(Verdict.Proven, card.OrderIndependent.Verdict);
        Assert.Equal(Verdict.Proven, card.Monotone.Verdict);
        Assert.Equal(Invariance.Margins, card.OfDifferenceAlone.Ignored);
    }

    [Fact]
    public void A_loss_that_looks_at_its_neighbour_depends_on_the_order() =>
        Assert.Equal(Verdict.Refuted, Cards.Of(pair => Softplus(-X(pair) + (0.1 * CumulativeSum(Sigmoid(X(pair)))))).OrderIndependent.Verdict);

    [Fact]
    public void What_has_no_value_somewhere_is_not_proven_to_be_anything()
    {
        // ln ρ: falls, and is concave, where there is a value at all.
        var card = Cards.Of(pair => -Log(X(pair)));
        Assert.Equal(Verdict.Unknown, card.Bounds.Verdict);
        Assert.NotEqual(Verdict.Proven, card.Convex.Verdict);
        Assert.NotEqual(Verdict.Proven, card.Monotone.Verdict);
        Assert.NotEqual(Verdict.Proven, card.Continuous.Verdict);
    }

    [Fact]
    public void Cancellation_in_the_tail_refutes_nothing()
    {
        // S(x) − x is S(−x) on paper; evaluated, it is noise for large x. A rise within the noise is no counterexample.
        var card = Cards.Of(pair => Softplus(X(pair)) - X(pair));
        Assert.NotEqual(Verdict.Refuted, card.Monotone.Verdict);
        Assert.Equal(Verdict.Proven, card.Convex.Verdict);
    }

    [Fact]
    public void Where_no_rule_applies_the_sign_of_the_derivative_does()
    {
        // −x − ½ sin x has the derivative −1 − ½ cos x, which is never above −½; with 2 sin x it rises somewhere.
        Assert.Equal(Verdict.Proven, Cards.Of(pair => -X(pair) - (0.5 * Sin(X(pair)))).Monotone.Verdict);
        Assert.Equal(Verdict.Refuted, Cards.Of(pair => -X(pair) - (2 * Sin(X(pair)))).Monotone.Verdict);
    }

    [Fact]
    public void Statistics_that_cancel_refute_nothing()
    {
        // Softplus(x) − x with the batch's mean added and taken away: what is left of other rows, and of rises in the tail, is rounding.
        var card = Cards.Of(pair => Softplus(X(pair)) - (X(pair) + Mean(X(pair))) + Mean(X(pair)));
        Assert.Equal((Verdict.Unknown, Verdict.Unknown), (card.RowByRow.Verdict, card.Monotone.Verdict));
        Assert.NotEqual(Verdict.Refuted, card.Convex.Verdict);
    }

    [Fact]
    public void Kto_is_judged_label_by_label()
    {
        var (policy, reference) = (Input(Columns.Policy, Shape.Row, true), Input(Columns.Reference, Shape.Row, true));
        var (desirable, kl) = (Input(Columns.Desirable, Shape.Row, false), Input("kl", Shape.Scalar, false));
        var c = Cards.Beta * (policy - reference - kl);
        var card = PropertyCard.Of(new BareLoss(Where(desirable, Sigmoid(-c), Sigmoid(c)), Cards.Beta));
        Assert.Equal(Verdict.Proven, card.Monotone.Verdict);
        Assert.Equal(Verdict.Refuted, card.Convex.Verdict);
        Assert.Equal(Verdict.Proven, card.RowByRow.Verdict);
        Assert.Equal(Verdict.NotApplicable, card.OfDifferenceAlone.Verdict);
        Assert.Equal((0, 1), (card.Bounds.Lower, card.Bounds.Upper));
        Assert.Equal(StartDirection.Learns, card.Start.Direction);
        Assert.Equal(-0.1 / 4, card.Start.Slope!.Value, 1e-12);

        // With the baseline in nats, β only chooses the unit.
        Assert.Equal(BetaUse.FunctionOfScaled, card.Beta.Use);
        Assert.Equal(["log π, desirable", "log π, desirable", "log π, undesirable", "log π, undesirable"], card.Tails.Tails.Select(t => t.Path));
        Assert.Equal([1, 0, 0, 1], card.Tails.Tails.Select(t => Math.Round(t.Number, 6)));

        // The labels exchanged: it rises with the desirable.
        Assert.Equal(Verdict.Refuted, PropertyCard.Of(new BareLoss(Where(desirable, Sigmoid(c), Sigmoid(-c)), Cards.Beta)).Monotone.Verdict);
    }

    [Fact]
    public void Plackett_Luce_is_convex_and_a_group_has_no_rho()
    {
        var (policy, reference) = (Input(Columns.Policy, Shape.Responses, true), Input(Columns.Reference, Shape.Responses, true));
        var r = Cards.Beta * (policy - reference);
        var card = PropertyCard.Of(new BareLoss(Sum(CumulativeLogSumExp(r, Axis.Responses, reverse: true) - r, Axis.Responses), Cards.Beta));
        Assert.Equal(Verdict.Proven, card.Convex.Verdict);
        Assert.Equal(Verdict.Proven, card.RowByRow.Verdict);
        Assert.Equal(Verdict.Proven, card.OrderIndependent.Verdict);
        Assert.Equal(Verdict.Refuted, card.ReferenceFree.Verdict);
        Assert.Equal(BetaUse.FunctionOfScaled, card.Beta.Use);
        Assert.All(
            new Finding[] { card.OfDifferenceAlone, card.Monotone, card.Landscape, card.Tails, card.Overflow, card.Start },
            finding => Assert.Equal(Verdict.NotApplicable, finding.Verdict));
        Assert.Equal((Shape.Responses, true), (card.Inputs[0].Shape, card.Inputs[0].IsDifferentiable));
    }

    [Fact]
    public void A_group_that_is_not_convex_is_refuted()
    {
        var policy = Input(Columns.Policy, Shape.Responses, true);
        Assert.Equal(Verdict.Refuted, PropertyCard.Of(new BareLoss(Sum(Sigmoid(policy + 3), Axis.Responses))).Convex.Verdict);
    }

    [Fact]
    public void A_loss_of_columns_of_its_own_has_a_card()
    {
        var column = Input("energy", Shape.Row, true);
        var card = PropertyCard.Of(new BareLoss(Square(column)));
        Assert.Equal(Verdict.Proven, card.Convex.Verdict);
        Assert.Equal(Verdict.NotApplicable, card.Monotone.Verdict);
        Assert.Equal(BetaUse.Unused, card.Beta.Use);
    }

    [Fact]
    public void The_card_of_a_text_has_the_overflow_that_the_text_has()
    {
        var card = PropertyCard.Of(LossCode.Parse(
            """
            def f(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps):
                rho = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)
                gate = torch.sigmoid(rho)
                return -F.logsigmoid(self.beta * rho) * (1 - gate) + torch.exp(-self.beta * rho) * gate
            """).GetLoss());
        var ours = Cards.Of("discopop-generated");
        Assert.Equal(ours.Points(PointKind.Minimum)[0].At, card.Points(PointKind.Minimum)[0].At, 1e-6);
        Assert.Equal((Verdict.Proven, Verdict.Refuted, Verdict.Refuted), (card.OfDifferenceAlone.Verdict, card.Monotone.Verdict, card.Convex.Verdict));

        // 0·∞ from where e^(−x) overflows in single precision; ours, in log space, is finite.
        Assert.Equal(-88.7228 / 0.05, card.Overflow.Points.Single(p => p.Precision == "single").At, 0.5);
        Assert.Empty(ours.Overflow.Points);
    }

    [Fact]
    public void The_card_is_that_of_the_values_that_the_loss_has()
    {
        var card = PropertyCard.Of(new DiscoPopLoss { Beta = 0.2, Tau = 0.07 });
        Assert.Equal(("discopop", "beta = 0.2, tau = 0.07"), (card.Loss, card.Parameters.ToString()));
        Assert.Throws<ArgumentNullException>(() => PropertyCard.Of(null!));
    }
}
