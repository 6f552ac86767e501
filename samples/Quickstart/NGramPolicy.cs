using System.Buffers;
using System.Numerics.Tensors;

namespace Quickstart;

/// <summary>Log-probabilities of answers, and the distribution of every token in them: [answer][position, token].</summary>
internal sealed record Prediction(IReadOnlyList<Answer> Answers, float[] LogProbabilities, float[][] Distributions);

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

    private readonly int vocabulary;
    private readonly float[] weights;    // [row, token]
    private readonly float[] gradients;  // the same; zero outside the touched rows
    private readonly double[] squares = new double[NGramContext.Rows]; // Σ |gradient|² of each row, over its steps
    private readonly HashSet<int> touched = [];

    public NGramPolicy(int vocabulary)
    {
        this.vocabulary = vocabulary;
        weights = new float[NGramContext.Rows * vocabulary];
        gradients = new float[NGramContext.Rows * vocabulary];
    }

    /// <summary>A policy with the same weights that has not taken a step.</summary>
    public NGramPolicy Copy()
    {
        var copy = new NGramPolicy(vocabulary);
        weights.CopyTo(copy.weights, 0);
        return copy;
    }

    /// <summary>log π(answer | prompt) of each answer, summed over its tokens, in nats.</summary>
    public float[] LogProbabilities(IReadOnlyList<Answer> answers)
    {
        var result = new float[answers.Count];
        Parallel.For(0, answers.Count, () => new float[vocabulary], (i, _, distribution) =>
        {
            var sum = 0.0;
            for (var t = 0; t < answers[i].Length; t++)
            {
                sum += Predict(answers[i], t, distribution);
            }

            result[i] = (float)sum;
            return distribution;
        }, _ => { });
        return result;
    }

    /// <summary>The same, together with what the gradient needs; each prediction is for one gradient.</summary>
    public Prediction Predict(IReadOnlyList<Answer> answers)
    {
        var prediction = new Prediction(answers, new float[answers.Count], new float[answers.Count][]);
        Parallel.For(0, answers.Count, i =>
        {
            var distributions = ArrayPool<float>.Shared.Rent(answers[i].Length * vocabulary);
            var sum = 0.0;
            for (var t = 0; t < answers[i].Length; t++)
            {
                sum += Predict(answers[i], t, distributions.AsSpan(t * vocabulary, vocabulary));
            }

            prediction.Distributions[i] = distributions;
            prediction.LogProbabilities[i] = (float)sum;
        });
        return prediction;
    }

    /// <summary>Adds Σᵢ cᵢ · ∂ log π(answerᵢ)/∂weights: per token c · (one-hot − π), to each row that is on.</summary>
    public void AccumulateGradient(Prediction prediction, float[] coefficients)
    {
        var (answers, _, distributions) = prediction;
        Parallel.For(0, (vocabulary + SliceWidth - 1) / SliceWidth, slice =>
        {
            var start = slice * SliceWidth;
            var width = Math.Min(SliceWidth, vocabulary - start);
            for (var i = 0; i < answers.Count; i++)
            {
                for (var t = 0; t < answers[i].Length; t++)
                {
                    var token = answers[i].Tokens[t] - start;
                    var distribution = distributions[i].AsSpan(t * vocabulary + start, width);
                    foreach (var row in answers[i].RowsAt(t))
                    {
                        var gradient = gradients.AsSpan(row * vocabulary + start, width);
                        TensorPrimitives.MultiplyAdd(distribution, -coefficients[i], gradient, gradient);
                        if (token >= 0 && token < width)
                        {
                            gradient[token] += coefficients[i];
                        }
                    }
                }
            }
        });

        for (var i = 0; i < answers.Count; i++)
        {
            touched.UnionWith(answers[i].Rows);
            ArrayPool<float>.Shared.Return(distributions[i]);
        }
    }

    /// <summary>
    /// A step against the accumulated gradient, which it clears. Adagrad by row: a row moves by its gradient times
    /// rate/√(Σ |gradient|² so far). Frequent and rare contexts both learn, and a constant factor in a loss (β = 0.1
    /// against 0.05) does not change the steps.
    /// </summary>
    public void Descend(double rate)
    {
        Parallel.ForEach(touched, row =>
        {
            var gradient = gradients.AsSpan(row * vocabulary, vocabulary);
            squares[row] += TensorPrimitives.SumOfSquares<float>(gradient);
            if (squares[row] > 0)
            {
                var factor = (float)(-rate / Math.Sqrt(squares[row]));
                var destination = weights.AsSpan(row * vocabulary, vocabulary);
                TensorPrimitives.MultiplyAdd(gradient, factor, destination, destination);
                gradient.Clear();
            }
        });
        touched.Clear();
    }

    // Fills the distribution of the token at a position, and returns the log-probability of the token that is there.
    private double Predict(Answer answer, int position, Span<float> distribution)
    {
        distribution.Clear();
        foreach (var row in answer.RowsAt(position))
        {
            TensorPrimitives.Add(distribution, weights.AsSpan(row * vocabulary, vocabulary), distribution);
        }

        TensorPrimitives.Subtract(distribution, TensorPrimitives.Max<float>(distribution), distribution);
        var logit = distribution[answer.Tokens[position]];
        TensorPrimitives.Exp<float>(distribution, distribution);
        var total = TensorPrimitives.Sum<float>(distribution);
        TensorPrimitives.Divide(distribution, total, distribution);
        return logit - Math.Log(total);
    }
}
