using System.Collections.Immutable;
using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Text.Reading;

/// <summary>Operators between numbers and tensors, with PyTorch's rules for shapes and number types.</summary>
internal static class Arithmetic
{
    private const double LargestInteger = 1L << 53;

    public static Value Unary(Position at, string sign, Value operand) => (sign, operand) switch
    {
        ("-", NumberValue number) => new NumberValue(Folded(at, -number.Formula), number.IsInteger, -number.PerRow, -number.Fixed) { IsLiteral = number.IsLiteral },
        ("+", NumberValue or TensorValue { Element: not Element.Boolean }) => operand,
        ("-", TensorValue { Element: not Element.Boolean } tensor) => tensor.Map(x => -x),
        ("~", TensorValue { Element: Element.Boolean } tensor) => tensor.Map(x => 1 - x),
        ("not", BooleanValue boolean) => new BooleanValue(!boolean.Value),
        ("not", TensorValue) => throw new CodeError(LossDiagnosticKind.Type, at, "'not' does not work on tensors.", "Write ~mask."),
        ("-", TensorValue) => throw new CodeError(LossDiagnosticKind.Type, at, "A Boolean tensor has no negative.", "Write ~mask, or mask.float()."),
        ("~", _) => throw new CodeError(LossDiagnosticKind.Type, at, $"'~' works on Boolean tensors, and this is {operand.Description}."),
        _ => throw new CodeError(LossDiagnosticKind.Type, at, $"'{sign}' does not work on {operand.Description}."),
    };

    public static Value Binary(Position at, string sign, Value left, Value right) => (left, right) switch
    {
        _ when sign is "%" or "@" or "<<" or ">>" => throw new CodeError(LossDiagnosticKind.Name, at, $"The operator '{sign}' is not accepted."),
        (BooleanValue a, BooleanValue b) when sign is "and" or "or" => new BooleanValue(sign == "and" ? a.Value && b.Value : a.Value || b.Value),
        _ when sign is "and" or "or" => throw new CodeError(
            LossDiagnosticKind.Type, at, $"'{sign}' does not work on {(left is BooleanValue ? right : left).Description}.", "For tensors write & or |, with parentheses around comparisons."),
        (NumberValue a, NumberValue b) => OnNumbers(at, sign, a, b),
        (TextValue or BooleanValue or NoneValue, TextValue or BooleanValue or NoneValue) when sign is "==" or "!=" => new BooleanValue(left == right == (sign == "==")),
        (TensorValue or NumberValue or BooleanValue, TensorValue or NumberValue or BooleanValue) when left is TensorValue || right is TensorValue =>
            OnTensors(at, sign, left, right),
        _ => throw new CodeError(LossDiagnosticKind.Type, at, $"'{sign}' does not work on {left.Description} and {right.Description}."),
    };

    /// <summary>A number type that holds the values of all operands, as in PyTorch: tensors with rows decide, then those of one number, then Python numbers.</summary>
    public static Element Promote(params ReadOnlySpan<Value> operands)
    {
        Element? rows = null, single = null, numbers = null;
        foreach (var operand in operands)
        {
            switch (operand)
            {
                case TensorValue { HasRows: true } tensor:
                    rows = Larger(rows, tensor.Element);
                    break;
                case TensorValue tensor:
                    single = Larger(single, tensor.Element);
                    break;
                case NumberValue number:
                    numbers = Larger(numbers, number.IsInteger ? Element.Integer : Element.Single);
                    break;
                default:
                    numbers = Larger(numbers, Element.Boolean);
                    break;
            }
        }

        return Category(rows, Category(single, numbers))!.Value;

        static Element? Larger(Element? a, Element b) => a is { } known && known > b ? known : b;

        // What comes later changes the type only if it is of a higher category: Boolean, integer, floating.
        static Element? Category(Element? decides, Element? otherwise) =>
            decides is null ? otherwise
            : otherwise is null || Rank(decides.Value) >= Rank(otherwise.Value) ? decides
            : otherwise;

        static int Rank(Element element) => Math.Min((int)element, (int)Element.Single);
    }

