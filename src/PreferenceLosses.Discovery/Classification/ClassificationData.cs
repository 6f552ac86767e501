using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery;

/// <summary>Points in the plane with labels. Made from a seed, the same on every machine.</summary>
/// <param name="Points">Two coordinates for each point.</param>
/// <param name="Labels">The class of each point.</param>
internal sealed record ClassificationData(double[] Points, int[] Labels)
{
    /// <summary>The number of coordinates of a point.</summary>
    public const int Dimensions = 2;

    /// <summary>How far clouds stand from the middle, and how wide they are.</summary>
    private const double Radius = 2, Width = 0.55;

    /// <summary>As many points of each class as the classes' shares 1, 1/2, 1/3, … say, shuffled, some of the labels wrong.</summary>
    public static ClassificationData Training(ClassificationOptions options, RandomStream random)
    {
        var shares = Enumerable.Range(1, options.Classes).Select(k => 1.0 / k).ToArray();
        var ends = shares.Select((_, k) => (int)Math.Round(options.Examples * shares[..(k + 1)].Sum() / shares.Sum())).ToArray();
        var (points, labels) = (new double[options.Examples * Dimensions], new int[options.Examples]);
        foreach (var (place, example) in random.NextPermutation(options.Examples).Index())
        {
            var label = Array.FindIndex(ends, end => example < end);
            Draw(options.Classes, label, random, points.AsSpan(place * Dimensions));

            // Another class: each of the others is as likely.
            labels[place] = random.NextDouble() < options.LabelNoise ? (label + 1 + random.NextInt(options.Classes - 1)) % options.Classes : label;
        }

        return new ClassificationData(points, labels);
    }

    /// <summary>As many points of each class, their labels right.</summary>
    public static ClassificationData HeldOut(ClassificationOptions options, RandomStream random)
    {
        var labels = Enumerable.Range(0, options.Classes * options.HeldOutPerClass).Select(i => i % options.Classes).ToArray();
        var points = new double[labels.Length * Dimensions];
        foreach (var (place, label) in labels.Index())
        {
            Draw(options.Classes, label, random, points.AsSpan(place * Dimensions));
        }

        return new ClassificationData(points, labels);
    }

    /// <summary>A point of one of the two clouds of a class. The 2K clouds stand in a circle, those of a class opposite each other.</summary>
    private static void Draw(int classes, int label, RandomStream random, Span<double> point)
    {
        var angle = Math.PI * ((double)label / classes + random.NextInt(2));
        point[0] = (Radius * Math.Cos(angle)) + (Width * random.NextGaussian());
        point[1] = (Radius * Math.Sin(angle)) + (Width * random.NextGaussian());
    }
}
