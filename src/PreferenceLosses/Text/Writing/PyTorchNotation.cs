using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>
/// Formulas as PyTorch, stable in value and in autograd's gradient wherever the formula is: softplus(z) is −logsigmoid(−z), because
/// PyTorch's own softplus becomes the identity at 20. A value per row is a tensor of N numbers, one per batch a tensor without
/// dimensions, or a Python number where only hyper-parameters and constants enter.
/// </summary>
/// <param name="leaves">How inputs and hyper-parameters are called.</param>
/// <param name="column">An input with a value per row, whose type and device others take; null if there is none.</param>
/// <param name="responses">An input with K values per row; null if there is none.</param>
/// <param name="isRagged">Whether a row may have fewer values than K, as of responses; every row has all of its classes.</param>
internal sealed class PyTorchNotation(IReadOnlyDictionary<Expr, string> leaves, string? column, string? responses, bool isRagged) : Notation
{
    /// <summary>The argument that says which responses are there.</summary>
    public const string Mask = "response_mask";

    private const int LongestLine = 96;
    private const int LongestRepeated = 12;
    private const int LongestRepeatedCondition = 60;

    /// <summary>Whether anything of Python's own <c>math</c> was written.</summary>
    public bool UsesMath { get; private set; }

    /// <summary>Whether the mask was.</summary>
    public bool UsesMask { get; private set; }

    public override string NameOf(string name) => Names.Identifier(name, char.IsAsciiLetter);

    public override string NumberedName(int number) => $"t{number}";

    public override bool IsShort(Expr node, Piece piece) =>
        piece.Text.Length <= (piece.Kind == PieceKind.Truth ? LongestRepeatedCondition : LongestRepeated) && (node.Operation.IsElementwise() || node.Operation.IsWrapper());

    public override bool IsLong(Piece piece) => piece.Text.Length > LongestLine;

    public override int Repetitions(Expr node) => node switch
    {
        { Operation: Operation.Log1mExp } => 3,
        { Operation: Operation.Variance, Axis: Axis.Responses } => 2,
        _ => 1,
    };

    /// <summary>A comparison as numbers: a product with truth values would be computed in single precision.</summary>
    public override Piece Value(Piece piece) => piece.Kind == PieceKind.Truth
        ? new($"({piece.Text}).type_as({AnyTensor()})", Binding.Call)
        : piece;

    public override Piece Render(Expr node, ImmutableArray<Piece> operands)
    {
        var a = operands.Length > 0 ? Operand(node, 0, operands) : default;
        var b = operands.Length > 1 ? Operand(node, 1, operands) : default;
        var c = operands.Length > 2 ? Operand(node, 2, operands) : default;
        if (IsSquare(node))
        {
            return new(Text(a.Magnitude, Binding.Call) + " ** 2", Binding.Power, Kind: a.Kind);
        }

        return Arithmetic(node.Operation, a, b)
            ?? (node.Operation.IsElementwise() ? Function(node, operands, a, b, c)
            : node.Operation.IsReduction() || node.Operation.IsSortOrScan() ? Along(node, a, b)
            : Simple(node, a));
    }

    /// <summary>Python's number: the shortest text that reads back to it.</summary>
    public static string Number(double value) => double.IsNaN(value) ? "float('nan')"
        : double.IsInfinity(value) ? (value > 0 ? "float('inf')" : "-float('inf')")
        : value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    private Piece Simple(Expr node, Piece a) => node.Operation switch
    {
        Operation.Constant when double.IsNegative(node.Value) => new(Number(-node.Value), Binding.Name, IsNegative: true, PieceKind.Number),
        Operation.Constant => new(Number(node.Value), Binding.Name, Kind: PieceKind.Number),
        Operation.Parameter => new(leaves[node], Binding.Name, Kind: PieceKind.Number),
        Operation.Input => new(leaves[node], Binding.Name),
        Operation.BatchSize => new($"{AnyTensor()}.size(0)", Binding.Call, Kind: PieceKind.Number),
        Operation.RowIndex => new($"torch.arange({AnyTensor()}.size(0)).type_as({AnyTensor()})", Binding.Call),
        Operation.ResponseCount => new($"{MaskText()}.sum(-1).type_as({Responses()})", Binding.Call),
        Operation.ResponseIndex => new($"torch.arange({Responses()}.size(-1)).type_as({Responses()}).expand_as({Responses()})", Binding.Call),
        Operation.Named => a,
        Operation.StopGradient => a.Kind == PieceKind.Number ? a : Method(a, "detach()"),
        Operation.Broadcast => Repeated(node, a),
        _ => throw new NotSupportedException($"{node.Operation} is made for programs and has no PyTorch text."),
    };

