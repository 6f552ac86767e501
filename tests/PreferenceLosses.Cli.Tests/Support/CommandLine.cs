using System.Text.Json;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Tests.Support;

/// <summary>What one run of the command line gave.</summary>
internal sealed record CommandLine(int Status, string Output, string Error)
{
    /// <summary>Runs the command line in this process.</summary>
    public static CommandLine Run(params string[] arguments) => Run("", arguments);

    /// <summary>Runs it with a text on standard input, and with the losses of <see cref="TestLosses"/> beside the built-in ones.</summary>
    public static CommandLine Run(string input, string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var status = new CommandLineApp(Catalog, new StringReader(input), output, error).Run(arguments);
        return new CommandLine(status, output.ToString(), error.ToString());
    }

    public static LossCatalog Catalog { get; } = LossCatalog.BuiltIn.With(TestLosses.Entries);

    /// <summary>Evaluates one batch.</summary>
    public static CommandLine Evaluate(string loss, string input, params string[] more) =>
        Run(input, ["evaluate", "--loss", loss, "--input", "-", .. more]);

    /// <summary>Evaluates the lines of a batch.</summary>
    public static CommandLine EvaluateBatch(params string[] lines) => Run(string.Join('\n', lines) + "\n", ["evaluate", "--batch", "-"]);

    /// <summary>The lines of the output.</summary>
    public string[] Lines => Output.Split('\n')[..^1];

    /// <summary>The answers on the lines of the output.</summary>
    public JsonElement[] Answers => [.. Lines.Select(line => JsonElement.Parse(line))];

    /// <summary>The only answer of a run that succeeded.</summary>
    public JsonElement Answer
    {
        get
        {
            Assert.Equal("", Error);
            Assert.Equal(0, Status);
            return Assert.Single(Answers);
        }
    }

    /// <summary>The one line on the error stream, of a run that ended with a given exit status and wrote nothing else.</summary>
    public string ErrorLine(int status)
    {
        Assert.Equal(status, Status);
        Assert.Equal("", Output);
        Assert.Equal(Error.Length - 1, Error.IndexOf('\n', StringComparison.Ordinal));
        Assert.StartsWith("preference-losses: ", Error, StringComparison.Ordinal);
        return Error;
    }
}
