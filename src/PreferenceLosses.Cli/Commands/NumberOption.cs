using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace PreferenceLosses.Cli.Commands;

/// <summary>Options that are numbers. What is no such number is refused with the option's name and what is accepted.</summary>
internal static class NumberOption
{
    /// <summary>A whole number with a default.</summary>
    public static Option<int> Whole(string name, int least, int value, string description, params string[] aliases) => new(name, aliases)
    {
        HelpName = "N",
        Description = string.Create(CultureInfo.InvariantCulture, $"{description} {value} if left out."),
        DefaultValueFactory = _ => value,
        CustomParser = result => ParseWhole(name, least, result),
    };

    /// <summary>A whole number that may be left out, which is another thing than any number.</summary>
    public static Option<int?> OptionalWhole(string name, int least, string description, params string[] aliases) => new(name, aliases)
    {
        HelpName = "N",
        Description = description,
        CustomParser = result => ParseWhole(name, least, result),
    };

    /// <summary>A number with a default.</summary>
    public static Option<double> Real(
        string name, double value, string helpName, Func<double, bool> accepts, string accepted, string description, params string[] aliases) => new(name, aliases)
        {
            HelpName = helpName,
            Description = string.Create(CultureInfo.InvariantCulture, $"{description} {value} if left out."),
            DefaultValueFactory = _ => value,
            CustomParser = result => Parse(name, Token(result), accepts, accepted),
        };

    /// <summary>The number that a part of an argument is.</summary>
    public static double Parse(string name, string text, Func<double, bool> accepts, string accepted) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && accepts(number)
            ? number
            : throw CommandException.WrongUsage($"{name} is '{text}'; {accepted} is accepted.");

    public static int ParseWhole(string name, string text, int least) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw CommandException.WrongUsage($"{name} is '{text}'; a whole number, {least.ToString(CultureInfo.InvariantCulture)} or greater, is accepted.");

    private static int ParseWhole(string name, int least, ArgumentResult result) => ParseWhole(name, Token(result), least);

    private static string Token(ArgumentResult result) => result.Tokens[0].Value;
}
