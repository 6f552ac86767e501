namespace PreferenceLosses.Analysis.Rules;

/// <summary>How a formula moves as some inputs rise.</summary>
[Flags]
internal enum Direction
{
    /// <summary>Not at all.</summary>
    Constant = 0,

    /// <summary>It never falls.</summary>
    Up = 1,

    /// <summary>It never rises.</summary>
    Down = 2,

    /// <summary>Nothing is known.</summary>
    Unknown = Up | Down,
}

internal static class Directions
{
    /// <summary>Of −f where f has the direction.</summary>
    public static Direction Reversed(this Direction direction) => direction switch
    {
        Direction.Up => Direction.Down,
        Direction.Down => Direction.Up,
        _ => direction,
    };

    /// <summary>Of f·s where f has the direction and s is a constant of known sign.</summary>
    public static Direction Times(this Direction direction, Interval sign) =>
        direction == Direction.Constant || sign.IsZero ? Direction.Constant
        : sign.IsNonNegative ? direction
        : sign.IsNonPositive ? direction.Reversed()
        : Direction.Unknown;
}
