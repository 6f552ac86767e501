using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Probing;

/// <summary>Where lines are looked at: densely about 0 in every unit that the hyper-parameters define, thinly far away.</summary>
internal static class Points
{
    /// <summary>Multiples of this keep log-probabilities of up to 2¹⁰ nats, and their differences, free of rounding.</summary>
    private const double Unit = 1.0 / (1L << 40);

    /// <summary>The points, ascending, 0 among them.</summary>
    /// <param name="parameters">The hyper-parameters: with β and τ, features stand at 1/β and at τ/β.</param>
    /// <param name="density">The share of the usual number of points.</param>
    public static double[] For(ParameterValues parameters, double density)
    {
        var units = new HashSet<double> { 1 };
        var beta = parameters.FirstOrDefault(p => p.Parameter.Name == "beta").Value;
        foreach (var value in parameters.Select(p => Math.Abs(p.Value)).Where(v => v > 0))
        {
            units.Add(value);
            units.Add(1 / value);
            units.Add(beta > 0 ? value / beta : 1);
        }

        var points = new SortedSet<double> { 0 };
        var steps = (int)(160 * density);
        foreach (var unit in units.Where(u => u is > 1e-6 and < 1e6))
        {
            for (var i = 1; i <= steps; i++)
            {
                Add(points, i * 8 * unit / steps);
            }
        }

        for (var size = 1e-6; size < 1000; size *= density < 1 ? 2 : 1.25)
        {
            Add(points, size);
        }

        return [.. points];
    }

    public static double Round(double t) => Math.Round(t / Unit) * Unit;

    private static void Add(SortedSet<double> points, double t)
    {
        points.Add(Round(t));
        points.Add(-Round(t));
    }
}
