using System.Collections.Immutable;
using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Text.Reading;

/// <summary>PyTorch's reductions of all pairs of the batch to one number.</summary>
internal static class ReductionVocabulary
{
    public static IEnumerable<Definition> Entries =>
    [
        new("torch tensor", "mean", "input, dim?, keepdim?", a => Reduce(a, Fractional(a), Mean, x => Formulas.Mean(x, Axis.Responses), overAll: true)),
        new("torch tensor", "sum", "input, dim?, keepdim?", a => Reduce(a, Countable(a), Sum, x => Formulas.Sum(x, Axis.Responses), overAll: true)),
        new("torch tensor", "prod", "input, dim?, keepdim?", a => Reduce(a, Countable(a), p => p.Select(x => Formulas.Product(x)).Aggregate((x, y) => x * y), x => Formulas.Product(x, Axis.Responses))),
        new("torch tensor", "amax", "input, dim?, keepdim?", a => Reduce(a, a.Tensor("input"), p => Shared(p, p.Select(x => Max(x)).Aggregate(Maximum)), x => Max(x, Axis.Responses))),
        new("torch tensor", "amin", "input, dim?, keepdim?", a => Reduce(a, a.Tensor("input"), p => Shared(p, p.Select(x => Min(x)).Aggregate(Minimum)), x => Min(x, Axis.Responses))),
        new("torch tensor", "max", "input, other?, keepdim?, *, dim?", a => Extreme(a, Max, Maximum)),
        new("torch tensor", "min", "input, other?, keepdim?, *, dim?", a => Extreme(a, Min, Minimum)),
        new("torch tensor", "argmax", "input, dim", a => a.Tensor("input").HasClasses ? ClassVocabulary.FirstExtreme(a, Max, "dim").Indices : throw a.Wrong(LossDiagnosticKind.Shape, "input", "has no classes.", "The position of a row in the batch means nothing.")),
        new("torch tensor", "var", "input, dim?, unbiased?, keepdim?, correction?", a => Spread(a, isRoot: false)),
        new("torch tensor", "std", "input, dim?, unbiased?, keepdim?, correction?", a => Spread(a, isRoot: true)),
        new("torch tensor special", "logsumexp", "input, dim, keepdim?", a => Reduce(a, a.Floating("input"), p => p.Select(x => LogSumExp(x)).Aggregate(LogAddExp), x => LogSumExp(x, Axis.Responses))),
        new("torch tensor", "median", "input", a => Over(OnePart(a, "median"), p => Median(p[0]))),
        new("torch tensor", "quantile", "input, q, dim?, keepdim?, interpolation?", Quantile),
        new("torch tensor", "norm", "input, p?, dim?, keepdim?", Norm),
        new("torch", "dot", "input, tensor", a => Sum(Product(a, "tensor"))),
        new("tensor", "dot", "input, other", a => Sum(Product(a, "other"))),
    ];

    /// <summary>The mean of all losses, or their sum; for functions with a 'reduction'.</summary>
    public static TensorValue Reduced(Arguments a, TensorValue losses) => a.Text("reduction", "mean") switch
    {
        "none" => losses,
        "mean" => Over(losses.HasClasses ? losses.Map(x => Formulas.Mean(x, Axis.Responses)) : losses, Mean),
        "sum" => Over(losses.HasClasses ? losses.Map(x => Formulas.Sum(x, Axis.Responses)) : losses, Sum),
        _ => throw a.Wrong(LossDiagnosticKind.Argument, "reduction", "has to be 'none', 'mean' or 'sum'."),
    };

    /// <summary>A tensor of one value per pair, not two: for what orders pairs.</summary>
    public static TensorValue OnePart(Arguments a, string what) => a.Floating("input") is { HasClasses: true } ? throw a.Wrong(LossDiagnosticKind.Shape, "input", $"has a value for each class, and '{what}' works on one value per row.")
        : a.Floating("input") is { Parts.Length: 1 } single
        ? single
        : throw a.Wrong(LossDiagnosticKind.Shape, "input", $"is concatenated, and '{what}' of that is not accepted.", "Take it of each half.");

    /// <summary>Of all rows; of values per class, over the classes of each row (dim=1) or, where that is accepted, over everything.</summary>
    private static TensorValue Reduce(
        Arguments a, TensorValue x, Func<ImmutableArray<Expr>, Expr> reduction, Func<Expr, Expr> overClasses, bool overAll = false)
    {
        if (x.HasClasses)
        {
            return a.IsOverClasses() ? ClassVocabulary.PerRow(a, x, overClasses)
                : overAll ? Over(x, p => reduction([overClasses(p[0])]))
                : throw a.Wrong(LossDiagnosticKind.Argument, "dim", "is needed.", "Write dim=1 for the classes of each row.");
        }

        CheckNoColumn(a, x);
        a.CheckDimension();
        a.Flag("keepdim");      // Of one number, nothing else can be told.
        return x.HasRows ? Over(x, reduction) : x;
    }

