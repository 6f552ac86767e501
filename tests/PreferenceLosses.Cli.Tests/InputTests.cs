using System.Text.Json;
using PreferenceLosses.Cli.Tests.Support;

namespace PreferenceLosses.Cli.Tests;

/// <summary>The JSON object with a batch: its columns, what else may stand in it, and what is refused.</summary>
public class InputTests
{
    private const string Pair = "\"policy_chosen\":[-1,-2],\"policy_rejected\":[-3,-4],\"reference_chosen\":[-1,-2],\"reference_rejected\":[-3,-4]";

    [Fact]
    public void Log_probabilities_that_the_loss_ignores_have_a_gradient_of_zeros_and_other_columns_have_none()
    {
        var answer = CommandLine.Evaluate("dpo", "{" + Pair + """,   "policy":[-5,-6],"chosen_length":[3,4],"margin":[0,1]}""").Answer;

        Assert.Equal([0, 0], answer.Numbers("gradient", "policy"));
        Assert.Equal(
            ["policy_chosen", "policy_rejected", "reference_chosen", "reference_rejected", "policy"],
            answer.GetProperty("gradient").EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public void The_losss_own_columns_are_accepted_and_have_a_gradient_if_it_differentiates_them()
    {
        // policy_chosen · extra + fixed.
        var answer = CommandLine.Evaluate("own-columns", """{"policy_chosen":[2,3],"policy_rejected":[0,0],"extra":[5,7],"fixed":[1,1]}""").Answer;

        Assert.Equal([11, 22], answer.Numbers("losses"));
        Assert.Equal([2.5, 3.5], answer.Numbers("gradient", "policy_chosen"));
        Assert.Equal([1, 1.5], answer.Numbers("gradient", "extra"));
        Assert.False(answer.GetProperty("gradient").TryGetProperty("fixed", out _));
    }

    [Fact]
    public void Lengths_scores_and_margins_reach_the_loss()
    {
        var pairs = CommandLine.Evaluate(
            "pair-columns",
            """{"policy_chosen":[0],"policy_rejected":[0],"chosen_length":[1],"rejected_length":[2],"chosen_score":[3],"rejected_score":[4],"margin":[5]}""");
        var responses = CommandLine.Evaluate("response-columns", """{"length":[6],"score":[7]}""");

        Assert.Equal([12345], pairs.Answer.Numbers("losses"));
        Assert.Equal([67], responses.Answer.Numbers("losses"));
    }

    [Fact]
    public void Desirable_is_true_or_false_and_a_scalar_is_a_plain_number()
    {
        // (policy − kl)² for desirable examples.
        var answer = CommandLine.Evaluate("unpaired", """{"policy":[3,5],"desirable":[true,false],"kl":1}""").Answer;

        Assert.Equal([4, 0], answer.Numbers("losses"));
        Assert.Equal([2, 0], answer.Numbers("gradient", "policy"));
    }

    [Fact]
    public void K_responses_are_arrays_of_rows()
    {
        // Σ over the responses of (policy − reference)².
        var answer = CommandLine.Evaluate("ranked", """{"policy":[[1,2,3],[5,6,7]],"reference":[[0,0,0],[4,4,4]]}""").Answer;

        Assert.Equal([14, 14], answer.Numbers("losses"));
        Assert.Equal("[[1,2,3],[1,2,3]]", answer.GetProperty("gradient").GetProperty("policy").GetRawText());
        Assert.Equal("[[-1,-2,-3],[-1,-2,-3]]", answer.GetProperty("gradient").GetProperty("reference").GetRawText());
    }

    [Fact]
    public void Rows_of_different_length_are_ragged_and_the_gradient_has_the_same_rows()
    {
        var answer = CommandLine.Evaluate("ranked", """{"policy":[[1],[4,5,6],[2,3]],"reference":[[0],[4,4,4],[0,0]]}""").Answer;

        Assert.Equal([1, 5, 13], answer.Numbers("losses"));
        HandTable.AssertClose([2.0 / 3, 0, 2.0 / 3, 4.0 / 3, 4.0 / 3, 2], [.. Groups(answer, "policy").SelectMany(row => row)], 1e-15);
        Assert.Equal([1, 3, 2], Groups(answer, "policy").Select(row => row.Length));
    }

    [Fact]
    public void A_row_without_responses_needs_a_weight_of_zero()
    {
        const string Groups = "\"policy\":[[],[4,5,6]],\"reference\":[[],[4,4,4]]";

        var refused = CommandLine.Evaluate("ranked", "{" + Groups + "}").ErrorLine(1);
        var answer = CommandLine.Evaluate("ranked", "{" + Groups + ",\"weight\":[0,1]}").Answer;

        Assert.Contains("Row 0 has no valid response", refused, StringComparison.Ordinal);
        Assert.Equal([0, 5], answer.Numbers("losses"));
        Assert.Equal("[[],[0,2,4]]", answer.GetProperty("gradient").GetProperty("policy").GetRawText());
    }

    [Fact]
    public void Ranked_log_probabilities_that_a_loss_of_pairs_ignores_keep_their_form()
    {
        var answer = CommandLine.Evaluate("dpo", "{" + Pair + """,   "policy":[[1,2],[3]]}""").Answer;

        Assert.Equal("[[0,0],[0]]", answer.GetProperty("gradient").GetProperty("policy").GetRawText());
    }

    [Fact]
    public void Zero_rows_of_responses_are_accepted()
    {
        var answer = CommandLine.Evaluate("ranked", """{"policy":[],"reference":[]}""").Answer;

        Assert.Equal("[]", answer.GetProperty("gradient").GetProperty("policy").GetRawText());
    }

    [Fact]
    public void Weights_scale_the_mean_and_zero_excludes_a_row_whatever_it_holds()
    {
        const string Input =
            """{"policy_chosen":["nan",-1,-1],"policy_rejected":["inf",-2,-3],"reference_chosen":["-inf",-1,-1],"reference_rejected":[0,-2,-3],"weight":[0,1,3]}""";

        var answer = CommandLine.Evaluate("dpo", Input).Answer;

        HandTable.AssertClose([0, Math.Log(2), Math.Log(2)], answer.Numbers("losses"), 1e-15);
        HandTable.AssertClose([4 * Math.Log(2) / 2], [answer.GetProperty("mean").GetDouble()], 1e-15);
        HandTable.AssertClose([0, -0.05 / 2, -3 * 0.05 / 2], answer.Numbers("gradient", "policy_chosen"), 1e-15);
        Assert.Equal(0.5, answer.GetProperty("rewards").GetProperty("accuracy").GetDouble());
    }

    [Fact]
    public void Where_every_row_has_weight_zero_there_is_no_mean()
    {
        var run = CommandLine.Evaluate("dpo", "{" + Pair + ",\"weight\":[0,0]}");

        Assert.Contains("\"losses\":[0,0],\"mean\":null,", run.Output, StringComparison.Ordinal);
        Assert.Contains("\"accuracy\":null", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"nan\"", "NaN")]
    [InlineData("\"inf\"", "Infinity")]
    [InlineData("\"-inf\"", "-Infinity")]
    [InlineData("1e999", "Infinity")]
    public void Values_that_are_not_finite_are_refused_with_column_and_row(string value, string named)
    {
        var refused = CommandLine.Evaluate("dpo", "{" + Pair.Replace("-4", value, StringComparison.Ordinal) + "}").ErrorLine(1);

        // The first of the two columns that hold it.
        Assert.Contains($"The column 'policy_rejected' is {named} at row 1", refused, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_too_large_for_single_precision_is_refused_there_alone()
    {
        var input = "{" + Pair.Replace("-4", "-1e39", StringComparison.Ordinal) + "}";

        Assert.Equal(0, CommandLine.Evaluate("dpo", input).Status);
        Assert.Contains("'policy_rejected' is -Infinity at row 1", CommandLine.Evaluate("dpo", input, "--precision", "single").ErrorLine(1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dpo", "{\"policy_chosen\":[-1]}", "The column 'policy_rejected' is missing")]
    [InlineData("dpo", "{" + Pair + ",\"weight\":[1]}", "The column 'weight' has 1 rows and 'policy_chosen' has 2")]
    [InlineData("dpo", "{" + Pair + ",\"policy_choosen\":[1,2]}", "no place for 'policy_choosen'; dpo reads policy_chosen, policy_rejected, reference_chosen, reference_rejected, and accepted beside these are policy, reference, chosen_length,")]
    [InlineData("dpo", "{" + Pair + ",\"kl\":0.5}", "no place for 'kl'")]
    [InlineData("dpo", "{" + Pair + ",\"extra\":[1,2]}", "no place for 'extra'")]
    [InlineData("dpo", "{" + Pair + ",\"margin\":[1,2],\"margin\":[1,2]}", "'margin' twice")]
    [InlineData("dpo", "{" + Pair + ",\"margin\":3}", "The column 'margin' is 3; an array is accepted")]
    [InlineData("dpo", "{" + Pair + ",\"margin\":[1,null]}", "The column 'margin' is null at row 1; a number is accepted")]
    [InlineData("dpo", "{" + Pair + ",\"margin\":[1,\"NaN\"]}", "The column 'margin' is \"NaN\" at row 1; a number is accepted, or \"inf\", \"-inf\" or \"nan\"")]
    [InlineData("dpo", "{" + Pair + ",\"margin\":[1,true]}", "The column 'margin' is true at row 1")]
    [InlineData("dpo", "{" + Pair + ",\"desirable\":[true,1]}", "The column 'desirable' is 1 at row 1; true and false are accepted")]
    [InlineData("dpo", "{" + Pair + ",\"weight\":[[1],[1]]}", "The column 'weight' is [1] at row 0")]
    [InlineData("dpo", "{" + Pair + ",\"weight\":[1,-1]}", "The column 'weight' is -1 at row 1")]
    [InlineData("dpo", "{" + Pair + ",\"score\":[[1,2],[3,[4]]]}", "The column 'score' is [4] at row 1, response 1")]
    [InlineData("dpo", "[1,2]", "The input is [1,2]; an object is accepted")]
    [InlineData("dpo", "{", "The input is not JSON")]
    [InlineData("dpo", "", "The input is not JSON")]
    [InlineData("dpo", "{\"\\ud800\":[1]}", "half a character")]
    [InlineData("unpaired", "{\"policy\":[1],\"desirable\":[true]}", "The scalar 'kl' is missing")]
    [InlineData("unpaired", "{\"policy\":[1],\"desirable\":[true],\"kl\":[1]}", "'kl' is [1]; unpaired reads one number for the whole batch")]
    [InlineData("unpaired", "{\"policy\":[1],\"desirable\":[true],\"kl\":\"nan\"}", "The scalar 'kl' is NaN")]
    [InlineData("unpaired", "{\"policy\":[[1,2]],\"desirable\":[true],\"kl\":1}", "The column 'policy' is [1,2] at row 0; a number is accepted")]
    [InlineData("ranked", "{\"policy\":[1],\"reference\":[[1]]}", "The column 'policy' is 1 at row 0; an array")]
    [InlineData("ranked", "{\"policy\":[[1,2],[3]],\"reference\":[[1,2],[3,4]]}", "The column 'reference' has 2 responses at row 1, and 'policy' has 1")]
    [InlineData("ranked", "{\"policy\":[[1,2],[3]],\"reference\":[[1,2]]}", "The column 'reference' has 1 rows and 'policy' has 2")]
    public void What_is_wrong_with_an_input_is_one_line_with_the_column_and_the_row(string loss, string input, string expected)
    {
        Assert.Contains(expected, CommandLine.Evaluate(loss, input).ErrorLine(1), StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_value_is_shortened_in_the_message()
    {
        var refused = CommandLine.Evaluate("dpo", "{\"margin\":\"" + new string('x', 5000) + "\"}").ErrorLine(1);

        Assert.InRange(refused.Length, 1, 150);
        Assert.Contains("xxx…; an array is accepted", refused, StringComparison.Ordinal);
    }

    private static double[][] Groups(JsonElement answer, string column) =>
        [.. answer.GetProperty("gradient").GetProperty(column).EnumerateArray().Select(row => row.EnumerateArray().Select(number => number.GetDouble()).ToArray())];
}
