using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Expressions;

/// <summary>Simplification changes no bit of a value (but the sign of a zero), and what it is meant to make smaller it does.</summary>
public class SimplifierTests
{
    private static readonly double[] NastyValues =
    [
        0, -0.0, 1, -1, 2, 0.1, -0.3, 1e-320, 1e-30, 7e15, -1e300, 3.3333333333333335, double.MaxValue,
        double.PositiveInfinity, double.NegativeInfinity, double.NaN,
    ];

    private static readonly Expr X = Input("x", Shape.Row, differentiable: true);
    private static readonly Expr Y = Input("y", Shape.Row, differentiable: true);
    private static readonly Expr Z = Input("z", Shape.Row, differentiable: true);

    public static TheoryData<string, Expr, string> Rules => new()
    {
        { "−(−x)", -(-X), "x" },
        { "|−x|", Abs(-X), "Abs(x)" },
        { "x + 0", X + 0, "x" },
        { "0 + x", 0 + X, "x" },
        { "x + (−y)", X + -Y, "Subtract(x, y)" },
        { "(−x) + y", -X + Y, "Subtract(y, x)" },
        { "x − 0", X - 0, "x" },
        { "0 − x", 0 - X, "Negate(x)" },
        { "x − (−y)", X - -Y, "Add(x, y)" },
        { "x · 1", X * 1, "x" },
        { "1 · x", 1 * X, "x" },
        { "x · (−1)", X * -1, "Negate(x)" },
        { "−1 · x", -1 * X, "Negate(x)" },
        { "(−x)(−y)", -X * -Y, "Multiply(x, y)" },
        { "(−x) y", -X * Y, "Negate(Multiply(x, y))" },
        { "x (−y)", X * -Y, "Negate(Multiply(x, y))" },
        { "x / 1", X / 1, "x" },
        { "(−x) / y", -X / Y, "Negate(Divide(x, y))" },
        { "x / (−y)", X / -Y, "Negate(Divide(x, y))" },
        { "x¹", Power(X, 1), "x" },
        { "x²", Power(X, 2), "Multiply(x, x)" },
        { "true ? x : y", Where(1, X, Y), "x" },
        { "false ? x : y", Where(0, X, Y), "y" },
        { "c ? x : x", Where(Y > 0, X, X), "x" },
        { "2 · 3 + x", (Constant(2) * 3) + X, "Add(6, x)" },
    };

