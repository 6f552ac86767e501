namespace PreferenceLosses.Charts;

/// <summary>
/// What tells series apart besides their colour: the shapes of markers, and how lines are dashed. There are seven of both colours and shapes; in each round of colours the
/// shapes are one further, and the dashes others, so that 49 series differ by their markers and 28 by their lines.
/// </summary>
internal static class Markers
{
    // Around (0, 0), each about as large to the eye as a circle of radius 4.
    private static readonly string[] Shapes =
    [
        "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z",
        "M-3.5 -3.5H3.5V3.5H-3.5Z",
        "M0 -4.8L4.4 3.2H-4.4Z",
        "M0 -5L5 0L0 5L-5 0Z",
        "M0 4.8L4.4 -3.2H-4.4Z",
        "M-1.4 -4.6H1.4V-1.4H4.6V1.4H1.4V4.6H-1.4V1.4H-4.6V-1.4H-1.4Z",
        "M0 -5L1.4 -1.6L5 -1.5L2.2 0.8L3.1 4.3L0 2.3L-3.1 4.3L-2.2 0.8L-5 -1.5L-1.4 -1.6Z",
    ];

    private static readonly string[] Dashes = ["none", "7 5", "1 4", "9 5 1 5"];

    public static string ShapeOf(int series) => Shapes[(series + (series / Palette.Light.Series.Length)) % Shapes.Length];

    /// <summary>The lengths of dashes and gaps between round ends.</summary>
    public static string DashesOf(int series) => Dashes[series / Palette.Light.Series.Length % Dashes.Length];

    /// <summary>The class that has the colour.</summary>
    public static string ClassOf(int series) => $"{Palette.Prefix}series{series % Palette.Light.Series.Length}";
}
