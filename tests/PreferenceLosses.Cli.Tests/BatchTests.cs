using System.Text.Json;
using PreferenceLosses.Cli.Tests.Support;

namespace PreferenceLosses.Cli.Tests;

/// <summary><c>evaluate --batch</c>: JSON lines in, JSON lines out.</summary>
public class BatchTests
{
    private const string Row = """{"policy_chosen":[-1],"policy_rejected":[-2],"reference_chosen":[-1.5],"reference_rejected":[-2]}""";

    [Fact]
    public void Answers_come_in_the_order_of_the_lines_with_their_ids_first()
    {
        var answers = CommandLine.EvaluateBatch(Line("1", "dpo"), Line("\"b\"", "ipo"), Line("[2.50]", "slic")).Answers;

        Assert.Equal(["1", "\"b\"", "[2.50]"], answers.Select(answer => answer.EnumerateObject().First().Value.GetRawText()));
        Assert.All(answers, answer => Assert.Equal(["id", "losses", "mean", "gradient", "rewards"], Keys(answer)));
        Assert.Equal([Math.Log(1 + Math.Exp(-0.05)), 20.25, 0.95], answers.Select(answer => Math.Round(answer.GetProperty("mean").GetDouble(), 15)), Near);
    }

    [Fact]
    public void A_line_gives_what_the_options_give()
    {
        var line = $$"""{"loss":"lrml","set":{"beta":0.1,"tau":0.2},"precision":"single","input":{{HandTable.InputOnOneLine}}}""";

        Assert.Equal(
            CommandLine.Evaluate("lrml", HandTable.Input, "--set", "beta=0.1", "--set", "tau=0.2", "--precision", "single"),
            CommandLine.EvaluateBatch(line));
    }

    [Fact]
    public void A_line_without_an_id_has_an_answer_without_one()
    {
        Assert.Equal(["losses", "mean", "gradient", "rewards"], Keys(CommandLine.EvaluateBatch($$"""{"loss":"dpo","input":{{Row}}}""").Answer));
    }

    [Fact]
    public void A_spec_takes_the_place_of_the_name()
    {
        var bySpec = CommandLine.EvaluateBatch($$$"""{"spec":{"loss":"dpo","parameters":{"beta":0.3}},"input":{{{Row}}}}""");

        Assert.Equal(0, bySpec.Status);
        Assert.Equal(CommandLine.Evaluate("dpo", Row, "--set", "beta=0.3"), bySpec);
    }

