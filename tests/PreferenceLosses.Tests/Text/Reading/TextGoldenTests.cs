using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;
using Xunit.Abstractions;

namespace PreferenceLosses.Tests.Text.Reading;

/// <summary>
/// Texts, read by the library and run by PyTorch: the same values and gradients, with the same infinities and NaN. The texts are
/// the published candidates and every function of the vocabulary, on ordinary, initial, tied, extreme and one-row batches.
/// </summary>
public class TextGoldenTests(ITestOutputHelper output)
{
    /// <summary>How many <see cref="ErrorUnits"/> a result may be off.</summary>
    private const double AllowedUnits = 8;

    private const double DoubleEpsilon = 1.0 / (1L << 52);
    private const double SmallestNormal = 2.2250738585072014e-308;
    private const double SingleEpsilon = 1.0 / (1L << 23);

    /// <summary>
    /// Functions within which PyTorch adds terms that the formula here does not have, with the size of those terms: 1 + e^(−|x|) in the
    /// cross-entropies and in logaddexp, the sum of the exponentials in softmax, the partial sums of a running one.
    /// </summary>
    private static readonly (string Function, double Terms)[] TermsInside =
    [
        ("binary_cross_entropy", 1), ("softmax", 1), ("logcumsumexp", 1), ("cumsum", 2000), ("gelu", 1), ("mish", 1), ("silu", 1),
        ("logaddexp", 1),
    ];

    [Fact]
    public void Values_and_gradients_in_double_precision_are_those_of_PyTorch()
    {
        var worst = (Units: 0.0, What: "");
        var wrong = new List<string>();
        foreach (var golden in TextGoldens.Cases)
        {
            var loss = LossCode.Parse(golden.Text).GetLoss();
            var units = ErrorUnits.Of(loss, golden.Input);
            var result = loss.Evaluate(golden.Input.Batch<double>());
            Compare("loss", result.Losses, golden.Losses, units.Losses);
            foreach (var column in golden.Gradient?.Keys ?? Enumerable.Empty<string>())
            {
                if (!IsPyTorchsOwnMistake(golden))
                {
                    Compare(column, result.Gradient(column), golden.Gradient![column], units.Gradient[column]);
                }
            }

            void Compare(string what, ReadOnlySpan<double> actual, double[] expected, double[] unit)
            {
                Assert.Equal(expected.Length, actual.Length);
                var epsilon = CastsToSingle(golden) ? SingleEpsilon : DoubleEpsilon;
                var inside = TermsInside.Where(t => golden.Text.Contains(t.Function, StringComparison.Ordinal)).Sum(t => t.Terms);
                for (var i = 0; i < expected.Length; i++)
                {
                    var where = FormattableString.Invariant($"{golden}, {what}[{i}]: {actual[i]:R} where PyTorch has {expected[i]:R}");
                    if (expected[i].Equals(actual[i]))
                    {
                        continue;
                    }

                    // Below the normal numbers PyTorch's vectors have 0.
                    var difference = Math.Max(Math.Abs(actual[i] - expected[i]) - SmallestNormal, 0);
                    var error = difference == 0 ? 0 : difference / (epsilon * (unit[i] + inside));
                    if (!(error <= AllowedUnits))
                    {
                        wrong.Add(FormattableString.Invariant($"{error:F1} units: {where}"));
                    }

                    worst = error > worst.Units && double.IsFinite(error) ? (error, where) : worst;
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(40)));
        output.WriteLine(FormattableString.Invariant($"{TextGoldens.Cases.Count} cases; worst {worst.Units:F2} units: {worst.What}"));
    }

    [Fact]
    public void In_single_precision_the_same_losses_are_finite_as_in_PyTorch()
    {
        foreach (var golden in TextGoldens.Cases)
        {
            var losses = LossCode.Parse(golden.Text).GetLoss().Evaluate(golden.Input.Batch<float>()).Losses;
            for (var i = 0; i < losses.Length; i++)
            {
                var isSame = float.IsFinite(losses[i]) ? double.IsFinite(golden.Single[i]) : golden.Single[i].Equals(losses[i]);
                Assert.True(isSame, FormattableString.Invariant($"{golden}[{i}]: {losses[i]:R} where PyTorch has {golden.Single[i]:R}"));
            }
        }
    }

    [Fact]
    public void Every_function_of_the_vocabulary_is_in_a_text()
    {
        var texts = string.Join('\n', TextGoldens.Texts.Values.Concat(ClassGoldens.Cases.Select(c => c.Text)));
        var missing = VocabularyNames.Accepted().Where(name => !texts.Contains(name, StringComparison.Ordinal));
        Assert.True(!missing.Any(), string.Join(' ', missing));
    }

    /// <summary>Texts with a float32 inside: PyTorch's results have its rounding, and that of its float32 functions.</summary>
    private static bool CastsToSingle(TextGolden golden)
    {
        string[] signs = [".float()", "float32", "torch.arange", "torch.tensor(0.1)", "torch.full((", "(x > 0) * 0.1", "torch.argsort", "torch.sum(x > y)"];
        return signs.Any(s => golden.Text.Contains(s, StringComparison.Ordinal));
    }

    /// <summary>
    /// hardsigmoid's derivative is 1/6 rounded to float32, and that of hardswish at 3 depends on where in the tensor the number is.
    /// </summary>
    private static bool IsPyTorchsOwnMistake(TextGolden golden) =>
        golden.Text.Contains("hardsigmoid", StringComparison.Ordinal)
        || (golden.Text.Contains("hardswish", StringComparison.Ordinal) && golden.Batch == "kinks");
}
