using System.Globalization;

namespace PreferenceLosses.Gpu;

/// <summary>What follows the command.</summary>
internal sealed record ToolOptions
{
    /// <summary>Shapes that a stand-in for a device, or a tool that slows everything down, gets through.</summary>
    public bool IsQuick { get; private init; }

    /// <summary>What to leave the rest out for; empty for all of it.</summary>
    public string Only { get; private init; } = "";

    /// <summary>The bytes of the device's memory that may be used; 0 for 80 % of what is free.</summary>
    public long Memory { get; private init; }

    /// <summary>How often a thing is timed.</summary>
    public int Repeats { get; private init; } = 50;

    /// <summary>Where results are written as JSON; null if they are not.</summary>
    public string? Json { get; private init; }

    /// <summary>The folder for files.</summary>
    public string Output { get; private init; } = ".";

    /// <summary>Reads them.</summary>
    /// <param name="arguments">What follows the command.</param>
    /// <param name="accepted">The options of the command.</param>
    /// <exception cref="UsageException">Something is not accepted.</exception>
    public static ToolOptions Parse(ReadOnlySpan<string> arguments, params string[] accepted)
    {
        var options = new ToolOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            if (!accepted.Contains(name))
            {
                throw new UsageException($"'{name}' is not understood; accepted are {string.Join(", ", accepted)}.");
            }

            if (name == "--quick")
            {
                options = options with { IsQuick = true };
                continue;
            }

            var value = i + 1 < arguments.Length ? arguments[++i] : throw new UsageException($"{name} needs a value.");
            options = name switch
            {
                "--only" => options with { Only = value },
                "--memory" => options with { Memory = (long)(Number(name, value) * (1L << 30)) },
                "--repeats" => options with { Repeats = (int)Number(name, value) },
                "--json" => options with { Json = value },
                _ => options with { Output = value },
            };
        }

        return options;
    }

    /// <summary>Refuses a part that there is not.</summary>
    public ToolOptions WithParts(params string[] parts) => Only.Length == 0 || parts.Contains(Only)
        ? this
        : throw new UsageException($"There is no part '{Only}'; there are {string.Join(", ", parts)}.");

    /// <summary>Whether a part is wanted.</summary>
    public bool Wants(string part) => Only.Length == 0 || Only == part;

    private static double Number(string name, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 1e6
            ? number
            : throw new UsageException($"{name} needs a positive number, not '{value}'.");
}

/// <summary>A command line that is not accepted; the message says what is.</summary>
internal sealed class UsageException(string message) : Exception(message);
