using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Losses that coincide with another one, or are made of others: what one formula says of another.</summary>
public sealed class RelationTests
{
    [Theory]
    [InlineData("discopop", "discopop-generated")]
    [InlineData("dbaql", "dbaql-generated")]
    [InlineData("aqfl", "aqfl-generated")]
    public void The_corrected_form_is_the_generated_one_where_beta_is_tau(string corrected, string generated) =>
        Property.Check(
            Any.Pairs(minimum: 2).And(Any.Exponent),
            both =>
            {
                // With a power of two, βρ/τ is ρ without rounding.
                var (pairs, beta) = (both.First, Math.ScaleB(1, both.Second));
                AssertSame(Evaluating.Loss(corrected, beta, beta), Evaluating.Loss(generated, beta), pairs);
            },
            count: 50);

    [Theory]
    [InlineData("discopop", "discopop-generated")]
    [InlineData("dbaql", "dbaql-generated")]
    [InlineData("aqfl", "aqfl-generated")]
    [InlineData("aql", "aql-generated")]
    [InlineData("aql", "aql-printed")]
    [InlineData("aql-generated", "aql-printed")]
    [InlineData("aqfl", "aqfl-printed")]
    [InlineData("pfl", "pfl-generated")]
    public void The_forms_are_different_losses_otherwise(string one, string other)
    {
        var pairs = PairColumns.WithDifferences(0.5, -1.5, 3);
        Assert.NotEqual(Evaluating.Loss(one, 0.3, 0.05).On(pairs).Value, Evaluating.Loss(other, 0.3, 0.05).On(pairs).Value, 1e-4);
    }

    [Fact]
    public void The_corrected_aql_is_the_generated_one_only_where_beta_and_tau_are_1() =>
        Property.Check(
            Any.Pairs(),
            pairs => AssertSame(Evaluating.Loss("aql", 1, 1), Evaluating.Loss("aql-generated", 1), pairs),
            count: 50);

    [Fact]
    public void The_corrected_aql_at_the_papers_beta_and_tau_has_another_gate_than_the_loss_that_earned_the_score()
    {
        var pairs = PairColumns.WithDifferences(2, -2);
        Assert.NotEqual(Evaluating.Loss("aql").On(pairs).Value, Evaluating.Loss("aql-generated").On(pairs).Value, 1e-2);
    }

    [Fact]
    public void The_printed_aql_is_the_generated_one_on_equal_rows_where_beta_is_tau() =>
        Property.Check(
            Any.Difference.And(Any.Exponent),
            both =>
            {
                // The sigmoid of the mean is then the mean of the sigmoids, up to the last digit of two sigmoids.
                var (ρ, beta) = (both.First, Math.ScaleB(1, both.Second));
                var losses = Evaluating.Loss("aql-generated", beta).Values(Evaluating.At(ρ, ρ, ρ));
                Same.Within(losses, Evaluating.Loss("aql-printed", beta, beta).Values(Evaluating.At(ρ, ρ, ρ)), 2e-15 * losses[0]);
            });

    [Fact]
    public void The_printed_aqfl_is_the_corrected_one_where_all_rows_are_equal() =>
        Property.Check(
            Any.Difference.And(Any.Beta).And(Any.Beta),
            threefold =>
            {
                // Without deviation the start is 0, inside the sigmoid or outside.
                var ((ρ, beta), tau) = threefold;
                Same.Bits(
                    Evaluating.Loss("aqfl", beta, tau).Values(Evaluating.At(ρ, ρ, ρ)),
                    Evaluating.Loss("aqfl-printed", beta, tau).Values(Evaluating.At(ρ, ρ, ρ)));
            });

    [Fact]
    public void Pfl_without_beta_is_pfl_with_beta_1() =>
        Property.Check(Any.Pairs(), pairs => AssertSame(Evaluating.Loss("pfl", 1), Evaluating.Loss("pfl-generated"), pairs));

