using System.Buffers;
using System.Numerics.Tensors;

namespace Quickstart;

/// <summary>
/// A log-linear language model: π(token | context) is the softmax, over the vocabulary, of the sum of the weight rows
/// that the context switches on. Its log-probabilities and their gradient are exact.
/// </summary>
/// <remarks>
/// Each number is computed by one thread in a fixed order (an answer forward, a slice of the vocabulary backward, a row
/// in a step), so the number of threads never changes a result.
/// </remarks>
internal sealed class NGramPolicy
{
    private const int SliceWidth = 128;

    private readonly int _vocabulary;
    private readonly float[] _weights;   // [row, token]
    private readonly float[] _gradient;  // the same; zero outside the touched rows
    private readonly double[] _squares = new double[NGramContext.Rows]; // squared gradients that each row has met
    private readonly HashSet<int> _touched = [];

    public NGramPolicy(int vocabulary)
    {
        _vocabulary = vocabulary;
        _weights = new float[NGramContext.Rows * vocabulary];
        _gradient = new float[NGramContext.Rows * vocabulary];
    }

    /// <summary>A policy with the same weights that has not taken a step.</summary>
    public NGramPolicy Copy()
    {
        var copy = new NGramPolicy(_vocabulary);
        _weights.CopyTo(copy._weights, 0);
        return copy;
    }

    /// <summary>log π(answer | prompt) of each answer, summed over its tokens, in nats.</summary>
    public float[] LogProbabilities(IReadOnlyList<Answer> answers)
    {
        var result = new float[answers.Count];
        Parallel.For(0, answers.Count, () => new float[_vocabulary], (i, _, distribution) =>
        {
            var sum = 0.0;
            for (var t = 0; t < answers[i].Tokens.Length; t++)
            {
                sum += Predict(answers[i], t, distribution);
            }

            result[i] = (float)sum;
            return distribution;
        }, _ => { });
        return result;
    }

    /// <summary>Adds Σᵢ weightᵢ · ∂ log π(answerᵢ)/∂weights: per token, (one-hot − π) on every row that is on.</summary>
    public void AccumulateGradient(IReadOnlyList<Answer> answers, float[] weights)
    {
        var distributions = new float[answers.Count][];
        Parallel.For(0, answers.Count, i =>
        {
            var length = answers[i].Tokens.Length;
            distributions[i] = ArrayPool<float>.Shared.Rent(length * _vocabulary);
            for (var t = 0; t < length; t++)
            {
                Predict(answers[i], t, distributions[i].AsSpan(t * _vocabulary, _vocabulary));
            }
        });

        var slices = (_vocabulary + SliceWidth - 1) / SliceWidth;
        Parallel.For(0, slices, slice =>
        {
            var start = slice * SliceWidth;
            var width = Math.Min(SliceWidth, _vocabulary - start);
            for (var i = 0; i < answers.Count; i++)
            {
                for (var t = 0; t < answers[i].Tokens.Length; t++)
                {
                    var token = answers[i].Tokens[t] - start;
                    var distribution = distributions[i].AsSpan(t * _vocabulary + start, width);
                    foreach (var row in answers[i].RowsAt(t))
                    {
                        var gradient = _gradient.AsSpan(row * _vocabulary + start, width);
                        TensorPrimitives.MultiplyAdd(distribution, -weights[i], gradient, gradient);
                        if (token >= 0 && token < width)
                        {
                            gradient[token] += weights[i];
                        }
                    }
                }
            }
        });

        for (var i = 0; i < answers.Count; i++)
        {
            _touched.UnionWith(answers[i].Rows);
            ArrayPool<float>.Shared.Return(distributions[i]);
        }
    }

    /// <summary>
    /// A step against the accumulated gradient, which it clears. Adagrad by row: a row's step is its gradient times
    /// rate/√(sum of its squared gradients so far). A row that is on at every token and one that is on twice a year both
    /// learn, and a loss multiplied by a constant (β = 0.1 against 0.05) takes the same steps.
    /// </summary>
    public void Descend(double rate)
    {
        Parallel.ForEach(_touched, row =>
        {
            var gradient = _gradient.AsSpan(row * _vocabulary, _vocabulary);
            _squares[row] += TensorPrimitives.SumOfSquares<float>(gradient);
            if (_squares[row] > 0)
            {
                var step = (float)(-rate / Math.Sqrt(_squares[row]));
                var weights = _weights.AsSpan(row * _vocabulary, _vocabulary);
                TensorPrimitives.MultiplyAdd(gradient, step, weights, weights);
                gradient.Clear();
            }
        });
        _touched.Clear();
    }

    // Fills the distribution of the token at a position and returns the log-probability of the token that stands there.
    private double Predict(Answer answer, int position, Span<float> distribution)
    {
        distribution.Clear();
        foreach (var row in answer.RowsAt(position))
        {
            TensorPrimitives.Add(distribution, _weights.AsSpan(row * _vocabulary, _vocabulary), distribution);
        }

        TensorPrimitives.Subtract(distribution, TensorPrimitives.Max<float>(distribution), distribution);
        var logit = distribution[answer.Tokens[position]];
        TensorPrimitives.Exp<float>(distribution, distribution);
        var total = TensorPrimitives.Sum<float>(distribution);
        TensorPrimitives.Divide(distribution, total, distribution);
        return logit - Math.Log(total);
    }
}
