using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Losses;

/// <summary>
/// A loss as JSON with its formula, node by node, for losses that no catalogue has. Nothing is rounded, and what is read back has the
/// same graph. The nodes are numbered by their place; operands come before what uses them.
/// </summary>
internal static class FormulaJson
{
    /// <summary>As many nodes as a formula that is read may have: it comes from anywhere, and is compiled.</summary>
    public const int MaximumNodes = 4096;

    private static readonly Dictionary<Operation, string> Names = Enum.GetValues<Operation>()
        .Where(operation => operation < Operation.ExpMinusAbs)
        .ToDictionary(operation => operation, operation => SnakeCase(operation.ToString()));

    private static readonly Dictionary<string, Operation> Operations = Names.ToDictionary(pair => pair.Value, pair => pair.Key);

    private static readonly Dictionary<string, Shape> Shapes = Enum.GetValues<Shape>().ToDictionary(shape => SnakeCase(shape.ToString()));

    /// <summary>Writes the object under <c>"formula"</c>.</summary>
    public static void Write(Utf8JsonWriter writer, IPreferenceLoss loss)
    {
        var graph = loss.Graph;
        ImmutableArray<Expr> roots = graph.Rewards is null ? graph.Losses : [.. graph.Losses, graph.Rewards.Chosen, graph.Rewards.Rejected];
        var nodes = NodeOrder.Of(roots);
        var numbers = new Dictionary<Expr, int>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < nodes.Count; i++)
        {
            numbers[nodes[i]] = i;
        }