    [Fact]
    public void The_candidates_made_of_the_baselines_are_what_they_are_made_of() =>
        Property.Check(
            Any.Pairs().And(Any.Beta),
            both =>
            {
                var (pairs, beta) = both;
                double[] Of(string name) => Evaluating.Loss(name, beta).Values(pairs);
                var (logistic, hinge, exponential) = (Of("dpo"), Of("slic"), Of("exponential"));
                double[] Each(Func<int, double> value) => [.. Enumerable.Range(0, pairs.Rows).Select(value)];

                Same.Bits(Each(i => logistic[i] + hinge[i]), Of("combined-logistic-hinge"), "combined");
                Same.Bits(Each(i => (2 * logistic[i]) + (0.5 * hinge[i])), Of("scaled-combined-logistic-hinge"), "scaled");
                Same.Bits(Each(i => logistic[i] * logistic[i]), Of("squared-logistic"), "squared");
                Same.Bits(Each(i => (0.5 * exponential[i]) + (0.5 * logistic[i])), Of("cell"), "cell");
                Same.Bits(Evaluating.Loss("dpo", beta / 2).Values(pairs), Of("temperature-scaled-logistic"), "temperature-scaled");

                var right = pairs.Differences();
                Same.Bits(Each(i => (right[i] < 0 ? 0.45 : 0.9) * logistic[i]), Of("padll"), "padll");
            },
            count: 50);

    [Fact]
    public void A_margin_is_a_shift_of_the_difference() =>
        Property.Check(Any.Difference.And(Any.Beta), both =>
        {
            // The sum ρ + margin rounds, by one part in 2⁵³ of ρ, and with it x; PADLL jumps where ρ is 0.
            var (ρ, beta) = both;
            var tolerance = 1e-15 * (1 + (beta * (1 + Math.Abs(ρ))));
            Assert.Equal(Evaluating.Loss("dpo", beta).Value(ρ), Evaluating.Loss("logistic-margin", beta).Value(ρ + 0.1), tolerance);
            if (ρ != 0)
            {
                Assert.Equal(
                    Evaluating.Loss("padll", beta).Value(ρ), Evaluating.Loss("hybrid-performance-margin-decay-logistic", beta).Value(ρ + 0.2), tolerance);
            }
        });

    [Fact]
    public void A_focal_weight_is_a_probability_of_being_wrong_squared() =>
        Property.Check(Any.Difference.Where(ρ => Math.Abs(ρ) < 300), ρ =>
        {
            // σ(−ρ) = 1/(1 + e^ρ).
            var weight = 1 / (1 + Math.Exp(ρ));
            Same.Relative(weight * weight * Evaluating.Loss("dpo", 0.05).Value(ρ), Evaluating.Loss("focal-logistic").Value(ρ), 1e-14);
        });

    [Fact]
    public void One_row_of_decaying_weights_is_dpo() =>
        Property.Check(Any.Difference.And(Any.Beta), both => Assert.Equal(
            Evaluating.Loss("dpo", both.Second).Value(both.First), Evaluating.Loss("decaying-weights-logistic", both.Second).Value(both.First)));

    [Fact]
    public void Decaying_weights_add_up_to_1() =>
        Property.Check(Any.Difference.And(FsCheck.Fluent.Arb.From(FsCheck.Fluent.Gen.Choose(1, 300))), both =>
        {
            // Equal rows: Σ w S / Σ w = S.
            var (ρ, rows) = both;
            var sum = Evaluating.Loss("decaying-weights-logistic", 0.1)
                .On(Evaluating.At([.. Enumerable.Repeat(ρ, rows)]), reduction: Reduction.Sum).Value;
            Same.Relative(Evaluating.Loss("dpo", 0.1).Value(ρ), sum, 1e-14);
        });

    private static void AssertSame(PreferenceLoss one, PreferenceLoss other, PairColumns pairs)
    {
        Same.Bits(one.Values(pairs), other.Values(pairs), "losses");
        var (expected, gradient) = (one.Gradient(pairs), other.Gradient(pairs));
        foreach (var column in PairColumns.Names)
        {
            // The same terms, multiplied and added in another order.
            Same.Within(expected[column], gradient[column], 1e-14 * expected[column].Max(Math.Abs), column);
        }
    }
}
