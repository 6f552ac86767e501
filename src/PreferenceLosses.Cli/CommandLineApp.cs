using System.CommandLine;
using System.CommandLine.Invocation;
using PreferenceLosses.Cli.Commands;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli;

/// <summary>The command line, on streams of the caller's: what the process does, and what tests run.</summary>
/// <param name="catalog">The losses.</param>
/// <param name="input">Standard input.</param>
/// <param name="output">Standard output: results.</param>
/// <param name="error">The error stream: what goes wrong, and how far a command is.</param>
/// <param name="isTerminal">Whether a person watches the error stream, so that a line may be written over.</param>
internal sealed class CommandLineApp(LossCatalog catalog, TextReader input, TextWriter output, TextWriter error, bool isTerminal = false)
{
    /// <summary>What the command is called where the tool is installed.</summary>
    public const string Name = "preference-losses";

    /// <summary>Runs one command; what goes wrong is one line on the error stream.</summary>
    /// <param name="arguments">The arguments of the process.</param>
    /// <returns>The exit status, one of <see cref="ExitStatus"/>.</returns>
    public int Run(params IReadOnlyList<string> arguments)
    {
        try
        {
            var status = Invoke(arguments);
            output.Flush();
            return status;
        }
        catch (CommandException wrong)
        {
            return Report(wrong);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // Reading is guarded where it happens, so this is the output: a full disk, a closed stream, a pipe that nobody reads.
            return Report(CommandException.Failure($"The output cannot be written: {failed.Message}"));
        }
    }

    private int Invoke(IReadOnlyList<string> arguments)
    {
        // Without a replacer, an argument that starts with @ is what it says and not the name of a file with more arguments.
        var parsed = Root().Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return parsed.Action is ParseErrorAction
            ? throw CommandException.WrongUsage(UsageMessage.Of(parsed))
            : parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
    }

    private RootCommand Root()
    {
        var root = new RootCommand("Preference-optimization losses for language models: values, gradients, and training.")
        {
            HelpName = Name,
            Subcommands =
            {
                ListCommand.Create(catalog, output),
                ShowCommand.Create(catalog, output),
                EvaluateCommand.Create(catalog, input, output, error),
                ExportCommand.Create(catalog, input, output, error),
                TrainCommand.Create(catalog, input, output, error, isTerminal),
                PlotCommand.Create(output),
                DiscoverCommand.Create(catalog, output, error),
            },
        };
        GroupedHelp.Install(root);
        return root;
    }

    private int Report(CommandException wrong)
    {
        error.Write($"{Name}: {wrong.Message}\n");
        error.Flush();
        return wrong.ExitStatus;
    }
}
