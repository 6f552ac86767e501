using System.CommandLine;
using PreferenceLosses.Cli.Discovery;
using PreferenceLosses.Cli.Training;
using PreferenceLosses.Discovery;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Commands;

/// <summary><c>discover run|resume|replay|show|report|export|ablate</c>: a language model proposes losses, which are checked, trained with, scored, and fed back.</summary>
internal static class DiscoverCommand
{
    public static Command Create(LossCatalog catalog, TextWriter output, TextWriter error) => new(
        "discover", "Searches for losses: a language model proposes, and is told how good its proposals are.")
    {
        Run(output, error), Resume(output, error), Replay(output), Show(output), Report(output), Export(catalog, output), Ablate(output, error),
    };

    private static GroupedCommand Run(TextWriter output, TextWriter error)
    {
        var options = new DiscoverOptions();
        var command = new GroupedCommand("run", "Begins a search in a new folder. Without --model it plays 18 proposals that are built in.", "--output DIR [options]", options.Groups);
        command.SetAction(parsed =>
        {
            var settings = options.Read(parsed);
            var folder = new DiscoveryFolder(options.Output(parsed));
            if (File.Exists(folder.Archive))
            {
                throw CommandException.WrongUsage($"'{folder.Path}' has a run; 'discover resume {folder.Path}' goes on with it.");
            }

            Directory.CreateDirectory(folder.Path);
            settings.Save(folder.Settings);
            GoOn(folder, settings, output, error);
        });
        return command;
    }

    private static Command Resume(TextWriter output, TextWriter error)
    {
        var options = new DiscoverOptions();
        var folder = Folder();
        var command = new Command("resume", "Goes on with a search, with other limits if some are given.") { folder };
        foreach (var limit in options.Limits.Options)
        {
            command.Options.Add(limit);
        }

        command.SetAction(parsed =>
        {
            var files = new DiscoveryFolder(parsed.GetRequiredValue(folder));
            var settings = options.WithLimits(parsed, DiscoverySettings.Load(files.Settings));
            settings.Save(files.Settings);
            GoOn(files, settings, output, error);
        });
        return command;
    }

    private static Command Replay(TextWriter output)
    {
        var folder = Folder();
        var command = new Command("replay", "Runs the whole search again from its archive, without a model and without training, and says whether it goes the same way.") { folder };
        command.SetAction(parsed =>
        {
            var files = new DiscoveryFolder(parsed.GetRequiredValue(folder));
            var settings = DiscoverySettings.Load(files.Settings);
            var replay = RunReplay.CompareAsync(files.ReadEvents(), DiscoveryParts.Domain(settings), settings.Options([])).GetAwaiter().GetResult();
            output.Write(UntrustedText.Line(replay.Message, 1000) + "\n");
            return replay.IsSame ? ExitStatus.Success : ExitStatus.Failure;
        });
        return command;
    }

    private static Command Show(TextWriter output)
    {
        var folder = Folder();
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command("show", "Prints what a search came to so far.") { folder, json };
        command.SetAction(parsed =>
        {
            var state = new DiscoveryFolder(parsed.GetRequiredValue(folder)).ReadState();
            if (parsed.GetValue(json))
            {
                DiscoveryTable.WriteJson(state, output);
            }
            else
            {
                DiscoveryTable.WriteText(state, output);
            }
        });
        return command;
    }

    private static Command Report(TextWriter output)
    {
        var folder = Folder();
        var file = new Option<string>("--output") { HelpName = "FILE.html", Description = "The page; report.html in the folder if left out." };
        var command = new Command("report", "Writes a page for the browser: fitness, curves, property cards, lineage, cost, and all that was said.") { folder, file };
        command.SetAction(parsed =>
        {
            var files = new DiscoveryFolder(parsed.GetRequiredValue(folder));
            var path = parsed.GetValue(file) ?? files.Report;
            var page = DiscoveryReport.Html(files.ReadEvents(), DiscoveryParts.Domain(DiscoverySettings.Load(files.Settings)));
            AtomicFile.Write(path, stream =>
            {
                using var writer = new StreamWriter(stream, leaveOpen: true);
                writer.Write(page);
            });
            output.Write($"{path}\n");
        });
        return command;
    }