    /// <summary>An operation on tensors and numbers, element by element: operands are brought to one type, the result is of the same or of a given one.</summary>
    public static TensorValue Elementwise(Position at, Element type, Func<ImmutableArray<Expr>, Expr> function, params ReadOnlySpan<Value> operands)
    {
        var parts = 1;
        TensorValue? longest = null;
        var (vector, others) = ((TensorValue?)null, (TensorValue?)null);
        var isColumn = false;
        foreach (var operand in operands)
        {
            if (operand is TensorValue { HasRows: true } tensor)
            {
                (vector, others) = tensor.IsVector ? (tensor, others) : (vector, tensor);
                isColumn |= tensor.IsColumn;
                parts = longest is null || tensor.Parts.Length == parts
                    ? tensor.Parts.Length
                    : throw new CodeError(LossDiagnosticKind.Shape, at, $"Shapes {longest.ShapeText} and {tensor.ShapeText} do not go together.", "Every tensor has one value per pair until torch.cat at the end.");
                longest = tensor;
            }
        }

        if (vector is not null && others is not null)
        {
            throw new CodeError(
                LossDiagnosticKind.Shape, at, $"Shapes {vector.ShapeText} and {others.ShapeText} do not go together.", "Write .unsqueeze(1), or keepdim=True in a reduction over the classes, for a value per row beside values per class.");
        }

        var results = ImmutableArray.CreateBuilder<Expr>(parts);
        for (var part = 0; part < parts; part++)
        {
            var converted = ImmutableArray.CreateBuilder<Expr>(operands.Length);
            foreach (var operand in operands)
            {
                converted.Add(Part(operand, part, type));
            }

            results.Add(Rounded(function(converted.MoveToImmutable()), type));
        }

        var all = results.MoveToImmutable();
        return new TensorValue(all, type) { IsColumn = isColumn && all[0].Shape == Shape.Row };
    }

    /// <summary>The tensor in another number type.</summary>
    public static TensorValue Cast(TensorValue tensor, Element type) =>
        new([.. tensor.Parts.Select(p => Converted(p, tensor.Element, type))], type) { IsColumn = tensor.IsColumn };

    /// <summary>A comparison: its operands are brought to one type, the result is Boolean.</summary>
    public static TensorValue Compare(Position at, string sign, Value left, Value right)
    {
        var compared = Elementwise(
            at,
            Promote(left, right),
            o => sign switch
            {
                "<" => o[0] < o[1],
                ">" => o[0] > o[1],
                "<=" => o[0] <= o[1],
                ">=" => o[0] >= o[1],
                "==" => EqualTo(o[0], o[1]),
                _ => 1 - EqualTo(o[0], o[1]),
            },
            left,
            right);
        return compared with { Element = Element.Boolean };
    }

    /// <summary>A scalar formula as a Python number; what is known now is computed now, and has to be finite.</summary>
    public static Expr Folded(Position at, Expr formula)
    {
        if (formula.Operands.IsEmpty || formula.Operands.Any(o => o.Operation != Operation.Constant))
        {
            return formula;
        }

        var o = formula.Operands;
        var value = ScalarFunctions.Evaluate(formula.Operation, o[0].Value, o.Length > 1 ? o[1].Value : 0, o.Length > 2 ? o[2].Value : 0);
        return double.IsFinite(value)
            ? Constant(value)
            : throw new CodeError(LossDiagnosticKind.Number, at, "This number is not finite.");
    }

    private static Value OnNumbers(Position at, string sign, NumberValue a, NumberValue b)
    {
        var (x, y) = (a.Formula, b.Formula);
        var isInteger = a.IsInteger && b.IsInteger;
        switch (sign)
        {
            case "+":
                return Number(at, x + y, isInteger, a.PerRow + b.PerRow, a.Fixed + b.Fixed);
            case "-":
                return Number(at, x - y, isInteger, a.PerRow - b.PerRow, a.Fixed - b.Fixed);
            case "*":
                var (factor, number) = a.PerRow == 0 ? (a, b) : (b, a);
                return Number(at, x * y, isInteger, factor.PerRow == 0 ? factor.Fixed * number.PerRow : double.NaN, factor.Fixed * number.Fixed);
            case "/":
                return Number(at, x / y, isInteger: false);
            case "**" when isInteger && b.Constant >= 0:
                return a.Constant is { } root
                    ? Number(at, Power(x, y), isInteger, 0, Math.Pow(root, b.Constant!.Value))
                    : Number(at, Power(x, y), isInteger, double.NaN);
            case "**":
                return Number(at, Power(x, y), isInteger: false);
            case "//" when a.Constant is { } dividend && b.Constant is { } divisor:
                var quotient = FloorDivision(dividend, divisor);
                return Number(at, quotient, isInteger, 0, quotient);
            case "<" or ">" or "<=" or ">=" or "==" or "!=" when a.Constant is { } first && b.Constant is { } second:
                return new BooleanValue(sign switch
                {
                    "<" => first < second,
                    ">" => first > second,
                    "<=" => first <= second,
                    ">=" => first >= second,
                    "==" => first == second,
                    _ => first != second,
                });
            case "<" or ">" or "<=" or ">=" or "==" or "!=" when a.PerRow != 0 || b.PerRow != 0:
                throw new CodeError(
                    LossDiagnosticKind.Type, at, "The number of pairs is not known before the loss is evaluated.", "Leave the case out: one pair gives what PyTorch gives.");
            case "<" or ">" or "<=" or ">=" or "==" or "!=":
                throw new CodeError(
                    LossDiagnosticKind.Type, at, "A hyper-parameter can be set to any value, so this comparison has no answer yet.", "Compare tensors, and use torch.where.");
            default:
                throw new CodeError(LossDiagnosticKind.Type, at, $"'{sign}' does not work on these numbers.");
        }
    }

