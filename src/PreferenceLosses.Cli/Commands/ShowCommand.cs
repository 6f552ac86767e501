using System.CommandLine;
using PreferenceLosses.Cli.Evaluation;
using PreferenceLosses.Cli.Listing;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Commands;

/// <summary><c>show NAME [--set k=v]…</c>: everything there is to know about one loss.</summary>
internal static class ShowCommand
{
    public static Command Create(LossCatalog catalog, TextWriter output)
    {
        var name = new Argument<string>("NAME") { Description = "The loss, by its name or an alias." };
        var set = ParameterSettings.Option();
        var command = new Command("show", "Shows what there is to know about one loss.") { name, set };
        command.SetAction(parsed =>
        {
            var entry = LossChoice.Find(catalog, parsed.GetRequiredValue(name));
            var loss = LossChoice.Configure(entry.Loss, ParameterSettings.Parse(parsed.GetValue(set) ?? []));
            LossSheet.Write(entry, loss, output);
        });
        return command;
    }
}
