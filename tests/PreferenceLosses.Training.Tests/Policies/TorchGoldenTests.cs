using static PreferenceLosses.Training.Tests.Policies.TestPolicies;

namespace PreferenceLosses.Training.Tests.Policies;

/// <summary>Six steps of training against PyTorch: its autograd, its clipping, its AdamW with weight decay. <c>make_torch_golden.py</c> makes the numbers.</summary>
public class TorchGoldenTests
{
    private static readonly double[] Norms = [2.357937543801331, 1.7035732607159881, 1.8678615666506952, 2.6977214867021666, 2.3830604245315485, 1.5056747417939613];
    private static readonly double[] Objectives = [-9.244489338309098, -0.9267780776217078, 11.15031042468306, -13.556535592074223, 6.617473947679161, 4.942995830538874];

    private static readonly double[][] Weights =
    [
        [-0.10945615226630256, 0.11081876363432924, 0.10965854151017965],
        [-0.061910357548402496, -0.09774339785063785, 0.09021222063598294],
        [-0.07576107525000225, 0.07498803106190946, 0.0766126329994512],
        [0.0],
    ];

    [Fact]
    public void Six_steps_end_where_PyTorch_does()
    {
        var policy = new NGramPolicy(new NGramSettings { VocabularySize = 7, Order = 1, Buckets = 1 }, new AdamWOptions { Beta2 = 0.99, WeightDecay = 0.1 });
        TokenSequence[] sequences = [Completion(0, 3, 6), Completion(1, 1, 4, 6, 0), Completion(5, 2), Completion(6, 6, 4, 0)];
        for (var step = 0; step < 6; step++)
        {
            double[] weights = [.. Enumerable.Range(0, 4).Select(i => Math.Sin(1 + (4 * step) + i))];
            using var pass = policy.Forward(sequences);
            pass.Backward(weights);

            // Single precision, of sums of up to 20 terms.
            Assert.Equal(Objectives[step], weights.Zip(pass.LogProbabilities.ToArray(), (w, log) => w * log).Sum(), 1e-5);
            Assert.Equal(Norms[step], policy.GradientNorm(), 1e-5);
            policy.ScaleGradient(1.5 / policy.GradientNorm());
            policy.OptimizerStep(0.1 / (1 + step));
        }

        for (var row = 0; row < Weights.Length; row++)
        {
            for (var i = 0; i < Weights[row].Length; i++)
            {
                Assert.Equal(Weights[row][i], policy.Weights.Row(row)[i] * policy.Weights.Scale(row), 1e-5);
            }
        }
    }
}
