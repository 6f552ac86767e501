namespace PreferenceLosses.Analysis.Rules;

/// <summary>How a formula bends as a function of some inputs jointly.</summary>
[Flags]
internal enum Curvature
{
    /// <summary>It does not depend on them, or is a weighted sum of them plus a constant.</summary>
    Affine = 0,

    /// <summary>Never above a chord.</summary>
    Convex = 1,

    /// <summary>Never below a chord.</summary>
    Concave = 2,

    /// <summary>Nothing is known.</summary>
    Unknown = Convex | Concave,
}

internal static class Curvatures
{
    /// <summary>Of −f where f has the curvature.</summary>
    public static Curvature Reversed(this Curvature curvature) => curvature switch
    {
        Curvature.Convex => Curvature.Concave,
        Curvature.Concave => Curvature.Convex,
        _ => curvature,
    };

    /// <summary>Of f·s where f has the curvature and s is a constant of known sign.</summary>
    public static Curvature Times(this Curvature curvature, Interval sign) =>
        curvature == Curvature.Affine || sign.IsZero ? Curvature.Affine
        : sign.IsNonNegative ? curvature
        : sign.IsNonPositive ? curvature.Reversed()
        : Curvature.Unknown;

    /// <summary>Of φ(f): φ bends as the first says and moves as the second does over the values of f.</summary>
    public static Curvature Of(Curvature outer, Direction direction, Curvature inner) => inner switch
    {
        Curvature.Affine => outer,
        _ => outer | (direction switch
        {
            Direction.Constant => Curvature.Affine,
            Direction.Up => inner,
            Direction.Down => inner.Reversed(),
            _ => Curvature.Unknown,
        }),
    };
}
