using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>Formulas as C#, in the vocabulary of <see cref="Formulas"/>, node for node: the same formula builds the same graph.</summary>
/// <param name="parameters">What the hyper-parameters are called.</param>
/// <param name="isOfPairs">Whether there is a <c>pair</c> to take columns from.</param>
internal sealed class CSharpNotation(IReadOnlyDictionary<Expr, string> parameters, bool isOfPairs) : Notation
{
    private const int LongestLine = 120;
    private const int LongestRepeated = 16;

    private static readonly Dictionary<string, (string Property, bool IsDifferentiable)> PairColumns = new()
    {
        [Columns.PolicyChosen] = ("PolicyChosen", true),
        [Columns.PolicyRejected] = ("PolicyRejected", true),
        [Columns.ReferenceChosen] = ("ReferenceChosen", true),
        [Columns.ReferenceRejected] = ("ReferenceRejected", true),
        [Columns.ChosenLength] = ("ChosenLength", false),
        [Columns.RejectedLength] = ("RejectedLength", false),
        [Columns.ChosenScore] = ("ChosenScore", false),
        [Columns.RejectedScore] = ("RejectedScore", false),
        [Columns.Margin] = ("Margin", false),
    };

    public override string NameOf(string name) => Names.Identifier(name, char.IsLetter);

    public override string NumberedName(int number) => $"t{number}";

    public override bool IsShort(Expr node, Piece piece) => piece.Text.Length <= LongestRepeated;

    public override bool IsLong(Piece piece) => piece.Text.Length > LongestLine;

    /// <summary>The log-ratios and their difference, which pairs have as properties.</summary>
    public override Piece? WordFor(Expr node)
    {
        var word = !isOfPairs || node.Operation != Operation.Named ? null
            : IsLogRatio(node, "c_w", Columns.PolicyChosen, Columns.ReferenceChosen) ? "ChosenLogRatio"
            : IsLogRatio(node, "c_l", Columns.PolicyRejected, Columns.ReferenceRejected) ? "RejectedLogRatio"
            : IsDifference(node) ? "LogRatioDifference"
            : null;
        return word is null ? null : new Piece("pair." + word, Binding.Name);
    }

    /// <summary>−0.1 would be a number of its own, and the graph another one.</summary>
    protected override bool CanFollowSign(string product) => !char.IsAsciiDigit(product[0]);

    public override Piece Render(Expr node, ImmutableArray<Piece> operands)
    {
        var a = operands.Length > 0 ? operands[0] : default;
        var b = operands.Length > 1 ? operands[1] : default;
        if (IsSquare(node))
        {
            return Call("Square", a);
        }

        if (node.Operation is Operation.Less or Operation.LessOrEqual)
        {
            var (left, sign, right) = Comparison(node, a, b, " < ", " <= ", " > ", " >= ");
            return new(Text(left, Binding.Sum) + sign + Text(right, Binding.Sum), Binding.Comparison);
        }

        return Arithmetic(node.Operation, a, b) ?? (node.Operation.IsElementwise() ? Function(node, operands) : Other(node, a, b));
    }

    /// <summary>C#'s number: the shortest text that reads back to it.</summary>
    public static string Number(double value) => double.IsNaN(value) ? "double.NaN"
        : double.IsInfinity(value) ? (value > 0 ? "double.PositiveInfinity" : "double.NegativeInfinity")
        : value == 0 && double.IsNegative(value) ? "-0.0"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private Piece Function(Expr node, ImmutableArray<Piece> operands)
    {
        if (node.Operation == Operation.Clamp && node.Operands[2] is { Operation: Operation.Constant, Value: double.PositiveInfinity })
        {
            return Call("ClampMin", operands[0], operands[1]);
        }

        var function = node.Operation switch
        {
            Operation.Equal => "EqualTo",
            Operation.Select => "Where",
            <= Operation.Clamp => node.Operation.ToString(),
            _ => throw new NotSupportedException($"{node.Operation} is made for programs and has no C# text."),
        };
        return Call(function, [.. operands]);
    }

