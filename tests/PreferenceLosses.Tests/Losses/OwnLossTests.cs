using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Losses;

/// <summary>A loss of one's own is a few lines, and has everything that the built-in ones have.</summary>
public sealed class OwnLossTests
{
    private static readonly Parameter β = new("beta", "β", 0.5, Bounds.Positive, "");

    private static readonly PairLoss Defined = PairLoss.Define("squared-hinge", [β], pair => Square(Relu(1 - (β * pair.LogRatioDifference))));

    public static TheoryData<PairLoss> Both => [new SquaredHinge(), Defined];

    [Theory]
    [MemberData(nameof(Both))]
    public void It_has_values_a_gradient_and_rewards(PairLoss loss)
    {
        // β = ½, ρ = −2, 1, 4: x = −1, ½, 2: squares of 2, ½, 0; dℓ/dρ = −2β(1 − x)₊ = −(1 − x)₊.
        var pairs = Evaluating.At(-2, 1, 4);
        var result = loss.On(pairs, reduction: Reduction.Sum);
        Same.Bits([4, 0.25, 0], result.Losses);
        Assert.Equal(4.25, result.Value);
        Same.Bits([-2, -0.5, 0], result.Gradient(Columns.PolicyChosen));
        Same.Bits([2, 0.5, 0], result.Gradient(Columns.PolicyRejected));
        Same.Bits([2, 0.5, 0], result.Gradient(Columns.ReferenceChosen));
        Same.Bits([-2, -0.5, 0], result.Gradient(Columns.ReferenceRejected));
        Same.Bits([-1, 0.5, 2], result.Rewards!.Chosen);
        Assert.Equal(2.0 / 3, result.Rewards.Accuracy);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void It_can_be_changed_by_name_compared_and_printed(PairLoss loss)
    {
        var changed = loss.With("beta", 1);
        Same.Bits([9], changed.Values(Evaluating.At(-2)));
        Assert.NotEqual<PreferenceLoss>(loss, changed);
        Assert.Equal(loss, changed.With("beta", 0.5));
        Assert.Equal("squared-hinge (beta = 1)", changed.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => loss.With("beta", 0));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void It_goes_through_json_by_way_of_a_catalogue_that_has_it(PairLoss loss)
    {
        var catalog = LossCatalog.BuiltIn.With(
            new LossEntry(loss, new Paper("Own", "0000.00000", "eq. 1"), "Squared hinge.") { Aliases = ["sq"] });
        var changed = loss.With("beta", 0.3);
        var text = LossJson.Serialize(changed, catalog);
        Assert.Equal("""{"loss":"squared-hinge","parameters":{"beta":0.3}}""", text);
        Assert.Equal(changed, LossJson.Deserialize(text, catalog));
        Assert.Equal(changed, LossJson.Deserialize("""{"loss":"sq","parameters":{"beta":0.3}}""", catalog));
        Assert.Equal(LossCatalog.BuiltIn.Entries.Length + 1, catalog.Entries.Length);

        // The built-in catalogue has not learned it.
        Assert.Throws<System.Text.Json.JsonException>(() => LossJson.Deserialize(text));
    }

    [Fact]
    public void A_record_has_its_property_and_with()
    {
        var loss = new SquaredHinge { Beta = 1 };
        Assert.Equal(1, loss.Beta);
        Assert.Equal(0.25, (loss with { Beta = 0.25 }).Beta);
        Same.Bits([2.25], (loss with { Beta = 0.25 }).Values(Evaluating.At(-2)));
    }

    [Fact]
    public void A_formula_that_uses_the_number_instead_of_the_parameter_is_refused()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => new UsesTheNumber().On(Evaluating.At(1)));
        Assert.Contains("'uses-the-number'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'beta'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("not the property's number", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_that_only_the_rewards_contain_is_refused_as_well()
    {
        // The default reward has β in it whatever the formula does.
        var loss = PairLoss.Define("forgets-beta", [β], pair => Softplus(-pair.LogRatioDifference));
        Assert.Contains("'beta'", Assert.Throws<InvalidOperationException>(() => loss.Graph).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_that_is_in_the_formula_and_not_declared_is_refused()
    {
        // As soon as the formula is written down, not only when it is evaluated.
        var loss = PairLoss.Define("declares-nothing", [], pair => Softplus(-(β * pair.LogRatioDifference)));
        var refused = Assert.Throws<InvalidOperationException>(() => loss.Graph);
        Assert.Contains("'declares-nothing'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'beta', which the loss does not declare", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_that_is_not_declared_is_refused_in_the_rewards_too() =>
        Assert.Contains(
            "'beta'", Assert.Throws<InvalidOperationException>(() => new RewardsWithBeta().On(Evaluating.At(1))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_formula_that_gives_nothing_is_refused() => Assert.Contains(
        "gave nothing", Assert.Throws<InvalidOperationException>(() => PairLoss.Define("nothing", [], _ => default).Graph).Message, StringComparison.Ordinal);

    [Fact]
    public void A_formula_that_reduces_over_the_batch_is_refused_with_advice() => Assert.Contains(
        "leave the reduction to the caller",
        Assert.Throws<ArgumentException>(() => PairLoss.Define("mean", [], pair => Mean(pair.LogRatioDifference)).Graph).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Two_formulas_make_a_2B_loss()
    {
        double[] weights = [1, 2];
        var loss = PairLoss.Define("halves", [], pair => (Square(pair.ChosenLogRatio), 3 * pair.RejectedLogRatio));
        var result = loss.On(new PairColumns([1, 2], [10, 20], [0, 0], [0, 0]), weights);

        // First both chosen halves, then both rejected ones; the mean is over four, each with its row's weight.
        Same.Bits([1, 4, 30, 60], result.Losses);
        Assert.Equal((1 + (2 * 4) + 30 + (2 * 60)) / 4.0, result.Value);
        Assert.Equal(2, result.Rows);

        // 2c·w/4 and 3w/4.
        Same.Bits([0.5, 2], result.Gradient(Columns.PolicyChosen));
        Same.Bits([0.75, 1.5], result.Gradient(Columns.PolicyRejected));
        Same.Bits([-0.5, -2], result.Gradient(Columns.ReferenceChosen));
    }

    [Fact]
    public void Both_halves_may_be_the_same_formula()
    {
        var loss = PairLoss.Define("twice", [], pair =>
        {
            var hinge = Relu(1 - pair.LogRatioDifference);
            return (hinge, hinge);
        });
        var result = loss.On(Evaluating.At(0, -1));
        Same.Bits([1, 2, 1, 2], result.Losses);
        Assert.Equal(1.5, result.Value);
        Same.Bits([-0.5, -0.5], result.Gradient(Columns.PolicyChosen));
    }

    [Fact]
    public void A_column_itself_and_a_linear_formula_have_constant_gradients_that_rows_of_weight_0_do_not_have()
    {
        double[] weights = [1, 0, 1];
        var pairs = new PairColumns([-1, -2, -3], [-4, -5, -6], [-7, -8, -9], [-10, -11, -12]);
        var column = PairLoss.Define("column", [], pair => pair.PolicyChosen);
        Same.Bits([-1, -2, -3], column.Values(pairs));
        Same.Bits([1, 1, 1], column.Gradient(pairs).PolicyChosen);
        Same.Bits([-1, 0, -3], column.On(pairs, weights).Losses);
        Same.Bits([0.5, 0, 0.5], column.On(pairs, weights).Gradient(Columns.PolicyChosen));

        var linear = PairLoss.Define("linear", [], pair => 2 * pair.RejectedLogRatio);
        Same.Bits([12, 12, 12], linear.Values(pairs));
        Same.Bits([-2, -2, -2], linear.Gradient(pairs).ReferenceRejected);
        Same.Bits([-1, 0, -1], linear.On(pairs, weights).Gradient(Columns.ReferenceRejected));
    }

    [Fact]
    public void A_constant_is_a_loss_without_gradients()
    {
        var result = PairLoss.Define("constant", [], _ => Broadcast(42, Shape.Row)).On(Evaluating.At(1, 2));
        Same.Bits([42, 42], result.Losses);
        Assert.All(PairColumns.Names, column => Same.Bits([0, 0], result.Gradient(column)));
    }

    [Fact]
    public void A_sign_may_be_written_anywhere()
    {
        // c_w = 3, c_l = 4. Values, and derivatives with respect to π_w and π_l.
        var pairs = new PairColumns([3], [4], [0], [0]);
        void Check(double value, double chosen, double rejected, Func<Expr, Expr, Expr> formula)
        {
            var result = PairLoss.Define("signs", [], pair => formula(pair.ChosenLogRatio, pair.RejectedLogRatio)).On(pairs);
            Same.Bits([value], result.Losses);
            Same.Bits([chosen], result.Gradient(Columns.PolicyChosen));
            Same.Bits([rejected], result.Gradient(Columns.PolicyRejected));
        }

        Check(7, 1, 1, (a, b) => a - (-b));
        Check(1, -1, 1, (a, b) => -a + b);
        Check(-1, 1, -1, (a, b) => a + (-b));
        Check(-7, -1, -1, (a, b) => -(a - (-b)));
        Check(3, 1, 0, (a, _) => -(-a));
        Check(-12, -4, -3, (a, b) => (-a) * b);
        Check(12, 4, 3, (a, b) => (-a) * (-b));
        Check(-0.75, -0.25, 0.1875, (a, b) => a / (-b));
        Check(0.75, 0.25, -0.1875, (a, b) => (-a) / (-b));
        Check(-3, -1, 0, (a, _) => 0 - a);
        Check(3, 1, 0, (a, _) => Abs(-a));
        Check(9, 6, 0, (a, _) => Square(-a));
    }

    [Fact]
    public void The_difference_of_the_log_ratios_loses_no_digits_where_the_policy_is_near_the_reference()
    {
        // In single precision the difference of two numbers within a factor of 2 is exact, so ρ is rounded once: by 2⁻²⁴ of itself.
        // Margins first would round −500 + 0.3 to 3e-5.
        var ρ = PairLoss.Define("difference", [], pair => pair.LogRatioDifference);
        var random = new Random(4);
        for (var i = 0; i < 1000; i++)
        {
            float chosen = -500 * random.NextSingle(), rejected = -500 * random.NextSingle();
            float[] policyChosen = [chosen * (1 + (0.001f * random.NextSingle()))], policyRejected = [rejected * (1 - (0.001f * random.NextSingle()))];
            var result = ρ.Evaluate(new PreferenceBatch<float>
            {
                PolicyChosen = policyChosen,
                PolicyRejected = policyRejected,
                ReferenceChosen = new[] { chosen },
                ReferenceRejected = new[] { rejected },
            });
            Same.Relative(((double)policyChosen[0] - chosen) - ((double)policyRejected[0] - rejected), result.Losses[0], 6e-8);
        }
    }

    [Fact]
    public void It_may_read_lengths_scores_and_margins()
    {
        var loss = PairLoss.Define("lengths", [], pair =>
            (pair.PolicyChosen / pair.ChosenLength) - (pair.PolicyRejected / pair.RejectedLength) + pair.ChosenScore - (2 * pair.RejectedScore) + pair.Margin);
        var result = loss.Evaluate(new PreferenceBatch<double>
        {
            PolicyChosen = One(-12),
            PolicyRejected = One(-20),
            ChosenLength = One(4),
            RejectedLength = One(5),
            ChosenScore = One(100),
            RejectedScore = One(10),
            Margin = One(0.5),
        });

        // −3 + 4 + 100 − 20 + 0.5; derivatives 1/4 and −1/5, and none of lengths and scores.
        Assert.Equal(81.5, result.Value);
        Same.Bits([0.25], result.Gradient(Columns.PolicyChosen));
        Same.Bits([-0.2], result.Gradient(Columns.PolicyRejected));
        Assert.Equal([Columns.PolicyChosen, Columns.PolicyRejected], result.GradientColumns.Order());
    }

    [Fact]
    public void It_may_be_differentiated_by_any_column_also_by_one_that_the_batch_has_a_property_for()
    {
        // S(m − ρ) at m = ρ: ½ per unit of the margin.
        var loss = PairLoss.Define("margin", [], pair => Softplus(Input(Columns.Margin, Shape.Row, differentiable: true) - pair.LogRatioDifference));
        PreferenceBatch<double> Batch() => new()
        {
            PolicyChosen = One(2), PolicyRejected = One(0), ReferenceChosen = One(0), ReferenceRejected = One(0), Margin = One(2),
        };
        Same.Bits([0.5], loss.Evaluate(Batch()).Gradient(Columns.Margin));

        var gradient = new double[1];
        loss.Evaluate(Batch(), new LossDestination<double> { Other = new Dictionary<string, Memory<double>> { [Columns.Margin] = gradient } });
        Same.Bits([0.5], gradient);
    }

    [Fact]
    public void A_scalar_of_the_batch_has_no_gradient_and_asking_for_one_is_refused()
    {
        var refused = Assert.Throws<ArgumentException>(() => Input("shift", Shape.Scalar, differentiable: true));
        Assert.Contains("'shift'", refused.Message, StringComparison.Ordinal);
        Assert.Equal("differentiable", refused.ParamName);
    }

    [Fact]
    public void A_property_may_choose_the_form_of_the_formula_and_a_with_expression_chooses_anew()
    {
        var loss = new EitherWay();
        Same.Bits([2], loss.Values(Evaluating.At(-1)));
        Same.Bits([4], (loss with { IsSquared = true }).Values(Evaluating.At(-1)));
        Assert.NotEqual(loss, loss with { IsSquared = true });
    }

    private static double[] One(double value) => [value];

    private sealed record SquaredHinge() : PairLoss("squared-hinge", β)
    {
        public double Beta { get => this[β]; init => this[β] = value; }

        protected override LossOutput Formula(PairInputs pair) => Square(Relu(1 - (β * pair.LogRatioDifference)));
    }

    private sealed record UsesTheNumber() : PairLoss("uses-the-number", β)
    {
        public double Beta { get => this[β]; init => this[β] = value; }

        protected override LossOutput Formula(PairInputs pair) => Softplus(-(Beta * pair.LogRatioDifference));
    }

    private sealed record RewardsWithBeta() : PairLoss("rewards-with-beta")
    {
        protected override LossOutput Formula(PairInputs pair) => Softplus(-pair.LogRatioDifference);

        protected override ImplicitRewards Rewards(PairInputs pair, bool usesReference) => new(β * pair.ChosenLogRatio, pair.RejectedLogRatio);
    }

    private sealed record EitherWay() : PairLoss("either-way")
    {
        public bool IsSquared { get; init; }

        protected override LossOutput Formula(PairInputs pair)
        {
            var hinge = Relu(1 - pair.LogRatioDifference);
            return IsSquared ? Square(hinge) : hinge;
        }
    }
}
