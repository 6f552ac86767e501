using System.Numerics;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Batches;

/// <summary>Weights of 1 and an upstream of 1/N are other programs than the plain mean, and have to be right in the same tails.</summary>
public class WeightedTailTests
{
    /// <summary>The weighted program multiplies in another order: some roundings, on numbers of any size.</summary>
    private const double Digits = 64;

    [Fact]
    public void Weights_of_1_change_nothing_in_double_precision() => Compare<double>(Math.Pow(2, -52));

    [Fact]
    public void Weights_of_1_change_nothing_in_single_precision() => Compare<float>(Math.Pow(2, -23));

    [Fact]
    public void The_gradient_of_an_exponential_fits_where_its_value_does_not()
    {
        // e^89.5 is 7.4e38, beyond single precision; a tenth of it is not.
        var input = PairColumns.WithDifferences(-895);
        foreach (var weights in new[] { null, new double[] { 1 } })
        {
            var result = new ExponentialLoss { Beta = 0.1 }.Evaluate(input.Batch<float>(weights));
            Assert.Equal(float.PositiveInfinity, result.Losses[0]);
            Assert.Equal(-0.1 * Math.Exp(89.5), result.Gradient(Columns.PolicyChosen)[0], 1e33);
        }
    }

    private static void Compare<T>(double epsilon)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        foreach (var golden in Goldens.Cases.Where(c => c.Input.Rows > 1))
        {
            var plain = golden.Loss.Evaluate(golden.Input.Batch<T>());
            var weighted = golden.Loss.Evaluate(golden.Input.Batch<T>([.. Enumerable.Repeat(1.0, golden.Input.Rows)]));
            foreach (var column in LossRun.Differentiated(golden.Loss, golden.Input))
            {
                for (var i = 0; i < plain.Gradient(column).Length; i++)
                {
                    var (a, b) = (double.CreateTruncating(plain.Gradient(column)[i]), double.CreateTruncating(weighted.Gradient(column)[i]));

                    // Entries that cancel are compared on the scale of what was added up.
                    var scale = Math.Max(Math.Abs(a), golden.Exact.Gradient.Values.SelectMany(g => g).Where(double.IsFinite).Max(Math.Abs));
                    Assert.True(
                        a.Equals(b) || Math.Abs(a - b) <= Digits * epsilon * scale,
                        FormattableString.Invariant($"{golden}, {column}[{i}]: {b:R} with weights of 1, {a:R} without"));
                }
            }
        }
    }
}