    private Piece Repeated(Expr node, Piece a) => (node.Shape, node.Operands[0].Shape) switch
    {
        (Shape.Row, _) when a.Kind == PieceKind.Number => Call("torch.full_like", new Piece(Column(), Binding.Name), a),
        (Shape.Row, _) => Product(a, Call("torch.ones_like", new Piece(Column(), Binding.Name))),
        (_, Shape.Scalar) when a.Kind == PieceKind.Number => Call("torch.full_like", new Piece(Responses(), Binding.Name), a),
        (_, Shape.Scalar) => Product(a, Call("torch.ones_like", new Piece(Responses(), Binding.Name))),
        _ => Product(Method(a, "unsqueeze(-1)"), Call("torch.ones_like", new Piece(Responses(), Binding.Name))),
    };

    /// <summary>An operand as a number, with a dimension for the responses where its neighbours have one.</summary>
    private Piece Operand(Expr node, int index, ImmutableArray<Piece> operands)
    {
        var value = Value(operands[index]);
        return node.Operation.IsElementwise() && node.Shape == Shape.Responses && node.Operands[index].Shape == Shape.Row
            ? Method(value, "unsqueeze(-1)")
            : value;
    }

    private Piece Function(Expr node, ImmutableArray<Piece> operands, Piece a, Piece b, Piece c)
    {
        if (node.Operation == Operation.Power)
        {
            return new(Text(a, Binding.Call) + " ** " + Text(b, Binding.Sign), Binding.Power, Kind: KindOf(a, b));
        }

        if (node.Operation is Operation.Less or Operation.LessOrEqual)
        {
            var (left, sign, right) = Comparison(node, a, b, " < ", " <= ", " > ", " >= ");
            return Truth(left, sign, right);
        }

        return node.Operation == Operation.Equal ? Truth(a, " == ", b)
            : KindOf([.. operands]) == PieceKind.Number ? OfNumbers(node.Operation, a, b, c)
            : OfTensors(node, operands[0], a, b, c);
    }

    private Piece Truth(Piece a, string sign, Piece b)
    {
        var text = Text(a, Binding.Sum) + sign + Text(b, Binding.Sum);
        return KindOf(a, b) == PieceKind.Number ? new($"float({text})", Binding.Call, Kind: PieceKind.Number) : new(text, Binding.Comparison, Kind: PieceKind.Truth);
    }

    private Piece OfTensors(Expr node, Piece condition, Piece a, Piece b, Piece c) => node.Operation switch
    {
        Operation.Abs => Call("torch.abs", a),
        Operation.Sign => Call("torch.sign", a),
        Operation.Relu => Call("torch.relu", a),
        Operation.Sqrt => Call("torch.sqrt", a),
        Operation.Exp => Call("torch.exp", a),
        Operation.Expm1 => Call("torch.expm1", a),
        Operation.Log => Call("torch.log", a),
        Operation.Log1p => Call("torch.log1p", a),
        Operation.Log1mExp => Log1mExp(a),
        Operation.Sigmoid => Call("torch.sigmoid", a),
        Operation.LogSigmoid => Call("F.logsigmoid", a),
        Operation.Softplus => Call("F.logsigmoid", a.Negated).Negated,
        Operation.Tanh => Call("torch.tanh", a),
        Operation.Sin => Call("torch.sin", a),
        Operation.Cos => Call("torch.cos", a),
        Operation.Atan => Call("torch.atan", a),
        Operation.Erf => Call("torch.erf", a),
        Operation.Erfc => Call("torch.erfc", a),
        Operation.RoundToSingle => Method(Method(a, "float()"), $"type_as({AnyTensor()})"),
        Operation.Minimum => Call("torch.minimum", Tensor(a, node, b), Tensor(b, node, a)),
        Operation.Maximum => Call("torch.maximum", Tensor(a, node, b), Tensor(b, node, a)),
        Operation.LogAddExp => Call("torch.logaddexp", Tensor(a, node, b), Tensor(b, node, a)),
        Operation.Select => Select(node, condition, a, b, c),
        Operation.Clamp => Clamp(node, a, b, c),
        _ => throw new NotSupportedException($"{node.Operation} is made for programs and has no PyTorch text."),
    };

