namespace PreferenceLosses.Charts;

/// <summary>A rectangle, in pixels from the upper left corner of the chart: the one between the axes, or one that a label needs.</summary>
internal readonly record struct Frame(double Left, double Top, double Right, double Bottom)
{
    public double Width => Right - Left;

    public double Height => Bottom - Top;

    /// <summary>The place of a share of the horizontal axis.</summary>
    public double X(double share) => Left + (share * Width);

    /// <summary>The place of a share of the vertical axis, which goes upwards.</summary>
    public double Y(double share) => Bottom - (share * Height);

    /// <summary>Whether all of it lies in another one.</summary>
    public bool IsInside(Frame other) => Left >= other.Left && Right <= other.Right && Top >= other.Top && Bottom <= other.Bottom;

    /// <summary>Whether a part of it lies in another one.</summary>
    public bool Overlaps(Frame other) => Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;

    /// <summary>Whether a part of a line lies in it.</summary>
    public bool IsCrossedBy(((double X, double Y) From, (double X, double Y) To) line)
    {
        // The part of the line, from 0 to 1, between the vertical sides, then also between the horizontal ones.
        var (first, last) = Between(0, 1, line.From.X, line.To.X, Left, Right);
        (first, last) = Between(first, last, line.From.Y, line.To.Y, Top, Bottom);
        return first <= last;

        static (double First, double Last) Between(double first, double last, double from, double to, double low, double high)
        {
            if (from == to)
            {
                return from >= low && from <= high ? (first, last) : (1, 0);
            }

            var (enter, leave) = ((low - from) / (to - from), (high - from) / (to - from));
            return (Math.Max(first, Math.Min(enter, leave)), Math.Min(last, Math.Max(enter, leave)));
        }
    }
}
