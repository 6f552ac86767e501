using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;
using static PreferenceLosses.Tests.Text.Reading.Reading;

namespace PreferenceLosses.Tests.Text.Reading;

/// <summary>On request, forms that fail in a tail are replaced by stable ones; each replacement is noted, and changes no moderate value.</summary>
public class StableFormTests
{
    private static readonly LossCodeOptions Stable = new() { Stabilize = true };

    /// <summary>A body with x = β·ρ, β = 1; where the plain form fails; the true value there.</summary>
    public static TheoryData<string, double, double> Forms => new()
    {
        { "torch.log(torch.sigmoid(x))", -800, -800 },
        { "-torch.log(1 - torch.sigmoid(x))", 800, 800 },
        { "torch.log(1 + torch.exp(x))", 800, 800 },
        { "torch.log1p(torch.exp(x))", 800, 800 },
        { "torch.log(1 - torch.exp(x))", -1e-20, -46.051701859880914 },
        { "torch.log1p(-torch.exp(x))", -1e-20, -46.051701859880914 },
        { "1 - torch.sigmoid(x)", 40, 4.248354255291589e-18 },
        { "torch.exp(x) - 1", 1e-20, 1e-20 },
        { "torch.exp(-x) * torch.sigmoid(x)", -800, 1 },
        { "torch.sigmoid(2 * x) * torch.exp(-x)", -800, 0 },
        { "torch.exp(x) * torch.exp(-x)", 800, 1 },
        { "torch.log(1 + x)", 1e-20, 1e-20 },
        { "F.softplus(x)", 25, 25.000000000013888 },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_form_that_fails_in_a_tail_is_replaced_by_one_that_does_not(string form, double at, double truth)
    {
        var text = $"x = lw - rw\nreturn {form}";
        var (plain, stable) = (Body(text).GetLoss(), Body(text, Stable).GetLoss());
        Assert.NotEqual(truth, At(plain, at));
        Assert.Equal(truth, At(stable, at), 1e-14 * Math.Abs(truth));
        Assert.Contains(Body(text, Stable).Notes, n => n.Kind == LossCodeNoteKind.StableForm);
        foreach (var moderate in new[] { -3, -0.5, -0.1 })
        {
            var (expected, actual) = (At(plain, moderate), At(stable, moderate));
            Assert.True(expected.Equals(actual) || Math.Abs(expected - actual) <= 1e-13 * Math.Abs(expected), $"{form} at {moderate}: {actual}, {expected}");
        }
    }

    [Fact]
    public void The_published_text_of_DiscoPOP_fails_in_the_tail_and_its_stable_form_does_not()
    {
        var text = TextGoldens.Texts["discopop"];
        var pairs = PairColumns.WithDifferences(-20_000, 1, 20_000);
        Assert.True(double.IsNaN(LossCode.Parse(text).GetLoss().Evaluate(pairs.Batch<double>()).Losses[0]));
        var stable = LossCode.Parse(text, Stable).GetLoss().Evaluate(pairs.Batch<double>());
        var expected = new DiscoPopLoss().Evaluate(pairs.Batch<double>());
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(expected.Losses[i], stable.Losses[i], 1e-12 * Math.Abs(expected.Losses[i]));
            Assert.Equal(expected.Gradient(Columns.PolicyChosen)[i], stable.Gradient(Columns.PolicyChosen)[i], 1e-13);
        }
    }

    [Fact]
    public void Without_the_request_nothing_is_replaced() =>
        Assert.DoesNotContain(Body("x = lw - rw\nreturn torch.log(torch.sigmoid(x))").Notes, n => n.Kind == LossCodeNoteKind.StableForm);

    private static double At(IPreferenceLoss loss, double x) => loss.Evaluate(
        new PairColumns([x], [0], [0], [0]).Batch<double>(), new EvaluationOptions { SingleRow = SingleRow.PyTorch }).Losses[0];
}
