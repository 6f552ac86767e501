using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Text;

/// <summary>A loss as the source of a record: of pairs where it is one, with the values of this loss as defaults.</summary>
internal sealed class CSharpRecord
{
    /// <summary>Keywords, what the base classes have, and the vocabulary of formulas, which a local name would hide.</summary>
    private static readonly HashSet<string> Reserved =
    [
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal", "default",
        "delegate", "do", "double", "else", "enum", "event", "explicit", "extern", "false", "finally", "fixed", "float", "for", "foreach", "goto",
        "if", "implicit", "in", "int", "interface", "internal", "is", "lock", "long", "namespace", "new", "null", "object", "operator", "out",
        "override", "params", "private", "protected", "public", "readonly", "ref", "return", "sbyte", "sealed", "short", "sizeof", "stackalloc",
        "static", "string", "struct", "switch", "this", "throw", "true", "try", "typeof", "uint", "ulong", "unchecked", "unsafe", "ushort", "using",
        "virtual", "void", "volatile", "while", "var", "value", "field", "record",
        "pair", "usesReference", "Name", "Parameters", "Graph", "Formula", "BuildGraph", "Rewards", "With", "Define", "Equals", "GetHashCode",
        "ToString", "GetType", "EqualityContract", "PrintMembers", "Clone", "Deconstruct", "Finalize", "MemberwiseClone", "ReferenceEquals",
        "Parameter", "Bounds", "Shape", "Axis", "PairLoss", "PreferenceLoss", "PairInputs", "LossOutput", "LossGraph", "ImplicitRewards", "Columns",
        "Expr", "Formulas", "Input", "Constant", "Where", "EqualTo", "Square", "Min", "Max", "Sort", "ClampMin",
        .. Enum.GetNames<Operation>(),
    ];

    private readonly Names names = new(Reserved);
    private readonly Dictionary<Expr, string> fields = new(ReferenceEqualityComparer.Instance);
    private readonly StringBuilder code = new();
    private readonly IPreferenceLoss loss;
    private readonly string className;

    private CSharpRecord(IPreferenceLoss loss)
    {
        this.loss = loss;
        className = names.Take(Pascal(loss.Name) is var name && name.EndsWith("Loss", StringComparison.Ordinal) ? name : name + "Loss");
        foreach (var (parameter, _) in loss.Parameters)
        {
            var symbol = parameter.Symbol.All(char.IsLetter) ? parameter.Symbol : Names.Identifier(parameter.Name!, char.IsLetter);
            fields[parameter] = names.Take(symbol);
        }
    }

    public static string Of(IPreferenceLoss loss)
    {
        var record = new CSharpRecord(loss);
        record.Write(IsPlainPairLoss(loss));
        return record.code.ToString();
    }

    /// <summary>A string literal; what is not printable ASCII or a letter is escaped.</summary>
    public static string Literal(string text) => "\"" + string.Concat(text.Select(c => c switch
    {
        '"' or '\\' => "\\" + c,
        _ when char.IsLetterOrDigit(c) || (c >= ' ' && c <= '~') || char.IsPunctuation(c) || c == ' ' => c.ToString(),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
    })) + "\"";

    /// <summary>Whether the base class for pairs gives the same graph, rewards included, from the formula alone.</summary>
    private static bool IsPlainPairLoss(IPreferenceLoss loss)
    {
        var graph = loss.Graph;
        if (!PairGraph.IsOfPairs(graph))
        {
            return false;
        }

        var declared = loss.Parameters.Select(bound => bound.Parameter).ToArray();
        var used = NodeOrder.Of(graph.Losses).OfType<Parameter>().ToHashSet<Parameter>(ReferenceEqualityComparer.Instance);
        if (declared.Length != used.Count || !declared.All(used.Contains))
        {
            return false;
        }

        LossOutput formula = graph.Losses.Length == 1 ? graph.Losses[0] : (graph.Losses[0], graph.Losses[1]);
        return PairLoss.Define(loss.Name, declared, _ => formula).Graph.Key == graph.Key;
    }

