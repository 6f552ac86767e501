using System.CommandLine;
using PreferenceLosses.Cli.Evaluation;
using PreferenceLosses.Cli.Json;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Commands;

/// <summary><c>evaluate</c>: one batch by options, or JSON lines by <c>--batch</c>.</summary>
internal sealed class EvaluateCommand
{
    private readonly Option<string> loss = new("--loss")
    {
        HelpName = "NAME",
        Description = "The loss, by its name or an alias.",
    };

    private readonly Option<string> spec = new("--spec")
    {
        HelpName = "FILE",
        Description = "The loss, as a file with its JSON, in place of --loss.",
    };

    private readonly Option<string> python = new("--python")
    {
        HelpName = "FILE|-",
        Description = "The loss, as a file with a PyTorch function in the DiscoPOP paper's interface, in place of --loss. It is read, never run.",
    };

    private readonly Option<string[]> set = ParameterSettings.Option();

    private readonly Option<string> input = new("--input")
    {
        HelpName = "FILE|-",
        Description = "The batch: a JSON object of columns; - is standard input.",
    };

    private readonly Option<string> precision = new("--precision")
    {
        HelpName = "single|double",
        Description = "The precision of the computation; double if left out.",
    };

    private readonly Option<string> oneRow = new("--one-row")
    {
        HelpName = "pytorch",
        Description = "One row gives NaN, as in PyTorch, where the loss needs two; refused if left out.",
    };

    private readonly Option<string> format = new("--format")
    {
        HelpName = "json",
        Description = "The format of the answer.",
    };

    private readonly Option<string> batch = new("--batch")
    {
        HelpName = "FILE|-",
        Description = "JSON lines, each with a loss and an input, in place of all the above; the answers are lines too.",
    };

    private readonly LossCatalog catalog;
    private readonly TextReader standardInput;
    private readonly TextWriter output;
    private readonly TextWriter error;

    private EvaluateCommand(LossCatalog catalog, TextReader standardInput, TextWriter output, TextWriter error)
    {
        this.catalog = catalog;
        this.standardInput = standardInput;
        this.output = output;
        this.error = error;
    }

    public static Command Create(LossCatalog catalog, TextReader standardInput, TextWriter output, TextWriter error)
    {
        var evaluate = new EvaluateCommand(catalog, standardInput, output, error);
        var command = new Command("evaluate", "Evaluates a loss on a batch: losses, their mean, its gradient, and rewards.")
        {
            evaluate.loss, evaluate.python, evaluate.spec, evaluate.set, evaluate.input, evaluate.precision, evaluate.oneRow, evaluate.format, evaluate.batch,
        };
        command.SetAction(evaluate.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        if (parsed.GetValue(format) is not (null or "json") and var wrong)
        {
            throw CommandException.WrongUsage($"--format is '{wrong}'; json is accepted.");
        }

        if (parsed.GetValue(batch) is { } lines)
        {
            RefuseBesideBatch(parsed);
            return new BatchEvaluation(catalog, output).Run(InputFile.Lines(lines, standardInput));
        }

        EvaluateOne(parsed);
        return ExitStatus.Success;
    }

    private void RefuseBesideBatch(ParseResult parsed)
    {
        Option[] others = [loss, python, spec, set, input, precision, oneRow];
        if (others.FirstOrDefault(option => parsed.GetResult(option) is not null) is { } given)
        {
            throw CommandException.WrongUsage($"{given.Name} is not accepted together with --batch: each line says it for itself.");
        }
    }

    private void EvaluateOne(ParseResult parsed)
    {
        Option<string>[] ways = [loss, python, spec];
        if (ways.Count(way => parsed.GetValue(way) is not null) != 1)
        {
            throw CommandException.WrongUsage(
                "The loss is given by --loss NAME, --python FILE or --spec FILE: by one of them. (Or --batch, for many.)");
        }

        var path = parsed.GetValue(input) ?? throw CommandException.WrongUsage(
            "--input is missing: a file with the batch, or - for standard input.");
        var arithmetic = Choices.Precision("--precision", parsed.GetValue(precision));
        var singleRow = Choices.SingleRow("--one-row", parsed.GetValue(oneRow));
        var settings = ParameterSettings.Parse(parsed.GetValue(set) ?? []);
        var configured = LossChoice.Configure(ChooseLoss(parsed), settings);

        using var document = JsonText.Parse(InputFile.Read(path, standardInput), "The input");
        Evaluator.Answer(new EvaluationRequest(configured, arithmetic, singleRow, document.RootElement), id: null, output);
    }

    private PreferenceLoss ChooseLoss(ParseResult parsed) =>
        parsed.GetValue(loss) is { } name ? LossChoice.Find(catalog, name).Loss
        : parsed.GetValue(python) is { } file ? LossFiles.Python(file, standardInput, error)
        : LossFiles.Spec(parsed.GetRequiredValue(spec), catalog, standardInput);
}
