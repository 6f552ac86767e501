using System.Globalization;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Catalog;

/// <summary>Numbers are written and read in one way, wherever the program runs.</summary>
public sealed class CultureTests
{
    [Fact]
    public void The_culture_of_these_tests_is_another_one() =>
        InGerman(() => Assert.Equal("−1.234,5", (-1234.5).ToString("N1", CultureInfo.CurrentCulture)));

    [Fact]
    public void Json_names_and_messages_do_not_follow_the_culture() => InGerman(() =>
    {
        var loss = new DpoLoss { Beta = 1.25e-7 };
        var json = LossJson.Serialize(loss);
        Assert.Equal("""{"loss":"dpo","parameters":{"beta":1.25E-07}}""", json);
        Assert.Equal(loss, LossJson.Deserialize(json));
        Assert.Equal("dpo (beta = 1.25E-07)", loss.ToString());
        Assert.Equal("aql (beta = 0.5, tau = 0.25)", new AqlLoss { Beta = 0.5, Tau = 0.25 }.ToString());

        Assert.Contains("Actual value was -1.5.", Assert.Throws<ArgumentOutOfRangeException>(() => new DpoLoss { Beta = -1.5 }).Message, StringComparison.Ordinal);
        Assert.Contains("-0.5 or greater and at most 0.5", new Bounds(-0.5, true, 0.5, true).ToString(), StringComparison.Ordinal);
        Assert.Contains(
            "'weight' is -1.5 at row 0",
            Assert.Throws<InvalidBatchException>(() => loss.On(Evaluating.At(1), [-1.5])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "is -Infinity at row 0",
            Assert.Throws<InvalidBatchException>(() => loss.On(Evaluating.At(double.NegativeInfinity))).Message,
            StringComparison.Ordinal);
    });

    [Fact]
    public void Programs_are_found_by_structure_in_any_culture() => InGerman(() =>
    {
        // Constants are part of the structure: 1.5 is not 15.
        var loss = PairLoss.Define("x", [], pair => 1.5 * pair.LogRatioDifference);
        var other = PairLoss.Define("x", [], pair => 15 * pair.LogRatioDifference);
        Same.Bits([3], loss.Values(Evaluating.At(2)));
        Same.Bits([30], other.Values(Evaluating.At(2)));
    });

    /// <summary>Runs under German signs for numbers; globalization is invariant here, so the culture is put together.</summary>
    private static void InGerman(Action body)
    {
        var german = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        german.NumberFormat.NumberDecimalSeparator = ",";
        german.NumberFormat.NumberGroupSeparator = ".";
        german.NumberFormat.NegativeSign = "−";
        german.NumberFormat.NaNSymbol = "keine Zahl";
        german.NumberFormat.PositiveInfinitySymbol = "∞";
        german.NumberFormat.NegativeInfinitySymbol = "−∞";
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = german;
            body();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