    private static Command Export(LossCatalog catalog, TextWriter output)
    {
        var folder = Folder();
        var number = new Argument<string>("NUMBER") { Description = "The number of the objective, as 'discover show' has it." };
        var to = new Option<string>("--to") { HelpName = ExportCommand.Formats, Description = "What to write, as 'export' does." };
        var command = new Command("export", "Writes an objective of a search as text for other programs.") { folder, number, to };
        command.SetAction(parsed =>
        {
            var files = new DiscoveryFolder(parsed.GetRequiredValue(folder));
            var write = ExportCommand.Writer(parsed.GetValue(to), catalog);
            var wanted = NumberOption.ParseWhole("NUMBER", parsed.GetRequiredValue(number), 1);
            var one = files.ReadState().Objective(wanted) ?? throw CommandException.Failure($"There is no objective {parsed.GetValue(number)} in '{files.Path}'; 'discover show' has their numbers.");
            var read = DiscoveryParts.Domain(DiscoverySettings.Load(files.Settings)).Validate(one.Proposal, one.Number, []);
            var objective = read.Objective
                ?? throw CommandException.Failure($"This version does not accept objective {parsed.GetValue(number)}: {read.Findings.First(finding => finding.IsError).Message}");
            output.Write(ExportCommand.Text(write, objective.Loss));
        });
        return command;
    }

    private static GroupedCommand Ablate(TextWriter output, TextWriter error)
    {
        var options = new DiscoverOptions();
        var arms = new Option<string>("--arms") { HelpName = "NAME,…", Description = $"The ways to search, the one first that the others are compared with: {AblationArms.Names}." };
        var repetitions = NumberOption.Whole("--repetitions", 1, 3, "How often each is run.");
        var command = new GroupedCommand(
            "ablate", "Runs ways to search against each other, on the same task and the same seeds.", "--output DIR --arms NAME,… [options]", [.. options.Groups, ("The comparison", [arms, repetitions])]);
        command.SetAction(parsed =>
        {
            var settings = options.Read(parsed);
            if (settings.Model is DiscoverySettings.Manual or DiscoverySettings.Recorded)
            {
                throw CommandException.WrongUsage($"--model is '{settings.Model}', which cannot be asked by several searches; the name of a model, scripted and random are accepted.");
            }

            var folder = options.Output(parsed);
            var results = Guarded($"The same command goes on with what is in '{folder}'.", cancellationToken =>
            {
                var display = new DiscoveryDisplay(error);
                var parts = new DiscoveryParts(settings, display);
                var evaluator = parts.Evaluator();
                using var held = evaluator as IDisposable;
                var ways = AblationArms.Of(parsed.GetValue(arms) ?? throw CommandException.WrongUsage($"--arms is missing; {AblationArms.Names} are accepted."), settings, display);
                var ablation = new Ablation(DiscoveryParts.Domain(settings), evaluator, ways);
                return ablation.RunAsync(folder, parsed.GetValue(repetitions), display, cancellationToken).GetAwaiter().GetResult();
            });
            AblationArms.Write(results, output);
        });
        return command;
    }

    private static void GoOn(DiscoveryFolder folder, DiscoverySettings settings, TextWriter output, TextWriter error) => DiscoveryTable.WriteText(Guarded(
        $"What was done is kept: 'discover resume {folder.Path}' goes on from there.",
        cancellationToken => DiscoverySession.Run(folder, settings, new DiscoveryDisplay(error), cancellationToken)), output);

    /// <summary>Runs what can be interrupted and can fail, and be gone on with.</summary>
    private static T Guarded<T>(string howToGoOn, Func<CancellationToken, T> run)
    {
        using var interruption = new Interruption();
        try
        {
            return run(interruption.Token);
        }
        catch (OperationCanceledException)
        {
            throw CommandException.Interrupted($"Interrupted. {howToGoOn}");
        }
        catch (Exception failed) when (failed is ChatModelException or EvaluatorException or IOException or UnauthorizedAccessException)
        {
            throw CommandException.Failure($"{UntrustedText.Line(failed.Message, 3000)} {howToGoOn}");
        }
        catch (Exception failed) when (failed is InvalidDataException or ArgumentException or NotSupportedException)
        {
            throw CommandException.Failure(LibraryMessage.Of(failed));
        }
    }

    private static Argument<string> Folder() => new("DIR") { Description = "The folder of the search." };
}