    public static TheoryData<string, Expr, string> Kept => new()
    {
        { "0 · x is NaN where x is not finite", 0 * X, "Multiply(0, x)" },
        { "x · 0", X * 0, "Multiply(x, 0)" },
        { "0 / x", 0 / X, "Divide(0, x)" },
        { "x − x is NaN where x is not finite", X - X, "Subtract(x, x)" },
        { "x / x", X / X, "Divide(x, x)" },
        { "a sum of differences keeps its order", (X - Y) - (Z - X), "Subtract(Subtract(x, y), Subtract(z, x))" },
        { "(x + y) + z", (X + Y) + Z, "Add(Add(x, y), z)" },
        { "x + (y + z)", X + (Y + Z), "Add(x, Add(y, z))" },
        { "x + 1 + 2", X + 1 + 2, "Add(Add(x, 1), 2)" },
        { "2 (3 x)", 2 * (3 * X), "Multiply(2, Multiply(3, x))" },
        { "x y + x z", (X * Y) + (X * Z), "Add(Multiply(x, y), Multiply(x, z))" },
        { "x / y · y", X / Y * Y, "Multiply(Divide(x, y), y)" },
        { "ln e^x", Log(Exp(X)), "Log(Exp(x))" },
        { "min(x, x)", Minimum(X, X), "Minimum(x, x)" },
        { "a product that is larger than its factor", 1 * Broadcast(BatchSize, Shape.Row), "Broadcast(BatchSize())" },
        { "a scalar is not taken for a row", Where(X > 0, 2, 2), "Select(Less(0, x), 2, 2)" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_rule_applies(string rule, Expr formula, string simplified) =>
        Assert.Equal((rule, simplified), (rule, FormulaText.Of(Simplified(formula))));

    [Theory]
    [MemberData(nameof(Kept))]
    public void What_could_change_a_value_stays(string what, Expr formula, string simplified) =>
        Assert.Equal((what, simplified), (what, FormulaText.Of(Simplified(formula))));

    [Theory]
    [InlineData(Shape.Scalar)]
    [InlineData(Shape.Row)]
    [InlineData(Shape.Responses)]
    public void Values_of_random_formulas_keep_every_bit(Shape shape) =>
        Property.Check(new RandomFormulas(isTame: false).Of(shape), formula =>
        {
            var random = new Random(NodeOrder.Of([formula]).Count);
            var simplified = Simplified(formula);
            foreach (var next in new[] { () => NastyValues[random.Next(NastyValues.Length)], () => (6 * random.NextDouble()) - 3 })
            {
                var batch = OperationSamples.Batch(5, 2, FormulaBatch.RaggedMask(5, 2, random), next);
                // With the library's scalar functions: constants are folded with them. PyTorch's pow(x, 2) is x · x too.
                var values = ReferenceEvaluator.Values(batch, [formula, simplified], (operation, a, b, c) =>
                    operation == Operation.Power && b == 2 ? a * a : ScalarFunctions.Evaluate(operation, a, b, c));
                for (var i = 0; i < values[0].Length; i++)
                {
                    // Equals compares bits, except that all NaN are equal; == forgives the sign of a zero.
                    Assert.True(
                        values[0][i].Equals(values[1][i]) || values[0][i] == values[1][i],
                        FormattableString.Invariant($"{values[0][i]:R} became {values[1][i]:R}: {FormulaText.Of(formula)} is now {FormulaText.Of(simplified)}"));
                }
            }
        }, 400);

    [Fact]
    public void Nothing_gets_larger() =>
        Property.Check(new RandomFormulas(isTame: false).Of(Shape.Row), formula =>
            Assert.InRange(NodeOrder.Of([Simplified(formula)]).Count, 1, NodeOrder.Of([formula]).Count + Negations(formula)), 200);

    [Fact]
    public void Equal_parts_become_one_node()
    {
        Expr Ratio() => Input("x", Shape.Row, differentiable: true) - Input("y", Shape.Row, differentiable: true);
        var simplified = Simplifier.Simplify([Sigmoid(Ratio()) * Softplus(Ratio()), Exp(Ratio())]);
        var (product, exponential) = (simplified[0], simplified[1]);
        Assert.Same(product.Operands[0].Operands[0], product.Operands[1].Operands[0]);
        Assert.Same(product.Operands[0].Operands[0], exponential.Operands[0]);
    }

    [Fact]
    public void Equal_parts_in_another_order_become_one_node_only_where_that_changes_no_bit()
    {
        var sums = Simplifier.Simplify([X + Y, Y + X, X * Y, Y * X, EqualTo(X, Y), EqualTo(Y, X)]);
        Assert.Same(sums[0], sums[1]);
        Assert.Same(sums[2], sums[3]);
        Assert.Same(sums[4], sums[5]);

        var others = Simplifier.Simplify([X - Y, Y - X, X / Y, Y / X, X < Y, Y < X]);
        Assert.Equal(6, others.Distinct().Count());
    }

    [Fact]
    public void Numbers_axes_names_and_shapes_tell_nodes_apart()
    {
        var k = Input("k", Shape.Responses, differentiable: true);
        Expr[] different =
        [
            Quantile(X, 0.25), Quantile(X, 0.5), Variance(X), Variance(X, correction: 0), Constant(0), Constant(-0.0),
            Named("a", X), Named("b", X), Broadcast(BatchSize, Shape.Row), Broadcast(BatchSize, Shape.Responses),
            Input("x", Shape.Row, differentiable: false), Sum(Broadcast(X, Shape.Responses), Axis.Responses), Sum(k, Axis.Responses), Sum(X),
        ];
        Assert.Equal(different.Length, Simplifier.Simplify(different).Distinct().Count());
    }

    [Fact]
    public void The_gradients_of_chosen_and_rejected_share_all_but_the_sign()
    {
        foreach (var name in new[] { "dpo", "ipo", "slic", "exponential", "discopop", "dbaql", "aqfl" })
        {
            var gradient = LossCatalog.BuiltIn.Find(name).Loss.Graph.Gradient(1 / BatchSize);
            var (chosen, rejected) = (gradient[Columns.PolicyChosen], gradient[Columns.PolicyRejected]);
            var shared = chosen.Operation == Operation.Negate ? chosen.Operands[0] == rejected : rejected.Operation == Operation.Negate && rejected.Operands[0] == chosen;
            Assert.True(shared, $"{name}: {FormulaText.Of(chosen)} and {FormulaText.Of(rejected)}");
        }
    }

    private static Expr Simplified(Expr formula) => Simplifier.Simplify([formula])[0];

    /// <summary>A sign that moves out of a product over a shared part leaves one node more.</summary>
    private static int Negations(Expr formula) => NodeOrder.Of([formula]).Count(n => n.Operation == Operation.Negate);
}
