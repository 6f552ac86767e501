using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Text.Reading;

/// <summary>
/// What works on the classes of each row, dimension 1 of a tensor of shape (N, K): losses of logits and targets, picking a class out, and putting a value per row
/// beside values per class.
/// </summary>
internal static class ClassVocabulary
{
    public static IEnumerable<Definition> Entries =>
    [
        new("F", "cross_entropy", "input, target, *, reduction?, label_smoothing?", CrossEntropy),
        new("F", "nll_loss", "input, target, *, reduction?", a => ReductionVocabulary.Reduced(a, AtClass(Scores(a), Targets(a, "target")).Map(x => -x))),
        new("F", "multi_margin_loss", "input, target, p?, margin?, *, reduction?", MultiMargin),
        new("F", "one_hot", "tensor, num_classes", OneHot),
        new("torch tensor", "gather", "input, dim, index", Gathered),
        new("torch tensor", "scatter", "input, dim, index, src", Scattered),
        new("torch tensor", "unsqueeze", "input, dim", Unsqueezed),
        new("torch tensor", "squeeze", "input, dim?", Squeezed),
    ];

    /// <summary>The value of each row's class.</summary>
    public static TensorValue AtClass(TensorValue scores, TensorValue classes) =>
        new(Sum(Where(EqualTo(ResponseIndex, classes.Parts[0]), scores.Parts[0], 0), Axis.Responses), scores.Element);

    /// <summary>A reduction over the classes of each row, of float32 in the precision of the evaluation, as other reductions.</summary>
    public static TensorValue PerRow(Arguments a, TensorValue x, Func<Expr, Expr> reduction)
    {
        if (!a.IsOverClasses())
        {
            throw a.Wrong(LossDiagnosticKind.Argument, "dim", "is needed.", "Write dim=1 for the classes of each row.");
        }

        var reduced = new TensorValue(reduction(x.Parts[0]), x.Element == Element.Single ? Element.Real : x.Element);
        return Arithmetic.Cast(reduced, x.Element) with { IsColumn = a.Flag("keepdim") };
    }

    /// <summary>The largest or smallest value of each row, to which alone the gradient goes, and the class that has it first.</summary>
    public static SortedValue FirstExtreme(Arguments a, Func<Expr, Axis, Expr> extreme, string dimension)
    {
        var x = a.Floating("input");
        if (!a.IsOverClasses(dimension))
        {
            throw a.Wrong(LossDiagnosticKind.Argument, dimension, "is needed.", "Write dim=1 for the classes of each row.");
        }

        var isColumn = a.Flag("keepdim");
        var values = x.Parts[0];
        var found = extreme(StopGradient(values), Axis.Responses);
        var first = Min(Where(EqualTo(values, found), ResponseIndex, double.PositiveInfinity), Axis.Responses);
        var chosen = Sum(Where(EqualTo(ResponseIndex, first), values, 0), Axis.Responses);

        // Where a class is NaN, so is the result.
        return new SortedValue(
            new TensorValue(Where(EqualTo(found, found), chosen, found), x.Element) { IsColumn = isColumn },
            new TensorValue(first, Element.Integer) { IsColumn = isColumn });
    }

    private static TensorValue Scores(Arguments a, string name = "input") => a.Floating(name) is { HasClasses: true } scores
        ? scores
        : throw a.Wrong(LossDiagnosticKind.Shape, name, "has to have a value for each class: shape (N, K).");

    private static TensorValue Targets(Arguments a, string name) => a.Tensor(name) is { IsVector: true, Element: Element.Integer } targets
        ? targets
        : throw a.Wrong(LossDiagnosticKind.Shape, name, "has to be the index of a class for each row: integers of shape (N,).", "Write targets.");