    private static TensorValue Over(TensorValue x, Func<ImmutableArray<Expr>, Expr> reduction) =>
        x.HasRows ? Arithmetic.Cast(new TensorValue(reduction(x.Parts), x.Element == Element.Single ? Element.Real : x.Element), x.Element) : x;

    private static TensorValue Sum(TensorValue x) => Over(x, Sum);

    private static TensorValue Fractional(Arguments a) => a.Tensor("input") is { IsFloating: true } x
        ? x
        : throw a.Wrong(LossDiagnosticKind.Type, "input", "has no fractions, and PyTorch takes no mean of it.", "Write .float().mean().");

    private static Expr Sum(ImmutableArray<Expr> parts) => parts.Select(x => Formulas.Sum(x)).Aggregate((x, y) => x + y);

    private static Expr Mean(ImmutableArray<Expr> parts) =>
        parts is [var single] ? Formulas.Mean(single) : Sum(parts) / (parts.Length * BatchSize);

    private static TensorValue Product(Arguments a, string other) => (TensorValue)Arithmetic.Binary(a.At, "*", a.Tensor("input"), a.Tensor(other));

    /// <summary>Boolean values are counted as integers.</summary>
    private static TensorValue Countable(Arguments a) => a.Tensor("input") is { Element: Element.Boolean } mask ? mask with { Element = Element.Integer } : a.Tensor("input");

    /// <summary>Reductions of a column along a dimension are left out: of all of it, dimension or not, nobody needs more.</summary>
    private static void CheckNoColumn(Arguments a, TensorValue x)
    {
        if (x.IsColumn && a.Has("dim"))
        {
            throw a.Wrong(LossDiagnosticKind.Shape, "input", "is a column, of shape (N, 1).", "Write .squeeze(1) first.");
        }
    }

    /// <summary>The larger of two tensors; the largest value; or, along the dimension, that value and where it is first.</summary>
    private static Value Extreme(Arguments a, Func<Expr, Axis, Expr> alongAxis, Func<Expr, Expr, Expr> ofTwo)
    {
        Expr Reduction(Expr x) => alongAxis(x, Axis.Batch);
        var x = a.Tensor("input");
        if (a["other"] is TensorValue other)
        {
            return Arithmetic.Elementwise(a.At, Arithmetic.Promote(x, other), o => ofTwo(o[0], o[1]), x, other);
        }

        if (!a.Has("other") && !a.Has("dim"))
        {
            return Reduce(a, x, p => Shared(p, p.Select(Reduction).Aggregate(ofTwo)), o => alongAxis(o, Axis.Responses));
        }

        if (a["other"] is NumberValue { IsInteger: false })
        {
            throw a.Wrong(LossDiagnosticKind.Type, "other", "is a number, and a tensor is needed.", "Write x.clamp(min=0.0), or x.clamp(max=0.0).");
        }

        if (x.HasClasses)
        {
            return ClassVocabulary.FirstExtreme(a, alongAxis, a.Has("other") ? "other" : "dim");
        }

        a.CheckDimension(a.Has("other") ? "other" : "dim");
        a.Flag("keepdim");
        var values = OnePart(a, "max and min").Parts[0];
        var first = Min(Where(EqualTo(values, Reduction(StopGradient(values))), RowIndex, BatchSize));
        var chosen = Formulas.Sum(Where(EqualTo(RowIndex, first), values, 0));
        return new SortedValue(new TensorValue(chosen, x.Element), new TensorValue(first, Element.Integer));
    }

    /// <summary>
    /// A value that was found among those of the parts; what equals it shares the gradient evenly. (A single part's own minimum
    /// and maximum do so by themselves.)
    /// </summary>
    private static Expr Shared(ImmutableArray<Expr> parts, Expr found)
    {
        if (parts.Length == 1 && found.Operation is Operation.ReduceMin or Operation.ReduceMax)
        {
            return found;
        }

        var value = StopGradient(found);
        var share = Sum([.. parts.Select(x => Where(EqualTo(x, value), x, 0))]) / Sum([.. parts.Select(x => EqualTo(x, value))]);
        return value + Where(Abs(share) < double.PositiveInfinity, share - StopGradient(share), 0);
    }