    /// <summary>
    /// ln(1 − e^x): through expm1 near 0, through log1p far from it. The second branch is clamped where it is not chosen, because there
    /// its derivative would be infinite, and autograd multiplies it by 0.
    /// </summary>
    private Piece Log1mExp(Piece x)
    {
        var near = $"torch.log(-torch.expm1({Text(x)}))";
        var far = $"torch.log1p(-torch.exp(torch.clamp({Text(x)}, max=-0.5)))";
        return new($"torch.where({Text(x, Binding.Sum)} > -0.6931471805599453, {near}, {far})", Binding.Call);
    }

    private Piece Select(Expr node, Piece condition, Piece a, Piece then, Piece otherwise)
    {
        if (a.Kind == PieceKind.Number)
        {
            // A condition on hyper-parameters alone: the same for the whole batch. Both branches stay tensors.
            return new($"({Text(then, Binding.Sum)} if {Text(a, Binding.Sum)} != 0 else {Text(otherwise, Binding.Sum)})", Binding.Name);
        }

        var test = condition.Kind == PieceKind.Truth && node.Operands[0].Shape == node.Shape ? condition.Text : $"{Text(a, Binding.Sum)} != 0";

        // Of two numbers PyTorch would make single precision.
        var bothNumbers = then.Kind == PieceKind.Number && otherwise.Kind == PieceKind.Number;
        return new($"torch.where({test}, {Text(bothNumbers ? Tensor(then, node) : then)}, {Text(otherwise)})", Binding.Call);
    }

    private Piece Clamp(Expr node, Piece x, Piece minimum, Piece maximum)
    {
        var hasMinimum = node.Operands[1] is not { Operation: Operation.Constant, Value: double.NegativeInfinity };
        var hasMaximum = node.Operands[2] is not { Operation: Operation.Constant, Value: double.PositiveInfinity };
        if (minimum.Kind != PieceKind.Number || maximum.Kind != PieceKind.Number)
        {
            // Bounds are both numbers or both tensors.
            (minimum, maximum) = (Tensor(minimum, node, x), Tensor(maximum, node, x));
        }

        var bounds = (hasMinimum ? $", min={Text(minimum)}" : "") + (hasMaximum ? $", max={Text(maximum)}" : "");
        return bounds.Length == 0 ? Tensor(x, node) : new($"torch.clamp({Text(Tensor(x, node))}{bounds})", Binding.Call);
    }

    /// <summary>Functions of numbers alone, with Python's own arithmetic, in forms that do not overflow.</summary>
    private Piece OfNumbers(Operation operation, Piece a, Piece b, Piece c)
    {
        var (x, y, z) = (Text(a), Text(b), Text(c));
        return operation switch
        {
            Operation.Abs => Python($"abs({x})"),
            Operation.Sign => Python($"float({Text(a, Binding.Sum)} > 0) - float({Text(a, Binding.Sum)} < 0)", Binding.Sum),
            Operation.Relu => Python($"max({x}, 0.0)"),
            Operation.Sqrt => PythonMath($"math.sqrt({x})"),
            Operation.Exp => PythonMath($"math.exp({x})"),
            Operation.Expm1 => PythonMath($"math.expm1({x})"),
            Operation.Log => PythonMath($"math.log({x})"),
            Operation.Log1p => PythonMath($"math.log1p({x})"),
            Operation.Log1mExp => PythonMath($"(math.log(-math.expm1({x})) if {Text(a, Binding.Sum)} > -0.6931471805599453 else math.log1p(-math.exp({x})))"),
            Operation.Sigmoid => PythonMath($"math.exp(min({x}, 0.0) - math.log1p(math.exp(-abs({x}))))"),
            Operation.LogSigmoid => PythonMath($"min({x}, 0.0) - math.log1p(math.exp(-abs({x})))", Binding.Sum),
            Operation.Softplus => PythonMath($"max({x}, 0.0) + math.log1p(math.exp(-abs({x})))", Binding.Sum),
            Operation.Tanh => PythonMath($"math.tanh({x})"),
            Operation.Sin => PythonMath($"math.sin({x})"),
            Operation.Cos => PythonMath($"math.cos({x})"),
            Operation.Atan => PythonMath($"math.atan({x})"),
            Operation.Erf => PythonMath($"math.erf({x})"),
            Operation.Erfc => PythonMath($"math.erfc({x})"),
            Operation.RoundToSingle => new($"{AnyTensor()}.new_tensor({x}).float().type_as({AnyTensor()})", Binding.Call),
            Operation.Minimum => Python($"min({x}, {y})"),
            Operation.Maximum => Python($"max({x}, {y})"),
            Operation.LogAddExp => PythonMath(
                $"max({x}, {y}) + math.log1p(math.exp(-abs({Text(a, Binding.Sum)} - {Text(b, Binding.Product)})))", Binding.Sum),
            Operation.Select => Python($"({Text(b, Binding.Sum)} if {Text(a, Binding.Sum)} != 0 else {Text(c, Binding.Sum)})"),
            Operation.Clamp => Python($"min(max({x}, {y}), {z})"),
            _ => throw new NotSupportedException($"{operation} is made for programs and has no Python text."),
        };
    }