    private Piece Other(Expr node, Piece a, Piece b) => node.Operation switch
    {
        Operation.Constant => new(Number(node.Value), node.Value < 0 || double.IsNegative(node.Value) ? Binding.Sign : Binding.Name),
        Operation.Parameter => new(parameters[node], Binding.Name),
        Operation.Input => Input(node),
        Operation.BatchSize or Operation.RowIndex or Operation.ResponseCount or Operation.ResponseIndex => new(node.Operation.ToString(), Binding.Name),
        Operation.Named => Call("Named", Literal(node.Name!), a),
        Operation.StopGradient => Call("StopGradient", a),
        Operation.Broadcast => Call("Broadcast", a, new Piece($"Shape.{node.Shape}", Binding.Name)),
        Operation.Variance or Operation.StandardDeviation => Along(node, a, node.Value == 1 ? "" : ", correction: 0"),
        Operation.Quantile => new($"Quantile({Text(a)}, {Number(node.Value)}{AxisArgument(node)})", Binding.Call),
        Operation.ReduceMin => new($"Min({Text(a)}{AxisArgument(node)})", Binding.Call),
        Operation.ReduceMax => new($"Max({Text(a)}{AxisArgument(node)})", Binding.Call),
        Operation.SortBy or Operation.UnsortBy => new($"{node.Operation}({Text(a)}, {Text(b)}{AxisArgument(node)})", Binding.Call),
        Operation.ReverseCumulativeSum => new($"CumulativeSum({Text(a)}{AxisArgument(node)}, reverse: true)", Binding.Call),
        Operation.ReverseCumulativeLogSumExp => new($"CumulativeLogSumExp({Text(a)}{AxisArgument(node)}, reverse: true)", Binding.Call),
        _ => Along(node, a, ""),
    };

    private Piece Along(Expr node, Piece a, string more) => new($"{node.Operation}({Text(a)}{AxisArgument(node)}{more})", Binding.Call);

    private static string AxisArgument(Expr node) => node.Axis == Axis.Responses ? ", Axis.Responses" : "";

    private Piece Input(Expr node) => isOfPairs && node.Shape == Shape.Row && PairColumns.TryGetValue(node.Name!, out var column) && column.IsDifferentiable == node.IsDifferentiable
        ? new($"pair.{column.Property}", Binding.Name)
        : new($"Input(\"{node.Name}\", Shape.{node.Shape}, differentiable: {(node.IsDifferentiable ? "true" : "false")})", Binding.Call);

    private Piece Call(string function, params ReadOnlySpan<Piece> arguments)
    {
        var texts = new List<string>();
        foreach (var argument in arguments)
        {
            texts.Add(Text(argument));
        }

        return new($"{function}({string.Join(", ", texts)})", Binding.Call);
    }

    private static Piece Literal(string text) => new(CSharpRecord.Literal(text), Binding.Name);

    private static bool IsLogRatio(Expr node, string name, string policy, string reference) =>
        node.Name == name && node.Operands[0] is { Operation: Operation.Subtract } difference
        && IsColumn(difference.Operands[0], policy) && IsColumn(difference.Operands[1], reference);

    private static bool IsDifference(Expr node) =>
        node.Name == "ρ" && node.Operands[0] is { Operation: Operation.Subtract } difference
        && difference.Operands.All(operand => operand.Operation == Operation.Named)
        && IsLogRatio(difference.Operands[0], "c_w", Columns.PolicyChosen, Columns.ReferenceChosen)
        && IsLogRatio(difference.Operands[1], "c_l", Columns.PolicyRejected, Columns.ReferenceRejected);

    private static bool IsColumn(Expr node, string name) => node.IsDifferentiable && node.Shape == Shape.Row && node.Name == name;
}
