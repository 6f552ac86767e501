using System.CommandLine;
using PreferenceLosses.Cli.Evaluation;
using PreferenceLosses.Cli.Training;
using PreferenceLosses.Losses;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Commands;

/// <summary><c>train</c>: from a file of preferences to a trained policy, its metrics and curves.</summary>
internal static class TrainCommand
{
    public static Command Create(LossCatalog catalog, TextReader standardInput, TextWriter output, TextWriter error, bool isTerminal)
    {
        var options = new TrainOptions();
        var command = new GroupedCommand(
            "train",
            "Fits a small language model to preference data, trains a copy of it with a loss, and says what that did on held-out data.",
            "--data FILE… --loss NAME --output DIR [options]",
            options.Groups);
        command.SetAction(parsed =>
        {
            var isJson = options.IsJson(parsed);
            var request = options.Read(parsed, Loss(options, parsed, catalog, standardInput, error));
            var summary = Run(request, new ProgressDisplay(error, isTerminal));
            if (isJson)
            {
                summary.WriteJson(output);
            }
            else
            {
                summary.WriteText(output);
            }
        });
        return command;
    }

    private static PreferenceLoss Loss(TrainOptions options, ParseResult parsed, LossCatalog catalog, TextReader standardInput, TextWriter error)
    {
        var (name, spec, python, settings) = options.Loss(parsed);
        var loss = name is not null ? LossChoice.Find(catalog, name).Loss
            : spec is not null ? LossFiles.Spec(spec, catalog, standardInput)
            : LossFiles.Python(python!, standardInput, error);
        return LossChoice.Configure(loss, settings);
    }

    private static TrainingSummary Run(TrainRequest request, ProgressDisplay display)
    {
        using var interruption = new Interruption();
        try
        {
            return new TrainingRun(request, display, interruption.Token).Run();
        }
        catch (OperationCanceledException)
        {
            display.Close();
            throw CommandException.Interrupted($"Interrupted. What was done is in '{request.Output}': the same command goes on from there.");
        }
        catch (Exception failed) when (failed is InvalidExampleException or InvalidDataException or LossNotTrainableException or TrainingDivergedException or CheckpointException)
        {
            display.Close();
            throw CommandException.Failure(failed.Message);
        }
    }
}
