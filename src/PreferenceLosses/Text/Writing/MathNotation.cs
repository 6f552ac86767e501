using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>Formulas for people: letters, juxtaposed factors in the usual order, brackets for comparisons. What LaTeX and plain text share.</summary>
internal abstract class MathNotation : Notation
{
    public override Piece Value(Piece piece) => piece.Kind == PieceKind.Truth ? new(Indicator(piece.Text), Binding.Call) : piece;

    public override Piece Variable(string name, Piece value) => new(name, Binding.Name);

    public override bool IsShort(Expr node, Piece piece) => piece.Text.Length <= LongestRepeated || piece.Kind == PieceKind.Truth;

    public override bool IsLong(Piece piece) => piece.Text.Length > LongestText;

    public override Piece Render(Expr node, ImmutableArray<Piece> operands)
    {
        if (node.Operation is Operation.Multiply or Operation.Add && operands.All(o => o.Kind == PieceKind.Truth) && !IsSquare(node))
        {
            return Combination(node, operands);
        }

        var a = operands.Length > 0 ? Value(operands[0]) : default;
        var b = operands.Length > 1 ? Value(operands[1]) : default;
        return node.Operation switch
        {
            Operation.Select => Select(node, operands[0], b, Value(operands[2])),
            Operation.Clamp => Clamp(node, a, b, Value(operands[2])),
            _ when IsSquare(node) => Power(a.Magnitude, "2"),
            Operation.Add when ReferenceEquals(node.Operands[0], node.Operands[1]) => Product(Number(2), a),
            Operation.Sum or Operation.Mean when a.IsNegative => SumOver(a.Magnitude, node.Axis, node.Operation == Operation.Mean).Negated,
            _ => Arithmetic(node.Operation, a, b) ?? (node.Operation.IsElementwise() ? Function(node, a, b) : Other(node, a, b)),
        };
    }

    protected abstract int LongestText { get; }

    protected abstract int LongestRepeated { get; }

    protected abstract string And { get; }

    protected abstract string Or { get; }

    protected abstract (string Less, string LessOrEqual, string Greater, string GreaterOrEqual, string Equal, string Unequal) Relations { get; }

    protected abstract string InputName(Expr input);

    protected abstract string ParameterName(Parameter parameter);

    protected abstract string Infinity { get; }

    protected abstract string Indicator(string condition);

    protected abstract string Cases(string then, string condition, string otherwise);

    protected abstract string AbsoluteValue(string x);

    protected abstract string Root(string x);

    protected abstract Piece Power(Piece a, string exponent);

    /// <summary>f(x), the name of the function being an ordinary word.</summary>
    protected abstract string Call(string function, params ReadOnlySpan<string> arguments);

    /// <summary>A sum or mean over the rows or the responses.</summary>
    protected abstract Piece SumOver(Piece x, Axis axis, bool isMean);

    /// <summary>A subscript of a function: the responses that it runs over.</summary>
    protected abstract string Running(Axis axis);

    protected abstract string Letter(string name);

    protected override Piece Product(Piece a, Piece b)
    {
        // Numbers, then hyper-parameters, then the rest, each in the order in which they were written.
        var factors = FactorsOf(a).Concat(FactorsOf(b)).Where(factor => factor.Text != "1").OrderBy(factor => factor.Place).ToList();
        return factors.Count == 0 ? Number(1) with { IsNegative = a.IsNegative != b.IsNegative } : new(string.Join(Times, factors.Select(factor => factor.Text)), Binding.Product, a.IsNegative != b.IsNegative) { Factors = factors };
    }

    /// <summary>Both conditions, or one of them; that nothing exceeds infinity goes without saying.</summary>
    private Piece Combination(Expr node, ImmutableArray<Piece> conditions)
    {
        if (node.Operation == Operation.Add)
        {
            return new(conditions[0].Text + Or + conditions[1].Text, Binding.Condition, Kind: PieceKind.Truth);
        }

        return GoesWithoutSaying(node.Operands[1]) ? conditions[0]
            : GoesWithoutSaying(node.Operands[0]) ? conditions[1]
            : new(conditions[0].Text + And + conditions[1].Text, Binding.Condition, Kind: PieceKind.Truth);
    }

    private static bool GoesWithoutSaying(Expr condition) => condition.Operation == Operation.LessOrEqual
        && (condition.Operands[0] is { Operation: Operation.Constant, Value: double.NegativeInfinity }
            || condition.Operands[1] is { Operation: Operation.Constant, Value: double.PositiveInfinity });

