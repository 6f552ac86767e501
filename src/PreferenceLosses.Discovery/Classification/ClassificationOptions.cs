using System.Globalization;

namespace PreferenceLosses.Discovery;

/// <summary>The built-in classification task: its data and the network that is trained on them.</summary>
/// <remarks>
/// Each class is two clouds of points in the plane, so that no line separates it. Classes have shares 1, 1/2, 1/3, … in training, a part of whose labels is wrong; held-out points are as
/// many of each class, with right labels.
/// </remarks>
public sealed record ClassificationOptions
{
    /// <summary>The number of classes, K; 2 or more.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 2.</exception>
    public int Classes { get; init => field = AtLeast(2, value); } = 4;

    /// <summary>The number of training examples; at least 2.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 2.</exception>
    public int Examples { get; init => field = AtLeast(2, value); } = 300;

    /// <summary>The number of held-out examples of each class; at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int HeldOutPerClass { get; init => field = AtLeast(1, value); } = 250;

    /// <summary>The share of training labels that are replaced by one of the other classes at random; from 0 to below 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not from 0 to below 1.</exception>
    public double LabelNoise
    {
        get;
        init => field = value is >= 0 and < 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A share from 0 to below 1 is needed.");
    } = 0.3;

    /// <summary>The number of units of the hidden layer; at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int HiddenUnits { get; init => field = AtLeast(1, value); } = 48;

    /// <summary>How often the data are gone through; at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int Epochs { get; init => field = AtLeast(1, value); } = 80;

    /// <summary>The number of examples of a step; at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int BatchSize { get; init => field = AtLeast(1, value); } = 50;

    /// <summary>Adam's learning rate; greater than 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not finite, or not greater than 0.</exception>
    public double LearningRate
    {
        get;
        init => field = double.IsFinite(value) && value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A number greater than 0 is needed.");
    } = 0.03;

    /// <summary>All of it in one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Classes} classes, {Examples} examples with {LabelNoise:R} of the labels wrong, {HeldOutPerClass} held out of each class, {HiddenUnits} hidden units, {Epochs} epochs in batches of {BatchSize}, Adam at {LearningRate:R}");

    private static int AtLeast(int minimum, int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, minimum);
        return value;
    }
}