    /// <summary>As Python does it: of floats, what the remainder leaves is divided, so 1.0 // 0.1 is 9.</summary>
    private static double FloorDivision(double dividend, double divisor)
    {
        var remainder = dividend % divisor;
        var quotient = (dividend - remainder) / divisor;
        return Math.Round(remainder != 0 && divisor < 0 != remainder < 0 ? quotient - 1 : quotient);
    }

    private static NumberValue Number(Position at, Expr formula, bool isInteger, double perRow = 0, double constant = 0)
    {
        var folded = Folded(at, formula);
        return isInteger && folded.Operation == Operation.Constant && Math.Abs(folded.Value) > LargestInteger
            ? throw new CodeError(LossDiagnosticKind.Number, at, "This integer is above 2^53 and would not be exact.")
            : new NumberValue(folded, isInteger, isInteger ? perRow : 0, isInteger ? constant : 0);
    }

    private static TensorValue OnTensors(Position at, string sign, Value left, Value right)
    {
        if (sign is "<" or ">" or "<=" or ">=" or "==" or "!=")
        {
            return Compare(at, sign, left, right);
        }

        var type = Promote(left, right);
        if (sign is "&" or "|" or "^")
        {
            return type == Element.Boolean
                ? Elementwise(at, type, o => sign == "&" ? o[0] * o[1] : sign == "|" ? Maximum(o[0], o[1]) : 1 - EqualTo(o[0], o[1]), left, right)
                : throw new CodeError(LossDiagnosticKind.Type, at, $"'{sign}' works on Boolean tensors.", "Put parentheses around comparisons.");
        }

        switch (sign)
        {
            case "+":
                return Elementwise(at, type, o => type == Element.Boolean ? Maximum(o[0], o[1]) : o[0] + o[1], left, right);
            case "-" when left is TensorValue { Element: Element.Boolean } || right is TensorValue { Element: Element.Boolean }:
                throw new CodeError(LossDiagnosticKind.Type, at, "PyTorch does not subtract Boolean tensors.", "Write ~mask for 1 - mask, or mask.float().");
            case "-":
                return Elementwise(at, type, o => o[0] - o[1], left, right);
            case "*":
                return Elementwise(at, type, o => o[0] * o[1], left, right);
            case "/":
                return Elementwise(at, Floating(type), o => o[0] / o[1], left, right);
            case "**":
                return type == Element.Boolean
                    ? throw new CodeError(LossDiagnosticKind.Type, at, "A Boolean tensor has no powers.", "Write mask.float().")
                    : Elementwise(at, type, o => Power(o[0], o[1]), left, right);
            default:
                throw new CodeError(LossDiagnosticKind.Name, at, $"The operator '{sign}' on tensors is not accepted.");
        }
    }

    /// <summary>What integers become where numbers with fractions are needed: PyTorch's default, float32.</summary>
    public static Element Floating(Element type) => type < Element.Single ? Element.Single : type;

    private static Expr Part(Value operand, int part, Element type) => operand switch
    {
        TensorValue tensor => Converted(tensor.Parts[tensor.HasRows ? part : 0], tensor.Element, type),
        NumberValue number => Rounded(number.Formula, type),
        BooleanValue boolean => Constant(boolean.Value ? 1 : 0),
        _ => throw new InvalidOperationException($"{operand.Description} is no operand."),
    };

    private static Expr Converted(Expr x, Element from, Element to) =>
        to == Element.Boolean && from != Element.Boolean ? 1 - EqualTo(x, 0)
        : to == Element.Single && from is Element.Real or Element.Integer ? Rounded(x, to)
        : x;

    /// <summary>A result in float32 is rounded to it, whatever precision the evaluation has.</summary>
    private static Expr Rounded(Expr x, Element type) => type == Element.Single ? RoundToSingle(x) : x;
}
