namespace PreferenceLosses.Charts;

/// <summary>How numbers are placed along an axis.</summary>
public enum AxisScale
{
    /// <summary>Equal differences are equally far apart.</summary>
    Linear,

    /// <summary>Equal ratios are equally far apart. Numbers have to be positive.</summary>
    Logarithmic,
}

/// <summary>An axis of a chart.</summary>
/// <param name="Label">What the numbers are, with their unit: "KL to the reference (nats)".</param>
public sealed record Axis(string Label)
{
    /// <summary>How numbers are placed.</summary>
    public AxisScale Scale { get; init; }

    /// <summary>Where the axis begins; null to begin a little below the smallest number that is drawn.</summary>
    public double? Minimum { get; init => field = Finite(value); }

    /// <summary>Where the axis ends; null to end a little above the largest number that is drawn.</summary>
    public double? Maximum { get; init => field = Finite(value); }

    private static double? Finite(double? value) => value is { } number && !double.IsFinite(number)
        ? throw new ArgumentOutOfRangeException(nameof(value), number, "An end of an axis has to be a finite number, or null.")
        : value;
}
