namespace PreferenceLosses.Cli.Evaluation;

/// <summary>The precision of a computation.</summary>
internal enum Precision
{
    Double,
    Single,
}

/// <summary>Choices by name, the same on the command line and on the lines of a batch; null is the default.</summary>
internal static class Choices
{
    public static Precision Precision(string option, string? choice) => choice switch
    {
        null or "double" => Evaluation.Precision.Double,
        "single" => Evaluation.Precision.Single,
        _ => throw CommandException.WrongUsage($"{option} is '{choice}'; single and double are accepted."),
    };

    public static SingleRow SingleRow(string option, string? choice) => choice switch
    {
        null => PreferenceLosses.SingleRow.Refuse,
        "pytorch" => PreferenceLosses.SingleRow.PyTorch,
        _ => throw CommandException.WrongUsage($"{option} is '{choice}'; pytorch is accepted."),
    };
}