    private void Write(bool isOfPairs)
    {
        Line("using PreferenceLosses.Expressions;");
        Line("using PreferenceLosses.Losses;");
        Line("using static PreferenceLosses.Expressions.Formulas;");
        Line("");
        Line($"/// <summary>The loss '{Comment(loss.Name)}'; unreduced, in nats.</summary>");
        var baseClass = isOfPairs ? "PairLoss" : "PreferenceLoss";
        var baseArguments = string.Concat(loss.Parameters.Select(bound => ", " + fields[bound.Parameter]));
        Line($"public sealed record {className}() : {baseClass}({Literal(loss.Name)}{baseArguments})");
        Line("{");
        foreach (var (parameter, value) in loss.Parameters)
        {
            var recommendation = parameter.Recommendation.Length == 0 ? "" : ", " + Literal(parameter.Recommendation);
            Line($"    private static readonly Parameter {fields[parameter]} = new({Literal(parameter.Name!)}, {Literal(parameter.Symbol)}, "
                + $"{CSharpNotation.Number(value)}, {BoundsText(parameter.Bounds)}{recommendation});");
        }

        Line(loss.Parameters.Count == 0 ? null : "");
        foreach (var (parameter, _) in loss.Parameters)
        {
            var property = names.Take(Pascal(parameter.Name!));
            Line($"    /// <summary>{Comment(parameter.Symbol)}: {parameter.Bounds}.</summary>");
            Line($"    public double {property} {{ get => this[{fields[parameter]}]; init => this[{fields[parameter]}] = value; }}");
            Line("");
        }

        WriteFormula(isOfPairs);
        Line("}");
    }

    private void WriteFormula(bool isOfPairs)
    {
        var graph = loss.Graph;
        var notation = new CSharpNotation(fields, isOfPairs);
        ImmutableArray<Expr> roots = isOfPairs || graph.Rewards is null ? graph.Losses : [.. graph.Losses, graph.Rewards.Chosen, graph.Rewards.Rejected];
        var (definitions, pieces) = new Layout(notation, names).Write(roots);
        var texts = pieces.Select((piece, i) => AsExpr(roots[i], notation.Text(piece))).ToArray();

        Line("    /// <inheritdoc/>");
        Line(isOfPairs ? "    protected override LossOutput Formula(PairInputs pair)" : "    protected override LossGraph BuildGraph()");
        Line("    {");
        foreach (var definition in definitions)
        {
            Line($"        var {definition.Name} = {definition.Text};");
        }

        if (isOfPairs)
        {
            Line($"        return {(texts.Length == 1 ? texts[0] : $"({texts[0]}, {texts[1]})")};");
        }
        else
        {
            var rewards = graph.Rewards is null ? "rewards: null" : $"new ImplicitRewards({texts[^2]}, {texts[^1]})";
            Line($"        return new LossGraph([{string.Join(", ", texts.Take(graph.Losses.Length))}], {rewards}{(graph.IsVerbatim ? ", isVerbatim: true" : "")}{(graph.MaximumResponses is { } most ? FormattableString.Invariant($", maximumResponses: {most}") : "")});");
        }

        Line("    }");
    }

    /// <summary>A root that is a lone number or parameter is wrapped already; one that is nothing else stays as it is.</summary>
    private static string AsExpr(Expr root, string text) => root.Operation == Operation.Constant ? $"Constant({text})" : text;

    private static string BoundsText(Bounds bounds) =>
        bounds == Bounds.Positive ? "Bounds.Positive"
        : bounds == Bounds.NonNegative ? "Bounds.NonNegative"
        : bounds == Bounds.Finite ? "Bounds.Finite"
        : bounds == Bounds.Between(bounds.Minimum, bounds.Maximum) ? $"Bounds.Between({CSharpNotation.Number(bounds.Minimum)}, {CSharpNotation.Number(bounds.Maximum)})"
        : $"new Bounds({CSharpNotation.Number(bounds.Minimum)}, {Truth(bounds.MinimumIncluded)}, {CSharpNotation.Number(bounds.Maximum)}, {Truth(bounds.MaximumIncluded)})";

    private static string Truth(bool value) => value ? "true" : "false";

    private static string Pascal(string name) => Names.Identifier(
        string.Concat(name.Split('-', '_', ' ').Where(part => part.Length > 0).Select(part => char.ToUpperInvariant(part[0]) + part[1..])), char.IsLetter);

    private static string Comment(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace('\n', ' ').Replace('\r', ' ');

    private void Line(string? line)
    {
        if (line is not null)
        {
            code.Append(line).Append('\n');
        }
    }
}
