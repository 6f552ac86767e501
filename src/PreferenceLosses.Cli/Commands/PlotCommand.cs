using System.CommandLine;
using PreferenceLosses.Charts;
using PreferenceLosses.Cli.Plotting;

namespace PreferenceLosses.Cli.Commands;

/// <summary><c>plot METRICS.jsonl… --output FILE.svg</c>: training curves; <c>plot frontier FILE.csv --output FILE.svg</c>: reward against divergence.</summary>
internal static class PlotCommand
{
    public static Command Create(TextWriter output)
    {
        var metrics = new Argument<string[]>("METRICS.jsonl") { Description = "Files that training wrote, one or more.", Arity = ArgumentArity.OneOrMore };
        var y = new Option<string>("--y")
        {
            HelpName = "NAME,…",
            Description = "The metrics to draw, a chart each; those with + between share one, as in loss,rewards/chosen+rewards/rejected.",
        };
        var (file, theme) = (FileOption(), ThemeOption());
        var command = new Command("plot", "Draws training curves as SVG, or with 'frontier' reward against divergence.")
        {
            metrics, y, file, theme, Frontier(output),
        };
        command.SetAction(parsed =>
        {
            string[][] panels = parsed.GetValue(y) is { } names ? [.. names.Split(',').Select(panel => panel.Split('+'))] : MetricsChart.Usual;
            var (path, background) = (PathOf(parsed.GetValue(file)), ThemeOf(parsed.GetValue(theme)));
            Save(MetricsChart.Of(parsed.GetRequiredValue(metrics), panels, background).ToSvg(), path, output);
        });
        return command;
    }

    private static Command Frontier(TextWriter output)
    {
        var table = new Argument<string>("FILE.csv") { Description = "A table with the columns loss, beta, seed, reward, kl." };
        var (file, theme) = (FileOption(), ThemeOption());
        var command = new Command("frontier", "Draws expected reward against KL to the reference: a line for each loss, a point for each β, with 95 % intervals over the seeds.")
        {
            table, file, theme,
        };
        command.SetAction(parsed =>
        {
            var (path, background) = (PathOf(parsed.GetValue(file)), ThemeOf(parsed.GetValue(theme)));
            Save(FrontierChart.Of(parsed.GetRequiredValue(table), background).ToSvg(), path, output);
        });
        return command;
    }

    private static Option<string> FileOption() => new("--output") { HelpName = "FILE.svg", Description = "The drawing; it is replaced if it is there." };

    private static Option<string> ThemeOption() => new("--theme") { HelpName = "auto|light|dark", Description = "The background; auto, as the reader's system is set, if left out." };

    private static string PathOf(string? file) =>
        file is { Length: > 0 } ? file : throw CommandException.WrongUsage("--output is missing: the file that is drawn, FILE.svg.");

    private static Theme ThemeOf(string? theme) => theme switch
    {
        null or "auto" => Theme.Automatic,
        "light" => Theme.Light,
        "dark" => Theme.Dark,
        _ => throw CommandException.WrongUsage($"--theme is '{theme}'; auto, light and dark are accepted."),
    };

    private static void Save(string svg, string path, TextWriter output)
    {
        File.WriteAllText(path, svg);
        output.Write($"{path}\n");
    }
}
