using System.Numerics;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>
/// Pairs whose two completions are equally far from the reference, at every distance: differences of exponentials are 0 there, also where
/// the exponentials themselves overflow, and their derivatives are finite or infinite with the right sign, and never NaN.
/// </summary>
public class TieTests
{
    private static readonly double[] Distances = [1e-8, 1, 20, 59, 61, 88, 89, 100, 700, 710, 1e4];

    public static TheoryData<string> Names => ["f-dpo-forward-kl", "f-dpo-alpha", "f-dpo-js", "chi-po", "dpo"];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_tie_is_what_the_loss_is_at_0(string name)
    {
        Check<double>(Evaluating.Loss(name));
        Check<float>(Evaluating.Loss(name));
    }

    [Fact]
    public void So_it_is_for_modified_losses()
    {
        Check<double>(new DpoLoss().With(Modification.ForwardKl));
        Check<float>(new DpoLoss().WithAlphaDivergence(0.25));
    }

    // (e^(89) − 1)·β and the like: the factor brings back into the range what the exponential leaves.
    [Theory]
    [InlineData("f-dpo-forward-kl", 0.1, -89, 4.4896128191743455e37)]
    [InlineData("f-dpo-forward-kl", 1e-6, -90, 1.2204032943178408e33)]
    [InlineData("f-dpo-alpha", 0.1, -178, 8.97922563834869e37)]
    public void A_factor_is_taken_in_before_the_exponential_overflows(string name, double beta, double chosen, double expected)
    {
        var loss = Evaluating.Loss(name, beta);
        var result = loss.Evaluate(new PairColumns([-200 + chosen], [-200], [-200], [-200]).Batch<float>());
        Assert.Equal(expected, result.Losses[0], 1e-5 * expected);
        Assert.True(float.IsFinite(result.Gradient(Columns.PolicyChosen)[0]));
    }

    private static void Check<T>(PreferenceLoss loss)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        foreach (var distance in Distances.SelectMany(d => new[] { d, -d }))
        {
            var result = loss.Evaluate(new PairColumns([-20_000 + distance], [-20_000 + distance], [-20_000], [-20_000]).Batch<T>());
            Assert.Equal(Math.Log(2), double.CreateTruncating(result.Losses[0]), 1e-6);
            var chosen = double.CreateTruncating(result.Gradient(Columns.PolicyChosen)[0]);
            var rejected = double.CreateTruncating(result.Gradient(Columns.PolicyRejected)[0]);
            Assert.True(chosen <= 0 && rejected == -chosen, $"{loss} at {distance}: {chosen}, {rejected}");
        }
    }
}
