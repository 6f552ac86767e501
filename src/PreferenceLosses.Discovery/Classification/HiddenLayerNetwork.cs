using System.Numerics.Tensors;
using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery;

/// <summary>A network with one hidden layer of hyperbolic tangents, trained by Adam: logits = V·tanh(W·x + b) + c.</summary>
internal sealed class HiddenLayerNetwork
{
    private const double FirstDecay = 0.9, SecondDecay = 0.999, Tiny = 1e-8;

    private readonly int hidden;
    private readonly int classes;
    private readonly double[] weights;
    private readonly double[] gradient;
    private readonly double[] firstMoment;
    private readonly double[] secondMoment;
    private int steps;

    /// <summary>A network with random weights, the output layer's 0: all classes are equally likely to begin with.</summary>
    public HiddenLayerNetwork(int hidden, int classes, RandomStream random)
    {
        (this.hidden, this.classes) = (hidden, classes);
        weights = new double[((ClassificationData.Dimensions + 1) * hidden) + ((hidden + 1) * classes)];
        gradient = new double[weights.Length];
        firstMoment = new double[weights.Length];
        secondMoment = new double[weights.Length];
        for (var i = 0; i < (ClassificationData.Dimensions + 1) * hidden; i++)
        {
            weights[i] = random.NextGaussian();
        }
    }

    /// <summary>All weights: those of the hidden layer, each unit with its weights and its bias, then those of the output layer in the same way.</summary>
    public Span<double> Weights => weights;

    /// <summary>Where the output layer begins: first the hidden layer, each unit with its weights and its bias.</summary>
    private int Output => (ClassificationData.Dimensions + 1) * hidden;

    /// <summary>Computes the logits of some points.</summary>
    /// <param name="points">The points, row-major.</param>
    /// <param name="units">Receives the hidden units; [rows · hidden].</param>
    /// <param name="logits">Receives the logits; [rows · K].</param>
    public void Forward(ReadOnlySpan<double> points, Span<double> units, Span<double> logits)
    {
        var rows = points.Length / ClassificationData.Dimensions;
        for (var row = 0; row < rows; row++)
        {
            var (x, y) = (points[row * ClassificationData.Dimensions], points[(row * ClassificationData.Dimensions) + 1]);
            var own = units.Slice(row * hidden, hidden);
            for (var h = 0; h < hidden; h++)
            {
                own[h] = Math.Tanh((weights[3 * h] * x) + (weights[(3 * h) + 1] * y) + weights[(3 * h) + 2]);
            }

            for (var k = 0; k < classes; k++)
            {
                var unit = weights.AsSpan(Output + (k * (hidden + 1)), hidden + 1);
                logits[(row * classes) + k] = TensorPrimitives.Dot(own, (ReadOnlySpan<double>)unit[..hidden]) + unit[hidden];
            }
        }
    }

    /// <summary>A step of Adam against a gradient of the loss with respect to the logits of <see cref="Forward"/>.</summary>
    /// <param name="points">The points.</param>
    /// <param name="units">Their hidden units.</param>
    /// <param name="logitGradient">∂ mean loss / ∂ logits.</param>
    /// <param name="learningRate">The learning rate.</param>
    /// <returns>Whether all weights are finite after it.</returns>
    public bool Step(ReadOnlySpan<double> points, ReadOnlySpan<double> units, ReadOnlySpan<double> logitGradient, double learningRate)
    {
        Backward(points, units, logitGradient);
        steps++;
        var rate = learningRate * Math.Sqrt(1 - Math.Pow(SecondDecay, steps)) / (1 - Math.Pow(FirstDecay, steps));
        var isFinite = true;
        for (var i = 0; i < weights.Length; i++)
        {
            firstMoment[i] = (FirstDecay * firstMoment[i]) + ((1 - FirstDecay) * gradient[i]);
            secondMoment[i] = (SecondDecay * secondMoment[i]) + ((1 - SecondDecay) * gradient[i] * gradient[i]);
            weights[i] -= rate * firstMoment[i] / (Math.Sqrt(secondMoment[i]) + Tiny);
            isFinite &= double.IsFinite(weights[i]);
        }

        return isFinite;
    }

    /// <summary>The gradient with respect to the weights, from that with respect to the logits of <see cref="Forward"/>; held until the next call.</summary>
    public ReadOnlySpan<double> Backward(ReadOnlySpan<double> points, ReadOnlySpan<double> units, ReadOnlySpan<double> logitGradient)
    {
        Array.Clear(gradient);
        Span<double> back = new double[hidden];
        for (var row = 0; row < units.Length / hidden; row++)
        {
            var own = units.Slice(row * hidden, hidden);
            back.Clear();
            for (var k = 0; k < classes; k++)
            {
                var g = logitGradient[(row * classes) + k];
                var at = Output + (k * (hidden + 1));
                TensorPrimitives.MultiplyAdd(own, g, gradient.AsSpan(at, hidden), gradient.AsSpan(at, hidden));
                gradient[at + hidden] += g;
                TensorPrimitives.MultiplyAdd(weights.AsSpan(at, hidden), g, back, back);
            }

            var (x, y) = (points[row * ClassificationData.Dimensions], points[(row * ClassificationData.Dimensions) + 1]);
            for (var h = 0; h < hidden; h++)
            {
                var g = back[h] * (1 - (own[h] * own[h]));
                gradient[3 * h] += g * x;
                gradient[(3 * h) + 1] += g * y;
                gradient[(3 * h) + 2] += g;
            }
        }

        return gradient;
    }
}
