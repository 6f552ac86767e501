using System.CommandLine;

namespace PreferenceLosses.Cli;

/// <summary>What is wrong with a command line that could not be parsed, and what is accepted in its place.</summary>
internal static class UsageMessage
{
    public static string Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var wrong = parsed.UnmatchedTokens.Count > 0 ? $"'{parsed.UnmatchedTokens[0]}' is not accepted here." : parsed.Errors[0].Message;
        var name = command is RootCommand ? CommandLineApp.Name : command.Name;
        return $"{wrong} {name} accepts {string.Join(", ", Accepted(command))}.";
    }

    private static IEnumerable<string> Accepted(Command command) =>
    [
        .. command.Subcommands.Select(subcommand => subcommand.Name),
        .. command.Arguments.Select(argument => argument.Name),
        .. command.Options.Select(option => option.HelpName is null ? option.Name : $"{option.Name} {option.HelpName}"),
    ];
}
