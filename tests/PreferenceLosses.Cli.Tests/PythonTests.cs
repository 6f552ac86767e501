using System.Text.Json;
using PreferenceLosses.Cli.Tests.Support;

namespace PreferenceLosses.Cli.Tests;

/// <summary>Losses as Python text: <c>evaluate --python</c>, and <c>"python"</c> on a line of a batch.</summary>
public class PythonTests
{
    private const string Dpo = """
        def logistic_loss(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps):
            rho = (policy_chosen_logps - reference_chosen_logps) - (policy_rejected_logps - reference_rejected_logps)
            return -F.logsigmoid(self.beta * rho)
        """;

    [Fact]
    public void A_file_gives_what_the_catalogue_gives_for_the_same_function()
    {
        using var file = new TemporaryFile(Dpo);
        var python = CommandLine.Run(HandTable.Input, ["evaluate", "--python", file.Path, "--set", "beta=0.1", "--input", "-"]);
        var builtIn = CommandLine.Evaluate("dpo", HandTable.Input);

        Assert.Equal(0, python.Status);
        Assert.Equal("", python.Error);
        HandTable.AssertClose(builtIn.Answer.Numbers("losses"), python.Answer.Numbers("losses"));
        HandTable.AssertClose(
            builtIn.Answer.GetProperty("gradient").Numbers("policy_chosen"), python.Answer.GetProperty("gradient").Numbers("policy_chosen"));
        HandTable.AssertClose(builtIn.Answer.GetProperty("rewards").Numbers("margins"), python.Answer.GetProperty("rewards").Numbers("margins"));
    }

    [Fact]
    public void What_was_mended_is_said_on_the_error_stream()
    {
        using var file = new TemporaryFile($"```python\n{Dpo}\n```\n");
        var run = CommandLine.Run(HandTable.Input, ["evaluate", "--python", file.Path, "--input", "-"]);
        Assert.Equal(0, run.Status);
        Assert.Equal("preference-losses: The function was in a Markdown fence; what is around it was left out.\n", run.Error);
    }

    [Fact]
    public void What_is_wrong_with_a_text_is_one_line_with_every_place_and_exit_status_1()
    {
        using var file = new TemporaryFile(Dpo.Replace("return ", "x = rho.item()\n    return x + unknown + ", StringComparison.Ordinal));
        var line = CommandLine.Run(HandTable.Input, ["evaluate", "--python", file.Path, "--input", "-"]).ErrorLine(1);
        Assert.Contains("line 3, column 12: 'item' is not accepted", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_of_a_batch_carries_the_text()
    {
        var text = JsonSerializer.Serialize(Dpo);
        var run = CommandLine.EvaluateBatch(
            $"{{\"id\":\"a\",\"python\":{text},\"set\":{{\"beta\":0.1}},\"input\":{HandTable.InputOnOneLine}}}\n{{\"id\":\"b\",\"loss\":\"dpo\",\"input\":{HandTable.InputOnOneLine}}}");
        Assert.Equal(0, run.Status);
        HandTable.AssertClose(run.Answers[1].Numbers("losses"), run.Answers[0].Numbers("losses"));
    }
}
