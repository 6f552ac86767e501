using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Support;

/// <summary>One loss for each operation that a formula can have, and for each way in which exports write it.</summary>
internal static class OperationLosses
{
    private static readonly Parameter Beta = new("beta", "β", 0.1, Bounds.Positive);
    private static readonly Parameter Lambda = new("lambda", "λ", 0.7, Bounds.Positive);

    public static IReadOnlyList<PreferenceLoss> All { get; } = [.. Enum.GetValues<Operation>().Where(IsWritten).SelectMany(Of)];

    private static bool IsWritten(Operation operation) => operation < Operation.ExpMinusAbs;

    private static IEnumerable<PreferenceLoss> Of(Operation operation) => operation switch
    {
        Operation.Constant => [Pairs(operation, "", (x, _) => x + Broadcast(0.1, Shape.Row)), Pairs(operation, "negative", (x, _) => x * -0.3)],
        Operation.Parameter => [Pairs(operation, "", (x, _) => x + Broadcast(Lambda, Shape.Row))],
        Operation.Input => [Pairs(operation, "", (x, _) => x * Input("margin", Shape.Row, differentiable: false) * Input("class", Shape.Row, differentiable: true))],
        Operation.BatchSize => [Pairs(operation, "", (x, _) => x / BatchSize)],
        Operation.RowIndex => [Pairs(operation, "", (x, _) => x * Power(0.9, RowIndex))],
        Operation.ResponseCount => [Ranked(operation, "", x => Sum(x, Axis.Responses) / ResponseCount)],
        Operation.ResponseIndex => [Ranked(operation, "", x => Sum(x / (1 + ResponseIndex), Axis.Responses))],
        Operation.Named => [Pairs(operation, "", (x, y) => Named("lambda", x) * Named("x", y) * Named("x", x * y) * Named("αβ′", y / 2))],
        Operation.StopGradient => [Pairs(operation, "", (x, y) => StopGradient(x) * y * StopGradient(Lambda))],
        Operation.Broadcast =>
        [
            Pairs(operation, "", (x, _) => Square(Broadcast(Mean(x), Shape.Row)) - x),
            Ranked(operation, "", x => Sum(Square(x - Broadcast(Max(x, Axis.Responses), Shape.Responses)) * Broadcast(Lambda, Shape.Responses), Axis.Responses)),
        ],

        Operation.Sqrt or Operation.Log => [Pairs(operation, "", (x, _) => Elementwise(operation, 0.5 + Square(x))), OfNumber(operation)],
        Operation.Exp or Operation.Expm1 => [Pairs(operation, "", (x, _) => Elementwise(operation, x)), OfNumber(operation)],
        Operation.Log1p => [Pairs(operation, "", (x, _) => Log1p(Exp(x))), OfNumber(operation)],
        Operation.Log1mExp => [Pairs(operation, "", (x, _) => Log1mExp(-(1e-20 + Softplus(30 * x)))), Pairs(operation, "number", (x, _) => Log1mExp(-Lambda) * x)],
        >= Operation.Negate and < Operation.Add => [Pairs(operation, "", (x, y) => Elementwise(operation, x - y)), OfNumber(operation)],
        Operation.Power =>
        [
            Pairs(operation, "", (x, _) => Power(1 + Square(x), Lambda)),
            Pairs(operation, "tensors", (x, y) => Power(1 + Abs(x), Tanh(y))),
            Pairs(operation, "cube", (x, _) => Power(x, 3)),
            Pairs(operation, "number", (x, _) => Power(Lambda, 1.5) * Power(0.9, x)),
        ],
        Operation.Add or Operation.Subtract or Operation.Multiply or Operation.Divide =>
        [
            Pairs(operation, "", (x, y) => Elementwise(operation, x, Elementwise(operation, 3 + Square(y), 2 + Square(x)))),
            Pairs(operation, "number", (x, _) => Elementwise(operation, Lambda, 0.3) * -x),
        ],
        >= Operation.Minimum and <= Operation.LogAddExp =>
        [
            Pairs(operation, "", (x, y) => Elementwise(operation, x, y)),
            Pairs(operation, "bound", (x, _) => Elementwise(operation, x, 0.1)),
            Pairs(operation, "number", (x, _) => Elementwise(operation, Lambda, 0.1) * x),
            Ranked(operation, "scalar", x => Sum(x * Elementwise(operation, Mean(Max(x, Axis.Responses)), 0.1), Axis.Responses)),
        ],
        >= Operation.Less and <= Operation.Equal =>
        [
            Pairs(operation, "", (x, y) => 0.7 * (1 - (0.3 * Elementwise(operation, x, y))) * Softplus(x)),
            Pairs(operation, "number", (x, _) => Elementwise(operation, Lambda, 0.1) * x),
        ],
        Operation.Select =>
        [
            Pairs(operation, "", (x, y) => Where(x < y, Square(x), 3 * y)),
            Pairs(operation, "values", (x, y) => Where(x - y, 0.1, 0.3) * x),
            Pairs(operation, "number", (x, y) => Where(Lambda < 0.5, x, y) + Where(Lambda, Lambda, 0.3)),
            Pairs(operation, "repeated", (x, y) => Where(x < y, x, 0.1) + Where(x < y, y, x) + (x < y)),
        ],
        Operation.Clamp =>
        [
            Pairs(operation, "", (x, _) => Clamp(x, -1, 1)),
            Pairs(operation, "lower", (x, _) => ClampMin(Mean(x), 0) * x),
            Pairs(operation, "upper", (x, _) => Clamp(x, double.NegativeInfinity, Lambda)),
            Pairs(operation, "tensors", (x, y) => Clamp(x, y, 2)),
            Pairs(operation, "number", (x, _) => Clamp(Lambda, 0.2, 0.5) * x),
        ],

        Operation.Variance or Operation.StandardDeviation =>
        [
            Statistic(operation, "", (x, correction) => Reduce(operation, x, Axis.Batch, correction), 1),
            Statistic(operation, "biased", (x, correction) => Reduce(operation, x, Axis.Batch, correction), 0),
            .. operation == Operation.Variance ? [Ranked(operation, "", x => Variance(x, Axis.Responses, correction: 0))] : Array.Empty<PreferenceLoss>(),
        ],
        Operation.Quantile => [Pairs(operation, "", (x, y) => Square(x - Quantile(x, 0.3)) + Quantile(y, 0.5))],
        _ when operation.IsReduction() =>
        [
            Pairs(operation, "", (x, _) => Square(x - Reduce(operation, x, Axis.Batch))),
            Ranked(operation, "", x => Square(Reduce(operation, x, Axis.Responses))),
        ],
        Operation.SortBy => [Pairs(operation, "", (x, _) => Square(Sort(x)) + x), Pairs(operation, "key", (x, y) => SortBy(x, y) * x), OfSorted(operation)],
        Operation.UnsortBy => [Pairs(operation, "", (x, y) => UnsortBy(RowIndex + x, y) * x), OfSorted(operation)],
        _ => [Pairs(operation, "", (x, y) => Formulas.Along(operation, Axis.Batch, x) * y), Ranked(operation, "", x => Sum(Square(Formulas.Along(operation, Axis.Responses, x)), Axis.Responses))],
    };

