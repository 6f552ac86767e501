using PreferenceLosses.Text;
using static PreferenceLosses.Tests.Text.Reading.Reading;

namespace PreferenceLosses.Tests.Text.Reading;

/// <summary>Statements and expressions mean what they mean in Python.</summary>
public class StatementTests
{
    /// <summary>Two bodies that have to give the same losses, bit for bit.</summary>
    public static TheoryData<string, string> Equal => new()
    {
        { "return lw - ll - rw", "return (lw - ll) - rw" },
        { "return lw / ll / rw", "return (lw / ll) / rw" },
        { "return -rw ** 2 + lw", "return -(rw ** 2) + lw" },
        { "return lw * 2 ** -1", "return lw * (2 ** (-1))" },
        { "return lw * 2 ** 3 ** 2", "return lw * 512" },
        { "return lw + ll * rw", "return lw + (ll * rw)" },
        { "return lw * (not False and 1 < 2 or 2 < 1 and True) if True else ll", "return lw * True" },
        { "return ((lw > ll) | (rw > rl) & (lw > rl)) * lw", "return ((lw > ll) | ((rw > rl) & (lw > rl))) * lw" },
        { "return ~(lw > ll) * lw", "return (lw <= ll) * lw" },
        { "a = b = lw * 2\nreturn a + b", "return lw * 2 + lw * 2" },
        { "a, b = lw * 2, ll\nreturn a + b", "return lw * 2 + ll" },
        { "a = (lw, ll)\nreturn a[0] - a[1]", "return lw - ll" },
        { "a: torch.Tensor = lw * 2\nreturn a", "return lw * 2" },
        { "a = lw * 2; b = a + ll; return b;", "return lw * 2 + ll" },
        { "a = lw * 2\na += ll\na -= 1\na *= 2\na /= 3\nreturn a", "return (lw * 2 + ll - 1) * 2 / 3" },
        { "k = 2\nk += 1\nk **= 2\nreturn lw * k", "return lw * 9" },
        { "lw = lw * 2\nlw = lw + 1\nreturn lw", "return lw * 2 + 1" },
        { "return (\n    lw  # the first\n    - ll,\n)[0]", "return lw - ll" },
        { "return lw \\\n    - ll", "return lw - ll" },
        { "\"\"\"A docstring,\nof two lines.\"\"\"\n\n# a comment\nreturn lw", "return lw" },
        { "import torch\nfrom torch.nn import functional as G\nfrom torch import sigmoid\nimport math as m\nreturn G.relu(lw) + sigmoid(ll) * m.sqrt(4)", "return F.relu(lw) + torch.sigmoid(ll) * 2.0" },
        { "pass\nreturn lw", "return lw" },
        { "return lw\nx = nonsense", "return lw" },
        { "return lw * (0.1 if 2 > 3 else 0.2)", "return lw * 0.2" },
        { "return lw * 1_000.5e-3", "return lw * 1.0005" },
        { "return lw * .5 + 5. * ll", "return lw * 0.5 + 5.0 * ll" },
        { "return lw * (7 // 2) + ll * (-7 // 2)", "return lw * 3 + ll * -4" },
        { "return torch.where(condition=lw > ll, input=lw, other=ll)", "return torch.where(lw > ll, lw, ll)" },
        { "f = torch.exp\nreturn f(lw)", "return torch.exp(lw)" },
        { "n = lw.shape[0]\nreturn lw * n / len(ll)", "return lw * lw.size(0) / ll.numel()" },
        { "v, i = torch.sort(lw)\nreturn v * i", "return torch.sort(lw)[0] * torch.argsort(lw)" },
    };

    [Theory]
    [MemberData(nameof(Equal))]
    public void Two_ways_to_write_it_give_the_same(string one, string other) => Assert.Equal(Reading.Losses(other), Reading.Losses(one));

    [Fact]
    public void Variables_are_the_named_sub_expressions_of_the_graph()
    {
        var loss = Body("rho = (lw - rw) - (ll - rl)\nrho = rho * self.beta\nheat = 0.9\nreturn F.softplus(-rho / heat)").GetLoss();
        Assert.Equal(["rho", "rho_2"], loss.Graph.Named.Select(n => n.Name));
    }

    [Fact]
    public void A_value_that_is_not_used_and_lines_after_the_return_are_remarked()
    {
        var notes = Body("lw + 1\nreturn lw\nx = ll").Notes;
        Assert.Contains(notes, n => n is { Kind: LossCodeNoteKind.Remark, Line: 2 });
        Assert.Contains(notes, n => n is { Kind: LossCodeNoteKind.Remark, Line: 3 });
    }

    [Fact]
    public void Columns_go_by_their_names_in_any_order()
    {
        var loss = LossCode.Parse("def f(reference_chosen_logps, policy_rejected, chosen_length, policy_chosen_logps, margin):\n"
            + "    return policy_chosen_logps / chosen_length - reference_chosen_logps - margin * policy_rejected").GetLoss();
        var batch = new PreferenceBatch<double>
        {
            PolicyChosen = [-8], PolicyRejected = [-3], ReferenceChosen = [-5], ReferenceRejected = [-2], ChosenLength = [4], Margin = [0.5],
        };
        Assert.Equal(-2 + 5 + 1.5, loss.Evaluate(batch).Losses[0]);
    }

    [Fact]
    public void One_row_is_what_PyTorch_makes_of_it()
    {
        var loss = Body("return lw * lw.std()").GetLoss();
        Assert.True(double.IsNaN(loss.Evaluate(new PreferenceBatch<double> { PolicyChosen = [-1], PolicyRejected = [-2] }).Losses[0]));
    }

    [Fact]
    public void Equality_is_that_of_text_and_values()
    {
        CodeLoss Read(double factor) => Body(FormattableString.Invariant($"return F.softplus(-self.beta * lw * {factor})")).GetLoss();
        Assert.Equal(Read(2), Read(2));
        Assert.Equal(Read(2).GetHashCode(), Read(2).GetHashCode());
        Assert.NotEqual(Read(2), Read(3));
        Assert.NotEqual<PreferenceLosses.Losses.PreferenceLoss>(Read(2), Read(2).With("beta", 0.1));
    }
}
