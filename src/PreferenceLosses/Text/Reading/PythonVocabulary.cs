using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Text.Reading;

/// <summary>Python's own functions, and those of math: on numbers, not on tensors.</summary>
internal static class PythonVocabulary
{
    public static IEnumerable<Definition> Entries =>
    [
        OfNumber("exp", Exp),
        OfNumber("expm1", Expm1),
        new("math", "log", "x, base?", a => a.Has("base") ? Of(a, o => Arithmetic.Folded(a.At, Log(o[0])) / Arithmetic.Folded(a.At, Log(o[1])), "x", "base") : Of(a, o => Log(o[0]), "x")),
        OfNumber("log1p", Log1p),
        new("math", "log2", "x", a => Of(a, o => Logarithm(a, o[0], 2), "x")),
        new("math", "log10", "x", a => Of(a, o => Logarithm(a, o[0], 10), "x")),
        OfNumber("sqrt", Sqrt),
        OfNumber("tanh", Tanh),
        OfNumber("sin", Sin),
        OfNumber("cos", Cos),
        OfNumber("atan", Atan),
        OfNumber("erf", Erf),
        OfNumber("erfc", Erfc),
        OfNumber("fabs", Abs),
        new("math", "pow", "x, y", a => Of(a, o => Power(o[0], o[1]), "x", "y")),
        new("python", "pow", "base, exp", a => Arithmetic.Binary(a.At, "**", a.Operand("base"), a.Operand("exp"))),
        new("python", "abs", "x", a => a["x"] is TensorValue tensor ? tensor.Map(Abs) : Whole(a, o => Abs(o[0]), "x")),
        new("python", "max", "a, b", a => Whole(a, o => Maximum(o[0], o[1]), "a", "b")),
        new("python", "min", "a, b", a => Whole(a, o => Minimum(o[0], o[1]), "a", "b")),
        new("python", "float", "x", a => a["x"] is TextValue
            ? throw a.Wrong(LossDiagnosticKind.Number, "x", "is a string.", "Numbers have to be finite: leave the bound out of clamp, or use a large number.")
            : Of(a, o => o[0], "x")),
        new("python", "int", "x", a => a.Number("x") is { IsInteger: true } integer ? integer : NumberValue.Integer(Math.Truncate(a.Constant("x")))),
        new("python", "len", "obj", a => a["obj"] is TensorValue { HasRows: true } tensor
            ? TensorAttributes.Length(a.At, tensor, 0, a.Classes)
            : throw a.Wrong(LossDiagnosticKind.Type, "obj", "has no length.")),
    ];

    private static Expr Logarithm(Arguments a, Expr x, double number) => x.Operation == Operation.Constant
        ? Arithmetic.Folded(a.At, Arithmetic.Folded(a.At, Log(x)) * 0) + (number == 2 ? Math.Log2(x.Value) : Math.Log10(x.Value))
        : Log(x) / Math.Log(number);

    private static Definition OfNumber(string name, Func<Expr, Expr> function) => new("math", name, "x", a => Of(a, o => function(o[0]), "x"));

    private static NumberValue Of(Arguments a, Func<Expr[], Expr> function, params string[] names)
    {
        var operands = names.Select(name => Number(a, name).Formula).ToArray();
        return new NumberValue(Arithmetic.Folded(a.At, function(operands)), IsInteger: false);
    }

    /// <summary>The same, of integers an integer.</summary>
    private static NumberValue Whole(Arguments a, Func<Expr[], Expr> function, params string[] names)
    {
        var result = Of(a, function, names);
        return names.All(name => Number(a, name).IsInteger) ? result with { IsInteger = true, PerRow = result.Constant is null ? double.NaN : 0, Fixed = result.Constant ?? 0 } : result;
    }

    private static NumberValue Number(Arguments a, string name) => a[name] is TensorValue
        ? throw a.Wrong(LossDiagnosticKind.Type, name, "is a tensor, and Python's functions take numbers.", "Use the torch function of that name.")
        : a.Number(name);
}
