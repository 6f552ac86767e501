using System.CommandLine;
using System.Globalization;

namespace PreferenceLosses.Cli.Commands;

/// <summary>The option <c>--set k=v</c>, which commands share.</summary>
internal static class ParameterSettings
{
    public static Option<string[]> Option() => new("--set")
    {
        HelpName = "k=v",
        Description = "Gives a parameter of the loss a value; once for each parameter.",
    };

    /// <summary>Reads <c>k=v</c> texts.</summary>
    public static IReadOnlyDictionary<string, double> Parse(IEnumerable<string> texts)
    {
        var settings = new Dictionary<string, double>();
        foreach (var text in texts)
        {
            var (name, value) = Parse(text);
            if (!settings.TryAdd(name, value))
            {
                throw CommandException.WrongUsage($"--set gives '{name}' twice; once is accepted.");
            }
        }

        return settings;
    }

    private static (string Name, double Value) Parse(string text)
    {
        var parts = text.Split('=', 2);
        return parts.Length == 2 && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? (parts[0], value)
            : throw CommandException.WrongUsage($"--set is '{text}'; the name of a parameter, = and a number are accepted, as in beta=0.1.");
    }
}
