using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Support;

/// <summary>Losses that use what the catalogue's do not: sorts, scans, extremes, a log of a sum over the batch.</summary>
internal static class TestLosses
{
    private static readonly Parameter Beta = new("beta", "β", 0.1, Bounds.Positive);

    public static IReadOnlyList<PairLoss> All { get; } =
    [
        PairLoss.Define("quantile", [Beta], pair => Softplus(-(Beta * (pair.LogRatioDifference - Quantile(pair.LogRatioDifference, 0.3))))),
        PairLoss.Define("sort", [Beta], pair => Square(Sort(Beta * pair.LogRatioDifference) - 1)),
        PairLoss.Define("rank", [Beta], pair => Softplus(-(Beta * pair.LogRatioDifference)) * UnsortBy(RowIndex + 1, pair.ChosenLogRatio) / BatchSize),
        PairLoss.Define("scan", [Beta], pair => CumulativeLogSumExp(Beta * pair.LogRatioDifference, reverse: true) - CumulativeSum(Beta * pair.ChosenLogRatio)),
        PairLoss.Define("extremes", [Beta], pair => Beta * (pair.LogRatioDifference - Min(pair.ChosenLogRatio)) / (1 + Max(pair.LogRatioDifference) - Min(pair.LogRatioDifference))),
        PairLoss.Define("softmax", [Beta], pair => Exp((Beta * pair.LogRatioDifference) - LogSumExp(Beta * pair.LogRatioDifference)) * pair.LogRatioDifference),
    ];
}