    private IEnumerable<Factor> FactorsOf(Piece piece) => piece.Factors.Count > 0
        ? piece.Factors
        : [new Factor(Text(piece.Magnitude, Binding.Sign), piece.Kind == PieceKind.Number ? (char.IsAsciiDigit(piece.Text[0]) ? FactorPlace.Number : FactorPlace.Parameter) : FactorPlace.Rest)];

    private Piece Function(Expr node, Piece a, Piece b)
    {
        var x = Text(a);
        return node.Operation switch
        {
            Operation.Abs => new(AbsoluteValue(x), Binding.Call),
            Operation.Sign => new(Call("sign", x), Binding.Call),
            Operation.Relu => new(Call("max", "0", x), Binding.Call),
            Operation.Sqrt => new(Root(x), Binding.Call),
            Operation.Exp => Exponential(a),
            Operation.Expm1 => Sum(Exponential(a), One.Negated),
            Operation.Log => new(Call("ln", x), Binding.Call),
            Operation.Log1p => new(Call("ln", Text(Sum(One, a))), Binding.Call),
            Operation.Log1mExp => new(Call("ln", Text(Sum(One, Exponential(a).Negated))), Binding.Call),
            Operation.Sigmoid => new(Call("σ", x), Binding.Call),
            Operation.LogSigmoid => new(Call("ln σ", x), Binding.Call),
            Operation.Softplus => new(Call("softplus", x), Binding.Call),
            Operation.Tanh => new(Call("tanh", x), Binding.Call),
            Operation.Sin => new(Call("sin", x), Binding.Call),
            Operation.Cos => new(Call("cos", x), Binding.Call),
            Operation.Atan => new(Call("arctan", x), Binding.Call),
            Operation.Erf => new(Call("erf", x), Binding.Call),
            Operation.Erfc => new(Call("erfc", x), Binding.Call),
            Operation.RoundToSingle => new(Call("single", x), Binding.Call),
            Operation.Power => Power(a, Text(b)),
            Operation.Minimum => new(Call("min", x, Text(b)), Binding.Call),
            Operation.Maximum => new(Call("max", x, Text(b)), Binding.Call),
            Operation.LogAddExp => new(Call("ln", Text(Sum(Exponential(a), Exponential(b)))), Binding.Call),
            Operation.Less or Operation.LessOrEqual or Operation.Equal => Condition(node, a, b),
            _ => throw new NotSupportedException($"{node.Operation} is made for programs and is not written as a formula."),
        };
    }

    private Piece Condition(Expr node, Piece a, Piece b)
    {
        var (less, lessOrEqual, greater, greaterOrEqual, equal, unequal) = Relations;
        if (node.Operation == Operation.Equal)
        {
            var (x, y) = (Text(a, Binding.Sum), Text(b, Binding.Sum));
            return new(x + equal + y, Binding.Comparison, Kind: PieceKind.Truth) { Opposite = x + unequal + y };
        }

        var (left, sign, right) = Comparison(node, a, b, less, lessOrEqual, greater, greaterOrEqual);
        var opposite = sign == less ? greaterOrEqual : sign == lessOrEqual ? greater : sign == greater ? lessOrEqual : less;
        var (l, r) = (Text(left, Binding.Sum), Text(right, Binding.Sum));
        return new(l + sign + r, Binding.Comparison, Kind: PieceKind.Truth) { Opposite = l + opposite + r };
    }

    /// <summary>A choice; where one of the two is 0, the other times an indicator.</summary>
    private Piece Select(Expr node, Piece condition, Piece then, Piece otherwise)
    {
        if (IsKnown(node.Operands[0]) is { } isTrue)
        {
            return isTrue ? then : otherwise;
        }

        var isTruth = condition.Kind == PieceKind.Truth;
        var test = isTruth ? condition.Text : Text(condition, Binding.Sum) + Relations.Unequal + "0";
        var opposite = isTruth ? condition.Opposite : Text(condition, Binding.Sum) + Relations.Equal + "0";
        if (IsZero(node.Operands[2]))
        {
            return Product(then, new Piece(Indicator(test), Binding.Call));
        }

        return IsZero(node.Operands[1]) && opposite is not null
            ? Product(otherwise, new Piece(Indicator(opposite), Binding.Call))
            : new(Cases(Text(then), test, Text(otherwise)), Binding.Condition);
    }

