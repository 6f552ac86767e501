using System.Globalization;
using System.Numerics;
using PreferenceLosses.Tests.Support;
using Xunit.Abstractions;

namespace PreferenceLosses.Tests.Losses;

/// <summary>
/// Every loss of the catalogue against the oracle (Oracle/README.md): values and gradients from PyTorch's autograd, and from
/// 700-digit arithmetic, on ordinary, initial, equal, extreme and single-row batches.
/// </summary>
public class GoldenTests(ITestOutputHelper output)
{
    /// <summary>How many <see cref="ErrorUnits"/> a result may be off.</summary>
    private const double AllowedUnits = 8;

    [Fact]
    public void Double_precision_is_within_8_units_of_the_exact_values() => CompareWithExact<double>(Math.Pow(2, -52), double.Epsilon, double.MaxValue);

    [Fact]
    public void Single_precision_is_within_8_units_of_the_exact_values() => CompareWithExact<float>(Math.Pow(2, -23), float.Epsilon, float.MaxValue);

    [Fact]
    public void Values_and_gradients_are_those_of_autograd()
    {
        // The oracle's own check of autograd against the exact values has the same bound, relative to the largest entry.
        const double tolerance = 1e-12;
        foreach (var golden in Goldens.Cases.Where(c => !Goldens.TailBatches.Contains(c.Batch)))
        {
            var result = golden.Loss.Evaluate(golden.Input.Batch<double>());
            AssertClose(golden, "losses", result.Losses, golden.Autograd.Losses, tolerance);
            var largest = golden.Autograd.Gradient.Values.SelectMany(g => g).Max(Math.Abs);
            foreach (var column in LossRun.Differentiated(golden.Loss, golden.Input))
            {
                AssertClose(golden, column, result.Gradient(column), golden.Autograd.Gradient.GetValueOrDefault(column, new double[golden.Input.Rows]), tolerance, largest);
            }

            AssertClose(golden, "mean", [result.Value], [golden.Autograd.Mean], tolerance);
        }
    }

    [Fact]
    public void The_oracle_covers_the_catalogue()
    {
        var covered = Goldens.Cases.Select(c => c.Loss.Name).Distinct();
        Assert.Equal(PreferenceLosses.Losses.LossCatalog.BuiltIn.Entries.Select(e => e.Name).Order(), covered.Order());
    }

    [Fact]
    public void The_oracle_has_every_loss_at_every_extreme() => Assert.Equal(
        ["decaying-weights-logistic"],
        PreferenceLosses.Losses.LossCatalog.BuiltIn.Entries.Select(e => e.Name)
            .Except(Goldens.Cases.Where(c => c.Batch.EndsWith("scale", StringComparison.Ordinal)).Select(c => c.Loss.Name)));

    [Fact]
    public void At_the_extremes_nothing_is_NaN()
    {
        foreach (var golden in Goldens.Cases.Where(c => c.Batch.EndsWith("scale", StringComparison.Ordinal) && !c.Loss.Graph.IsBatchCoupled))
        {
            var (single, twice) = (golden.Loss.Evaluate(golden.Input.Batch<float>()), golden.Loss.Evaluate(golden.Input.Batch<double>()));
            Assert.False(single.Losses.ToArray().Any(float.IsNaN) || twice.Losses.ToArray().Any(double.IsNaN), golden.ToString());
            foreach (var column in LossRun.Differentiated(golden.Loss, golden.Input))
            {
                Assert.False(single.Gradient(column).ToArray().Any(float.IsNaN) || twice.Gradient(column).ToArray().Any(double.IsNaN), $"{golden}, {column}");
            }
        }
    }

    private void CompareWithExact<T>(double epsilon, double smallest, double largest)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var worst = (Units: 0.0, What: "");
        // The table's inputs are decimals, which single precision would round before the loss sees them.
        foreach (var golden in Goldens.Cases.Where(c => typeof(T) == typeof(double) || c.Batch != "table"))
        {
            var units = ErrorUnits.Of(golden.Loss, golden.Input);
            var result = golden.Loss.Evaluate(golden.Input.Batch<T>());
            Compare("loss", result.Losses, golden.Exact.Losses, units.Losses);
            foreach (var column in LossRun.Differentiated(golden.Loss, golden.Input))
            {
                Compare(column, result.Gradient(column), golden.Exact.Gradient.GetValueOrDefault(column, new double[golden.Input.Rows]), units.Gradient[column]);
            }

            void Compare(string what, ReadOnlySpan<T> actual, double[] exact, double[] unit)
            {
                Assert.Equal(exact.Length, actual.Length);
                for (var i = 0; i < exact.Length; i++)
                {
                    var value = double.CreateTruncating(actual[i]);
                    var where = FormattableString.Invariant($"{golden}, {what}[{i}]: {value:R} where {exact[i]:R} is exact");
                    // Where a loss of a coupled batch is beyond the precision, ∞ − ∞ is all that is left of the others' gradients.
                    var coupled = golden.Loss.Graph.IsBatchCoupled && golden.Exact.Losses.Any(l => Math.Abs(l) > largest);
                    if (what != "loss" && coupled && !double.IsFinite(value))
                    {
                        continue;
                    }

                    // A row whose own loss is beyond the precision: that its share of the mean's gradient would still fit is luck.
                    var row = i / (exact.Length > golden.Input.Rows && golden.Input.Responses > 1 ? golden.Input.Responses : 1) % golden.Input.Rows;
                    var overflows = what != "loss" && Math.Abs(golden.Exact.Losses[row]) > largest;
                    if (Math.Abs(exact[i]) > largest || (overflows && double.IsInfinity(value)))
                    {
                        Assert.True(double.IsInfinity(value) && Math.Sign(value) == Math.Sign(exact[i]), where);
                        continue;
                    }

                    // Below the normal numbers there is no ε: a factor such as e^(−100) in single precision is off by up to the
                    // smallest step there is, and what multiplies it is at most about a thousand (a log-ratio of this oracle).
                    var underflow = 1000 * smallest;
                    var error = Math.Max(Math.Abs(value - exact[i]) - underflow, 0) / (epsilon * unit[i]);
                    Assert.True(value == exact[i] || error <= AllowedUnits, FormattableString.Invariant($"{error:F1} units: {where}"));
                    worst = error > worst.Units ? (error, where) : worst;
                }
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"worst: {worst.Units:F2} units at {worst.What}"));
    }

    private static void AssertClose(GoldenCase golden, string what, ReadOnlySpan<double> actual, double[] expected, double tolerance, double scale = 0)
    {
        Assert.Equal(expected.Length, actual.Length);
        scale = Math.Max(scale, expected.Max(Math.Abs));
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(actual[i] - expected[i]) <= tolerance * scale,
                FormattableString.Invariant($"{golden}, {what}[{i}]: {actual[i]:R} where autograd gives {expected[i]:R}"));
        }
    }
}