    private Piece Along(Expr node, Piece a, Piece b) => node.Axis == Axis.Batch ? AlongBatch(node, a, b) : AlongResponses(node, a, b);

    private Piece AlongBatch(Expr node, Piece a, Piece b) => node.Operation switch
    {
        Operation.Sum => Method(a, "sum()"),
        Operation.Mean => Method(a, "mean()"),
        Operation.Product => Method(a, "prod()"),
        Operation.Variance => Method(a, node.Value == 1 ? "var()" : "var(unbiased=False)"),
        Operation.StandardDeviation => Method(a, node.Value == 1 ? "std()" : "std(unbiased=False)"),
        Operation.ReduceMin => Method(a, "min()"),
        Operation.ReduceMax => Method(a, "max()"),
        Operation.LogSumExp => new($"torch.logsumexp({Text(a)}, dim=0)", Binding.Call),
        Operation.Quantile => new($"torch.quantile({Text(a)}, {Number(node.Value)})", Binding.Call),
        Operation.SortBy when ReferenceEquals(node.Operands[0], node.Operands[1]) => new($"torch.sort({Text(a)}, stable=True).values", Binding.Call),
        Operation.SortBy => new($"{Text(a, Binding.Call)}[torch.argsort({Text(b)}, stable=True)]", Binding.Call),
        Operation.UnsortBy => new($"{Text(a, Binding.Call)}[torch.argsort(torch.argsort({Text(b)}, stable=True))]", Binding.Call),
        Operation.CumulativeSum => new($"torch.cumsum({Text(a)}, dim=0)", Binding.Call),
        Operation.ReverseCumulativeSum => new($"torch.cumsum({Text(a, Binding.Call)}.flip(0), dim=0).flip(0)", Binding.Call),
        Operation.CumulativeLogSumExp => new($"torch.logcumsumexp({Text(a)}, dim=0)", Binding.Call),
        _ => new($"torch.logcumsumexp({Text(a, Binding.Call)}.flip(0), dim=0).flip(0)", Binding.Call),
    };

    private Piece AlongResponses(Expr node, Piece a, Piece b) => node.Operation switch
    {
        _ when !isRagged && a.Kind == PieceKind.Tensor && OfAll(node) is { } reduction => Method(a, reduction),
        Operation.Sum => Masked(a, "0.0", ".sum(-1)"),
        Operation.Mean => DividedByCount(Masked(a, "0.0", ".sum(-1)")),
        Operation.Product => Masked(a, "1.0", ".prod(-1)"),
        Operation.Variance => Variance(a, node.Value),
        Operation.SortBy => Masked(new($"{Text(a, Binding.Call)}.gather(-1, {Order(b)}).gather(-1, {Places()})", Binding.Call), "0.0", ""),
        Operation.UnsortBy => Masked(new($"{Text(a, Binding.Call)}.gather(-1, {ThoseThere()}).gather(-1, {Ranks(b)})", Binding.Call), "0.0", ""),
        Operation.ReduceMin => Masked(a, "float('inf')", ".amin(-1)"),
        Operation.ReduceMax => Masked(a, "-float('inf')", ".amax(-1)"),
        Operation.LogSumExp => Masked(a, "-float('inf')", ".logsumexp(-1)"),
        Operation.CumulativeSum => Masked(a, "0.0", ".cumsum(-1)"),
        Operation.ReverseCumulativeSum => Masked(a, "0.0", ".flip(-1).cumsum(-1).flip(-1)"),
        Operation.CumulativeLogSumExp => Masked(a, "-float('inf')", ".logcumsumexp(-1)"),
        Operation.ReverseCumulativeLogSumExp => Masked(a, "-float('inf')", ".flip(-1).logcumsumexp(-1).flip(-1)"),
        _ => throw new NotSupportedException(
            $"{node.Operation} over the responses has no PyTorch text: with a mask, PyTorch has no operation for it."),
    };

