using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Expressions;

/// <summary>Derivatives of random formulas against differences: that the rules compose, over shapes, broadcasts and shared parts.</summary>
public class ComposedDerivativeTests
{
    [Theory]
    [InlineData(Shape.Scalar)]
    [InlineData(Shape.Row)]
    [InlineData(Shape.Responses)]
    public void First_derivatives_agree_with_differences(Shape shape)
    {
        var tally = new Tally();
        Property.Check(new RandomFormulas(isTame: true).Of(shape), formula => tally.Add(formula, Batch(formula, rows: 3, responses: 2)), 200);

        // Random formulas have kinks, and a few are near one; the rest has to be compared.
        tally.AssertSkippedAtMost(0.15);
    }

    [Fact]
    public void Second_derivatives_agree_with_differences_of_the_first()
    {
        var tally = new Tally();
        Property.Check(
            new RandomFormulas(isTame: true).Of(Shape.Row),
            formula =>
            {
                var adjoints = Differentiation.VectorJacobianProduct([formula], [Formulas.Input("weight", Shape.Row, differentiable: false)]);
                foreach (var input in GradientCheck.Inputs(formula).Take(2))
                {
                    var batch = Batch(formula, rows: 2, responses: 2);
                    tally.Add(adjoints[input], batch with { Columns = new(batch.Columns) { ["weight"] = [1.5, -0.5] } });
                }
            },
            100);
        tally.AssertSkippedAtMost(0.3);
    }

    /// <summary>Values around 1, all different, and the same for the same formula.</summary>
    private static FormulaBatch Batch(Expr formula, int rows, int responses)
    {
        var random = new Random(NodeOrder.Of([formula]).Count);
        return OperationSamples.Batch(
            rows, responses, FormulaBatch.RaggedMask(rows, responses, random, atLeast: 2), () => (3 * random.NextDouble()) - 1.2);
    }

    /// <summary>How many derivatives were compared, and how many were not.</summary>
    private sealed class Tally
    {
        private int compared;
        private int skipped;

        public void Add(Expr formula, FormulaBatch batch)
        {
            if (GradientCheck.IsSingular(formula, batch))
            {
                skipped++;
                return;
            }

            var entries = GradientCheck.Assert(formula, batch);
            compared += entries.Compared;
            skipped += entries.Skipped;
        }

        public void AssertSkippedAtMost(double share)
        {
            Assert.InRange(compared, 100, int.MaxValue);
            Assert.InRange(skipped / (double)(compared + skipped), 0, share);
        }
    }
}
