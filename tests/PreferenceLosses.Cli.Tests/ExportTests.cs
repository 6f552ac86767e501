using PreferenceLosses.Cli.Tests.Support;
using PreferenceLosses.Cuda;
using PreferenceLosses.Losses;
using PreferenceLosses.Text;

namespace PreferenceLosses.Cli.Tests;

/// <summary><c>export</c>: what it writes is the library's; here it is that it writes it.</summary>
public class ExportTests
{
    private static readonly PreferenceLoss DiscoPop = new DiscoPopLoss { Tau = 0.2 };

    public static TheoryData<string, string> Formats => new()
    {
        { "pytorch", DiscoPop.ToPyTorch() },
        { "trl", DiscoPop.ToTrl() },
        { "latex", DiscoPop.ToLatex() },
        { "ptx", PtxExport.ToPtx(DiscoPop) },
        { "csharp", DiscoPop.ToCSharp() },
        { "json", """{"loss":"discopop","parameters":{"beta":0.05,"tau":0.2}}""" + "\n" },
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_loss_is_written_with_the_values_that_are_set(string format, string expected) =>
        Assert.Equal(new CommandLine(0, expected, ""), CommandLine.Run("export", "lrml", "--set", "tau=0.2", "--to", format));

    [Fact]
    public void Every_loss_is_written_in_every_format_that_fits() => Assert.All(LossCatalog.BuiltIn.Entries, entry =>
    {
        Assert.All(["pytorch", "latex", "csharp", "json"], format => Assert.Equal((0, ""), Status(CommandLine.Run("export", entry.Name, "--to", format))));
    });

    [Fact]
    public void A_loss_from_JSON_is_exported_and_evaluated_like_any_other()
    {
        var own = LossJson.Serialize(PairLoss.Define("own", [], pair => pair.LogRatioDifference * 2));
        Assert.Contains("return rho * 2\n", CommandLine.Run(own, ["export", "--spec", "-", "--to", "pytorch"]).Output, StringComparison.Ordinal);
        Assert.Equal(own + "\n", CommandLine.Run(own, ["export", "--spec", "-", "--to", "json"]).Output);

        using var file = new TemporaryFile(own);
        HandTable.AssertClose([3.2, -1, 0, 44], CommandLine.Run(HandTable.Input, ["evaluate", "--spec", file.Path, "--input", "-"]).Answer.Numbers("losses"), 1e-12);
    }

    [Fact]
    public void A_loss_from_Python_is_exported_and_what_was_mended_is_told()
    {
        const string text = "```python\ndef own_loss(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps):\n"
            + "    return -F.logsigmoid(self.beta * (policy_chosen_logps - policy_rejected_logps))\n```\n";
        var run = CommandLine.Run(text, ["export", "--python", "-", "--set", "beta=0.3", "--to", "latex"]);
        Assert.Equal(0, run.Status);
        Assert.Contains(@"\sigma(", run.Output, StringComparison.Ordinal);
        Assert.Contains(@"\begin{align*}", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("export ranked --to trl", "not one of pairs")]
    [InlineData("export pair-columns --to trl", "also reads chosen_length")]
    [InlineData("export --spec - --to json", "The spec is not accepted")]
    [InlineData("export --python - --to json", "is not accepted")]
    public void What_cannot_be_exported_fails_with_the_reason(string arguments, string expected) =>
        Assert.Contains(expected, CommandLine.Run("{}", arguments.Split(' ')).ErrorLine(1), StringComparison.Ordinal);

    private static (int Status, string Error) Status(CommandLine run) => (run.Status, run.Error);
}