    /// <summary>Of classes, with label smoothing as PyTorch has it: 1 − ε on the target and ε on the mean of all classes; or of probabilities of classes.</summary>
    private static TensorValue CrossEntropy(Arguments a)
    {
        var scores = Scores(a);
        var logProbabilities = scores.Map(x => OrderVocabulary.Shifted(x, Axis.Responses).Distances - Log(OrderVocabulary.Shifted(x, Axis.Responses).Sum));
        var smoothing = a.Number("label_smoothing", 0);
        if (a.Tensor("target") is { HasClasses: true, IsFloating: true } shares)
        {
            return smoothing.Constant == 0
                ? ReductionVocabulary.Reduced(a, Arithmetic.Elementwise(a.At, Arithmetic.Promote(scores, shares), o => -Sum(o[0] * o[1], Axis.Responses), logProbabilities, shares))
                : throw a.Wrong(LossDiagnosticKind.Argument, "label_smoothing", "is not accepted beside probabilities of classes.", "Smooth the probabilities themselves.");
        }

        var losses = AtClass(logProbabilities, Targets(a, "target")).Map(x => -x);
        if (smoothing.Constant != 0)
        {
            var overall = Mean(logProbabilities.Parts[0], Axis.Responses);
            losses = losses.Map(x => ((1 - smoothing.Formula) * x) - (smoothing.Formula * overall));
        }

        return ReductionVocabulary.Reduced(a, losses);
    }

    /// <summary>(1/K) Σ over the other classes of max(0, margin − s_target + s)^p.</summary>
    private static TensorValue MultiMargin(Arguments a)
    {
        var (scores, targets) = (Scores(a), Targets(a, "target"));
        var margin = a.Number("margin", 1).Formula;
        var power = a.Constant("p", 1) is var p and (1 or 2) ? p : throw a.Wrong(LossDiagnosticKind.Argument, "p", "has to be 1 or 2.");
        var own = AtClass(scores, targets).Parts[0];
        var beyond = Relu(margin - own + scores.Parts[0]);
        var others = Where(EqualTo(ResponseIndex, targets.Parts[0]), 0, power == 1 ? beyond : Square(beyond));
        return ReductionVocabulary.Reduced(a, new TensorValue(Mean(others, Axis.Responses), scores.Element));
    }

    private static TensorValue OneHot(Arguments a)
    {
        var classes = a.Constant("num_classes");
        return a.Classes is not { } known ? throw a.Wrong(LossDiagnosticKind.Argument, "num_classes", "can't be checked: the number of classes is not known as the text is read.")
            : classes != known ? throw a.Wrong(LossDiagnosticKind.Argument, "num_classes", $"has to be the number of classes, {known}.", "Write logits.shape[1].")
            : new TensorValue(EqualTo(ResponseIndex, Targets(a, "tensor").Parts[0]), Element.Integer);
    }

    private static TensorValue Gathered(Arguments a) => AtClass(Scores(a), Indices(a)) with { IsColumn = true };

    private static TensorValue Scattered(Arguments a)
    {
        var index = Indices(a).Parts[0];
        Value source = a["src"] is NumberValue number ? number
            : a.Tensor("src") is { HasClasses: false, IsVector: false } tensor ? tensor
            : throw a.Wrong(LossDiagnosticKind.Shape, "src", "has to be a number, or a column of shape (N, 1).");
        var scores = a.Tensor("input") is { HasClasses: true } classes ? classes : throw a.Wrong(LossDiagnosticKind.Shape, "input", "has to have a value for each class: shape (N, K).");
        return Arithmetic.Elementwise(a.At, scores.Element, o => Where(EqualTo(ResponseIndex, index), o[1], o[0]), scores, source);
    }

    /// <summary>One class for each row.</summary>
    private static TensorValue Indices(Arguments a)
    {
        if (!a.IsOverClasses())
        {
            throw a.Wrong(LossDiagnosticKind.Shape, "dim", "has to be 1, the classes of each row.");
        }

        return a.Tensor("index") is { IsColumn: true, Element: Element.Integer } index
            ? index
            : throw a.Wrong(LossDiagnosticKind.Shape, "index", "has to be one class for each row: integers of shape (N, 1).", "Write targets.unsqueeze(1).");
    }

    private static TensorValue Unsqueezed(Arguments a)
    {
        var x = a.Tensor("input");
        return x is { IsVector: true, Parts.Length: 1 } && a["dim"] is NumberValue { IsInteger: true, Constant: 1 or -1 }
            ? x with { IsColumn = true }
            : throw a.Wrong(LossDiagnosticKind.Shape, "input", $"has shape {x.ShapeText}: only one value per row can be made a column, with dim=1.");
    }

    private static TensorValue Squeezed(Arguments a)
    {
        var x = a.Tensor("input");
        return x.IsColumn && a["dim"] is null or NumberValue { IsInteger: true, Constant: 1 or -1 }
            ? x with { IsColumn = false }
            : throw a.Wrong(LossDiagnosticKind.Shape, "input", $"has shape {x.ShapeText}, and only a column, of shape (N, 1), can be squeezed.");
    }
}
