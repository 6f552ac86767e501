using System.CommandLine;
using PreferenceLosses.Cli.Listing;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Commands;

/// <summary><c>list [--json]</c>: every loss of the catalogue.</summary>
internal static class ListCommand
{
    public static Command Create(LossCatalog catalog, TextWriter output)
    {
        var json = new Option<bool>("--json") { Description = "Writes an array of objects in place of the table." };
        var command = new Command("list", "Lists every loss: names, paper, inputs, and parameters with their defaults.") { json };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(json))
            {
                CatalogJson.Write(catalog, output);
            }
            else
            {
                CatalogTable.Write(catalog, output);
            }
        });
        return command;
    }
}
