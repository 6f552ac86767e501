using PreferenceLosses.Torch;

namespace TinyTransformer;

/// <summary>Where the trained weights go.</summary>
internal static class Weights
{
    public static void Save(Arguments arguments, TorchPolicy policy)
    {
        if (arguments.Output is { } path)
        {
            using var file = File.Create(path);
            policy.SaveWeights(file);
            Console.WriteLine($"\nThe trained weights are in {path}.");
        }
    }
}
