using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Text.Reading;

/// <summary>PyTorch's activation functions, with its conventions for their derivatives at kinks and its thresholds.</summary>
internal static class ActivationVocabulary
{
    private const double SeluAlpha = 1.6732632423543772848170429916717;
    private const double SeluScale = 1.0507009873554804934193349852946;

    public static IEnumerable<Definition> Entries =>
    [
        ElementwiseVocabulary.Function("torch tensor F", "sigmoid", Sigmoid),
        ElementwiseVocabulary.Function("special", "expit", Sigmoid),
        ElementwiseVocabulary.Function("F", "logsigmoid", LogSigmoid),
        new("torch tensor F", "relu", "input", a => a.Tensor("input").Map(Relu)),
        new("F", "softplus", "input, beta?, threshold?", a => Of(a, Softplus, ("beta", 1), ("threshold", 20))),
        ElementwiseVocabulary.Function("F", "softsign", x => x / (1 + Abs(x))),
        ElementwiseVocabulary.Function("F", "tanhshrink", x => x - Tanh(x)),
        ElementwiseVocabulary.Function("F", "silu", x => x * Sigmoid(x)),
        ElementwiseVocabulary.Function("F", "mish", x => x * Tanh(Formulas.Softplus(x))),
        new("F", "gelu", "input, approximate?", Gelu),
        new("F", "elu", "input, alpha?", a => Of(a, (x, o) => Where(x > 0, x, o[0] * Expm1(Below(x))), ("alpha", 1))),
        new("torch F", "celu", "input, alpha?", a => Of(a, (x, o) => Where(x > 0, x, o[0] * Expm1(Below(x) / o[0])), ("alpha", 1))),
        ElementwiseVocabulary.Function("torch F", "selu", x => SeluScale * Where(x > 0, x, SeluAlpha * Expm1(Below(x)))),
        new("F", "leaky_relu", "input, negative_slope?", a => Of(a, (x, o) => Where(x > 0, x, x * o[0]), ("negative_slope", 0.01))),
        ElementwiseVocabulary.Function("F", "relu6", x => Hardtanh(x, 0, 6)),
        new("F", "hardtanh", "input, min_val?, max_val?", a => Of(a, (x, o) => Hardtanh(x, o[0], o[1]), ("min_val", -1), ("max_val", 1))),
        ElementwiseVocabulary.Function("F", "hardsigmoid", x => Hardtanh(x + 3, 0, 6) / 6),
        ElementwiseVocabulary.Function("F", "hardswish", x => x * (Clamp(x + 3, 0, 6) / 6)),
        new("F", "threshold", "input, threshold, value", a => Of(a, (x, o) => Where(x > o[0], x, o[1]), ("threshold", double.NaN), ("value", double.NaN))),
    ];

    /// <summary>A function of the argument 'input' and of numbers that have defaults.</summary>
    private static TensorValue Of(Arguments a, Func<Expr, Expr[], Expr> function, params (string Name, double Default)[] numbers)
    {
        var x = a.Floating("input");
        Value[] operands = [x, .. numbers.Select(n => double.IsNaN(n.Default) ? a.Operand(n.Name) : a.Number(n.Name, n.Default))];
        return Arithmetic.Elementwise(a.At, x.Element, o => function(o[0], [.. o.Skip(1)]), operands);
    }

    /// <summary>PyTorch's softplus is the identity above a threshold, exactly.</summary>
    private static Expr Softplus(Expr x, Expr[] o) => Where(x * o[0] > o[1], x, Formulas.Softplus(x * o[0]) / o[0]);

    /// <summary>min(x, 0) with derivative 1 at 0: an exponential that is not wanted above 0 has not to overflow there.</summary>
    private static Expr Below(Expr x) => Where(x > 0, 0, x);

    /// <summary>A clamp whose derivative is 0 at the bounds themselves, where that of torch.clamp is 1.</summary>
    private static Expr Hardtanh(Expr x, Expr low, Expr high) => Where(x <= low, low, Where(x >= high, high, x));

    private static TensorValue Gelu(Arguments a) => a.Text("approximate", "none") switch
    {
        "none" => ElementwiseVocabulary.Of(a, x => x * 0.5 * (1 + Erf(x * Math.Sqrt(0.5)))),
        "tanh" => ElementwiseVocabulary.Of(a, x => 0.5 * x * (1 + Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))))),
        _ => throw a.Wrong(LossDiagnosticKind.Argument, "approximate", "has to be 'none' or 'tanh'."),
    };
}
