using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Text.Reading;

/// <summary>What depends on the order of the pairs, or puts them into one.</summary>
internal static class OrderVocabulary
{
    /// <summary>How far torch.roll may go: the rotation is written out step by step.</summary>
    private const int LongestRoll = 8;

    public static IEnumerable<Definition> Entries =>
    [
        new("torch tensor F special", "softmax", "input, dim, dtype?", a => AlongDimension(a, (x, axis) => Shifted(x, axis).Exponentials / Shifted(x, axis).Sum)),
        new("torch tensor F special", "log_softmax", "input, dim, dtype?", a => AlongDimension(a, (x, axis) => Shifted(x, axis).Distances - Log(Shifted(x, axis).Sum))),
        new("torch tensor", "cumsum", "input, dim", a => AlongBatch(a, x => CumulativeSum(x))),
        new("torch tensor", "logcumsumexp", "input, dim", a => AlongBatch(a, x => CumulativeLogSumExp(x))),
        new("torch tensor", "sort", "input, dim?, descending?, stable?", Sorted),
        new("torch tensor", "argsort", "input, dim?, descending?, stable?", a => Sorted(a).Indices),
        new("torch tensor", "flip", "input, dims", a => AlongBatch(a, x => SortBy(x, -RowIndex), "dims")),
        new("torch tensor", "roll", "input, shifts, dims?", Rolled),
    ];

    /// <summary>Of the batch, or of the classes of each row.</summary>
    private static TensorValue AlongDimension(Arguments a, Func<Expr, Axis, Expr> function)
    {
        var type = a.ElementOf("dtype");
        var x = a.Floating("input");
        if (!x.HasClasses)
        {
            return AlongBatch(a, o => function(o, Axis.Batch), type: type);
        }

        x = type is null ? x : Arithmetic.Cast(x, type.Value);
        return a.IsOverClasses()
            ? Arithmetic.Elementwise(a.At, x.Element, o => function(o[0], Axis.Responses), x)
            : throw a.Wrong(LossDiagnosticKind.Shape, "dim", "has to be 1 or -1, the classes of each row.");
    }

    private static TensorValue AlongBatch(Arguments a, Func<Expr, Expr> function, string dimension = "dim", Element? type = null)
    {
        var x = ReductionVocabulary.OnePart(a, "this");
        a.CheckDimension(dimension);
        x = type is null ? x : Arithmetic.Cast(x, type.Value);
        return x.HasRows
            ? Arithmetic.Elementwise(a.At, x.Element, o => function(o[0]), x)
            : throw a.Wrong(LossDiagnosticKind.Shape, "input", "is one number.");
    }

    /// <summary>The distances from the largest value, their exponentials, and the sum of those.</summary>
    public static (Expr Distances, Expr Exponentials, Expr Sum) Shifted(Expr x, Axis axis)
    {
        var distances = x - StopGradient(Max(x, axis));
        return (distances, Exp(distances), Sum(Exp(distances), axis));
    }

    /// <summary>Values in order, equal ones as they come, and where each came from (without gradient).</summary>
    private static SortedValue Sorted(Arguments a)
    {
        var descends = a.Flag("descending");
        a.Flag("stable");       // The order here is always stable.
        Expr Ordered(Expr values, Expr key) => SortBy(values, descends ? -key : key);
        var values = AlongBatch(a, x => Ordered(x, x));
        var indices = AlongBatch(a, x => Ordered(RowIndex, StopGradient(x)));
        return new SortedValue(values, indices with { Element = Element.Integer });
    }

    private static TensorValue Rolled(Arguments a)
    {
        var shift = a["shifts"] is TupleValue { Items: [NumberValue { Constant: { } inTuple }] } ? inTuple : a.Constant("shifts");
        if (shift != Math.Floor(shift) || Math.Abs(shift) > LongestRoll)
        {
            throw a.Wrong(LossDiagnosticKind.Argument, "shifts", $"has to be a whole number from {-LongestRoll} to {LongestRoll}.");
        }

        // Where each value goes; in a batch shorter than the shift it passes the end more than once.
        var target = RowIndex + shift;
        for (var i = 0; i < Math.Abs(shift); i++)
        {
            target = shift > 0 ? Where(target >= BatchSize, target - BatchSize, target) : Where(target < 0, target + BatchSize, target);
        }

        return AlongBatch(a, x => SortBy(x, target), "dims");
    }
}
