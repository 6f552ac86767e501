using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Text.Reading;

/// <summary>PyTorch's arithmetic, element by element.</summary>
internal static class ElementwiseVocabulary
{
    public static IEnumerable<Definition> Entries =>
    [
        Function("torch tensor", "exp", Exp),
        Function("torch tensor special", "expm1", Expm1),
        Function("torch tensor special", "exp2", x => Power(2, x)),
        Function("torch tensor", "log", Log),
        Function("torch tensor special", "log1p", Log1p),
        Function("torch tensor", "log2", x => Log(x) / Math.Log(2)),
        Function("torch tensor", "log10", x => Log(x) / Math.Log(10)),
        Function("torch tensor", "sqrt", Sqrt),
        Function("torch tensor", "rsqrt", x => 1 / Sqrt(x)),
        Function("torch tensor", "reciprocal", x => 1 / x),
        Function("torch tensor", "sin", Sin),
        Function("torch tensor", "cos", Cos),
        Function("torch tensor", "atan arctan", Atan),
        Function("torch tensor F", "tanh", Tanh),
        Function("torch tensor special", "erf", Erf),
        Function("torch tensor special", "erfc", Erfc),
        new("torch tensor", "abs absolute", "input", a => Signed(a).Map(Abs)),
        new("torch tensor", "neg negative", "input", a => Signed(a).Map(x => -x)),
        new("torch tensor", "sign sgn", "input", a => Signed(a).Map(Sign)),
        new("torch tensor", "square", "input", a => Arithmetic.Binary(a.At, "*", a.Tensor("input"), a.Tensor("input"))),
        new("torch tensor", "nan_to_num", "input, nan?, posinf?, neginf?", NanToNum),

        new("torch tensor", "add", "input, other, alpha?", a => Sum(a, "+")),
        new("torch tensor", "sub subtract", "input, other, alpha?", a => Sum(a, "-")),
        Operator("mul multiply", "*"),
        Operator("div divide true_divide", "/"),
        new("torch tensor", "pow", "input, exponent", a => Arithmetic.Binary(a.At, "**", a.Operand("input"), a.Operand("exponent"))),
        Larger("maximum", Maximum),
        Larger("minimum", Minimum),
        Larger("fmax", (x, y) => OfNumbers(x, y, x >= y)),
        Larger("fmin", (x, y) => OfNumbers(x, y, x <= y)),
        Larger("logaddexp", LogAddExp),
        new("torch tensor", "lerp", "input, end, weight", Lerp),
        new("torch tensor", "addcmul", "input, tensor1, tensor2, value?", a => Both(a, (x, y, c, v) => x + (v * y * c), "input", "tensor1", "tensor2", a.Number("value", 1))),
        new("torch tensor", "addcdiv", "input, tensor1, tensor2, value?", a => Both(a, (x, y, c, v) => x + (v * (y / c)), "input", "tensor1", "tensor2", a.Number("value", 1))),
        new("torch tensor special", "xlogy", "input, other", a => Pair(a, XLogY, "input", "other")),

        new("torch tensor", "clamp clip", "input, min?, max?", Clamped),
        new("torch tensor", "clamp_min", "input, min", Clamped),
        new("torch tensor", "clamp_max", "input, max", Clamped),
        new("torch", "where", "condition, input, other", a => Choose(a, a.Tensor("condition"), a.Operand("input"), a.Operand("other"))),
        new("tensor", "where", "input, condition, other", a => Choose(a, a.Tensor("condition"), a.Operand("input"), a.Operand("other"))),
        new("tensor", "masked_fill", "input, mask, value", a => Choose(a, a.Tensor("mask"), a.Operand("value"), a.Operand("input"))),

        Comparison("gt greater", ">"),
        Comparison("lt less", "<"),
        Comparison("ge greater_equal", ">="),
        Comparison("le less_equal", "<="),
        Comparison("eq", "=="),
        Comparison("ne not_equal", "!="),
        new("torch tensor", "isnan", "input", a => a.Tensor("input").Map(x => 1 - EqualTo(x, x)) with { Element = Element.Boolean }),
        new("torch tensor", "isfinite", "input", a => a.Tensor("input").Map(x => Abs(x) < double.PositiveInfinity) with { Element = Element.Boolean }),
        Logical("logical_and", (x, y) => x * y),
        Logical("logical_or", Maximum),
        Logical("logical_xor", (x, y) => 1 - EqualTo(x, y)),
        new("torch tensor", "logical_not", "input", a => Arithmetic.Cast(a.Tensor("input"), Element.Boolean).Map(x => 1 - x)),
    ];

    /// <summary>A function of one tensor; integers become float32.</summary>
    public static Definition Function(string where, string names, Func<Expr, Expr> function) =>
        new(where, names, "input", a => Of(a, function));

    /// <summary>A function of the argument 'input'.</summary>
    public static TensorValue Of(Arguments a, Func<Expr, Expr> function)
    {
        var x = a.Floating("input");
        return Arithmetic.Elementwise(a.At, x.Element, o => function(o[0]), x);
    }

    /// <summary>A function of two arguments, brought to one number type with fractions.</summary>
    public static TensorValue Pair(Arguments a, Func<Expr, Expr, Expr> function, string first, string second)
    {
        var (x, y) = (a.Operand(first), a.Operand(second));
        return Arithmetic.Elementwise(a.At, Arithmetic.Floating(Arithmetic.Promote(x, y)), o => function(o[0], o[1]), x, y);
    }

