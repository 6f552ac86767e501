using System.Text.Json;

namespace PreferenceLosses.Cli;

/// <summary>The messages of the library's exceptions, without what .NET adds for programmers.</summary>
internal static class LibraryMessage
{
    public static string Of(Exception exception) => exception switch
    {
        JsonException { InnerException: ArgumentException wrapped } => Of(wrapped),
        ArgumentOutOfRangeException { ActualValue: { } value } range => $"{WithoutLastLine(WithoutParameter(range))} The value is {value}.",
        ArgumentException argument => WithoutParameter(argument),
        _ => exception.Message,
    };

    /// <summary>Without the name of the method's parameter, which means nothing on the command line.</summary>
    private static string WithoutParameter(ArgumentException exception) =>
        exception.Message.Replace($" (Parameter '{exception.ParamName}')", "", StringComparison.Ordinal);

    /// <summary>Without the line that .NET adds for the actual value.</summary>
    private static string WithoutLastLine(string message) =>
        message.LastIndexOf(Environment.NewLine, StringComparison.Ordinal) is var end and >= 0 ? message[..end] : message;
}