        writer.WriteStartObject();
        writer.WriteString("name", loss.Name);
        writer.WriteStartArray("parameters");
        foreach (var bound in loss.Parameters)
        {
            WriteParameter(writer, bound);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("nodes");
        foreach (var node in nodes)
        {
            WriteNode(writer, node, numbers);
        }

        writer.WriteEndArray();
        if (graph.IsVerbatim)
        {
            writer.WriteBoolean("verbatim", true);
        }

        if (graph.MaximumResponses is { } most)
        {
            writer.WriteNumber("maximum_responses", most);
        }

        writer.WriteStartArray("losses");
        foreach (var formula in graph.Losses)
        {
            writer.WriteNumberValue(numbers[formula]);
        }

        writer.WriteEndArray();
        if (graph.Rewards is { } rewards)
        {
            writer.WriteStartObject("rewards");
            writer.WriteNumber("chosen", numbers[rewards.Chosen]);
            writer.WriteNumber("rejected", numbers[rewards.Rejected]);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>Reads the object under <c>"formula"</c>.</summary>
    /// <exception cref="JsonException">It is not one; the message says what is wrong, and where.</exception>
    public static PreferenceLoss Read(JsonElement element)
    {
        var fields = new JsonFields(element, "The formula", "name", "parameters", "nodes", "verbatim", "maximum_responses", "losses", "rewards");
        var name = fields.Text("name");
        if (string.IsNullOrWhiteSpace(name))
        {
            throw new JsonException("The formula: 'name' is blank; a name is needed.");
        }

        var parameters = new Dictionary<string, (Parameter Parameter, double Value)>();
        foreach (var item in fields.Array("parameters").EnumerateArray())
        {
            var bound = ReadParameter(item, $"Parameter {parameters.Count}");
            if (!parameters.TryAdd(bound.Parameter.Name!, bound))
            {
                throw new JsonException($"The parameter '{bound.Parameter.Name}' is there twice; once is accepted.");
            }
        }

        var nodes = ReadNodes(fields.Array("nodes"), parameters);
        ImmutableArray<Expr> losses = [.. fields.Indices("losses", nodes.Length).Select(index => nodes[index])];
        ImplicitRewards? rewards = null;
        if (fields.Has("rewards"))
        {
            var both = new JsonFields(fields["rewards"], "'rewards'", "chosen", "rejected");
            rewards = new(nodes[both.Index("chosen", nodes.Length)], nodes[both.Index("rejected", nodes.Length)]);
        }

        var isVerbatim = fields.Has("verbatim") && fields.Truth("verbatim");
        int? maximumResponses = fields.Has("maximum_responses") ? fields.Index("maximum_responses", int.MaxValue) : null;
        CheckUse(nodes, rewards is null ? losses : [.. losses, rewards.Chosen, rewards.Rejected]);
        return Checked("The formula", () =>
        {
            var loss = new FormulaLoss(name, [.. parameters.Values.Select(bound => bound.Parameter)], new LossGraph(losses, rewards, isVerbatim, maximumResponses));
            return parameters.Values.Aggregate((PreferenceLoss)loss, (with, bound) => with.With(bound.Parameter.Name!, bound.Value));
        });
    }

    private static void WriteParameter(Utf8JsonWriter writer, ParameterValue bound)
    {
        var (parameter, value) = bound;
        writer.WriteStartObject();
        writer.WriteString("name", parameter.Name);
        writer.WriteString("symbol", parameter.Symbol);
        WriteNumber(writer, "value", value);
        WriteNumber(writer, "default", parameter.Default);
        WriteNumber(writer, "minimum", parameter.Bounds.Minimum);
        writer.WriteBoolean("minimum_included", parameter.Bounds.MinimumIncluded);
        WriteNumber(writer, "maximum", parameter.Bounds.Maximum);
        writer.WriteBoolean("maximum_included", parameter.Bounds.MaximumIncluded);
        writer.WriteString("recommendation", parameter.Recommendation);
        writer.WriteEndObject();
    }

    private static (Parameter Parameter, double Value) ReadParameter(JsonElement element, string where)
    {
        var fields = new JsonFields(
            element, where, "name", "symbol", "value", "default", "minimum", "minimum_included", "maximum", "maximum_included", "recommendation");
        var bounds = new Bounds(fields.Number("minimum"), fields.Truth("minimum_included"), fields.Number("maximum"), fields.Truth("maximum_included"));
        var (name, symbol, byDefault, recommendation) = (fields.Text("name"), fields.Text("symbol"), fields.Number("default"), fields.Text("recommendation"));
        var value = fields.Number("value");
        return Checked(where, () =>
        {
            var parameter = new Parameter(name, symbol, byDefault, bounds, recommendation);
            return (parameter, parameter.Validate(value));
        });
    }

    private static void WriteNode(Utf8JsonWriter writer, Expr node, Dictionary<Expr, int> numbers)
    {
        writer.WriteStartObject();
        writer.WriteString("operation", Names[node.Operation]);
        if (node.Name is not null)
        {
            writer.WriteString("name", node.Name);
        }

        if (node.Operation is Operation.Input or Operation.Broadcast)
        {
            writer.WriteString("shape", SnakeCase(node.Shape.ToString()));
        }

        if (node.Operation == Operation.Input)
        {
            writer.WriteBoolean("differentiable", node.IsDifferentiable);
        }
        else if (HasValue(node.Operation))
        {
            WriteNumber(writer, "value", node.Value);
        }

        if (node.Axis == Axis.Responses)
        {
            writer.WriteString("axis", "responses");
        }

        if (node.Operands.Length > 0)
        {
            writer.WriteStartArray("operands");
            foreach (var operand in node.Operands)
            {
                writer.WriteNumberValue(numbers[operand]);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static Expr[] ReadNodes(JsonElement array, Dictionary<string, (Parameter Parameter, double Value)> parameters)
    {
        if (array.GetArrayLength() > MaximumNodes)
        {
            throw new JsonException($"The formula has {array.GetArrayLength()} nodes; at most {MaximumNodes} are accepted.");
        }

        var nodes = new List<Expr>();
        foreach (var element in array.EnumerateArray())
        {
            nodes.Add(ReadNode(element, $"Node {nodes.Count}", nodes, parameters));
        }

        return [.. nodes];
    }

    private static Expr ReadNode(JsonElement element, string where, List<Expr> earlier, Dictionary<string, (Parameter Parameter, double Value)> parameters)
    {
        var name = new JsonFields(element, where, "operation", "name", "shape", "differentiable", "value", "axis", "operands").Text("operation");
        if (!Operations.TryGetValue(name, out var operation))
        {
            throw new JsonException($"{where}: there is no operation '{name}'.");
        }

        where = $"{where} ({name})";
        var fields = new JsonFields(element, where, FieldsOf(operation));
        var operands = operation.IsLeaf() ? [] : fields.Indices("operands", earlier.Count).Select(index => earlier[index]).ToImmutableArray();
        if (operands.Length != Arity(operation))
        {
            throw new JsonException($"{where} has {operands.Length} operands; {Arity(operation)} are needed.");
        }

        var axis = fields.Has("axis") ? AxisOf(fields.Text("axis"), where) : Axis.Batch;
        var value = fields.Has("value") || HasValue(operation) ? fields.Number("value") : 0;
        CheckValue(operation, value, where);
        return Checked(where, () => operation switch
        {
            Operation.Constant => Formulas.Constant(value),
            Operation.Parameter => parameters.TryGetValue(fields.Text("name"), out var bound)
                ? bound.Parameter
                : throw new JsonException($"{where}: the parameter '{fields.Text("name")}' is not declared in 'parameters'."),
            Operation.Input => Formulas.Input(fields.Text("name"), ShapeOf(fields.Text("shape"), where), fields.Truth("differentiable")),
            Operation.BatchSize => Formulas.BatchSize,
            Operation.RowIndex => Formulas.RowIndex,
            Operation.ResponseCount => Formulas.ResponseCount,
            Operation.ResponseIndex => Formulas.ResponseIndex,
            Operation.Named => Formulas.Named(fields.Text("name"), operands[0]),
            Operation.StopGradient => Formulas.StopGradient(operands[0]),
            Operation.Broadcast => Formulas.Broadcast(operands[0], ShapeOf(fields.Text("shape"), where)),
            _ when operation.IsElementwise() => Formulas.Elementwise(operation, operands),
            _ when operation.IsReduction() => Formulas.Reduce(operation, operands[0], axis, value),
            _ => Formulas.Along(operation, axis, operands),
        });
    }

    private static string[] FieldsOf(Operation operation) => operation switch
    {
        Operation.Constant => ["operation", "value"],
        Operation.Parameter => ["operation", "name"],
        Operation.Input => ["operation", "name", "shape", "differentiable"],
        Operation.Named => ["operation", "name", "operands"],
        Operation.Broadcast => ["operation", "shape", "operands"],
        _ when operation.IsLeaf() => ["operation"],
        _ when HasValue(operation) => ["operation", "value", "axis", "operands"],
        _ when operation.IsReduction() || operation.IsSortOrScan() => ["operation", "axis", "operands"],
        _ => ["operation", "operands"],
    };

    /// <summary>Whether a node's value is part of what it computes.</summary>
    private static bool HasValue(Operation operation) =>
        operation is Operation.Constant or Operation.Variance or Operation.StandardDeviation or Operation.Quantile;

    private static void CheckValue(Operation operation, double value, string where)
    {
        if (operation is Operation.Variance or Operation.StandardDeviation && value is not (0 or 1))
        {
            throw new JsonException($"{where}: 'value' is the correction, and {value.ToString(CultureInfo.InvariantCulture)} is none; 0 and 1 are accepted.");
        }

        if (operation == Operation.Quantile && value is not (>= 0 and <= 1))
        {
            throw new JsonException($"{where}: 'value' is the level, and {value.ToString(CultureInfo.InvariantCulture)} is none; 0 to 1 is accepted.");
        }
    }

    private static int Arity(Operation operation) => operation switch
    {
        _ when operation.IsLeaf() => 0,
        Operation.SortBy or Operation.UnsortBy => 2,
        _ when !operation.IsElementwise() || operation < Operation.Add => 1,
        < Operation.Select => 2,
        _ => 3,
    };

    private static Shape ShapeOf(string text, string where) => Shapes.TryGetValue(text, out var shape)
        ? shape
        : throw new JsonException($"{where}: there is no shape '{text}'; {string.Join(", ", Shapes.Keys)} are accepted.");

    private static Axis AxisOf(string text, string where) => text switch
    {
        "batch" => Axis.Batch,
        "responses" => Axis.Responses,
        _ => throw new JsonException($"{where}: there is no axis '{text}'; batch and responses are accepted."),
    };

    private static void CheckUse(Expr[] nodes, IEnumerable<Expr> roots)
    {
        var used = new HashSet<Expr>(NodeOrder.Of(roots), ReferenceEqualityComparer.Instance);
        var unused = Array.FindIndex(nodes, node => !used.Contains(node));
        if (unused >= 0)
        {
            throw new JsonException($"Node {unused} is not used by the losses or rewards; leave it out.");
        }
    }

    /// <summary>Builds something whose own checks refuse what does not fit, and says where that was.</summary>
    private static T Checked<T>(string where, Func<T> build)
    {
        try
        {
            return build();
        }
        catch (ArgumentException wrong)
        {
            throw new JsonException($"{where}: {wrong.Message}", wrong);
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumber(name, value);
        }
        else
        {
            writer.WriteString(name, double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");
        }
    }

    private static string SnakeCase(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