    private static Definition Operator(string names, string sign) => new(
        "torch tensor", names, "input, other", a => Arithmetic.Binary(a.At, sign, a.Tensor("input"), a.Operand("other")));

    private static Definition Comparison(string names, string sign) => new(
        "torch tensor", names, "input, other", a => Arithmetic.Compare(a.At, sign, a.Tensor("input"), a.Operand("other")));

    private static Definition Larger(string name, Func<Expr, Expr, Expr> function) => new("torch tensor", name, "input, other", a =>
    {
        var (x, y) = (a.Tensor("input"), a.Tensor("other"));
        return Arithmetic.Elementwise(a.At, Arithmetic.Promote(x, y), o => function(o[0], o[1]), x, y);
    });

    private static Definition Logical(string name, Func<Expr, Expr, Expr> function) => new("torch tensor", name, "input, other", a =>
    {
        var (x, y) = (Arithmetic.Cast(a.Tensor("input"), Element.Boolean), Arithmetic.Cast(a.Tensor("other"), Element.Boolean));
        return Arithmetic.Elementwise(a.At, Element.Boolean, o => function(o[0], o[1]), x, y);
    });

    private static TensorValue Signed(Arguments a) => a.Tensor("input") is { Element: not Element.Boolean } tensor
        ? tensor
        : throw a.Wrong(LossDiagnosticKind.Type, "input", "is a Boolean tensor.", "Write mask.float().");

    private static Value Sum(Arguments a, string sign) => Arithmetic.Binary(
        a.At, sign, a.Tensor("input"), a.Has("alpha") ? Arithmetic.Binary(a.At, "*", a.Operand("alpha"), a.Operand("other")) : a.Operand("other"));

    private static TensorValue Both(Arguments a, Func<Expr, Expr, Expr, Expr, Expr> function, string first, string second, string third, NumberValue value)
    {
        Value x = a.Tensor(first), y = a.Tensor(second), z = a.Tensor(third);
        return Arithmetic.Elementwise(a.At, Arithmetic.Promote(x, y, z), o => function(o[0], o[1], o[2], o[3]), x, y, z, value);
    }

    private static TensorValue Lerp(Arguments a)
    {
        Value start = a.Tensor("input"), end = a.Tensor("end"), weight = a.Operand("weight");
        return Arithmetic.Elementwise(
            a.At,
            Arithmetic.Promote(start, end),
            o => Where(Abs(o[2]) < 0.5, o[0] + (o[2] * (o[1] - o[0])), o[1] - ((o[1] - o[0]) * (1 - o[2]))),
            start,
            end,
            weight);
    }

    /// <summary>PyTorch's fmax and fmin: a number before NaN, and at ties all of the gradient to the first.</summary>
    private static Expr OfNumbers(Expr x, Expr y, Expr takesFirst) => Where(Maximum(takesFirst, 1 - EqualTo(y, y)), x, y);

    /// <summary>x·ln y, and 0 where x is 0 unless y is NaN. Where both are 0 PyTorch's derivative by y is 0/0, and the root's is here.</summary>
    public static Expr XLogY(Expr x, Expr y)
    {
        var isZero = EqualTo(x, 0) * EqualTo(y, y);
        var isBothZero = isZero * EqualTo(y, 0);
        var undefined = Sqrt(Square(Where(isBothZero, y, 1)));
        return Where(isZero, 0, x * Log(Where(isZero * (y <= 0), 1, y))) + Where(isBothZero, undefined, 0);
    }

    /// <summary>Infinities without a replacement become the largest finite number, which in the evaluation's precision the largest double stands for.</summary>
    private static TensorValue NanToNum(Arguments a)
    {
        var x = a.Floating("input");
        var largest = x.Element == Element.Single ? float.MaxValue : double.MaxValue;
        return Arithmetic.Elementwise(
            a.At,
            x.Element,
            o => Where(
                EqualTo(o[0], o[0]),
                Where(o[0] >= double.PositiveInfinity, o[2], Where(o[0] <= double.NegativeInfinity, o[3], o[0])),
                o[1]),
            x,
            a.Number("nan", 0),
            a.Number("posinf", largest),
            a.Number("neginf", -largest));
    }

    private static TensorValue Clamped(Arguments a)
    {
        Value x = a.Tensor("input");
        Value low = a["min"] is null ? x : a.Operand("min"), high = a["max"] is null ? x : a.Operand("max");
        if (a["min"] is null && a["max"] is null)
        {
            throw a.Wrong(LossDiagnosticKind.Argument, "min", "or 'max' is needed.");
        }

        // A bound that is left out is none; it takes the operand's place only to find the type.
        return Arithmetic.Elementwise(
            a.At,
            Arithmetic.Promote(x, low, high),
            o => Clamp(o[0], a["min"] is null ? double.NegativeInfinity : o[1], a["max"] is null ? double.PositiveInfinity : o[2]),
            x,
            low,
            high);
    }

    private static TensorValue Choose(Arguments a, TensorValue condition, Value then, Value otherwise)
    {
        if (condition.Element != Element.Boolean)
        {
            throw a.Wrong(LossDiagnosticKind.Type, "condition", "has to be a Boolean tensor.", "Compare: x > 0.");
        }

        var type = Arithmetic.Promote(then, otherwise);
        return Arithmetic.Elementwise(a.At, type, o => Where(o[0], o[1], o[2]), condition, then, otherwise);
    }
}
