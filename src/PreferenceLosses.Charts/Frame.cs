namespace PreferenceLosses.Charts;

/// <summary>The rectangle between the axes, in pixels from the upper left corner of the chart.</summary>
internal readonly record struct Frame(double Left, double Top, double Right, double Bottom)
{
    public double Width => Right - Left;

    public double Height => Bottom - Top;

    /// <summary>The place of a share of the horizontal axis.</summary>
    public double X(double share) => Left + (share * Width);

    /// <summary>The place of a share of the vertical axis, which goes upwards.</summary>
    public double Y(double share) => Bottom - (share * Height);
}