    /// <summary>What a comparison of two numbers gives, which derivatives of scans have: whether a weight of 1 is positive.</summary>
    private static bool? IsKnown(Expr condition) =>
        condition.Operation is Operation.Less or Operation.LessOrEqual && NumberOf(condition.Operands[0]) is { } a && NumberOf(condition.Operands[1]) is { } b
            ? (condition.Operation == Operation.Less ? a < b : a <= b)
            : null;

    private static double? NumberOf(Expr node) =>
        node.Operation == Operation.Broadcast ? NumberOf(node.Operands[0])
        : node.Operation == Operation.Negate ? -NumberOf(node.Operands[0])
        : node.Operation == Operation.Constant ? node.Value
        : null;

    private static bool IsZero(Expr node) => node is { Operation: Operation.Constant, Value: 0 };

    private Piece Clamp(Expr node, Piece x, Piece minimum, Piece maximum)
    {
        var text = Text(x);
        text = node.Operands[1] is { Operation: Operation.Constant, Value: double.NegativeInfinity } ? text : Call("max", text, Text(minimum));
        text = node.Operands[2] is { Operation: Operation.Constant, Value: double.PositiveInfinity } ? text : Call("min", text, Text(maximum));
        return new(text, Binding.Call);
    }

    private Piece Other(Expr node, Piece a, Piece b) => node.Operation switch
    {
        Operation.Constant => Number(node.Value),
        Operation.Parameter => new(ParameterName((Parameter)node), Binding.Name, Kind: PieceKind.Number),
        Operation.Input => new(InputName(node), Binding.Name),
        Operation.BatchSize => new(Letter("N"), Binding.Name, Kind: PieceKind.Number),
        Operation.RowIndex => new(Letter("i"), Binding.Name),
        Operation.ResponseCount => new(Letter("K"), Binding.Name, Kind: PieceKind.Number),
        Operation.ResponseIndex => new(Letter("k"), Binding.Name),
        Operation.Named or Operation.Broadcast => a,
        Operation.StopGradient => new(Call("stop", Text(a)), Binding.Call),
        Operation.Sum => SumOver(a, node.Axis, isMean: false),
        Operation.Mean => SumOver(a, node.Axis, isMean: true),
        Operation.Product => new(Call("prod" + Running(node.Axis), Text(a)), Binding.Call),
        Operation.Variance => new(Call("Var" + Running(node.Axis), Text(a)), Binding.Call),
        Operation.StandardDeviation => new(Call("std" + Running(node.Axis), Text(a)), Binding.Call),
        Operation.ReduceMin => new(Call("min" + Running(node.Axis), Text(a)), Binding.Call),
        Operation.ReduceMax => new(Call("max" + Running(node.Axis), Text(a)), Binding.Call),
        Operation.LogSumExp => new(Call("ln", Text(SumOver(Exponential(a), node.Axis, isMean: false))), Binding.Call),
        Operation.Quantile => new(Call("quantile" + Running(node.Axis), Text(a), Text(Number(node.Value))), Binding.Call),
        Operation.SortBy when ReferenceEquals(node.Operands[0], node.Operands[1]) => new(Call("sort" + Running(node.Axis), Text(a)), Binding.Call),
        Operation.SortBy => new(Call("sort" + Running(node.Axis), Text(a), "by " + Text(b)), Binding.Call),
        Operation.UnsortBy => new(Call("unsort" + Running(node.Axis), Text(a), "by " + Text(b)), Binding.Call),
        Operation.CumulativeSum => new(Call("cumsum" + Running(node.Axis), Text(a)), Binding.Call),
        Operation.ReverseCumulativeSum => new(Call("revcumsum" + Running(node.Axis), Text(a)), Binding.Call),
        Operation.CumulativeLogSumExp => new(Call("logcumsumexp" + Running(node.Axis), Text(a)), Binding.Call),
        _ => new(Call("revlogcumsumexp" + Running(node.Axis), Text(a)), Binding.Call),
    };

    private static readonly Piece One = new("1", Binding.Name, Kind: PieceKind.Number);

    private Piece Exponential(Piece x) => Power(new Piece("e", Binding.Name), Text(x));

    protected virtual Piece Number(double value) => new(
        double.IsInfinity(value) ? Infinity : Math.Abs(value).ToString("R", CultureInfo.InvariantCulture), Binding.Name, double.IsNegative(value), PieceKind.Number);
}
