using System.Text.Json;
using PreferenceLosses.Cli.Tests.Support;

namespace PreferenceLosses.Cli.Tests;

/// <summary><c>evaluate</c> of the catalogue's losses that are not plain pairs, and of compositions.</summary>
public class CatalogueEvaluationTests
{
    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    [Fact]
    public void Kto_takes_single_examples_and_its_baseline_as_a_number()
    {
        var answer = CommandLine.Evaluate(
            "kto", """{"policy":[-10,-20],"reference":[-12,-19],"desirable":[true,false],"kl":0.5}""", "--set", "undesirable_weight=3").Answer;

        // z = 0.1 (2 − 0.5) and 0.1 (−1 − 0.5); in the order of the input.
        HandTable.AssertClose([Sigmoid(-0.15), 3 * Sigmoid(-0.15)], answer.Numbers("losses"), 1e-15);
        var slope = 0.1 * Sigmoid(0.15) * Sigmoid(-0.15) / 2;
        HandTable.AssertClose([-slope, 3 * slope], answer.GetProperty("gradient").Numbers("policy"), 1e-14);
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("rewards").ValueKind);
    }

    [Fact]
    public void Bco_takes_its_shift_as_a_number_and_names_it_where_it_is_missing()
    {
        var answer = CommandLine.Evaluate("bco", """{"policy":[-10],"reference":[-12],"desirable":[false],"shift":0.25}""").Answer;
        HandTable.AssertClose([Math.Log(1 + Math.Exp(0.2 - 0.25))], answer.Numbers("losses"), 1e-15);

        var refused = CommandLine.Evaluate("bco", """{"policy":[-10],"reference":[-12],"desirable":[false]}""").ErrorLine(1);
        Assert.Contains("The scalar 'shift' is missing", refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Rankings_are_arrays_of_rows_best_first_and_may_be_ragged()
    {
        var answer = CommandLine.Evaluate(
            "plackett-luce", """{"policy":[[1.0,0.2,-0.3,-1.1],[3,1]],"reference":[[0,0,0,0],[0,0]]}""", "--set", "beta=1").Answer;

        HandTable.AssertClose([1.613982743, Math.Log(1 + Math.Exp(-2))], answer.Numbers("losses"), 1e-9);
        var rows = answer.GetProperty("gradient").GetProperty("policy").EnumerateArray().Select(row => row.GetArrayLength());
        Assert.Equal([4, 2], rows);
    }

    [Fact]
    public void Scored_responses_need_their_scores()
    {
        // y = softmax(ln 3, 0) = ¾, ¼; r = 0: −Σ y ln ½.
        var input = """{"policy":[[-1,-2]],"reference":[[-1,-2]],"score":[[1.0986122886681098,0]]}""";
        HandTable.AssertClose([Math.Log(2)], CommandLine.Evaluate("info-nca", input).Answer.Numbers("losses"), 1e-15);
        HandTable.AssertClose([-0.25 * 0.1, 0.25 * 0.1], Row(CommandLine.Evaluate("info-nca", input).Answer), 1e-15);
        Assert.Contains("The column 'score' is missing", CommandLine.Evaluate("info-nca", """{"policy":[[-1]],"reference":[[-1]]}""").ErrorLine(1), StringComparison.Ordinal);

        static double[] Row(JsonElement answer) => [.. answer.GetProperty("gradient").GetProperty("policy")[0].EnumerateArray().Select(x => x.GetDouble())];
    }

    [Fact]
    public void Columns_of_the_losss_own_are_read_by_name_and_have_a_gradient()
    {
        var answer = CommandLine.Evaluate("tpo", """{"policy_chosen":[-1],"policy_rejected":[-1],"policy_gold":[-30],"gold_length":[10]}""").Answer;
        HandTable.AssertClose([Math.Log(2) + 3], answer.Numbers("losses"), 1e-15);
        HandTable.AssertClose([-0.1], answer.GetProperty("gradient").Numbers("policy_gold"), 1e-16);
    }

    [Fact]
    public void A_spec_may_be_a_composition()
    {
        const string Spec =
            """{"sum":[{"weight":2,"loss":{"loss":"sigmoid"}},{"weight":1,"loss":{"modify":"label-smoothing","loss":{"loss":"hinge"},"parameters":{"label_smoothing":0.25}}}]}""";
        using var file = new TemporaryFile(Spec);
        var losses = CommandLine.Run(HandTable.Input, ["evaluate", "--spec", file.Path, "--set", "dpo_weight=3", "--input", "-"]).Answer.Numbers("losses");

        // ρ = 1.6 first: 3 S(−0.16) + ¾ (1 − 0.16) + ¼ (1 + 0.16).
        Assert.Equal((3 * 0.616343773) + (0.75 * 0.84) + (0.25 * 1.16), losses[0], 1e-8);
    }

    [Fact]
    public void A_line_of_a_batch_takes_a_composition_too_and_says_what_is_wrong_with_one()
    {
        const string Pair = """ "input":{"policy_chosen":[-1],"policy_rejected":[-2],"reference_chosen":[-1],"reference_rejected":[-2]}} """;
        var lines = string.Join('\n',
            """{"id":1,"spec":{"modify":"forward-kl","loss":{"loss":"dpo"}},""" + Pair,
            """{"id":2,"spec":{"modify":"forward-kl","loss":{"loss":"apo-zero"}},""" + Pair);
        var run = CommandLine.Run(lines, ["evaluate", "--batch", "-"]);

        Assert.Equal(1, run.Status);
        HandTable.AssertClose([Math.Log(2)], JsonElement.Parse(run.Lines[0]).Numbers("losses"), 1e-15);
        Assert.Contains("normaliser of the optimal policy does not cancel", JsonElement.Parse(run.Lines[1]).GetProperty("error").GetString(), StringComparison.Ordinal);
    }
}