    private static RankedLoss OfSorted(Operation operation) => Ranked(
        operation, "", x => Sum(x * Formulas.Along(operation, Axis.Responses, x + ResponseIndex, Sin(7 * x)), Axis.Responses));

    private static PairLoss OfNumber(Operation operation) => Pairs(operation, "number", (x, _) => Elementwise(operation, Lambda) * x);

    private static PairLoss Statistic(Operation operation, string variant, Func<Expr, double, Expr> statistic, double correction) =>
        Pairs(operation, variant, (x, _) => x * statistic(x, correction));

    /// <summary>A loss of x = β(ρ) and y = λ c_w, which differ by row and change sign.</summary>
    private static PairLoss Pairs(Operation operation, string variant, Func<Expr, Expr, Expr> formula) => PairLoss.Define(
        Name(operation, variant), [Beta, Lambda], pair =>
        {
            var (x, y) = (Named("x", Beta * pair.LogRatioDifference), Lambda * pair.ChosenLogRatio);
            return formula(x, y) + (0.01 * x * y);
        });

    private static RankedLoss Ranked(Operation operation, string variant, Func<Expr, Expr> formula) =>
        new(Name(operation, $"{variant}responses"), formula);

    private static string Name(Operation operation, string variant) =>
        (operation + (variant.Length == 0 ? "" : "-" + variant)).ToLowerInvariant();

    private sealed record RankedLoss : PreferenceLoss
    {
        private readonly Func<Expr, Expr> formula;

        public RankedLoss(string name, Func<Expr, Expr> formula)
            : base(name, Beta, Lambda) => this.formula = formula;

        protected override LossGraph BuildGraph()
        {
            var logRatio = Input(Columns.Policy, Shape.Responses, differentiable: true) - Input(Columns.Reference, Shape.Responses, differentiable: true);
            return new LossGraph([(Lambda * formula(Named("x", Beta * logRatio))) + Square(Max(logRatio, Axis.Responses))], rewards: null);
        }
    }
}
