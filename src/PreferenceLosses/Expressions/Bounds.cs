using System.Globalization;

namespace PreferenceLosses.Expressions;

/// <summary>The values a hyper-parameter accepts: an interval of finite numbers.</summary>
/// <param name="Minimum">Lower end; −∞ if there is none.</param>
/// <param name="MinimumIncluded">Whether the lower end itself is accepted.</param>
/// <param name="Maximum">Upper end; +∞ if there is none.</param>
/// <param name="MaximumIncluded">Whether the upper end itself is accepted.</param>
public sealed record Bounds(double Minimum, bool MinimumIncluded, double Maximum, bool MaximumIncluded)
{
    /// <summary>Any finite number.</summary>
    public static Bounds Finite { get; } = new(double.NegativeInfinity, false, double.PositiveInfinity, false);

    /// <summary>Greater than 0.</summary>
    public static Bounds Positive { get; } = new(0, false, double.PositiveInfinity, false);

    /// <summary>0 or greater.</summary>
    public static Bounds NonNegative { get; } = new(0, true, double.PositiveInfinity, false);

    /// <summary>From one number to another, both included.</summary>
    /// <param name="minimum">The lower end.</param>
    /// <param name="maximum">The upper end.</param>
    public static Bounds Between(double minimum, double maximum) => new(minimum, true, maximum, true);

    /// <summary>Whether the value is finite and inside.</summary>
    /// <param name="value">The value.</param>
    public bool Contains(double value) =>
        double.IsFinite(value)
        && (MinimumIncluded ? value >= Minimum : value > Minimum)
        && (MaximumIncluded ? value <= Maximum : value < Maximum);

    /// <summary>The interval in words: "a finite number greater than 0".</summary>
    public override string ToString()
    {
        var lower = double.IsNegativeInfinity(Minimum) ? null
            : Minimum.ToString(CultureInfo.InvariantCulture) + (MinimumIncluded ? " or greater" : null);
        var upper = double.IsPositiveInfinity(Maximum) ? null
            : (MaximumIncluded ? "at most " : "less than ") + Maximum.ToString(CultureInfo.InvariantCulture);

        var words = (lower, upper) switch
        {
            (null, null) => "",
            (not null, null) => MinimumIncluded ? $", {lower}" : $" greater than {lower}",
            (null, not null) => $", {upper}",
            _ => (MinimumIncluded ? $", {lower}" : $" greater than {lower}") + $" and {upper}",
        };
        return "a finite number" + words;
    }
}