    [Fact]
    public void One_row_is_a_choice_of_the_line()
    {
        var answers = CommandLine.EvaluateBatch(Line("1", "dbaql"), Line("2", "dbaql", "\"one_row\":\"pytorch\",")).Answers;

        Assert.Contains("at least 2 rows", answers[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal("nan", answers[1].GetProperty("mean").GetString());
    }

    [Fact]
    public void A_bad_line_gives_its_id_and_error_the_rest_go_on_and_the_exit_status_is_1()
    {
        var run = CommandLine.EvaluateBatch(Line("1", "dpo"), Line("2", "dpoo"), "{nonsense", Line("4", "dpo"));

        Assert.Equal(1, run.Status);
        Assert.Equal("", run.Error);
        Assert.Equal(4, run.Answers.Length);
        Assert.Equal(["id", "error"], Keys(run.Answers[1]));
        Assert.Equal(2, run.Answers[1].GetProperty("id").GetInt32());
        Assert.Equal("There is no loss 'dpoo'; the nearest names are dpo, dpop, cdpo. 'list' names them all.", run.Answers[1].GetProperty("error").GetString());
        Assert.Equal(["id", "error"], Keys(run.Answers[2]));
        Assert.Equal(JsonValueKind.Null, run.Answers[2].GetProperty("id").ValueKind);
        Assert.Equal(run.Lines[0].Replace("\"id\":1", "\"id\":4", StringComparison.Ordinal), run.Lines[3]);
    }

    [Theory]
    [InlineData("\"loss\":\"dpo\"", "'input' is missing")]
    [InlineData("\"input\":{}", "by 'loss', 'python' or 'spec'")]
    [InlineData("\"loss\":\"dpo\",\"spec\":{\"loss\":\"dpo\"},\"input\":{}", "by 'loss', 'python' or 'spec'")]
    [InlineData("\"loss\":7,\"input\":{}", "'loss' is 7; a string is accepted")]
    [InlineData("\"loss\":\"\\ud800\",\"input\":{}", "half a character")]
    [InlineData("\"loss\":\"dpo\",\"loss\":\"ipo\",\"input\":{}", "The line has 'loss' twice")]
    [InlineData("\"loss\":\"dpo\",\"input\":[]", "The input is []; an object is accepted")]
    [InlineData("\"loss\":\"dpo\",\"input\":{}", "The column 'policy_chosen' is missing")]
    [InlineData("\"loss\":\"dpo\",\"betta\":0.1,\"input\":{}", "'betta' is not part of a line; id, loss, python, spec, set, precision, one_row, input are accepted")]
    [InlineData("\"python\":\"def f(): pass\",\"input\":{}", "The Python text is not accepted: line 1, column 5: The function has no log-probabilities")]
    [InlineData("\"python\":\"x\\ny = z\",\"input\":{}", "There is no function.")]
    [InlineData("\"python\":[],\"input\":{}", "'python' is []; a string is accepted")]
    [InlineData("\"python\":\"x\",\"loss\":\"dpo\",\"input\":{}", "by 'loss', 'python' or 'spec'")]
    [InlineData("\"loss\":\"dpo\",\"set\":{\"tau\":1},\"input\":{}", "The loss has no parameter 'tau'; it has beta.")]
    [InlineData("\"loss\":\"dpo\",\"set\":{\"beta\":0},\"input\":{}", "beta (β) has to be a finite number greater than 0.")]
    [InlineData("\"loss\":\"dpo\",\"set\":{\"beta\":\"0.1\"},\"input\":{}", "'beta' in 'set' is \"0.1\"; a number is accepted")]
    [InlineData("\"loss\":\"dpo\",\"set\":{\"beta\":1,\"beta\":2},\"input\":{}", "'set' has 'beta' twice")]
    [InlineData("\"loss\":\"dpo\",\"set\":[],\"input\":{}", "'set' is []; an object is accepted")]
    [InlineData("\"loss\":\"dpo\",\"precision\":\"half\",\"input\":{}", "'precision' is 'half'; single and double are accepted")]
    [InlineData("\"loss\":\"dpo\",\"one_row\":\"refuse\",\"input\":{}", "'one_row' is 'refuse'; pytorch is accepted")]
    [InlineData("\"spec\":{\"loss\":\"dpo\",\"parameters\":{\"tau\":1}},\"input\":{}", "The spec is not accepted: The loss has no parameter 'tau'; it has beta.")]
    [InlineData("\"spec\":{\"loss\":\"dpo\",\"parameters\":{\"beta\":-1}},\"input\":{}", "The spec is not accepted: beta (β) has to be a finite number greater than 0.")]
    [InlineData("\"spec\":\"dpo\",\"input\":{}", "The spec is not accepted: A loss is an object")]
    [InlineData("\"spec\":{\"loss\":\"\\ud800\"},\"input\":{}", "half a character")]
    public void What_is_wrong_with_a_line_is_in_its_error(string line, string expected)
    {
        var run = CommandLine.EvaluateBatch("{\"id\":7," + line + "}");

        Assert.Equal(1, run.Status);
        var answer = Assert.Single(run.Answers);
        Assert.Equal(7, answer.GetProperty("id").GetInt32());
        Assert.Contains(expected, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7", "The line is 7; an object is accepted.")]
    [InlineData("{\"\\ud800\":1}", "half a character")]
    public void A_line_that_is_no_object_has_no_id(string line, string expected)
    {
        var answer = Assert.Single(CommandLine.EvaluateBatch(line).Answers);

        Assert.Equal(JsonValueKind.Null, answer.GetProperty("id").ValueKind);
        Assert.Contains(expected, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_keep_their_letters()
    {
        Assert.Contains("(β)", CommandLine.EvaluateBatch("""{"loss":"dpo","set":{"beta":0},"input":{}}""").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Blank_lines_are_skipped_and_no_lines_give_no_answers()
    {
        Assert.Single(CommandLine.EvaluateBatch("", Line("1", "dpo"), "  ").Answers);
        Assert.Equal(new CommandLine(0, "", ""), CommandLine.Run("", ["evaluate", "--batch", "-"]));
    }

    [Fact]
    public void Lines_come_from_a_file_too()
    {
        using var lines = new TemporaryFile(Line("1", "dpo") + "\r\n" + Line("2", "dpo"));

        Assert.Equal(
            CommandLine.EvaluateBatch(Line("1", "dpo"), Line("2", "dpo")),
            CommandLine.Run("evaluate", "--batch", lines.Path, "--format", "json"));
    }

    private static string Line(string id, string loss, string more = "") => $$"""{"id":{{id}},"loss":"{{loss}}",{{more}}"input":{{Row}}}""";

    private static IEnumerable<string> Keys(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

    private static bool Near(double expected, double actual) => Math.Abs(expected - actual) < 1e-12;
}
