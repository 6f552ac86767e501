namespace PreferenceLosses.Charts;

/// <summary>Pixels that are numbers of colours, 0 everywhere at first.</summary>
/// <param name="width">Pixels in a row.</param>
/// <param name="height">Rows.</param>
internal sealed class PixelCanvas(int width, int height)
{
    private readonly byte[] pixels = new byte[width * height];

    /// <summary>The pixels, row by row from the top.</summary>
    public ReadOnlySpan<byte> Pixels => pixels;

    /// <summary>A line whose thickness is a number of pixels, to the right of its places and below them; what lies outside the picture is not drawn.</summary>
    public void Line((int X, int Y) from, (int X, int Y) to, int thickness, byte colour)
    {
        var steps = Math.Max(Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y));
        for (var step = 0; step <= steps; step++)
        {
            var share = steps == 0 ? 0 : (double)step / steps;
            Square(
                from.X + (int)Math.Round(share * (to.X - from.X), MidpointRounding.AwayFromZero),
                from.Y + (int)Math.Round(share * (to.Y - from.Y), MidpointRounding.AwayFromZero),
                thickness,
                colour);
        }
    }

    private void Square(int left, int top, int size, byte colour)
    {
        for (var y = Math.Max(0, top); y < Math.Min(height, top + size); y++)
        {
            for (var x = Math.Max(0, left); x < Math.Min(width, left + size); x++)
            {
                pixels[(y * width) + x] = colour;
            }
        }
    }
}