    /// <summary>A reduction where no response can be missing; null for what is not one.</summary>
    private static string? OfAll(Expr node) => node.Operation switch
    {
        Operation.Sum => "sum(-1)",
        Operation.Mean => "mean(-1)",
        Operation.Product => "prod(-1)",
        Operation.ReduceMin => "amin(-1)",
        Operation.ReduceMax => "amax(-1)",
        Operation.LogSumExp => "logsumexp(-1)",
        Operation.Variance => $"var(-1, unbiased={(node.Value == 1 ? "True" : "False")})",
        Operation.StandardDeviation => $"std(-1, unbiased={(node.Value == 1 ? "True" : "False")})",
        _ => null,
    };

    private Piece Masked(Piece a, string otherwise, string reduction) =>
        new($"torch.where({MaskText()}, {Text(a)}, {otherwise}){reduction}", Binding.Call);

    /// <summary>The positions of the responses in the order of a key; those that are not there come last.</summary>
    private string Order(Piece key) => $"torch.argsort({Masked(key, "float('inf')", "").Text}, dim=-1, stable=True)";

    /// <summary>Which place in that order each response has.</summary>
    private string Ranks(Piece key) => $"torch.argsort({Order(key)}, dim=-1)";

    /// <summary>The positions of the responses that are there, and then the others.</summary>
    private string ThoseThere() => $"torch.argsort(~{MaskText()}, dim=-1, stable=True)";

    /// <summary>How many responses are there before each one.</summary>
    private string Places() => $"({MaskText()}.cumsum(-1) - 1).clamp(min=0)";

    private Piece Variance(Piece x, double correction)
    {
        var mean = DividedByCount(Masked(x, "0.0", ".sum(-1)")).Text;
        var distance = new Piece($"{Text(x, Binding.Sum)} - ({mean}).unsqueeze(-1)", Binding.Sum);
        return new($"{Masked(distance, "0.0", "").Text}.pow(2).sum(-1) / ({MaskText()}.sum(-1) - {Number(correction)})", Binding.Product);
    }

    private Piece DividedByCount(Piece sum) => new($"{sum.Text} / {MaskText()}.sum(-1)", Binding.Product);

    /// <summary>A number as a tensor of the node's shape; of a scalar node's, like the tensor beside it.</summary>
    private Piece Tensor(Piece piece, Expr node, Piece beside = default) => piece.Kind != PieceKind.Number ? piece : Call(
        "torch.full_like",
        node.Shape == Shape.Scalar && beside is { Text: not null, Kind: PieceKind.Tensor } ? beside
            : new Piece(node.Shape == Shape.Responses ? Responses() : Column(), Binding.Name),
        piece);

    private Piece Call(string function, params ReadOnlySpan<Piece> arguments)
    {
        var texts = new List<string>();
        foreach (var argument in arguments)
        {
            texts.Add(Text(argument));
        }

        return new($"{function}({string.Join(", ", texts)})", Binding.Call);
    }

    private Piece Method(Piece x, string call) => new($"{Text(x, Binding.Call)}.{call}", Binding.Call);

    private static Piece Python(string text, Binding binding = Binding.Call) => new(text, binding, Kind: PieceKind.Number);

    private Piece PythonMath(string text, Binding binding = Binding.Call)
    {
        UsesMath = true;
        return Python(text, binding);
    }

    private string AnyTensor() => column ?? Responses();

    private string Column() => column ?? $"{Responses()}[:, 0]";

    private string Responses() => responses ?? throw new NotSupportedException(
        "The formula counts responses and reads none, so that PyTorch cannot know how many there are.");

    private string MaskText()
    {
        UsesMask = true;
        _ = Responses();
        return Mask;
    }
}
