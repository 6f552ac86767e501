using PreferenceLosses.Cli.Tests.Support;

namespace PreferenceLosses.Cli.Tests;

/// <summary>Wrong usage: exit status 2, and one line on the error stream that says what was wrong and what is accepted.</summary>
public class UsageTests
{
    [Theory]
    [InlineData("", "Required command was not provided. preference-losses accepts list, show, evaluate, export, train, plot, discover, --help, --version.")]
    [InlineData("lst", "'lst' is not accepted here. preference-losses accepts list, show, evaluate,")]
    [InlineData("list --jsn", "'--jsn' is not accepted here. list accepts --json.")]
    [InlineData("list everything", "'everything' is not accepted here.")]
    [InlineData("show", "'NAME' missing")]
    [InlineData("show dpo ipo", "'ipo' is not accepted here. show accepts NAME, --set k=v.")]
    [InlineData("show dpoo", "There is no loss 'dpoo'; the nearest names are dpo, dpop, cdpo.")]
    [InlineData("show dpo --set tau=1", "The loss has no parameter 'tau'; it has beta.")]
    [InlineData("show dpo --set beta=0", "beta (β) has to be a finite number greater than 0. The paper uses 0.1, and 0.5 for summarization. The value is 0.")]
    [InlineData("show dpo --set beta=1e999", "beta (β) has to be a finite number greater than 0.")]
    [InlineData("show dpo --set beta", "--set is 'beta'; the name of a parameter, = and a number are accepted")]
    [InlineData("show dpo --set beta=0,1", "--set is 'beta=0,1'")]
    [InlineData("show dpo --set beta=", "--set is 'beta='")]
    [InlineData("show dpo --set beta=1 --set beta=2", "--set gives 'beta' twice")]
    [InlineData("evaluate", "by --loss NAME, --python FILE or --spec FILE")]
    [InlineData("evaluate --loss dpo --spec s.json --input -", "by --loss NAME, --python FILE or --spec FILE")]
    [InlineData("evaluate --input -", "by --loss NAME, --python FILE or --spec FILE")]
    [InlineData("evaluate --loss", "Required argument missing for option: '--loss'. evaluate accepts --loss NAME, --python FILE|-, --spec FILE,")]
    [InlineData("evaluate --loss dpo --loss ipo --input -", "'--loss' expects a single argument but 2 were provided")]
    [InlineData("evaluate --loss dpo", "--input is missing: a file with the batch, or - for standard input.")]
    [InlineData("evaluate --loss dpoo --input -", "There is no loss 'dpoo'")]
    [InlineData("evaluate --loss dpo --input - --set tau=1", "The loss has no parameter 'tau'; it has beta.")]
    [InlineData("evaluate --loss pfl-generated --input - --set beta=1", "The loss has no parameter 'beta'; it has none.")]
    [InlineData("evaluate --loss dpo --input - --set beta=-1", "The value is -1.")]
    [InlineData("evaluate --loss dpo --input - --precision half", "--precision is 'half'; single and double are accepted.")]
    [InlineData("evaluate --loss dpo --input - --one-row nan", "--one-row is 'nan'; pytorch is accepted.")]
    [InlineData("evaluate --loss dpo --input - --format csv", "--format is 'csv'; json is accepted.")]
    [InlineData("evaluate --loss dpo --input - --python x.py", "by --loss NAME, --python FILE or --spec FILE")]
    [InlineData("evaluate --batch - --loss dpo", "--loss is not accepted together with --batch")]
    [InlineData("evaluate --batch - --python x.py", "--python is not accepted together with --batch")]
    [InlineData("evaluate --batch - --spec s", "--spec is not accepted together with --batch")]
    [InlineData("evaluate --batch - --set beta=1", "--set is not accepted together with --batch")]
    [InlineData("evaluate --batch - --input -", "--input is not accepted together with --batch")]
    [InlineData("evaluate --batch - --precision single", "--precision is not accepted together with --batch")]
    [InlineData("evaluate --batch - --one-row pytorch", "--one-row is not accepted together with --batch")]
    [InlineData("evaluate --batch - --format xml", "--format is 'xml'; json is accepted.")]
    [InlineData("export --to json", "The loss is given by NAME, --python FILE or --spec FILE: by one of them.")]
    [InlineData("export dpo --spec s.json --to json", "by one of them.")]
    [InlineData("export dpo --python l.py --to json", "by one of them.")]
    [InlineData("export dpo", "--to is missing; pytorch, trl, latex, csharp, json, ptx are accepted.")]
    [InlineData("export dpo --to tex", "--to is 'tex'; pytorch, trl, latex, csharp, json, ptx are accepted.")]
    [InlineData("export dpoo --to json", "There is no loss 'dpoo'")]
    [InlineData("export dpo --set tau=1 --to json", "The loss has no parameter 'tau'; it has beta.")]
    [InlineData("evaluate @arguments", "'@arguments' is not accepted here.")]
    public void Wrong_usage_is_one_line_and_exit_status_2(string arguments, string expected)
    {
        var run = CommandLine.Run("{}", arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        var line = run.ErrorLine(2);
        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_stays_on_one_line_whatever_it_quotes()
    {
        Assert.Contains("There is no loss 'a b'", CommandLine.Run("show", "a\r\nb").ErrorLine(2), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "evaluate")]
    [InlineData("evaluate --help", "--one-row <pytorch>")]
    [InlineData("evaluate --help --batch -", "--batch <FILE|->")]
    public void Help_is_no_error(string arguments, string expected)
    {
        var run = CommandLine.Run(arguments.Split(' '));

        Assert.Equal(0, run.Status);
        Assert.Equal("", run.Error);
        Assert.Contains("preference-losses", run.Output, StringComparison.Ordinal);
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
    }
}