    private static TensorValue Spread(Arguments a, bool isRoot)
    {
        // x.var(False) and x.var(unbiased=False) are the same.
        var unbiased = a["dim"] is BooleanValue first ? first.Value : a.Flag("unbiased", true);
        if (a["dim"] is not BooleanValue && !a.Tensor("input").HasClasses)
        {
            a.CheckDimension();
        }

        a.Flag("keepdim");
        var correction = a.Constant("correction", unbiased ? 1 : 0);
        var x = a.Floating("input");
        CheckNoColumn(a, x);
        return correction is not (0 or 1) ? throw a.Wrong(LossDiagnosticKind.Argument, "correction", "has to be 1 or 0.")
            : x.HasClasses ? ClassVocabulary.PerRow(a, x, v => isRoot ? StandardDeviation(v, Axis.Responses, (int)correction) : Variance(v, Axis.Responses, (int)correction))
            : !x.HasRows ? throw a.Wrong(LossDiagnosticKind.Shape, "input", "is one number, which has no variance.")
            : Over(x, p => p.Length == 1
                ? isRoot ? StandardDeviation(p[0], correction: (int)correction) : Variance(p[0], correction: (int)correction)
                : OfBoth(p, correction, isRoot));
    }

    /// <summary>The variance of two concatenated halves; the gradient of its root is 0 where it is 0.</summary>
    private static Expr OfBoth(ImmutableArray<Expr> parts, double correction, bool isRoot)
    {
        var mean = Mean(parts);
        var variance = Sum([.. parts.Select(x => Square(x - mean))]) / ((parts.Length * BatchSize) - correction);
        return isRoot ? RootWithoutKink(variance) : variance;
    }

    /// <summary>√x with gradient 0 at 0.</summary>
    public static Expr RootWithoutKink(Expr x) => Where(EqualTo(x, 0), 0, Sqrt(Where(EqualTo(x, 0), 1, x)));

    /// <summary>PyTorch's median is the lower of the two middle values, and shares its gradient evenly over all that equal it.</summary>
    private static Expr Median(Expr x)
    {
        var distance = (2 * RowIndex) - (BatchSize - 1);
        var sorted = Sort(StopGradient(x));
        return Shared([x], Formulas.Sum(Where((distance <= 0) * (distance > -2), sorted, Where(EqualTo(sorted, sorted), 0, sorted))));
    }

    private static TensorValue Quantile(Arguments a)
    {
        a.CheckDimension();
        a.Flag("keepdim");
        if (a.Text("interpolation", "linear") != "linear")
        {
            throw a.Wrong(LossDiagnosticKind.Argument, "interpolation", "has to be 'linear'.");
        }

        var level = a["q"] is TensorValue { Parts: [{ Operation: Operation.Constant, Value: var constant }] } ? constant : a.Constant("q");
        return level is >= 0 and <= 1
            ? Over(OnePart(a, "quantile"), p => Formulas.Quantile(p[0], level))
            : throw a.Wrong(LossDiagnosticKind.Argument, "q", "has to be from 0 to 1.");
    }

    /// <summary>The p-norm; its gradient is 0 where it is 0.</summary>
    private static TensorValue Norm(Arguments a)
    {
        if (!a.Tensor("input").HasClasses)
        {
            a.CheckDimension();
        }

        a.Flag("keepdim");
        var order = a["p"] is TextValue ? (a.Text("p", "fro") == "fro" ? 2 : throw a.Wrong(LossDiagnosticKind.Argument, "p", "has to be a number.")) : a.Constant("p", 2);
        var x = a.Floating("input");
        CheckNoColumn(a, x);
        if (x.HasClasses)
        {
            return ClassVocabulary.PerRow(a, x, v => order switch
            {
                1 => Formulas.Sum(Abs(v), Axis.Responses),
                2 => RootWithoutKink(Formulas.Sum(Square(v), Axis.Responses)),
                _ => throw a.Wrong(LossDiagnosticKind.Argument, "p", "has to be 1 or 2 over classes."),
            });
        }

        return Over(x.HasRows ? x : throw a.Wrong(LossDiagnosticKind.Shape, "input", "is one number.", "Write .abs()."), p => order switch
        {
            1 => Sum([.. p.Select(Abs)]),
            2 => RootWithoutKink(Sum([.. p.Select(Square)])),
            >= 1 => PowerWithoutKink(Sum([.. p.Select(v => Power(Abs(v), order))]), 1 / order),
            _ => throw a.Wrong(LossDiagnosticKind.Argument, "p", "has to be at least 1."),
        });
    }

    private static Expr PowerWithoutKink(Expr x, double exponent) => Where(EqualTo(x, 0), 0, Power(Where(EqualTo(x, 0), 1, x), exponent));
}
