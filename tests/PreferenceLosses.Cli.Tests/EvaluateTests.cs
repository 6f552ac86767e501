using System.Text;
using System.Text.Json;
using PreferenceLosses.Cli.Tests.Support;

namespace PreferenceLosses.Cli.Tests;

/// <summary><c>evaluate</c> on one batch: the numbers, and the form of the answer.</summary>
public class EvaluateTests
{
    public static TheoryData<string, double[]> Losses => HandTable.Losses;

    public static TheoryData<string, double[]> Derivatives => HandTable.Derivatives;

    [Theory]
    [MemberData(nameof(Losses))]
    public void Losses_and_their_mean_are_those_of_the_hand_table(string loss, double[] expected)
    {
        var answer = CommandLine.Evaluate(loss, HandTable.Input, AtTheTablesParameters(loss)).Answer;

        HandTable.AssertClose(expected, answer.Numbers("losses"));
        HandTable.AssertClose([expected.Average()], [answer.GetProperty("mean").GetDouble()]);
    }

    [Theory]
    [MemberData(nameof(Derivatives))]
    public void The_gradient_is_that_of_the_mean_for_all_four_columns(string loss, double[] derivatives)
    {
        var gradient = CommandLine.Evaluate(loss, HandTable.Input, AtTheTablesParameters(loss)).Answer.GetProperty("gradient");

        double[] up = [.. derivatives.Select(derivative => derivative / 4)];
        double[] down = [.. derivatives.Select(derivative => -derivative / 4)];
        HandTable.AssertClose(up, gradient.Numbers("policy_chosen"));
        HandTable.AssertClose(down, gradient.Numbers("policy_rejected"));
        HandTable.AssertClose(down, gradient.Numbers("reference_chosen"));
        HandTable.AssertClose(up, gradient.Numbers("reference_rejected"));
    }

    [Fact]
    public void Rewards_are_beta_times_the_log_ratios_and_a_tie_counts_one_half()
    {
        var rewards = CommandLine.Evaluate("dpo", HandTable.Input).Answer.GetProperty("rewards");

        HandTable.AssertClose([0.07, -0.1, 0, 0.4], rewards.Numbers("chosen"));
        HandTable.AssertClose([-0.09, -0.05, 0, -1.8], rewards.Numbers("rejected"));
        HandTable.AssertClose([0.16, -0.05, 0, 2.2], rewards.Numbers("margins"));
        Assert.Equal((2 + 0.5) / 4, rewards.GetProperty("accuracy").GetDouble());
    }

