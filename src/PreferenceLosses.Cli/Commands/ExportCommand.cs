using System.CommandLine;
using PreferenceLosses.Cli.Evaluation;
using PreferenceLosses.Cuda;
using PreferenceLosses.Losses;
using PreferenceLosses.Text;

namespace PreferenceLosses.Cli.Commands;

/// <summary><c>export NAME | --python FILE | --spec FILE [--set k=v]… --to FORMAT</c>: a loss as text for other programs.</summary>
internal static class ExportCommand
{
    /// <summary>The formats, as a help text names them.</summary>
    public const string Formats = "pytorch|trl|latex|csharp|json|ptx";

    public static Command Create(LossCatalog catalog, TextReader standardInput, TextWriter output, TextWriter error)
    {
        var name = new Argument<string?>("NAME") { Description = "The loss, by its name or an alias.", Arity = ArgumentArity.ZeroOrOne };
        var python = new Option<string>("--python")
        {
            HelpName = "FILE|-",
            Description = "The loss, as a file with its PyTorch function, in place of NAME.",
        };
        var spec = new Option<string>("--spec")
        {
            HelpName = "FILE|-",
            Description = "The loss, as a file with its JSON, in place of NAME.",
        };
        var set = ParameterSettings.Option();
        var to = new Option<string>("--to")
        {
            HelpName = Formats,
            Description = "What to write: a PyTorch function, a file with a TRL trainer, LaTeX, a C# record, JSON, or PTX (CUDA kernels; ranked losses for four responses per row).",
        };
        var command = new Command("export", "Writes a loss as text for other programs.") { name, python, spec, set, to };
        command.SetAction(parsed =>
        {
            var write = Writer(parsed.GetValue(to), catalog);
            var loss = (parsed.GetValue(name), parsed.GetValue(python), parsed.GetValue(spec)) switch
            {
                ({ } known, null, null) => LossChoice.Find(catalog, known).Loss,
                (null, { } file, null) => LossFiles.Python(file, standardInput, error),
                (null, null, { } file) => LossFiles.Spec(file, catalog, standardInput),
                _ => throw CommandException.WrongUsage("The loss is given by NAME, --python FILE or --spec FILE: by one of them."),
            };
            loss = LossChoice.Configure(loss, ParameterSettings.Parse(parsed.GetValue(set) ?? []));
            output.Write(Text(write, loss));
        });
        return command;
    }

    /// <summary>What writes a format.</summary>
    public static Func<IPreferenceLoss, string> Writer(string? format, LossCatalog catalog) => format switch
    {
        "pytorch" => LossExport.ToPyTorch,
        "trl" => LossExport.ToTrl,
        "latex" => LossExport.ToLatex,
        "csharp" => LossExport.ToCSharp,
        "json" => loss => LossJson.Serialize(loss, catalog) + "\n",
        "ptx" => loss => PtxExport.ToPtx(loss),
        null => throw CommandException.WrongUsage($"--to is missing; {Accepted} are accepted."),
        _ => throw CommandException.WrongUsage($"--to is '{format}'; {Accepted} are accepted."),
    };

    private static string Accepted => Formats.Replace("|", ", ", StringComparison.Ordinal);

    /// <summary>The text, or a refusal where the formula has none.</summary>
    public static string Text(Func<IPreferenceLoss, string> write, IPreferenceLoss loss)
    {
        try
        {
            return write(loss);
        }
        catch (NotSupportedException refused)
        {
            throw CommandException.Failure(refused.Message);
        }
    }
}
