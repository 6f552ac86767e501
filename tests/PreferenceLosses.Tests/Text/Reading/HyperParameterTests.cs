using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;
using static PreferenceLosses.Tests.Text.Reading.Reading;

namespace PreferenceLosses.Tests.Text.Reading;

/// <summary>What of a text can be set: β, parameters with defaults, and numbers on request.</summary>
public class HyperParameterTests
{
    private static readonly PairColumns Pairs = PairColumns.Random(5, seed: 4);

    [Fact]
    public void Beta_is_the_owners_and_has_the_papers_default()
    {
        var loss = Body("return -F.logsigmoid(self.beta * ((lw - rw) - (ll - rl)))").GetLoss();
        Assert.Equal("beta = 0.05", loss.Parameters.ToString());
        AssertSame(new DpoLoss { Beta = 0.3 }, loss.With("beta", 0.3));
    }

    [Fact]
    public void A_parameter_with_a_default_is_a_hyper_parameter()
    {
        var loss = LossCode.Parse("def f(self, lw, ll, rw, rl, tau=0.05, flip=False):\n"
            + "    x = self.beta * ((lw - rw) - (ll - rl))\n    gate = torch.sigmoid(x / tau)\n"
            + "    return -F.logsigmoid(x) * (1 - gate) + torch.exp(-x) * gate").GetLoss();
        Assert.Equal("beta = 0.05, tau = 0.05", loss.Parameters.ToString());
        AssertSame(new DiscoPopLoss { Beta = 0.1, Tau = 0.2 }, loss.With("beta", 0.1).With("tau", 0.2));
    }

    [Fact]
    public void Beta_may_be_a_parameter_or_a_constant_above_the_function()
    {
        var parameter = LossCode.Parse("def f(lw, ll, rw, rl, beta: float = 0.2):\n    return torch.relu(1 - beta * ((lw - rw) - (ll - rl)))").GetLoss();
        var constant = LossCode.Parse("beta = 0.2\ndef f(logits):\n    return torch.relu(1 - beta * logits)").GetLoss();
        Assert.Equal("beta = 0.2", parameter.Parameters.ToString());
        Assert.Equal("beta = 0.2", constant.Parameters.ToString());
        AssertSame(new SlicLoss { Beta = 0.2 }, parameter);
        AssertSame(new SlicLoss { Beta = 0.2 }, constant);
    }

    [Fact]
    public void A_hyper_parameter_without_influence_is_left_out_and_that_is_noted()
    {
        var result = LossCode.Parse("def f(self, lw, ll, rw, rl, gamma=2.0):\n    return lw - rw");
        Assert.Empty(result.GetLoss().Parameters);
        Assert.Contains(result.Notes, n => n.Message.Contains("'gamma'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_hyper_parameter_where_only_a_number_can_stand_is_refused() => Assert.Contains(
        "'q' of .quantile has to be written as a number",
        Refusal(LossCode.Parse("def f(self, lw, ll, rw, rl, q=0.5):\n    return lw - lw.quantile(q)")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Numbers_become_hyper_parameters_on_request()
    {
        const string text = "return 0.9 * (1 - 0.5 * ((lw < ll).float())) * F.softplus(-self.beta * lw) + torch.clamp(rw - rl, min=-2.5) ** 2";
        var plain = Body(text).GetLoss();
        var open = Body(text, new LossCodeOptions { LiteralsAsParameters = true }).GetLoss();
        Assert.Equal(["beta", "c1", "c2", "c3", "c4", "c5"], open.Parameters.Select(p => p.Parameter.Name));
        Assert.Equal([0.05, 0.5, 1, 0.9, -2.5, 2], open.Parameters.Select(p => p.Value));
        AssertSame(plain, open);
        Assert.NotEqual(plain.Evaluate(Pairs.Batch<double>()).Losses[0], open.With("c3", 1.8).Evaluate(Pairs.Batch<double>()).Losses[0]);
    }

    [Fact]
    public void Numbers_that_decide_the_shape_of_the_formula_stay_numbers()
    {
        var loss = Body("n = lw.size(0)\nreturn lw * torch.arange(n - 1, -1, -1) / n + lw.quantile(0.25, dim=0)", new LossCodeOptions { LiteralsAsParameters = true }).GetLoss();
        Assert.Empty(loss.Parameters);
    }

    [Theory]
    [InlineData("adaptive_quantile_loss", null, "adaptive-quantile")]
    [InlineData("_f", null, "f")]
    [InlineData("loss", null, "loss")]
    [InlineData("f_loss", "my-loss", "my-loss")]
    public void The_name_is_the_functions_in_kebab_case(string function, string? wanted, string name) => Assert.Equal(
        name, LossCode.Parse($"def {function}(self, lw, ll, rw, rl): return lw - rw", new LossCodeOptions { Name = wanted }).GetLoss().Name);

    private static void AssertSame(IPreferenceLoss expected, IPreferenceLoss actual)
    {
        var a = expected.Evaluate(Pairs.Batch<double>()).Losses;
        var b = actual.Evaluate(Pairs.Batch<double>()).Losses;
        for (var i = 0; i < a.Length; i++)
        {
            Assert.Equal(a[i], b[i], 1e-6 * Math.Abs(a[i]));
        }
    }
}