    [Fact]
    public void The_answer_is_one_line_with_exactly_the_keys_of_the_contract()
    {
        var run = CommandLine.Evaluate("dpo", HandTable.Input, "--format", "json");

        Assert.Equal(["losses", "mean", "gradient", "rewards"], Keys(run.Answer));
        Assert.Equal(["policy_chosen", "policy_rejected", "reference_chosen", "reference_rejected"], Keys(run.Answer.GetProperty("gradient")));
        Assert.Equal(["chosen", "rejected", "margins", "accuracy"], Keys(run.Answer.GetProperty("rewards")));
        Assert.EndsWith("}\n", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(' ', run.Output);
    }

    [Fact]
    public void Aliases_lead_to_the_same_answer()
    {
        var named = CommandLine.Evaluate("discopop", HandTable.Input);

        Assert.Equal(0, named.Status);
        Assert.Equal(named, CommandLine.Evaluate("lrml", HandTable.Input));
    }

    [Fact]
    public void Set_changes_the_loss()
    {
        // ln(1 + e^(−βρ)) at ρ = 1.6.
        var loss = CommandLine.Evaluate("dpo", HandTable.Input, "--set", "beta=0.5").Answer.Numbers("losses")[0];

        Assert.Equal(Math.Log(1 + Math.Exp(-0.8)), loss, 1e-15);
    }

    [Fact]
    public void Set_can_be_given_for_every_parameter()
    {
        var both = CommandLine.Evaluate("discopop", HandTable.Input, "--set", "tau=0.2", "--set", "beta=0.1");

        var x = 0.16;
        var m = 1 / (1 + Math.Exp(-x / 0.2));
        Assert.Equal(((1 - m) * Math.Log(1 + Math.Exp(-x))) + (m * Math.Exp(-x)), both.Answer.Numbers("losses")[0], 1e-14);
    }

    [Fact]
    public void A_spec_takes_the_place_of_the_name_and_set_changes_it_further()
    {
        using var spec = new TemporaryFile("""{"loss":"lrml","parameters":{"beta":0.1,"tau":0.3}}""");

        var answer = CommandLine.Run(HandTable.Input, ["evaluate", "--spec", spec.Path, "--set", "tau=0.05", "--input", "-"]);

        Assert.Equal(CommandLine.Evaluate("discopop", HandTable.Input, "--set", "beta=0.1"), answer);
    }

    [Fact]
    public void The_input_is_a_file_or_standard_input_with_or_without_a_byte_order_mark()
    {
        using var plain = new TemporaryFile(HandTable.Input);
        using var marked = new TemporaryFile(HandTable.Input, Encoding.UTF8);
        var expected = CommandLine.Evaluate("dpo", HandTable.Input);

        Assert.Equal(0, expected.Status);
        Assert.Equal(expected, CommandLine.Run("evaluate", "--loss", "dpo", "--input", plain.Path));
        Assert.Equal(expected, CommandLine.Run("evaluate", "--loss", "dpo", "--input", marked.Path));
    }

    [Fact]
    public void Single_precision_rounds_what_it_reads_and_writes_the_fewest_digits_that_read_back()
    {
        // −13.1 + 12.9 is −0.2 in decimals, and −0.20000076 between the nearest floats.
        const string Input = """{"policy_chosen":[-13.1],"policy_rejected":[0],"reference_chosen":[-12.9],"reference_rejected":[0]}""";

        var single = CommandLine.Evaluate("ipo", Input, "--set", "beta=0.5", "--precision", "single");
        var reward = (-13.1f - -12.9f) * 0.5f;

        Assert.Equal(FormattableString.Invariant($"[{reward}]"), single.Answer.GetProperty("rewards").GetProperty("chosen").GetRawText());
        Assert.InRange(single.Answer.GetProperty("mean").GetRawText().Length, 1, 10);
    }

    [Fact]
    public void Double_precision_is_the_default()
    {
        var chosen = CommandLine.Evaluate("dpo", HandTable.Input);

        Assert.Equal(0, chosen.Status);
        Assert.Equal(chosen, CommandLine.Evaluate("dpo", HandTable.Input, "--precision", "double"));
        Assert.NotEqual(chosen, CommandLine.Evaluate("dpo", HandTable.Input, "--precision", "single"));
    }

    [Fact]
    public void Results_that_are_not_finite_are_strings()
    {
        // e^(−βρ) with βρ = −1000 is infinite, and so is its derivative.
        const string Input = """{"policy_chosen":[-20000,-1],"policy_rejected":[0,-2],"reference_chosen":[0,-1],"reference_rejected":[0,-2]}""";

        var answer = CommandLine.Evaluate("exponential", Input).Answer;

        Assert.Equal("[\"inf\",1]", answer.GetProperty("losses").GetRawText());
        Assert.Equal("inf", answer.GetProperty("mean").GetString());
        Assert.Equal("-inf", answer.GetProperty("gradient").GetProperty("policy_chosen")[0].GetString());
        Assert.Equal("inf", answer.GetProperty("gradient").GetProperty("policy_rejected")[0].GetString());
    }

    [Fact]
    public void One_row_where_two_are_needed_is_refused_unless_the_answer_of_pytorch_is_wanted()
    {
        const string Input = """{"policy_chosen":[-1],"policy_rejected":[-2],"reference_chosen":[-1.5],"reference_rejected":[-2.5]}""";

        var refused = CommandLine.Evaluate("dbaql", Input).ErrorLine(1);
        var answer = CommandLine.Evaluate("dbaql", Input, "--one-row", "pytorch").Answer;

        Assert.Contains("at least 2 rows", refused, StringComparison.Ordinal);
        Assert.Contains("--one-row pytorch", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("SingleRow", refused, StringComparison.Ordinal);
        Assert.Equal("[\"nan\"]", answer.GetProperty("losses").GetRawText());
        Assert.Equal("nan", answer.GetProperty("mean").GetString());
    }

    [Fact]
    public void No_rows_give_empty_arrays_and_no_mean()
    {
        const string Input = """{"policy_chosen":[],"policy_rejected":[],"reference_chosen":[],"reference_rejected":[]}""";

        Assert.Equal(
            """
            {"losses":[],"mean":null,"gradient":{"policy_chosen":[],"policy_rejected":[],"reference_chosen":[],"reference_rejected":[]},"rewards":{"chosen":[],"rejected":[],"margins":[],"accuracy":null}}

            """.ReplaceLineEndings("\n"),
            CommandLine.Evaluate("dbaql", Input).Output);
    }

    [Fact]
    public void A_loss_without_implicit_rewards_has_none()
    {
        var answer = CommandLine.Evaluate("ranked", """{"policy":[[-1]],"reference":[[-2]]}""").Answer;

        Assert.Equal(JsonValueKind.Null, answer.GetProperty("rewards").ValueKind);
    }

    private static string[] AtTheTablesParameters(string loss)
    {
        var parameters = CommandLine.Catalog.Find(loss).Loss.Parameters.Select(bound => bound.Parameter.Name);
        return [.. parameters.SelectMany(name => new[] { "--set", name == "tau" ? "tau=0.05" : $"{name}=0.1" })];
    }

    private static IEnumerable<string> Keys(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}
