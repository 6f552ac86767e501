using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using PreferenceLosses.Cli.Listing;

namespace PreferenceLosses.Cli.Commands;

/// <summary>The help of a command with so many options that they stand in groups; other commands have the usual one.</summary>
internal sealed class GroupedHelp(SynchronousCommandLineAction usual) : SynchronousCommandLineAction
{
    /// <summary>Makes the option --help of all commands show groups where a command has them.</summary>
    public static void Install(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new GroupedHelp((SynchronousCommandLineAction)help.Action!);
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        if (parseResult.CommandResult.Command is not GroupedCommand command)
        {
            return usual.Invoke(parseResult);
        }

        var output = parseResult.InvocationConfiguration.Output;
        output.Write($"{command.Description}\n\nUsage:\n  {Path(parseResult.CommandResult)} {command.Synopsis}\n");
        foreach (var (title, options) in command.Groups)
        {
            output.Write($"\n{title}:\n");
            TextTable.Write(output, [.. options.Select(option => new[] { Label(option), option.Description! })], "  ");
        }

        return ExitStatus.Success;
    }

    /// <summary>The command with those that it belongs to: preference-losses discover run.</summary>
    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : CommandLineApp.Name;

    private static string Label(Option option) =>
        string.Join(", ", option.Aliases.Prepend(option.Name)) + (option.HelpName is null ? "" : $" <{option.HelpName}>");
}

/// <summary>A command whose options stand in groups.</summary>
internal sealed class GroupedCommand : Command
{
    public GroupedCommand(string name, string description, string synopsis, params (string Title, Option[] Options)[] groups)
        : base(name, description)
    {
        Synopsis = synopsis;
        Groups = groups;
        foreach (var option in groups.SelectMany(group => group.Options))
        {
            Options.Add(option);
        }
    }

    /// <summary>What has to follow the name.</summary>
    public string Synopsis { get; }

    public IReadOnlyList<(string Title, Option[] Options)> Groups { get; }
}
