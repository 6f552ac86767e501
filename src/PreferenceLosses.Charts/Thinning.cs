namespace PreferenceLosses.Charts;

/// <summary>
/// Fewer points that give the same picture: a line of many points is, in each column of pixels, drawn from its first to its last point there by way of the lowest and
/// the highest. Nothing is averaged, so a spike of one point is still seen.
/// </summary>
internal static class Thinning
{
    /// <summary>The places, in pixels, without those that do not show.</summary>
    public static List<(double X, double Y)> Line(IReadOnlyList<(double X, double Y)> places)
    {
        const int fewest = 4; // first, lowest, highest and last
        var kept = new List<(double X, double Y)>();
        for (var start = 0; start < places.Count;)
        {
            var column = Math.Floor(places[start].X);
            int end = start, lowest = start, highest = start;
            for (; end < places.Count && Math.Floor(places[end].X) == column; end++)
            {
                lowest = places[end].Y < places[lowest].Y ? end : lowest;
                highest = places[end].Y > places[highest].Y ? end : highest;
            }

            if (end - start <= fewest)
            {
                kept.AddRange(places.Skip(start).Take(end - start));
            }
            else
            {
                kept.AddRange(new[] { start, Math.Min(lowest, highest), Math.Max(lowest, highest), end - 1 }.Distinct().Select(index => places[index]));
            }

            start = end;
        }

        return kept;
    }
}
